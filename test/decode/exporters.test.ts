/** The exporters that are known, what is counted of them, and what goes when there are too many. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Counted, declareMetrics, summaryOf } from '../../src/decode/counts.js'
import { type ExporterLimits, type KnownExporter, knownExporters } from '../../src/decode/exporters.js'
import { mutedLog } from '../../src/decode/mutedlog.js'
import { declared, type Reading } from '../../src/cli/metrics.js'
import { be, set, v5 } from '../support/build-netflow.js'
import { datagramFrame, type DatagramSpec } from '../support/datagram-stream.js'
import { decode, openDecoder, streamOf } from '../support/decode.js'
import { message, optionsSets, templateSet, text, uint } from '../support/records.js'

/** What /metrics has under that name. */
function readingOf(counted: Counted, name: string): Reading {
  const { metrics } = declared('flow-decode', (declare) => {
    declareMetrics(declare, counted)
  })
  const metric = metrics.find((each) => each.name === name)
  if (metric === undefined || metric.type === 'histogram') throw new Error(`no metric ${name}`)
  return metric.read()
}

const FIELDS = [uint(4, 6, 1), uint(7, 0, 2)]
const definition = message(9, {}, templateSet(9, 256, FIELDS))
const data = (port: number): Buffer => message(9, {}, set(256, be(0x06_0000 + port, 3)))
const from = (payload: Buffer, ...src: number[]): DatagramSpec => ({ payload, src: Buffer.from(src) })

function known(limits: Partial<ExporterLimits>): {
  get: (...address: number[]) => KnownExporter
  gone: string[]
  exporters: ReturnType<typeof knownExporters>
} {
  const gone: string[] = []
  const exporters = knownExporters(
    { exporters: 100, bytes: 1 << 30, ...limits },
    () => 0,
    ({ name }, limit) => gone.push(`${name} ${limit}`)
  )
  return { exporters, gone, get: (...address) => exporters.get(Buffer.from(address), 0, address.length) }
}

test('past the number of exporters the one that was silent longest is forgotten', () => {
  const { get, gone, exporters } = known({ exporters: 3 })
  const first = get(10, 0, 0, 1)
  get(10, 0, 0, 2)
  get(10, 0, 0, 3)
  assert.equal(get(10, 0, 0, 1), first)
  get(10, 0, 0, 4)
  get(10, 0, 0, 4)
  assert.deepEqual(gone, ['10.0.0.2 exporters'])
  get(10, 0, 0, 2)
  assert.deepEqual(gone, ['10.0.0.2 exporters', '10.0.0.3 exporters'])
  assert.equal(exporters.size, 3)
  assert.equal(exporters.evicted, 2)
  assert.equal(get(10, 0, 0, 1), first)
})

test('addresses are known by their bytes: 4, 16 or none', () => {
  const { get, exporters } = known({})
  const names = [get(192, 0, 2, 1), get(), get(...Buffer.from('20010db8000000000000000000000001', 'hex')), get(...Buffer.alloc(16))].map(
    ({ name }) => name
  )
  assert.deepEqual(names, ['192.0.2.1', 'unknown', '2001:db8::1', '::'])
  assert.equal(exporters.size, 4)
})

test('past the memory for all of them those that were silent longest are forgotten, never the one at hand', () => {
  const { get, gone, exporters } = known({ bytes: 10_000 })
  const account = (exporter: KnownExporter, bytes: number): void => {
    exporter.templateBytes = bytes
    exporters.account(exporter)
  }
  account(get(10, 0, 0, 1), 2000)
  account(get(10, 0, 0, 2), 2000)
  assert.deepEqual(gone, [])
  account(get(10, 0, 0, 3), 2000)
  assert.deepEqual(gone, [])
  account(get(10, 0, 0, 1), 4000)
  assert.deepEqual(gone, ['10.0.0.2 bytes'])
  account(get(10, 0, 0, 4), 50_000)
  assert.deepEqual(gone, ['10.0.0.2 bytes', '10.0.0.3 bytes', '10.0.0.1 bytes'])
  assert.equal(exporters.size, 1)
  account(get(10, 0, 0, 4), 0)
  assert(exporters.bytes < 2000)
})

test('with an exporter go its templates, names, held data and counts', async () => {
  const { flows, decoder } = await decode(
    [
      from(definition, 10, 0, 0, 1),
      from(data(1), 10, 0, 0, 1),
      from(message(9, {}, set(999, be(1, 4))), 10, 0, 0, 1),
      from(Buffer.from('ffffffff', 'hex'), 10, 0, 0, 1),
      from(definition, 10, 0, 0, 2),
      from(definition, 10, 0, 0, 3),
      from(data(2), 10, 0, 0, 1)
    ],
    { maxExporters: 2 }
  )
  assert.deepEqual(
    flows.map(({ src_port }) => src_port),
    [1]
  )
  assert.equal(decoder.exporters.evicted, 2)
  // what it did wrong is still counted: its held data and what waited at the end
  assert.deepEqual(
    [...decoder.counts.errors],
    [
      ['unknown-protocol', 1],
      ['template-not-found', 2]
    ]
  )
  assert.deepEqual(
    [...decoder.counts.forgottenErrors],
    [
      ['unknown-protocol', 1],
      ['template-not-found', 1]
    ]
  )
})

test('ten thousand made-up exporters with all they can tell fit into the memory for them', async () => {
  const { decoder, push, taken } = openDecoder({ maxExporters: 10_000, maxStateBytes: 4 << 20 })
  const templates = Array.from({ length: 60 }, (_, i) => templateSet(10, 256 + i, [uint(4, 0, 1), ...FIELDS]))
  const named = optionsSets(10, [uint(10, 7)], [text(82, 'name', 64)])
  let most = 0
  for (let i = 0; i < 3000; i++) {
    const payload = message(10, { domain: i }, ...templates, ...named)
    push(streamOf([from(payload, 10, 1, i >> 8, i & 255)]))
    most = Math.max(most, decoder.exporters.bytes)
  }
  await taken()
  assert(most <= 4 << 20, `${most} bytes`)
  assert(decoder.exporters.size < 200 && decoder.exporters.size > 50, `${decoder.exporters.size} exporters`)
})

test('many domains of one exporter: those that were not heard of longest are forgotten', async () => {
  const { decoder, push, taken } = openDecoder()
  const of = (domain: number, ...sets: Buffer[]): Buffer => streamOf([message(9, { domain }, ...sets)])
  push(of(7, templateSet(9, 256, FIELDS)))
  for (let i = 0; i < 6000; i++) {
    push(of(1000 + i))
    if (i % 1000 === 0) push(of(7, set(256, be(0x06_0001, 3))))
  }
  push(of(7, set(256, be(0x06_0002, 3))))
  const [exporter] = decoder.exporters.all()
  assert(exporter.domains <= 4096)
  assert.equal(exporter.templates.size, 1)
  assert.equal(decoder.flows(), 7)
  await taken()
})

test('an address that is none is no address, however long', async () => {
  for (const length of [0, 1, 5, 15, 17, 200, 100_000]) {
    const { flows, decoder } = await decode([{ payload: v5({}, {}), src: Buffer.alloc(length, 7) }])
    assert.equal(flows.length, 1)
    assert.equal(flows[0].sampler_address, undefined)
    assert.deepEqual(
      [...decoder.exporters.all()].map(({ name }) => name),
      ['unknown']
    )
  }
})

test('errors are counted by kind and exporter', async () => {
  const truncated = v5({ count: 5 }, {})
  const { decoder, flows, warnings } = await decode([
    from(truncated, 10, 0, 0, 1),
    from(truncated, 10, 0, 0, 1),
    from(truncated, 10, 0, 0, 2),
    from(Buffer.from('0102030405', 'hex'), 10, 0, 0, 2),
    from(Buffer.alloc(0), 10, 0, 0, 3),
    from(Buffer.from([0, 5]), 10, 0, 0, 3),
    from(message(9, {}, set(0, be(1, 4))), 10, 0, 0, 3)
  ])
  assert.equal(flows.length, 3)
  const metric = (name: string): unknown[] => {
    const reading = readingOf(decoder, name)
    return typeof reading === 'number' ? [reading] : [...reading]
  }
  assert.deepEqual(metric('flow_decode_errors_total'), [
    [{ kind: 'truncated', exporter: '10.0.0.1' }, 2],
    [{ kind: 'truncated', exporter: '10.0.0.2' }, 1],
    [{ kind: 'unknown-protocol', exporter: '10.0.0.2' }, 1],
    [{ kind: 'unknown-protocol', exporter: '10.0.0.3' }, 2],
    [{ kind: 'malformed-template', exporter: '10.0.0.3' }, 1]
  ])
  assert.deepEqual(metric('flow_decode_datagrams_total'), [
    [{ protocol: 'NETFLOW_V5' }, 3],
    [{ protocol: 'NETFLOW_V9' }, 1],
    [{ protocol: 'unknown' }, 3]
  ])
  assert.deepEqual(metric('flow_decode_flows_total'), [3])
  assert.deepEqual(metric('flow_decode_exporters'), [3])
  assert.equal(warnings.length, 7)
  assert.equal(summaryOf(decoder), '7 datagrams in, 3 flows out, 3 unknown-protocol, 3 truncated, 1 malformed-template')
})

test('datagrams by protocol are all datagrams, those of a cut header too', async () => {
  const { decoder } = await decode([
    v5({}, {}),
    v5({}).subarray(0, 10),
    message(9, {}).subarray(0, 8),
    message(10, {}).subarray(0, 8),
    Buffer.from('0001', 'hex')
  ])
  assert.equal(
    Object.values(decoder.counts.byType).reduce((sum, count) => sum + count, 0),
    decoder.counts.datagrams
  )
})

test('errors by exporter have a bounded number of label values', async () => {
  const { decoder } = await decode(
    Array.from({ length: 2500 }, (_, i) => from(Buffer.alloc(4, 0xff), 10, 9, i >> 8, i & 255)),
    { maxExporters: 5000 }
  )
  const readings = [...(readingOf(decoder, 'flow_decode_errors_total') as Iterable<readonly [Record<string, string>, number]>)]
  assert(readings.length <= 1001)
  assert.equal(
    readings.reduce((sum, [, value]) => sum + value, 0),
    2500
  )
  assert.deepEqual(readings.at(-1), [{ kind: 'unknown-protocol', exporter: 'other' }, 1500])
})

test('a frame that is no Datagram is counted, and the stream goes on', async () => {
  const stream = Buffer.concat([
    datagramFrame({ payload: v5({}, {}) }),
    Buffer.from([3, 0xff, 0xff, 0xff]),
    Buffer.from([0]),
    datagramFrame({ payload: v5({}, {}) })
  ])
  const { decoder, push, taken } = openDecoder()
  push(stream)
  await taken()
  assert.equal(decoder.counts.badFrames, 1)
  assert.equal(decoder.flows(), 2)
})

interface Line {
  message: string
  fields?: unknown
}
function muted(count: number, interval: number): { at: (time: number, message: string) => void; end: () => void; lines: Line[] } {
  const lines: Line[] = []
  const silent = (): void => undefined
  let now = 0
  const log = mutedLog(
    {
      debug: silent,
      info: silent,
      error: silent,
      warn: (message, fields) => lines.push({ message, ...(fields === undefined ? {} : { fields }) })
    },
    count,
    interval,
    () => now
  )
  return {
    lines,
    end: () => {
      log.end()
    },
    at(time, text) {
      now = time
      log.warn(text, { kind: 'x' })
    }
  }
}

test('so many errors per interval are logged, the others are told of by their number', () => {
  const { at, end, lines } = muted(2, 1000)
  for (const [time, text] of [
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
    [999, 'd'],
    [1000, 'e'],
    [1500, 'f'],
    [1999, 'g'],
    [5000, 'h']
  ] as const)
    at(time, text)
  end()
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['a', 'b', '2 more warnings were not logged', 'e', 'f', '1 more warning was not logged', 'h']
  )
  assert.deepEqual(lines[0].fields, { kind: 'x' })
})

test('what is muted last is told of at the end; 0 lines mute all, an interval of 0 none', () => {
  const some = muted(1, 1000)
  for (let i = 0; i < 5; i++) some.at(i, 'x')
  some.end()
  some.end()
  assert.deepEqual(
    some.lines.map(({ message }) => message),
    ['x', '4 more warnings were not logged']
  )
  const none = muted(0, 1000)
  for (let i = 0; i < 5; i++) none.at(i, 'x')
  none.end()
  assert.deepEqual(
    none.lines.map(({ message }) => message),
    ['5 more warnings were not logged']
  )
  const all = muted(1, 0)
  for (let i = 0; i < 5; i++) all.at(7, 'x')
  all.end()
  assert.equal(all.lines.length, 5)
})

test('no counter of an exporter goes back, however many there are and whichever is heard of', () => {
  const { decoder, push } = openDecoder({ maxExporters: 1100 })
  const wrong = (i: number): DatagramSpec => ({ payload: Buffer.from('what?'), src: Buffer.from([10, 0, i >> 8, i & 255]) })
  const read = (): Map<string, number> => {
    const reading = readingOf(decoder, 'flow_decode_errors_total')
    return new Map([...(reading as Iterable<readonly [Record<string, string>, number]>)].map(([{ exporter }, value]) => [exporter, value]))
  }
  push(streamOf(Array.from({ length: 1050 }, (_, i) => wrong(i))))
  let before = read()
  assert.deepEqual([before.size, before.get('other')], [1001, 50])
  for (const i of [0, 1049, 0, 500]) {
    push(streamOf([wrong(i)]))
    const now = read()
    for (const [exporter, value] of before) assert.ok((now.get(exporter) ?? 0) >= value, exporter)
    before = now
  }
})
