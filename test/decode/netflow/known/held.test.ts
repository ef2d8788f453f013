/** Data that comes before its template waits for it, within bounds of bytes and time. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type HeldLimits, type HeldSet, heldSets } from '../../../../src/decode/netflow/known/held.js'
import { be, set } from '../../../support/build-netflow.js'
import { readFlows } from '../../../support/datagram-stream.js'
import { decode, openDecoder, streamOf } from '../../../support/decode.js'
import { baseOf, message, optionsSets, templateSet, uint, VERSIONS } from '../../../support/records.js'

const FIELDS = [uint(4, 6, 1), uint(7, 0, 2)]
const record = (port: number): Buffer => be(0x06_0000 + port, 3)

for (const version of VERSIONS) {
  const name = `version ${version}`

  test(`${name}: data is decoded when its template comes, in its order, with its own header and time of receipt`, async () => {
    const { flows, decoder } = await decode([
      {
        payload: message(version, { sequence: 5, seconds: 1_700_000_100, domain: 3 }, set(256, record(1), record(2)), set(256, record(3))),
        received: 111n
      },
      {
        payload: message(version, { sequence: 6, seconds: 1_700_000_200, domain: 3 }, set(257, record(9)), set(256, record(4))),
        received: 222n
      },
      {
        payload: message(
          version,
          { sequence: 7, seconds: 1_700_000_300, domain: 3 },
          set(256, record(5)),
          templateSet(version, 256, FIELDS),
          set(256, record(6))
        ),
        received: 333n
      }
    ])
    const one = (port: number, i: number) => ({
      ...baseOf(version, { sequence: 5 + i, seconds: 1_700_000_100 + 100 * i, domain: 3 }),
      proto: 6,
      src_port: port,
      time_received_ns: String(111 * (i + 1))
    })
    assert.deepEqual(flows, [one(1, 0), one(2, 0), one(3, 0), one(4, 1), one(5, 2), one(6, 2)])
    // 257 never came
    assert.deepEqual([...decoder.counts.errors], [['template-not-found', 1]])
    assert.equal(decoder.held.bytes, 0)
  })

  test(`${name}: data waits for the template of its own domain, version and exporter`, async () => {
    const other = version === 9 ? 10 : 9
    const template = (of: 9 | 10, domain: number): Buffer => message(of, { domain }, templateSet(of, 256, FIELDS))
    const { flows, decoder } = await decode([
      message(version, { domain: 3 }, set(256, record(1))),
      template(version, 4),
      template(other, 3),
      { payload: template(version, 3), src: Buffer.from([203, 0, 113, 1]) }
    ])
    assert.deepEqual(flows, [])
    assert.deepEqual([...decoder.counts.errors], [['template-not-found', 1]])
    const { flows: some } = await decode([
      { payload: message(version, { domain: 3 }, set(256, record(1))), srcPort: 1 },
      { payload: template(version, 3), srcPort: 2 }
    ])
    assert.deepEqual(
      some.map(({ src_port }) => src_port),
      [1]
    )
  })

  test(`${name}: options data waits too, and a template that comes again finds nothing left`, async () => {
    const [template, data] = optionsSets(version, [version === 9 ? uint(1, 0) : uint(144, 0)], [uint(34, 100)])
    const { flows, decoder } = await decode([
      message(version, {}, data),
      message(version, {}, template, templateSet(version, 256, FIELDS), set(256, record(1))),
      message(version, {}, template, templateSet(version, 256, FIELDS))
    ])
    assert.deepEqual(
      flows.map(({ src_port, sampling_rate }) => [src_port, sampling_rate]),
      [[1, '100']]
    )
    assert.equal(decoder.netflow.optionsRecords, 1)
  })

  test(`${name}: past the bound of bytes the oldest is dropped, and counted`, async () => {
    const datagrams = Array.from({ length: 10 }, (_, i) => message(version, {}, set(256, record(i), Buffer.alloc(997, 1))))
    const { flows, decoder } = await decode(
      [...datagrams, message(version, {}, templateSet(version, 256, [...FIELDS, { id: 210, bytes: Buffer.alloc(997) }]))],
      {
        held: { exporterBytes: 4 * 2100, totalBytes: 1 << 20, ms: 60_000 }
      }
    )
    assert.deepEqual(
      flows.map(({ src_port }) => src_port),
      [6, 7, 8, 9]
    )
    assert.deepEqual([...decoder.counts.errors], [['template-not-found', 6]])
  })

  test(`${name}: nothing is held where that is not wanted`, async () => {
    const { flows, decoder } = await decode(
      [message(version, {}, set(256, record(1))), message(version, {}, templateSet(version, 256, FIELDS))],
      { held: { exporterBytes: 0, totalBytes: 0, ms: 0 } }
    )
    assert.deepEqual(flows, [])
    assert.deepEqual([...decoder.counts.errors], [['template-not-found', 1]])
  })

  test(`${name}: what is held too long is dropped`, async (t) => {
    let now = 1000
    t.mock.method(performance, 'now', () => now)
    const { push, taken, decoder } = openDecoder({ held: { exporterBytes: 1 << 20, totalBytes: 1 << 20, ms: 60_000 } })
    push(streamOf([message(version, {}, set(256, record(1)))]))
    now += 40_000
    push(streamOf([message(version, {}, set(256, record(2)), set(257, record(3)))]))
    now += 40_000
    decoder.expire()
    assert.deepEqual([...decoder.counts.errors], [['template-not-found', 1]])
    push(streamOf([message(version, {}, templateSet(version, 256, FIELDS))]))
    assert.deepEqual(
      readFlows(await taken()).map(({ src_port }) => src_port),
      [2]
    )
    now += 40_000
    decoder.expire()
    push(streamOf([message(version, {}, templateSet(version, 257, FIELDS))]))
    assert.equal((await taken()).length, 0)
    assert.deepEqual([...decoder.counts.errors], [['template-not-found', 2]])
  })
}

const all = (): boolean => true
const LIMITS: HeldLimits = { exporterBytes: 13_000, totalBytes: 28_000, ms: 1000 }
const aSet = (templateId: number, bytes: number, heldAt = 0, domainKey = 1): HeldSet => ({
  templateId,
  port: 1,
  domainKey,
  body: 'x'.repeat(bytes),
  header: 'x'.repeat(16),
  receivedHi: 0,
  receivedLo: 0,
  heldAt
})

function held(limits = LIMITS): { sets: ReturnType<typeof heldSets>; dropped: string[] } {
  const dropped: string[] = []
  return { dropped, sets: heldSets(limits, (exporter, set) => dropped.push(`${(exporter as { name: string }).name}${set.templateId}`)) }
}
const A = { name: 'a' }
const B = { name: 'b' }
const C = { name: 'c' }

test('bookkeeping counts against the bounds: a flood of empty sets is bounded', () => {
  const { sets, dropped } = held()
  for (let i = 0; i < 1000; i++) sets.hold(A, aSet(256, 0))
  assert(sets.bytes <= LIMITS.exporterBytes)
  assert(dropped.length > 900)
})

test('a set larger than the bound is dropped at once, and pushes nothing out', () => {
  const { sets, dropped } = held()
  sets.hold(A, aSet(1, 100))
  sets.hold(A, aSet(2, 12_500))
  assert.deepEqual(dropped, ['a2'])
  assert.equal(sets.release(A, 1, 1, all).length, 1)
  assert.equal(sets.bytes, 0)
})

test('past the bound of all exporters, the oldest set of all is dropped', () => {
  const { sets, dropped } = held()
  for (const exporter of [A, B, C]) for (const id of [1, 2]) sets.hold(exporter, aSet(id, 4000))
  assert.deepEqual(dropped, ['a1'])
  sets.hold(A, aSet(3, 4000))
  assert.deepEqual(dropped, ['a1', 'a2'])
  sets.hold(B, aSet(4, 1000))
  assert.deepEqual(dropped, ['a1', 'a2'])
  sets.hold(A, aSet(5, 4000))
  assert.deepEqual(dropped, ['a1', 'a2', 'b1'])
  assert(sets.bytes <= LIMITS.totalBytes)
})

test('take gives the sets of one template of one domain, oldest first, and leaves the others', () => {
  const { sets, dropped } = held()
  const one = [aSet(1, 1), aSet(1, 2), aSet(1, 3)]
  sets.hold(A, one[0])
  sets.hold(A, aSet(2, 1))
  sets.hold(A, aSet(1, 1, 0, 2))
  sets.hold(A, one[1])
  sets.hold(B, aSet(1, 1))
  sets.hold(A, one[2])
  assert.deepEqual(sets.release(A, 1, 1, all), one)
  assert.deepEqual(sets.release(A, 1, 1, all), [])
  assert.equal(sets.release(A, 1, 2, all).length, 1)
  assert.equal(sets.release(A, 2, 1, all).length, 1)
  assert.equal(sets.release(B, 1, 1, all).length, 1)
  assert.equal(sets.release(C, 1, 1, all).length, 0)
  assert.equal(sets.bytes, 0)
  assert.deepEqual(dropped, [])
})

test('what is older than the time is dropped, oldest first, of every exporter', () => {
  const { sets, dropped } = held()
  sets.hold(A, aSet(1, 1, 0))
  sets.hold(B, aSet(2, 1, 500))
  sets.hold(A, aSet(3, 1, 900))
  sets.expire(1000)
  assert.deepEqual(dropped, [])
  sets.expire(1001)
  assert.deepEqual(dropped, ['a1'])
  sets.expire(1900)
  assert.deepEqual(dropped, ['a1', 'b2'])
  sets.drop(A)
  assert.deepEqual(dropped, ['a1', 'b2', 'a3'])
  sets.drop(A)
  sets.drop()
  assert.equal(sets.bytes, 0)
})

test('a template finds its sets without looking at those of others', () => {
  const { sets } = held({ exporterBytes: 1 << 30, totalBytes: 1 << 30, ms: 1000 })
  let looked = 0
  for (let i = 0; i < 20_000; i++) {
    const one = aSet(256 + i, 1)
    sets.hold(A, {
      ...one,
      get templateId() {
        looked++
        return one.templateId
      }
    })
  }
  looked = 0
  for (let i = 0; i < 20_000; i++) assert.equal(sets.release(A, 1, 256 + i, all).length, 1)
  assert(looked < 200_000, `${looked} looks`)
  assert.equal(sets.bytes, 0)
})

test('what waited is decoded only as the output has room, and with the template that it waited for', async () => {
  let isBlocked = true
  const opened = openDecoder()
  const { output } = opened
  Object.defineProperty(output, 'blocked', { get: () => isBlocked, set: () => undefined })
  opened.push(streamOf(Array.from({ length: 10 }, (_, i) => v9Data(i))))
  opened.push(
    streamOf([
      message(9, { sequence: 20 }, templateSet(9, 256, FIELDS)),
      message(9, { sequence: 21 }, templateSet(9, 256, [uint(4, 6, 1)]))
    ])
  )
  assert.equal(opened.decoder.flows(), 0)
  for (let i = 1; i <= 10; i++) {
    assert.equal(opened.decoder.more(), true)
    assert.equal(opened.decoder.flows(), i)
  }
  assert.equal(opened.decoder.more(), false)
  isBlocked = false
  assert.deepEqual(
    readFlows(await opened.taken()).map(({ src_port }) => src_port),
    Array.from({ length: 10 }, (_, i) => i + 1)
  )
})

const v9Data = (i: number): Buffer => message(9, { sequence: i }, set(256, record(i + 1)))

test('someone hears of a template that does not come, once', () => {
  const waited: number[] = []
  const held = heldSets(
    { exporterBytes: 1 << 20, totalBytes: 1 << 20, ms: 60_000 },
    () => undefined,
    (_, { templateId }) => waited.push(templateId)
  )
  const exporter = {}
  const hold = (templateId: number, heldAt: number): void => {
    held.hold(exporter, {
      templateId,
      port: 1,
      domainKey: 1,
      body: 'x'.repeat(4),
      header: 'x'.repeat(20),
      receivedHi: 0,
      receivedLo: 0,
      heldAt
    })
  }
  hold(256, 0)
  hold(256, 8000)
  hold(257, 8000)
  const heardAt = (now: number): number[] => {
    held.expire(now)
    return waited.splice(0)
  }
  assert.deepEqual([9000, 11_000, 12_000, 19_000, 30_000].map(heardAt), [[], [256], [], [257], []])
})
