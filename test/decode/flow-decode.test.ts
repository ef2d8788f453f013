/** flow-decode as a process: pipes, signals, exit codes, what it says. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { be, set, template, v9 } from '../support/build-netflow.js'
import { datagramFrame, readFlows } from '../support/datagram-stream.js'
import { ROOT, runPipeline, runTool, startTool } from '../support/tools.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-decode-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

/** Datagrams of one flow each, whose source ports count from 1. */
function datagrams(count: number): Buffer {
  const payload = (i: number): Buffer =>
    v9(
      { sequence: i },
      ...(i === 0
        ? [
            set(
              0,
              template(256, [
                [7, 2],
                [1, 4]
              ])
            )
          ]
        : []),
      set(256, be((i % 65_535) + 1, 2), be(100, 4))
    )
  return Buffer.concat(Array.from({ length: count }, (_, i) => datagramFrame({ payload: payload(i) })))
}
const NEW_EXPORTER = 'flow-decode: new exporter 192.0.2.9 (NetFlow v9)\n'
const ports = (stream: Buffer): unknown[] => readFlows(stream).map(({ src_port }) => src_port)

test('flows out, and one summary line', async () => {
  const { code, stdout, stderr } = await runTool('flow-decode', [], datagrams(3))
  assert.deepEqual(ports(stdout), [1, 2, 3])
  assert.equal(stderr, `${NEW_EXPORTER}flow-decode: 3 datagrams in, 3 flows out\n`)
  assert.equal(code, 0)
})

test('an empty stream is one of no flows', async () => {
  const { code, stdout, stderr } = await runTool('flow-decode', [])
  assert.deepEqual([code, stdout.length, stderr], [0, 0, 'flow-decode: 0 datagrams in, 0 flows out\n'])
})

test('flows are not held back while input pauses', async () => {
  const tool = startTool('flow-decode', [])
  const flow = (await runTool('flow-decode', [], datagrams(1))).stdout.length
  tool.stdin.write(datagrams(1))
  await tool.until(() => tool.stdout().length >= flow)
  tool.stdin.end()
  assert.equal((await tool.ended).code, 0)
})

test('a stream that ends inside a datagram is broken, after what came before', async () => {
  const { code, stdout, stderr } = await runTool('flow-decode', [], datagrams(3).subarray(0, -1))
  assert.deepEqual(ports(stdout), [1, 2])
  assert.match(
    stderr.replace(NEW_EXPORTER, ''),
    /^flow-decode: 2 datagrams in, 2 flows out\nflow-decode: stdin: the stream ends inside a message at byte \d+\n$/
  )
  assert.equal(code, 65)
})

test('a stream of another kind is refused with what to do', async () => {
  const flows = (await runTool('flow-decode', [], datagrams(1))).stdout
  const refusals: [input: Buffer, said: RegExp][] = [
    [flows, /decoded already, not datagrams: leave flow-decode out/],
    [
      Buffer.from('d4c3b2a10200040000000000000000000000040001000000', 'hex'),
      /is a capture file: put flow-pcap in between, as in flow-pcap \| flow-decode/
    ],
    [Buffer.from('{"type":"SFLOW_5"}\n'), /is JSON text/],
    [
      Buffer.from('1f8b0800000000000003', 'hex'),
      /is gzip: zcat \| flow-decode reads datagrams; if it is a capture, .* as in flow-pcap \| flow-decode$/m
    ],
    [Buffer.from(`000a0020${'00'.repeat(28)}`, 'hex'), /is IPFIX messages, .*: put flow-pcap -ipfix in between/],
    [Buffer.from(`00090001${'00'.repeat(28)}`, 'hex'), /is the bare payload of a datagram: put flow-pcap -raw in between/],
    [Buffer.from(`0000000500000001${'7f'.repeat(24)}`, 'hex'), /is the bare payload of a datagram: put flow-pcap -raw in between/]
  ]
  for (const [input, said] of refusals) {
    const { code, stdout, stderr } = await runTool('flow-decode', [], input)
    assert.deepEqual([code, stdout.length, stderr.split('\n').length], [65, 0, 2], stderr)
    assert.match(stderr, said)
  }
})

test('a message without a byte is one, whatever comes behind it', async () => {
  for (const [behind, code] of [
    [Buffer.alloc(0), 0],
    [datagrams(1), 0],
    [Buffer.alloc(5, 0xff), 65]
  ] as const) {
    const ended = await runTool('flow-decode', ['-loglevel', 'info'], Buffer.concat([Buffer.alloc(2), behind]))
    assert.equal(ended.code, code)
    assert.match(ended.stderr, /a datagram without a payload/)
    assert.match(ended.stderr, behind.length > 5 ? /3 datagrams in, 1 flow out, 2 unknown-protocol/ : /2 datagrams in, 0 flows out/)
  }
})

test('a reader that goes away ends it, without a word', async () => {
  const { code, stdout, stderr } = await runPipeline('flow-decode | head -c 10', datagrams(50_000))
  assert.deepEqual([code, stdout.length, stderr], [0, 10, ''])
})

test('a full disk is told in one line', async () => {
  const { code, stderr } = await runPipeline('flow-decode > /dev/full', datagrams(1))
  assert.deepEqual([code, stderr.replace(NEW_EXPORTER, '')], [74, 'flow-decode: cannot write stdout: no space left on the device\n'])
})

test('the first Ctrl-C leaves it running to the end of its input, the second ends it', async () => {
  const tool = startTool('flow-decode', [])
  tool.stdin.write(datagrams(1))
  await tool.until(() => tool.stdout().length > 0)
  tool.kill('SIGINT')
  await sleep(100)
  const { length } = tool.stdout()
  tool.stdin.write(datagrams(1))
  await tool.until(() => tool.stdout().length > length)
  tool.kill('SIGINT')
  assert.equal((await tool.ended).code, 130)
})

test('after SIGTERM it stops when its input has nothing more, with everything written', async () => {
  const tool = startTool('flow-decode', [])
  tool.stdin.write(datagrams(1))
  await tool.until(() => tool.stdout().length > 0)
  tool.kill('SIGTERM')
  await sleep(200)
  tool.stdin.write(datagrams(1))
  const { code, stdout, stderr } = await tool.ended
  assert.deepEqual([code, ports(stdout), stderr], [0, [1, 1], `${NEW_EXPORTER}flow-decode: 2 datagrams in, 2 flows out\n`])
})

test('wrong words on the command line, in one line each', async () => {
  const mapping = path.join(folder, 'mapping.yaml')
  fs.writeFileSync(mapping, 'netflowv9:\n  mapping:\n    - { field: 34, destination: nothing }\n')
  const usage: [args: string[], code: number, said: RegExp][] = [
    [['-samplingrat', '5'], 64, /unknown option.*-samplingrate/],
    [['-samplingrate', 'many'], 64, /-samplingrate/],
    [['--produce=nothing'], 64, /-produce.*sample, raw/],
    [['-held.time', 'soon'], 64, /-held\.time/],
    [['-exporters.max', '0'], 64, /-exporters\.max/],
    [['-mapping', path.join(folder, 'none.yaml')], 66, /none\.yaml: no such file/],
    [['-mapping', mapping], 78, /mapping\.yaml:3: .*nothing/],
    [['-format', 'text'], 64, /-format text goes with -produce raw or report; flow-format prints flows/],
    [['file.pcap'], 66, /cannot read file.pcap: no such file/],
    [['-addr', 'x'], 64, /-addr x/]
  ]
  for (const [args, code, said] of usage) {
    const ended = await runTool('flow-decode', args)
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
    assert.match(ended.stderr, said)
    assert.equal(ended.stderr.split('\n').length, 2, ended.stderr)
  }
})

test('a datagram that is larger than UDP carries costs itself alone', async () => {
  const large = datagramFrame({ payload: Buffer.concat([v9({}), Buffer.alloc(70_000, 1)]) })
  const { code, stdout, stderr } = await runTool('flow-decode', [], Buffer.concat([large, datagrams(1)]))
  assert.deepEqual([code, ports(stdout)], [0, [1]])
  assert.match(stderr, /70020 bytes, more than a datagram carries/)
})

test('metrics, health and templates', async () => {
  const tool = startTool('flow-decode', ['-addr', '127.0.0.1:0'])
  tool.stdin.write(Buffer.concat([datagrams(3), datagramFrame({ payload: Buffer.from('what is this?') })]))
  await tool.until(
    () => tool.stderr().includes('/metrics') && tool.stderr().includes('unknown-protocol') && readFlows(tool.stdout()).length === 3
  )
  const [base] = /http:\/\/[^/]+/.exec(tool.stderr())!
  const page = async (name: string): Promise<string> => (await fetch(`${base}${name}`)).text()
  const metrics = await page('/metrics')
  assert.match(metrics, /^flow_decode_datagrams_total\{[^}]*NETFLOW_V9[^}]*\} 3$/m)
  assert.match(metrics, /^flow_decode_flows_total 3$/m)
  assert.match(metrics, /^flow_decode_errors_total\{[^}]*unknown-protocol[^}]*\} 1$/m)
  assert.equal(await page('/__health'), 'ok\n')
  assert.match(await page('/templates'), /"id": 256/)
  tool.stdin.end()
  assert.equal((await tool.ended).code, 0)
})

test('at level debug each template, rate and name is logged, and each exporter, once', async () => {
  const { stdout } = await runTool('flow-pcap', [path.join(ROOT, 'test/fixtures/demo.pcap')])
  const { stderr } = await runTool('flow-decode', ['-loglevel', 'debug'], Buffer.concat([stdout, stdout]))
  const lines = stderr.trimEnd().split('\n').slice(0, -1)
  assert.equal(new Set(lines).size, lines.length)
  for (const line of [
    'flow-decode: debug: 192.0.2.7:40000 (NetFlow v9, source 9): template 1024: 23 fields, 82 bytes a record',
    'flow-decode: debug: 192.0.2.7:40000 (NetFlow v9, source 9): sampling rate 100 of sampler 1, in all domains',
    'flow-decode: new exporter 192.0.2.5 (IPFIX)',
    'flow-decode: new exporter 192.0.2.8 (sFlow v5)'
  ])
    assert.ok(lines.includes(line), `${line} in\n${stderr}`)
})
