/** flow-agg as a process. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { startTool, runPipeline, runTool } from '../support/tools.js'
import { readFlows } from '../support/datagram-stream.js'
import { type FlowSpec, flowStream } from './aggregating.js'

const SECOND = 1_000_000_000n
const EPOCH = 1_700_000_040n * SECOND // a whole minute
const MAX = 2n ** 64n - 1n

const at = (seconds: number): bigint => EPOCH + BigInt(Math.round(seconds * 1000)) * 1_000_000n
const flow = (seconds: number, more: FlowSpec = {}): FlowSpec => ({
  time_received_ns: at(seconds),
  bytes: 100n,
  packets: 1n,
  sampling_rate: 1n,
  sampler_address: 'c0000201',
  src_as: 64_500,
  ...more
})

async function summed(flows: readonly FlowSpec[], args: string[]): Promise<ReturnType<typeof readFlows>> {
  const { code, stdout, stderr } = await runTool('flow-agg', args, flowStream(flows))
  assert.equal(code, 0, stderr)
  return readFlows(stdout)
}

test('what is wrong with a command line costs one line that says what would do', async () => {
  const cases: [args: string[], line: RegExp][] = [
    [['-by', 'src_asn'], /^flow-agg: -by: unknown field 'src_asn': src_as, /],
    [['-by', 'exporter'], /^flow-agg: -by: unknown field 'exporter': sampler_address, exporter_name$/m],
    [['-by', 'host'], /^flow-agg: -by: unknown field 'host': src_addr, dst_addr, addr$/m],
    [['-by', 'srcip'], /^flow-agg: -by: unknown field 'srcip': src_addr$/m],
    [['-by', 'ip'], /^flow-agg: -by: unknown field 'ip': src_addr, dst_addr, addr$/m],
    [['-by', 'bytes'], /^flow-agg: -by: 'bytes' is counted, and no key/],
    [['-by', 'src_addr/33'], /IPv4 prefix has at most 32 bits/],
    [['-by', 'src_addr/24:129'], /IPv6 prefix has at most 128 bits/],
    [['-by', 'src_as/24'], /only an address can be cut, and src_as is none/],
    [['-by', 'src_addr/'], /'src_addr\/' is no key/],
    [['-by', 'src_as,src_as'], /'src_as' stands there twice/],
    [['-by', 'src_addr/24,src_net'], /'src_net' is the length of src_addr already/],
    [['-every', '0'], /window is as long as a whole number of milliseconds, at least one/],
    [['-every', '1us'], /whole number of milliseconds/],
    [['-order', 'distinct'], /-order distinct needs the field/],
    [['-distinct', 'port'], /'port' stands for two fields: src_port or dst_port/],
    [['-spread'], /give -every too/],
    [['-top', '0'], /whole number from 1/i],
    [['-max-groups', '0'], /whole number from 1/i],
    [['-memory', '12parsecs'], /size is a number of bytes/],
    [['-order', 'size'], /bytes, packets, flows/]
  ]
  for (const [args, line] of cases) {
    const { code, stderr } = await runTool('flow-agg', args)
    assert.equal(code, 64, args.join(' '))
    assert.match(stderr, line)
    assert.equal(stderr.trimEnd().split('\n').length, 1)
  }
})

test('a product and a sum stop at 2^64 - 1, and it is told', async () => {
  const { stdout, stderr } = await runTool('flow-agg', [], flowStream([flow(0, { bytes: MAX, sampling_rate: 1000n }), flow(1)]))
  assert.equal(readFlows(stdout)[0].bytes, String(MAX))
  assert.match(stderr, /2 stopped at 2\^64 - 1/)
  const once = await summed([flow(0, { bytes: MAX, sampling_rate: 0n })], [])
  assert.equal(once[0].bytes, String(MAX))
})

test('AS 0 is a group like others, beside the rest', async () => {
  const flows = [flow(0, { src_as: 0, bytes: 500n }), flow(1), flow(2, { src_as: 64_501, bytes: 50n })]
  assert.deepEqual(await summed(flows, ['-by', 'src_as', '-top', '1', '-every', '1m']), [
    {
      time_received_ns: String(EPOCH),
      time_flow_start_ns: String(EPOCH),
      time_flow_end_ns: String(at(60)),
      bytes: '500',
      packets: '1',
      flows: '1',
      total: '650'
    },
    {
      time_received_ns: String(EPOCH),
      time_flow_start_ns: String(EPOCH),
      time_flow_end_ns: String(at(60)),
      bytes: '150',
      packets: '2',
      flows: '2',
      groups: '2',
      total: '650'
    }
  ])
})

test('an interface is a key together with its exporter', async () => {
  const flows = [flow(0, { in_if: 1 }), flow(0, { in_if: 1, sampler_address: 'c0000202' }), flow(0, { out_if: 1 })]
  const keys = async (by: string): Promise<unknown[]> =>
    (await summed(flows, ['-by', by])).map((message) => [message.sampler_address, message.in_if ?? message.interface])
  assert.deepEqual(await keys('in_if'), [
    ['c0000201', undefined],
    ['c0000201', 1],
    ['c0000202', 1]
  ])
  assert.deepEqual(await keys('interface'), [
    ['c0000201', undefined],
    ['c0000201', 1],
    ['c0000202', undefined],
    ['c0000202', 1]
  ])
})

test('a flow counts once for each end, and once where both give the same', async () => {
  const flows = [flow(0, { src_addr: '0a000001', dst_addr: '0a000002' }), flow(0, { src_addr: '0a000001', dst_addr: '0a000001' })]
  const messages = await summed(flows, ['-by', 'addr'])
  assert.deepEqual(
    messages.map(({ addr, flows, total }) => [addr, flows, total]),
    [
      ['0a000001', '2', '200'],
      ['0a000002', '1', '200']
    ]
  )
})

test('where groups count either end, totals are the same in one pass and in two', async () => {
  const pair = (at: number, host: number): FlowSpec => flow(at, { src_addr: `0a0000${host}`, dst_addr: `0b0000${host}` })
  const flows = [pair(0, 10), pair(1, 11), pair(100, 12), pair(2, 13)] // the last is a part of its own of the first minute
  for (const every of [[], ['-every', '1m']]) {
    const once = await runTool('flow-agg', ['-by', 'addr', ...every], flowStream(flows))
    const messages = readFlows((await runTool('flow-agg', ['-by', 'addr'], once.stdout)).stdout)
    assert.equal(messages.length, 8)
    for (const { total } of messages) assert.equal(total, '400')
  }
})

test('a window goes out when the time of the stream is a grace past its end; what comes later is a part of its own', async () => {
  const flows = [flow(10), flow(69.9), flow(30), flow(70), flow(20), flow(79.9), flow(25), flow(80), flow(26), flow(200)]
  const { stdout, stderr } = await runTool('flow-agg', ['-every', '1m'], flowStream(flows))
  const parts = readFlows(stdout).map(({ time_flow_start_ns: start, flows }) => [
    Number((BigInt(String(start)) - EPOCH) / SECOND),
    Number(flows)
  ])
  // the first goes out at 70; the second is opened at 70 and goes out at 80, the third is opened at 80
  assert.deepEqual(parts, [
    [0, 2],
    [0, 2],
    [0, 1],
    [60, 4],
    [180, 1]
  ])
  assert.match(stderr, /3 late/)
})

test('-every 1m | -every 1h gives what -every 1h gives', async () => {
  const flows = Array.from({ length: 2000 }, (_, i) =>
    flow(i * 7, {
      src_addr: ['0a000001', '0a000002', '0a000003'][i % 3],
      dst_addr: ['0a000001', '0a000004'][i % 2],
      bytes: BigInt(i),
      sampling_rate: BigInt(i % 5),
      src_as: i % 7,
      time_flow_start_ns: at(i * 7 - (i % 200)),
      time_flow_end_ns: at(i * 7 - (i % 13))
    })
  )
  for (const by of ['src_as', 'src_addr/24,src_as', 'addr', 'addr/31', 'as_number']) {
    const once = await runPipeline(`flow-agg -by ${by} -every 1h`, flowStream(flows))
    const twice = await runPipeline(`flow-agg -by ${by} -every 1m | flow-agg -by ${by} -every 1h`, flowStream(flows))
    assert.deepEqual(readFlows(twice.stdout), readFlows(once.stdout), by)
    const byFlows = await runPipeline(
      `flow-agg -by ${by} -every 1m -order flows | flow-agg -by ${by} -every 1h -order flows`,
      flowStream(flows)
    )
    assert.deepEqual(
      readFlows(byFlows.stdout),
      readFlows((await runPipeline(`flow-agg -by ${by} -every 1h -order flows`, flowStream(flows))).stdout)
    )
    const filtered = await runPipeline(`flow-agg -by ${by} -every 1m -top 2 | flow-agg -by ${by} -every 1h`, flowStream(flows))
    const sum = (messages: ReturnType<typeof readFlows>, name: string): number =>
      messages.reduce((total, message) => total + Number(message[name] ?? 0), 0)
    for (const name of ['bytes', 'packets', 'flows']) assert.equal(sum(readFlows(filtered.stdout), name), sum(readFlows(once.stdout), name))
  }
})

test('past -max-groups and past -memory new groups go to the rest, once told and counted', async () => {
  const flows = Array.from({ length: 30_000 }, (_, i) => flow(0, { src_addr: i.toString(16).padStart(32, '0'), dst_addr: 'ff'.repeat(16) }))
  for (const [option, most] of [
    ['-max-groups 100', 100],
    ['-memory 1Mi', 20_000]
  ] as const) {
    const { stdout, stderr } = await runPipeline(`flow-agg -by src_addr,dst_addr ${option}`, flowStream(flows))
    const messages = readFlows(stdout)
    assert.ok(messages.length <= most + 1, String(messages.length))
    const rest = messages.at(-1)!
    assert.equal(
      messages.reduce((total, { flows }) => total + Number(flows), 0),
      30_000
    )
    const expected = 30_000 - messages.length + 1
    assert.ok(Math.abs(Number(rest.groups) - expected) < expected * 0.1, `${rest.groups as string} groups for ${expected}`)
    assert.equal(stderr.match(/warning: more groups than/g)?.length, 1)
    assert.match(stderr, new RegExp(`${expected} in the rest because there were too many groups`))
  }
})

test('where the groups of several windows are too many, the oldest goes out early, and no flow is lost', async () => {
  const flows = Array.from({ length: 3000 }, (_, i) => flow((i % 3) * 10 + 0.001 * i, { src_as: i }))
  const { stdout, stderr } = await runPipeline('flow-agg -by src_as -every 10s -grace 1h -max-groups 1500', flowStream(flows))
  const messages = readFlows(stdout)
  assert.equal(
    messages.reduce((total, { flows }) => total + Number(flows), 0),
    3000
  )
  assert.ok(messages.every(({ groups }) => groups === undefined))
  assert.match(stderr, /windows out early/)
})

test('what came before a broken place is summed and written, then exit 65', async () => {
  const { code, stdout, stderr } = await runTool(
    'flow-agg',
    ['-by', 'src_as'],
    Buffer.concat([flowStream([flow(0), flow(1)]), Buffer.from([50, 1, 2])])
  )
  assert.equal(code, 65)
  assert.equal(readFlows(stdout)[0].flows, '2')
  assert.match(stderr, /ends inside a message at byte \d+/)
})

test('a message that is no protobuf is left out and counted', async () => {
  const { code, stdout, stderr } = await runTool('flow-agg', [], Buffer.concat([flowStream([flow(0)]), Buffer.from([2, 0xff, 0xff])]))
  assert.equal(code, 0)
  assert.equal(readFlows(stdout)[0].flows, '1')
  assert.match(stderr, /1 malformed/)
})

test('a window comes out of a live pipe while its source is quiet', async () => {
  const tool = startTool('flow-agg', ['-every', '1s', '-grace', '500ms'])
  tool.stdin.write(flowStream([flow(0), flow(0.5)]))
  await tool.until(() => tool.stdout().length > 0)
  const [message] = readFlows(tool.stdout())
  assert.equal(message.flows, '2')
  tool.stdin.write(flowStream([flow(0.6)]))
  await tool.until(() => readFlows(tool.stdout()).length === 2)
  tool.stdin.end()
  const { code, stderr } = await tool.ended
  assert.equal(code, 0)
  assert.match(stderr, /1 late/)
})

test('SIGTERM ends it once its input is idle, with the open windows written', async () => {
  const tool = startTool('flow-agg', ['-every', '1h', '-addr', '127.0.0.1:0'])
  tool.stdin.write(flowStream([flow(0)]))
  await tool.until(() => tool.stderr().includes('metrics at'))
  tool.kill('SIGTERM')
  const { code, stdout } = await tool.ended
  assert.equal(code, 0)
  assert.equal(readFlows(stdout)[0].flows, '1')
})

test('running totals of the biggest groups are served, and never fall', async () => {
  const tool = startTool('flow-agg', [
    '-by',
    'src_as,src_addr/24',
    '-every',
    '1s',
    '-grace',
    '0',
    '-metrics.series',
    '2',
    '-addr',
    '127.0.0.1:0'
  ])
  const series = async (): Promise<Record<string, string>> => {
    const url = /http:\S+/.exec(tool.stderr())![0]
    const text = await (await fetch(url)).text()
    return Object.fromEntries([...text.matchAll(/^flow_agg_bytes_total(\S+) (\d+)$/gm)].map(([, labels, value]) => [labels, value]))
  }
  const labels = (as: string, net: string): string => `{src_as="${as}",src_addr="${net}"}`
  await tool.until(() => tool.stderr().includes('metrics at'))
  const from = (seconds: number, as: number, bytes: bigint): FlowSpec => flow(seconds, { src_as: as, src_addr: '0a000001', bytes })
  tool.stdin.write(flowStream([from(0, 1, 10n), from(1, 2, 20n), from(1, 3, 30n), from(1, 4, 40n), from(2, 1, 1n)]))
  await tool.until(() => readFlows(tool.stdout()).length === 4)
  assert.deepEqual(await series(), {
    [labels('1', '10.0.0.0/24')]: '10',
    [labels('4', '10.0.0.0/24')]: '40',
    [labels('(rest)', '(rest)')]: '50'
  })
  tool.stdin.write(flowStream([from(2, 3, 500n), from(3, 3, 1n)]))
  await tool.until(() => readFlows(tool.stdout()).length === 6)
  assert.deepEqual(await series(), {
    [labels('1', '10.0.0.0/24')]: '11',
    [labels('4', '10.0.0.0/24')]: '40',
    [labels('(rest)', '(rest)')]: '550'
  })
  tool.stdin.end()
  assert.equal((await tool.ended).code, 0)
})

test('a group of which nothing was summed, because the other end found no room, gets no series', async () => {
  const tool = startTool('flow-agg', ['-by', 'addr', '-max-groups', '4', '-grace', '5m', '-every', '1m', '-addr', '127.0.0.1:0'])
  await tool.until(() => tool.stderr().includes('metrics at'))
  const between = (seconds: number, a: number, b: number): FlowSpec =>
    flow(seconds, { src_addr: `0a00000${a}`, dst_addr: `0a00000${b}`, bytes: 10n })
  tool.stdin.write(flowStream([between(1, 1, 2), between(61, 5, 5), between(2, 3, 4)]))
  await tool.until(() => readFlows(tool.stdout()).length > 0)
  const text = await (await fetch(/http:\S+/.exec(tool.stderr())![0])).text()
  assert.match(text, /^flow_agg_bytes_total\{addr="10.0.0.1"\} 10$/m)
  assert.doesNotMatch(text, /addr="10[^}]*\} 0$/m)
  tool.stdin.end()
  assert.equal((await tool.ended).code, 0)
})

test('a reader that stops for a while changes no window', async () => {
  const flows = Array.from({ length: 40_000 }, (_, i) => flow(i / 100, { src_as: i % 1000 }))
  const run = (reader: string): ReturnType<typeof runPipeline> =>
    runPipeline(`flow-agg -by src_as -every 10s -grace 100ms | ${reader}`, flowStream(flows))
  const [quick, slow] = await Promise.all([run('cat'), run('(head -c 1000; sleep 1; cat)')])
  assert.ok(quick.stdout.equals(slow.stdout))
  assert.match(slow.stderr, /of 40 windows out/)
  assert.doesNotMatch(slow.stderr, / late/)
})

test('totals that come in go out, for keys of one end, whatever is late, cut off or in the rest', async () => {
  const flows = Array.from({ length: 5000 }, (_, i) =>
    flow((i * 7919) % 1000, { src_as: i % 300, src_addr: (i % 4000).toString(16).padStart(8, '0'), bytes: BigInt(i), sampling_rate: 3n })
  )
  const total = flows.reduce((sum, { bytes }) => sum + 3n * (bytes as bigint), 0n)
  for (const options of ['-top 5', '-max-groups 50', '-grace 0', '-every 1h -spread', '-max-groups 50 -top 3 -grace 5s']) {
    const { stdout } = await runPipeline(`flow-agg -by src_as,src_addr/24 -every 1m ${options}`, flowStream(flows))
    assert.equal(
      readFlows(stdout).reduce((sum, { bytes }) => sum + BigInt(String(bytes ?? 0)), 0n),
      total,
      options
    )
  }
})

test('a group that was made for one end of a flow whose other end found no room is not written', async () => {
  const hex = (i: number): string => (0x0a000000 + i).toString(16).padStart(8, '0')
  const flows = Array.from({ length: 300 }, (_, i) => flow((i % 3) * 10, { src_addr: hex(i % 7), dst_addr: hex(100 + (i % 11)) }))
  for (const most of [1, 2, 3, 4]) {
    const messages = await summed(flows, ['-by', 'addr', '-every', '10s', '-grace', '1h', '-max-groups', String(most)])
    assert.ok(messages.every((message) => Number(message.flows) > 0))
    assert.equal(
      messages.reduce((total, message) => total + Number(message.flows), 0),
      600
    )
  }
})

test('-having lets only groups that match out, before -top; a mistake in it is shown', async () => {
  const flows = [flow(0, { src_as: 1, bytes: 500n }), flow(1, { src_as: 2 }), flow(2, { src_as: 3, bytes: 900n })]
  const matching = await summed(flows, ['-by', 'src_as', '-every', '1m', '-having', 'bytes > 100 and bps > 0'])
  assert.deepEqual(
    matching.map(({ src_as, bytes }) => [src_as, bytes]),
    [
      [3, '900'],
      [1, '500']
    ]
  )
  for (const having of ['port 443', 'not src_addr == 10.0.0.1', 'bytes > 1 and (groups or distinct)']) {
    const never = await runTool('flow-agg', ['-by', 'src_as,dst_addr', '-having', having])
    assert.equal(never.code, 64)
    assert.match(never.stderr, /^flow-agg: -having: no group has (port|src_addr|groups): it is neither a key of -by nor a sum;/)
  }
  const { code, stderr } = await runTool('flow-agg', ['-having', 'byte > 1'])
  assert.equal(code, 64)
  assert.match(stderr, /^flow-agg: byte > 1\nflow-agg: \^{4}\nflow-agg: -having: unknown word 'byte'/)
})

test('an IPv4-mapped address is the IPv4 one: as a key, cut or not, as one end of two, among different values and exporters', async () => {
  const mapped = '00000000000000000000ffffc0000201'
  const ends = { src_addr: mapped, dst_addr: 'c0000201' }
  const flows = [flow(0, { ...ends, sampler_address: mapped }), flow(1, { ...ends, src_addr: 'c0000201' })]
  for (const [args, key] of [
    [['-by', 'src_addr', '-distinct', 'src_addr'], { src_addr: 'c0000201', distinct: '1' }],
    [['-by', 'src_addr/24:64'], { src_addr: 'c0000200', src_net: 24 }],
    [['-by', 'addr'], { addr: 'c0000201' }]
  ] as const) {
    const { stdout, stderr } = await runTool('flow-agg', args, flowStream(flows))
    assert.match(stderr, /2 flows of 1 exporter in, 1 group/)
    const [message] = readFlows(stdout)
    assert.deepEqual({ ...message, ...key }, message)
  }
  // ::fffe:192.0.2.1 is none
  assert.equal((await summed([flow(0, { src_addr: mapped.replace('ffff', 'fffe') }), ...flows], ['-by', 'src_addr'])).length, 2)
})

test('a window that ends behind all times ends at 2^64 - 1', async () => {
  const [message] = await summed([flow(0, { time_received_ns: MAX })], ['-every', '1m'])
  assert.deepEqual([message.time_flow_start_ns, message.time_flow_end_ns], [String((MAX / (60n * SECOND)) * 60n * SECOND), String(MAX)])
})

test('a list that -having has from a file is read again when it changes', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-agg-'))
  t.after(() => {
    fs.rmSync(folder, { recursive: true })
  })
  const list = path.join(folder, 'list')
  fs.writeFileSync(list, '192.0.2.1')
  const running = startTool('flow-agg', [
    '-loglevel',
    'debug',
    '-addr',
    '127.0.0.1:0',
    '-by',
    'src_addr',
    '-having',
    `src host in @"${list}"`
  ])
  await running.until(() => running.stderr().includes('metrics at'))
  running.stdin.write(flowStream([flow(0, { src_addr: 'c0000201' }), flow(0, { src_addr: 'c0000202' })]))
  fs.writeFileSync(list, '192.0.2.2')
  await running.until(() => running.stderr().includes('was read again'))
  running.stdin.end()
  await running.ended
  assert.deepEqual(
    readFlows(running.stdout()).map(({ src_addr }) => src_addr),
    ['c0000202']
  )
})
