/** The tool as a user runs it: files, pipes, signals. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { setImmediate, setTimeout } from 'node:timers/promises'
import zlib from 'node:zlib'
import { ethernet, ipv4, packet, tcp, udp } from '../support/build-packet.js'
import { readDatagrams } from '../support/datagram-stream.js'
import { CAPTURED_AT, type CapturedPacket, payload, pcap } from '../support/pcap-writer.js'
import { type Ended, ROOT, runPipeline, runTool } from '../support/tools.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-pcap-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

function file(name: string, bytes: Buffer | string): string {
  const at = path.join(folder, name)
  fs.writeFileSync(at, bytes)
  return at
}

const flows = (text: string): Buffer => Buffer.concat([Buffer.from([0, 9]), Buffer.from(text)])
const captured = (text: string, time = CAPTURED_AT): CapturedPacket => ({
  bytes: packet(ethernet(), ipv4(), udp(40000, 2055), payload(flows(text))),
  time
})
const textsOf = (stdout: Buffer): string[] =>
  readDatagrams(stdout).map((datagram) => Buffer.from(datagram.payload, 'hex').toString('latin1', 2))
const linesOf = ({ stderr }: Ended): string[] => stderr.split('\n').filter((line) => line !== '')

const ONE = pcap([captured('one'), { bytes: packet(ethernet(), ipv4(), tcp(1, 2)) }])
const TWO = pcap([captured('two'), captured('three')])
const one = file('one.pcap', ONE)
const two = file('two.pcap.gz', zlib.gzipSync(TWO))
const cut = file('cut.pcap', TWO.subarray(0, TWO.length - 3))

test('files in their order, stdin, - and gzip', async () => {
  const files = await runTool('flow-pcap', [one, '-', two], TWO)
  assert.equal(files.code, 0)
  assert.deepEqual(textsOf(files.stdout), ['one', 'two', 'three', 'two', 'three'])
  assert.deepEqual(linesOf(files), ['flow-pcap: 6 packets in, 5 datagrams out, 1 not-udp'])
  const members = await runTool(
    'flow-pcap',
    ['-loglevel', 'warn'],
    Buffer.concat([zlib.gzipSync(ONE.subarray(0, 30)), zlib.gzipSync(ONE.subarray(30)), zlib.gzipSync(TWO)])
  )
  assert.deepEqual([members.code, members.stderr, textsOf(members.stdout)], [0, '', ['one', 'two', 'three']])
})

test('a capture without a packet is one of 0 packets; payloads are counted by files', async () => {
  for (const args of [[], [file('none.pcap', ONE.subarray(0, 24))]]) {
    const none = await runTool('flow-pcap', args, ONE.subarray(0, 24))
    assert.deepEqual([none.code, none.stdout.length, linesOf(none)], [0, 0, ['flow-pcap: 0 packets in, 0 datagrams out']])
  }
  assert.deepEqual(linesOf(await runTool('flow-pcap', ['-raw'], 'any')), ['flow-pcap: 1 file in, 1 datagram out'])
})

test('a named pipe is a file too', async () => {
  const fifo = path.join(folder, 'fifo')
  spawnSync('mkfifo', [fifo])
  const { stdout, code } = await runPipeline(`(sleep 0.2; cat ${one} > ${fifo}) & flow-pcap ${fifo}`)
  assert.deepEqual([code, textsOf(stdout)], [0, ['one']])
})

test('what is no capture costs one line that says what would do, and nothing is written', async () => {
  const datagrams = (await runTool('flow-pcap', [one])).stdout
  const inputs: [Buffer | string, RegExp][] = [
    ['', /^flow-pcap: stdin is empty/],
    ['abc', /^flow-pcap: stdin is no capture/],
    [TWO.subarray(0, 10), /^flow-pcap: stdin: the capture ends inside its header at byte 0$/],
    ['some text of no use\n', /^flow-pcap: stdin is no capture/],
    [datagrams, /^flow-pcap: stdin carries datagrams already: leave flow-pcap out/],
    [flows('raw'), /^flow-pcap: stdin is no capture; .* try -raw$/],
    [Buffer.from('000a001000000000', 'hex'), /^flow-pcap: stdin is no capture; .* try -ipfix$/],
    [Buffer.from('28b52ffd00000000', 'hex'), /^flow-pcap: stdin is compressed with zstd: try zstd -dc/],
    [zlib.gzipSync('some text'), /^flow-pcap: stdin is no capture/]
  ]
  for (const [input, message] of inputs) {
    const ended = await runTool('flow-pcap', [], input)
    assert.deepEqual([ended.code, ended.stdout.length, linesOf(ended).length], [65, 0, 1], ended.stderr)
    assert.match(linesOf(ended)[0], message)
  }
})

test('a capture that was cut short: what came before, the place, exit 65, and the other files all the same', async () => {
  const ended = await runTool('flow-pcap', [cut, one])
  assert.equal(ended.code, 65)
  assert.deepEqual(textsOf(ended.stdout), ['two', 'one'])
  assert.match(linesOf(ended)[0], /^flow-pcap: \S*cut\.pcap: the capture ends inside a packet at byte 87$/)
  const gzip = zlib.gzipSync(Buffer.concat([TWO, pcap([{ bytes: Buffer.alloc(100_000, 1) }])]))
  const broken = await runTool('flow-pcap', [], gzip.subarray(0, gzip.length - 9))
  assert.equal(broken.code, 65)
  assert.deepEqual(textsOf(broken.stdout), ['two', 'three'])
  assert.match(linesOf(broken)[0], /^flow-pcap: stdin: the gzip data ends early at byte \d+$/)
  gzip[gzip.length - 6] ^= 1
  const changed = await runTool('flow-pcap', [], gzip)
  assert.match(linesOf(changed)[0], /^flow-pcap: stdin: the gzip data is broken \(incorrect data check\) at byte \d+$/)
})

test('files that cannot be read are told before anything is written', async () => {
  const missing = await runTool('flow-pcap', [one, path.join(folder, 'missing.pcap')])
  assert.deepEqual([missing.code, missing.stdout.length], [66, 0])
  assert.match(missing.stderr, /^flow-pcap: cannot read \S*missing\.pcap: no such file\n$/)
  const directory = await runTool('flow-pcap', [one, folder])
  assert.deepEqual([directory.code, directory.stdout.length], [66, 0])
  assert.match(directory.stderr, /is a directory\n$/)
})

test('options that make no sense are usage errors', async () => {
  for (const [args, message] of [
    [['-raw', '-ipfix'], /-raw or -ipfix/],
    [['-src', '192.0.2.1'], /-src goes with -raw or -ipfix/],
    [['-raw', '-port', '2055'], /-port is for captures/],
    [['-raw', '-speed', '1'], /-speed is for/],
    [['-port', '2055,x'], /'-port <ports>'/],
    [['-speed', '-1'], /'-speed <factor>'/],
    [['-raw', '-src', '192.0.2'], /An exporter is ADDRESS/]
  ] as const) {
    const ended = await runTool('flow-pcap', args)
    assert.deepEqual([ended.code, linesOf(ended).length], [64, 1], ended.stderr)
    assert.match(ended.stderr, message)
  }
})

test('-raw names -ipfix where a file is more IPFIX than a datagram can carry', async () => {
  for (const [first, message] of [
    ['000a', /^flow-pcap: stdin is more than a datagram can carry; it starts as an IPFIX message does: try -ipfix$/],
    ['0009', /^flow-pcap: stdin: more than a datagram can carry: it would end at byte 65535$/]
  ] as const) {
    const ended = await runTool('flow-pcap', ['-raw'], Buffer.concat([Buffer.from(first, 'hex'), Buffer.alloc(65_534)]))
    assert.deepEqual([ended.code, ended.stdout.length], [65, 0])
    assert.match(linesOf(ended)[0], message)
  }
})

test('-raw: each file one payload; -ipfix: its messages, and its broken tail', async () => {
  const before = BigInt(Date.now()) * 1_000_000n
  const raw = await runTool('flow-pcap', [
    '-raw',
    '-src',
    '[2001:db8::1]:99',
    file('a.dat', flows('a')),
    file('b.bin', zlib.gzipSync(flows('b')))
  ])
  assert.deepEqual([raw.code, textsOf(raw.stdout)], [0, ['a', 'b']])
  const [{ src, srcPort, dst, received }] = readDatagrams(raw.stdout)
  assert.deepEqual([src, srcPort, dst], ['20010db8000000000000000000000001', 99, ''])
  assert.ok(received >= before)

  const message = Buffer.from('000a00146553f10000000001000000020003ffff', 'hex')
  const ipfix = await runTool('flow-pcap', ['-ipfix'], Buffer.concat([message, message, Buffer.from('00090014', 'hex')]))
  assert.equal(ipfix.code, 65)
  assert.deepEqual(
    readDatagrams(ipfix.stdout).map((datagram) => [datagram.payload, datagram.src, datagram.received]),
    Array<unknown>(2).fill([message.toString('hex'), '7f000001', 1_700_000_000_000_000_000n])
  )
  assert.match(linesOf(ipfix)[0], /^flow-pcap: stdin: no IPFIX message, but a version of 9 at byte 40$/)

  for (const option of ['-raw', '-ipfix']) {
    const wrong = await runTool('flow-pcap', [option, one])
    assert.deepEqual([wrong.code, linesOf(wrong).length], [65, 1])
    assert.match(wrong.stderr, /one\.pcap is a capture: leave out -raw and -ipfix$/m)
  }
  const large = await runTool('flow-pcap', ['-raw'], Buffer.alloc(65_536))
  assert.deepEqual([large.code, large.stdout.length], [65, 0])
})

test('-speed keeps the order, and a signal ends the wait', async () => {
  const paced = pcap([captured('a', 0n), captured('b', 20_000_000n), captured('c', 10_000_000n), captured('d', 40_000_000n)])
  assert.deepEqual(textsOf((await runTool('flow-pcap', ['-speed', '2'], paced)).stdout), ['a', 'b', 'c', 'd'])
  const hour = live(['-speed', '1', file('hour.pcap', pcap([captured('a', 0n), captured('b', 3_600_000_000_000n)]))])
  await hour.first
  hour.child.kill('SIGINT')
  const ended = await hour.ended
  assert.deepEqual([ended.code, textsOf(ended.stdout)], [0, ['a']])
  assert.match(ended.stderr, /: 1 packet in, 1 datagram out$/m)
})

interface Live {
  child: ChildProcess
  /** the first bytes on stdout */
  first: Promise<unknown>
  ended: Promise<Ended>
}

function live(args: string[]): Live {
  const child = spawn(path.join(ROOT, 'bin/flow-pcap'), args, { stdio: 'pipe' })
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdin.on('error', () => undefined)
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return {
    child,
    first: once(child.stdout, 'data'),
    ended: once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: Buffer.concat(stdout),
      stderr
    }))
  }
}

test('a live capture flows through while it goes on, plain and gzip', async () => {
  for (const gzip of [undefined, zlib.createGzip({ flush: zlib.constants.Z_SYNC_FLUSH })]) {
    const tool = live([])
    const stdin = gzip ?? tool.child.stdin!
    gzip?.pipe(tool.child.stdin!)
    stdin.write(ONE)
    await tool.first
    stdin.end(TWO)
    assert.deepEqual(textsOf((await tool.ended).stdout), ['one', 'two', 'three'])
  }
})

test('a signal on a live capture loses nothing that is in flight, and its cut end is no error', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const tool = live([])
    tool.child.stdin!.write(ONE)
    await tool.first
    tool.child.kill(signal)
    await setTimeout(100)
    tool.child.stdin!.end(TWO.subarray(0, TWO.length - 3))
    const ended = await tool.ended
    assert.deepEqual([ended.code, textsOf(ended.stdout)], [0, ['one', 'two']])
    assert.match(ended.stderr, /^flow-pcap: 3 packets in, 2 datagrams out, 1 not-udp\n$/)
  }
})

test('a signal ends a live capture that stays idle, and one whose writer just goes on', async () => {
  const idle = live([])
  idle.child.stdin!.write(ONE)
  await idle.first
  idle.child.kill('SIGINT')
  assert.equal((await idle.ended).code, 0)

  const busy = live([])
  busy.child.stdin!.write(ONE)
  await busy.first
  busy.child.kill('SIGINT')
  const more = TWO.subarray(24)
  let going = true
  void busy.ended.then(() => (going = false))
  while (going) {
    busy.child.stdin!.write(Buffer.concat(Array<Buffer>(500).fill(more)))
    await setImmediate()
  }
  assert.equal((await busy.ended).code, 0)
})

test('a reader that goes away ends it quietly', async () => {
  const many = file('many.pcap', pcap(Array.from({ length: 20_000 }, (_, i) => captured(`datagram number ${i}`))))
  const { code, stderr, stdout } = await runPipeline(`flow-pcap ${many} | head -c 100`)
  assert.deepEqual([code, stderr, stdout.length], [0, '', 100])
})

test('metrics say what came in, went out, and was skipped', async () => {
  const tool = live(['-addr', '127.0.0.1:0'])
  tool.child.stdin!.write(ONE)
  const [line] = (await once(tool.child.stderr!, 'data')) as [Buffer]
  await tool.first
  const text = await (await fetch(/http:\S+/.exec(line.toString())![0])).text()
  tool.child.stdin!.end()
  for (const expected of [
    'flow_pcap_packets_total 2',
    'flow_pcap_datagrams_total 1',
    'flow_pcap_skipped_packets_total{cause="not-udp"} 1',
    'flow_pcap_skipped_packets_total{cause="not-flow"} 0',
    `flow_pcap_read_bytes_total ${ONE.length}`
  ]) {
    assert.ok(text.includes(`${expected}\n`), expected)
  }
  assert.equal((await tool.ended).code, 0)
})

const withoutScript = spawnSync('script', ['--version']).error === undefined ? false : 'no script(1)'

test('a bar shows the progress of large files on a terminal, and only there', { skip: withoutScript }, async () => {
  const large = file('large.pcap', pcap(Array.from({ length: 300 }, () => ({ bytes: Buffer.alloc(65_000) }))))
  const shown = await runPipeline(`script -qec 'flow-pcap ${large} >/dev/null' /dev/null`)
  assert.match(shown.stdout.toString(), /% of 20 MB/)
  const shared = await runPipeline(`script -qec 'flow-pcap ${large} | cat' /dev/null`)
  assert.doesNotMatch(shared.stdout.toString(), / MB/)
  const small = await runPipeline(`script -qec 'flow-pcap ${one} >/dev/null' /dev/null`)
  assert.doesNotMatch(small.stdout.toString(), / MB/)
})
