/** flow-decode -produce report: a finding for what is wrong, and none for an exporter that is healthy. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { reportObserver } from '../../../src/decode/report/observer.js'
import { newDatagram } from '../../../src/flow/datagram.js'
import { be, type FieldSpec, ipv4, optionsTemplate9, set, template, v5, v9 } from '../../support/build-netflow.js'
import { readCapture } from '../../support/captures.js'
import { datagramFrame, type DatagramSpec } from '../../support/datagram-stream.js'
import { freePort } from '../../support/ports.js'
import { CAPTURES, withoutCaptures } from '../../support/shared.js'
import { ROOT, runTool, startPipeline } from '../../support/tools.js'
import { captureIndex } from '../../captures/capture-index.js'

interface Report {
  exporter: string
  /** null where nothing could be read */
  protocol: string | null
  domain: string
  datagrams: number
  flows: number
  counter_samples: number
  missing: number
  loss: number
  templates: { id: number; sent: number; redefined: number; options: boolean }[]
  unused_elements: string[]
  clock_skew_seconds: number | null
  longest_flow_seconds: number
  firewall_events: number
  flows_without_counters: number
  findings: { kind: string; text: string }[]
}

async function report(datagrams: readonly (Buffer | DatagramSpec)[], ...args: string[]): Promise<Report[]> {
  const stream = Buffer.concat(datagrams.map((datagram) => datagramFrame(Buffer.isBuffer(datagram) ? { payload: datagram } : datagram)))
  const { code, stdout, stderr } = await runTool(
    'flow-decode',
    ['-produce', 'report', '-format', 'json', '-loglevel', 'error', ...args],
    stream
  )
  assert.equal(code, 0, stderr)
  return stdout
    .toString()
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Report)
}

const kinds = ([{ findings }]: readonly Report[]): string[] => findings.map(({ kind }) => kind)

const FIELDS: FieldSpec[] = [
  [8, 4],
  [12, 4],
  [1, 4],
  [2, 4],
  [10, 4],
  [22, 4],
  [21, 4]
]
const TEMPLATE = set(0, template(256, FIELDS))
const SAMPLER = set(1, optionsTemplate9(257, [[1, 4]], [[34, 4]]))
const NAMES = set(1, optionsTemplate9(258, [[2, 4]], [[82, 8]]))
const rate = (value: number): Buffer => set(257, be(0, 4), be(value, 4))
const named = set(258, be(3, 4), Buffer.from('eth3\0\0\0\0'))

interface RecordOptions {
  bytes?: number
  packets?: number
  first?: number
  last?: number
}

const record = ({ bytes = 100, packets = 1, first = 990_000, last = 999_000 }: RecordOptions = {}): Buffer =>
  Buffer.concat([ipv4('192.0.2.1'), ipv4('198.51.100.1'), be(bytes, 4), be(packets, 4), be(3, 4), be(first, 4), be(last, 4)])
const data = (...records: Buffer[]): Buffer => set(256, ...records)

const healthy = [
  v9({ sequence: 1 }, TEMPLATE, SAMPLER, NAMES, rate(100), named, data(record())),
  v9({ sequence: 2 }, data(record(), record()))
]

test('a healthy exporter has no findings', async () => {
  const [section] = await report(healthy)
  assert.deepEqual(section.findings, [])
  assert.equal(section.datagrams, 2)
  assert.equal(section.flows, 3)
  assert.deepEqual(
    section.templates.map(({ id, sent }) => [id, sent]),
    [
      [256, 1],
      [257, 1],
      [258, 1]
    ]
  )
})

test('no rate told, no options; a rate of zero is none', async () => {
  assert.deepEqual(kinds(await report([v9({}, TEMPLATE, data(record()))])), ['no-sampling', 'no-options'])
  assert.deepEqual(kinds(await report([v9({}, TEMPLATE, SAMPLER, rate(0), NAMES, named, data(record()))])), ['no-sampling'])
  assert.deepEqual(kinds(await report([v5({ sampling: 0 }, { bytes: 9, packets: 1 })])), ['no-sampling'])
  assert.deepEqual(kinds(await report([v5({ sampling: 0x4064 }, { bytes: 9, packets: 1 })])), [])
})

test('options without a name of an interface', async () => {
  assert.deepEqual(kinds(await report([v9({}, TEMPLATE, SAMPLER, rate(10), data(record()))])), ['no-names'])
})

test('data without its template, and data whose template came later', async () => {
  const [missing] = await report([v9({}, set(300, record()))])
  assert.deepEqual(
    missing.findings.map(({ kind }) => kind),
    ['template-missing']
  )
  assert.match(missing.findings[0].text, /template 300, which did not come/)
  const [late] = await report([
    v9({ sequence: 1 }, data(record())),
    v9({ sequence: 2 }, TEMPLATE, SAMPLER, NAMES, rate(1), named),
    v9({ sequence: 3 }, data(record()))
  ])
  assert.deepEqual(
    late.findings.map(({ kind }) => kind).filter((kind) => kind.startsWith('template')),
    []
  )
  assert.equal(late.flows, 2)
})

test('data whose template an earlier run kept waits for nothing', async () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'flow-report-')), 'templates.json')
  try {
    await report(healthy, '-templates.json.path', file)
    const [section] = await report([v9({ sequence: 3 }, data(record()))], '-templates.json.path', file)
    assert.equal(section.flows, 1)
    assert.ok(!section.findings.some(({ kind }) => kind === 'template-missing'))
  } finally {
    fs.rmSync(path.dirname(file), { recursive: true })
  }
})

test('counter samples are counted', async () => {
  const pipeline = startPipeline(`flow-pcap ${path.join(ROOT, 'test/fixtures/sfprobe.pcap')} | flow-decode -produce report -format json`)
  const { stdout } = await pipeline.ended
  const [section] = stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report)
  assert.equal(section.counter_samples, 1)
})

test('an address that sends nothing readable has a page too', async () => {
  const [section, stranger] = await report([
    ...healthy,
    { payload: Buffer.from('<13>Nov 29 a line of syslog'), src: Buffer.from([198, 51, 100, 9]) }
  ])
  assert.deepEqual(section.findings, [])
  assert.equal(stranger.exporter, '198.51.100.9')
  assert.deepEqual(kinds([stranger]), ['unreadable'])
})

test('what has no room is not noted: domains, templates and ports that somebody makes up', () => {
  const observer = reportObserver()
  const datagram = newDatagram()
  const many = Array.from({ length: 300 }, (_, i) => template(256 + i, FIELDS))
  const header = { type: 'NETFLOW_V9' as const, sequence: 0, units: 1, options: 0, held: [], uptime: 0, exportSeconds: NaN }
  for (let i = 0; i < 2000; i++) {
    const payload = v9({ domain: i % 20 }, set(0, ...many))
    Object.assign(datagram, { buf: payload, payloadStart: 0, payloadEnd: payload.length, srcPort: i })
    observer.onHeader('192.0.2.1', datagram, { ...header, domain: String(i % 20) })
  }
  let sessions = 0
  for (const { templates } of observer.sections()) for (const known of templates.values()) sessions += known.sessions.size
  assert.ok(sessions > 10_000 && sessions < 300_000, String(sessions))
  for (let i = 0; i < 50_000; i++) observer.onHeader(`exporter ${i}`, datagram, { ...header, type: 'SFLOW_5', domain: 'agent' })
  assert.ok([...observer.sections()].length < 20_000)
})

test('a template that comes with other fields, and one that cannot be read', async () => {
  const other = set(0, template(256, [...FIELDS.slice(0, 6), [152, 8]]))
  assert.ok(kinds(await report([...healthy, v9({ sequence: 3 }, other)])).includes('template-redefined'))
  assert.ok(kinds(await report([...healthy, v9({ sequence: 3 }, set(0, template(256, [])))])).includes('template-refused'))
})

test('9 % of datagrams that never came', async () => {
  const sequences = Array.from({ length: 100 }, (_, i) => i + 3).filter((sequence) => sequence % 11 !== 0)
  const [section] = await report([...healthy, ...sequences.map((sequence) => v9({ sequence }, data(record())))])
  assert.deepEqual(
    section.findings.map(({ kind }) => kind),
    ['loss']
  )
  assert.match(section.findings[0].text, /^8\.8 %/)
  assert.equal(section.missing, 9)
})

test('a clock an hour behind, an hour ahead, and right', async () => {
  const at = (hours: number): DatagramSpec[] =>
    healthy.map((payload) => ({ payload, received: (1_700_000_000n + BigInt(hours * 3600)) * 1_000_000_000n }))
  const [behind] = await report(at(1))
  assert.deepEqual(
    behind.findings.map(({ kind }) => kind),
    ['clock']
  )
  assert.match(behind.findings[0].text, /60 min behind/)
  assert.match((await report(at(-1)))[0].findings[0].text, /60 min ahead of/)
  assert.deepEqual(kinds(await report(at(0))), [])
})

test('flows that start after they end, that last too long, that count nothing', async () => {
  const withRecord = (options: RecordOptions): Promise<Report[]> =>
    report([...healthy, v9({ sequence: 3, uptime: 10_000_000 }, data(record(options)))])
  assert.deepEqual(kinds(await withRecord({ first: 999_000, last: 990_000 })), ['backwards'])
  const [long] = await withRecord({ first: 1_000_000, last: 9_000_000 })
  assert.deepEqual(
    long.findings.map(({ kind }) => kind),
    ['long-flows']
  )
  assert.equal(long.longest_flow_seconds, 8000)
  assert.deepEqual(kinds(await withRecord({ bytes: 0, packets: 0 })), ['no-counters'])
})

test('events of a NAT have neither counters nor a rate, and nothing is wrong with that', async () => {
  const events = set(0, template(300, [[8, 4], [225, 4], [230, 1]])) // prettier-ignore
  const event = set(300, ipv4('192.0.2.1'), ipv4('198.51.100.1'), be(1, 1))
  const [section] = await report([v9({ sequence: 1 }, events, event)])
  assert.equal(section.flows, 1)
  assert.deepEqual(section.findings, [])
  // beside them, flows that count nothing are still found
  assert.ok(kinds(await report([...healthy, v9({ sequence: 3 }, events, event, data(record({ bytes: 0, packets: 0 })))])).includes('no-counters')) // prettier-ignore
})

test('events of a firewall have neither counters nor a rate', async () => {
  const events = set(0, template(300, [[8, 4], [12, 4], [233, 1], [1, 4]])) // prettier-ignore
  const event = (kind: number, bytes: number): Buffer => set(300, ipv4('192.0.2.1'), ipv4('198.51.100.1'), be(kind, 1), be(bytes, 4))
  const [section] = await report([v9({ sequence: 1 }, events, event(1, 0), event(3, 0))])
  assert.deepEqual([section.flows, section.firewall_events, section.flows_without_counters], [2, 2, 0])
  assert.deepEqual(
    section.findings.map(({ kind }) => kind),
    ['unused']
  )
  assert.deepEqual(section.unused_elements, ['firewallEvent'])
  // one that counts is a flow like others, and none is an event of kind 0
  const [counting] = await report([v9({ sequence: 1 }, events, event(2, 9), event(0, 0))])
  assert.deepEqual([counting.flows, counting.firewall_events, counting.flows_without_counters], [2, 0, 1])
})

test('each port of an exporter has templates of its own', async () => {
  const other = set(0, template(256, [...FIELDS.slice(0, 6), [152, 8]]))
  const from = (srcPort: number, payload: Buffer): DatagramSpec => ({ payload, srcPort })
  const found = async (...datagrams: DatagramSpec[]): Promise<string[]> =>
    kinds(await report(datagrams)).filter((kind) => kind.startsWith('template'))
  const [first, second, third] = [v9({ sequence: 1 }, TEMPLATE), v9({ sequence: 1 }, other), v9({ sequence: 2 }, TEMPLATE)]
  assert.deepEqual(await found(from(2001, first), from(2002, second), from(2001, third)), [])
  assert.deepEqual(await found(from(2001, first), from(2002, second), from(2002, third)), ['template-redefined'])
})

test('a hole that no network makes, a clock that was never set, options without data', async () => {
  const text = (kind: string, [{ findings }]: readonly Report[]): string => findings.find((one) => one.kind === kind)?.text ?? ''
  assert.match(text('loss', await report([...healthy, v9({ sequence: 4 })])), /^25 % .* \(1 datagram\): look at/)
  assert.match(text('loss', await report([...healthy, v9({ sequence: 1000 })])), /\(997 datagrams\): a capture with gaps, or/)
  const days = await report([{ payload: healthy[0], received: 1_800_000_000_000_000_000n }])
  assert.match(text('clock', days), /days behind .*: it was never set, or datagrams of another day are replayed/)
  assert.match(
    text('no-names', await report([v9({}, TEMPLATE, SAMPLER, NAMES, data(record()))])),
    /^templates of options are sent, but no data/
  )
})

test('elements that no field takes have their names', async () => {
  const fields = set(0, template(260, [...FIELDS, [206, 1], [511, 4], [12345, 4]]))
  const [section] = await report([...healthy, v9({ sequence: 3 }, fields)])
  assert.deepEqual(section.unused_elements, ['isMulticast', 'bgpSourceAsPathList', 'element12345'])
  assert.deepEqual(
    section.findings.map(({ kind }) => kind),
    ['unused']
  )
  assert.match(section.findings[0].text, /^no field takes isMulticast \(206\), bgpSourceAsPathList \(511\), element12345: /)
})

test('each exporter and domain has a section of its own; a page fits 80 columns', async () => {
  const datagrams = [
    datagramFrame({ payload: v9({ domain: 1 }, TEMPLATE, data(record())) }),
    datagramFrame({ payload: v9({ domain: 2 }, set(300, record())) }),
    datagramFrame({ payload: v5({}, {}), src: ipv4('192.0.2.77') })
  ]
  const { code, stdout, stderr } = await runTool('flow-decode', ['-produce', 'report'], Buffer.concat(datagrams))
  assert.equal(code, 0)
  assert.match(stderr, /3 datagrams in, 2 flows looked at/)
  const page = stdout.toString()
  assert.match(page, /^192\.0\.2\.9 {2}NETFLOW_V9 {2}domain 1$/m)
  assert.match(page, /^192\.0\.2\.9 {2}NETFLOW_V9 {2}domain 2$/m)
  assert.match(page, /^192\.0\.2\.77 {2}NETFLOW_V5 {2}engine 0\/0$/m)
  assert.match(page, /^ {2}! no sampling rate is told/m)
  for (const line of page.split('\n')) assert.ok(line.length <= 80, line)
})

test('-format and -counters with it', async () => {
  assert.equal((await runTool('flow-decode', ['-produce', 'report', '-counters', '/dev/null'], '')).code, 64)
  const empty = await runTool('flow-decode', ['-produce', 'report'], '')
  assert.equal(empty.code, 0)
  assert.equal(empty.stdout.length, 0)
})

/** What captures are known to have. */
const KNOWN: Record<string, string[]> = {
  'fluent/netflow.v9.bin': ['template-missing'],
  'logstash/46-netflow-9-palo-alto-pan-os-with-app-id.pcap': ['no-sampling', 'no-options', 'unused'],
  'generated/softflowd-v9.pcap': [],
  'generated/softflowd-v10.pcap': [],
  'generated/softflowd-v5.pcap': ['no-sampling'],
  'generated/pmacct-nfprobe-v5.pcap': [],
  'logstash/07-netflow-9-cisco-asa.pcap': ['no-sampling', 'unused']
}

test('captures have the findings that they are known to have', { skip: withoutCaptures }, async () => {
  const files = new Map(captureIndex().map(({ name, path: file }) => [name, file]))
  for (const [name, kinds] of Object.entries(KNOWN)) {
    const found = findingsOf(await report(await readCapture(files.get(name)!)))
    for (const kind of kinds) assert.ok(found.has(kind), `${name}: ${kind} in ${[...found].join(' ')}`)
    if (kinds.length === 0)
      assert.deepEqual(
        [...found].filter((kind) => kind !== 'clock'),
        [],
        name
      )
  }
})

test('all captures in one stream have a report', { skip: withoutCaptures }, async () => {
  const datagrams: DatagramSpec[] = []
  for (const { path: file } of captureIndex()) datagrams.push(...(await readCapture(file)))
  const sections = await report(datagrams)
  assert.ok(sections.length > 50, `${sections.length}`)
  for (const { protocol, flows, datagrams, loss, findings } of sections) {
    if (protocol !== null) assert.ok(datagrams > 0 && flows >= 0 && loss >= 0 && loss <= 1)
    for (const { text } of findings) assert.ok(text.length > 40 && !text.includes('\n'), text)
  }
})

function findingsOf(sections: readonly Report[]): Set<string> {
  return new Set(sections.flatMap(({ findings }) => findings.map(({ kind }) => kind)))
}

const withoutSoftflowd = spawnSync('softflowd', ['-h']).error === undefined ? withoutCaptures : 'no softflowd'

test('softflowd, live, has nothing to find fault with', { skip: withoutSoftflowd }, async () => {
  const port = await freePort()
  const listening = startPipeline(`flow-listen -listen netflow://127.0.0.1:${port} -count 1 | flow-decode -produce report -format json`)
  await listening.until(() => listening.stderr().includes('listening'))
  const capture = path.join(CAPTURES, 'generated/link-raw.pcap')
  const probe = spawn('softflowd', ['-r', capture, '-n', `127.0.0.1:${port}`, '-v', '9', '-d'], { cwd: ROOT, stdio: 'ignore' })
  await new Promise((resolve) => probe.on('close', resolve))
  const { stdout } = await listening.ended
  const [section] = stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report)
  assert.equal(section.protocol, 'NETFLOW_V9')
  assert.deepEqual(
    section.findings.filter(({ kind }) => kind !== 'clock'),
    []
  )
})
