/** Files named on the command line in the place of stdin. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import zlib from 'node:zlib'
import { isCapture } from '../../src/flow/streamkind.js'
import { FlowMessage } from '../support/datagram-stream.js'
import { ROOT, runTool, startPipeline, startTool } from '../support/tools.js'

const flow = (port: number): Buffer => Buffer.from(FlowMessage.encodeDelimited({ bytes: 1500, src_port: port }).finish())
const CAPTURE = path.join(ROOT, 'test/fixtures/softflowd-v9.pcap')

let folder = ''
const file = (name: string): string => path.join(folder, name)

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-files-'))
  fs.writeFileSync(file('one.bin'), flow(1))
  fs.writeFileSync(file('two.bin'), flow(2))
  fs.writeFileSync(file('cut.bin'), Buffer.concat([flow(3), flow(4).subarray(0, 3)]))
  fs.writeFileSync(file('datagrams.bin'), (await runTool('flow-pcap', [CAPTURE])).stdout)
})

after(() => {
  fs.rmSync(folder, { recursive: true })
})

const ports = (stdout: Buffer): number[] =>
  stdout
    .toString()
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { src_port: number }).src_port)

test('files are read in their order, and stdin in the place of -', async () => {
  const all = await runTool('flow-format', [file('one.bin'), '-', file('two.bin')], flow(9))
  assert.equal(all.code, 0, all.stderr)
  assert.deepEqual(ports(all.stdout), [1, 9, 2])
  const { stdout, stderr } = await runTool('flow-enrich', ['-samplingrate', '7', file('one.bin'), file('two.bin')])
  assert.match(stderr, /2 flows in/)
  assert.deepEqual(ports((await runTool('flow-format', [], stdout)).stdout), [1, 2])
  assert.deepEqual(ports((await runTool('flow-format', [file('one.bin')], 'no stream at all')).stdout), [1])
})

test('each filter takes them', async () => {
  const decoded = await runTool('flow-decode', [file('datagrams.bin')])
  assert.equal(decoded.code, 0, decoded.stderr)
  assert.deepEqual(decoded.stdout, (await runTool('flow-decode', [], fs.readFileSync(file('datagrams.bin')))).stdout)
  const summed = await runTool('flow-agg', [file('one.bin'), file('two.bin')])
  assert.match(summed.stderr, /flow-agg: 2 flows in, 1 group/)
  const top = await runTool('flow-top', ['-once', '-r', file('one.bin'), '-r', file('two.bin')])
  assert.match(top.stderr, /2 flows in/)
  const written = await runTool('flow-pcap', ['-w', '-', file('datagrams.bin')])
  assert.equal(written.code, 0, written.stderr)
  assert.equal((await runTool('flow-pcap', [], written.stdout)).stdout.length, fs.statSync(file('datagrams.bin')).size)
})

test('a broken file is named, what came before it is written', async () => {
  const { code, stdout, stderr } = await runTool('flow-format', [file('one.bin'), file('cut.bin'), file('two.bin')])
  assert.equal(code, 65)
  assert.deepEqual(ports(stdout), [1, 3])
  assert.match(stderr, /2 flows in.*\nflow-format: .*cut\.bin: the stream ends inside a message at byte \d+\n$/)
})

test('a file of another kind names the tool for it', async () => {
  fs.writeFileSync(file('day.bin.gz'), zlib.gzipSync(fs.readFileSync(file('one.bin'))))
  for (const [tool, args, advice] of [
    ['flow-decode', [CAPTURE], /softflowd-v9\.pcap is a capture file: put flow-pcap in between/],
    [
      'flow-format',
      [CAPTURE],
      /is a capture file: put flow-pcap in between, as in flow-pcap \S+softflowd-v9\.pcap \| flow-decode \| flow-format\n/
    ],
    ['flow-pcap', ['-w', file('again.pcap'), CAPTURE], /as in flow-pcap \S+softflowd-v9\.pcap \| flow-pcap -w \S+again\.pcap\n/],
    [
      'flow-agg',
      [file('day.bin.gz')],
      /is gzip: zcat \S+day\.bin\.gz \| flow-agg reads flows; if it is a capture, put flow-pcap in between/
    ],
    ['flow-format', [file('datagrams.bin')], /datagrams\.bin carries datagrams, not flows/]
  ] as const) {
    const { code, stderr } = await runTool(tool, args)
    assert.equal(code, 65)
    assert.match(stderr, advice)
  }
})

test('files that other programs keep flows in are named', async () => {
  fs.writeFileSync(file('day.parquet'), Buffer.concat([Buffer.from('PAR1\x15\x04\x15\x00'), Buffer.alloc(200)]))
  fs.writeFileSync(file('nfcapd.1'), Buffer.concat([Buffer.from('0ca502000107000000000000', 'hex'), Buffer.alloc(200, 7)]))
  const arrow = (await runTool('flow-format', ['-format', 'arrow', file('one.bin')])).stdout
  fs.writeFileSync(file('day.arrows'), arrow)
  fs.writeFileSync(file('day.arrow'), Buffer.concat([Buffer.from('ARROW1\0\0'), arrow]))
  fs.writeFileSync(file('nfcapd.2'), Buffer.concat([Buffer.from('0ca5010001000000', 'hex'), Buffer.alloc(200)]))
  for (const tool of ['flow-format', 'flow-decode', 'flow-pcap']) {
    for (const [name, advice] of [
      ['day.parquet', 'is Parquet: flow-store -read -dir DIR reads it'],
      ['day.arrows', 'is Arrow: polars, pandas and DuckDB read it; for the tools, keep the flows that it was made of'],
      ['day.arrow', 'is Arrow: polars, pandas and DuckDB read it; for the tools, keep the flows that it was made of'],
      ['nfcapd.1', 'is a file of nfcapd: nfdump reads it'],
      ['nfcapd.2', 'is a file of nfcapd: nfdump reads it']
    ]) {
      const { code, stderr } = await runTool(tool, [file(name)])
      assert.equal(code, 65)
      assert.ok(stderr.startsWith(`${tool}: ${file(name)} ${advice}\n`), stderr)
    }
  }
})

test('a file that is read is not written, under whatever name', async () => {
  const before = Buffer.concat([flow(1), flow(2)])
  const copy = file('copy.bin')
  const link = file('link.bin')
  const fresh = file('fresh.bin')
  fs.writeFileSync(copy, before)
  fs.symlinkSync(copy, link)
  fs.linkSync(copy, file('hard.bin'))
  const stdinToo = file('one.bin')
  for (const [written, command] of [
    [copy, `flow-pcap -w ${copy} ${copy}`],
    [link, `flow-pcap -w ${link} ${stdinToo} ${copy}`],
    [copy, `flow-pcap -w ${copy} < ${copy}`],
    [copy, `flow-decode -counters ${copy} ${copy}`],
    [copy, `flow-decode -counters ${copy} ${stdinToo} - < ${link}`],
    [copy, `flow-decode -templates.json.path ${copy} ${copy}`],
    [copy, `flow-filter -fail ${copy} -r ${stdinToo} -r ${link} tcp`],
    [link, `flow-filter -fail ${link} tcp < ${copy}`],
    [copy, `flow-send -to file:${fresh},file:${copy} ${file('hard.bin')}`],
    [copy, `flow-format -transport.file ${copy} ${copy}`],
    [copy, `flow-format -transport.file ${copy} < ${copy}`]
  ]) {
    const { code, stderr } = await startPipeline(command).ended
    assert.deepEqual([code, stderr], [64, `${command.split(' ')[0]}: ${written} is read and written: name another file\n`], command)
    assert.deepEqual(fs.readFileSync(copy), before, command)
    assert.ok(!fs.existsSync(fresh), command)
  }
  for (const command of [`flow-format -transport.file ${fresh} ${copy}`, `flow-filter -fail /dev/null tcp < ${copy} > /dev/null`])
    assert.equal((await startPipeline(command).ended).code, 0, command)
  fs.rmSync(fresh)
})

test('flow-pcap -w leaves a file as it is until the first datagram came', async () => {
  const kept = file('kept.pcap')
  const old = Buffer.alloc(100_000, 'x')
  fs.writeFileSync(kept, old)
  // the first byte of an IPFIX message, and of a payload of NetFlow, is a frame without a byte
  const ipfix = Buffer.from('000a0010000000000000000000000000', 'hex')
  for (const [args, stdin] of [
    [[CAPTURE], ''],
    [[file('one.bin')], ''],
    [[], fs.readFileSync(CAPTURE)],
    [[], ipfix],
    [[], Buffer.alloc(1)],
    [[], Buffer.from([200, 1, 1])],
    [['missing'], '']
  ] as const) {
    const { code, stderr } = await runTool('flow-pcap', ['-w', kept, ...args], stdin)
    if (stdin.length === 1) assert.equal(fs.statSync(kept).size, 24 + 16 + 28, stderr)
    else {
      assert.ok(code === 65 || code === 66, stderr)
      assert.deepEqual(fs.readFileSync(kept), old, stderr)
    }
    fs.writeFileSync(kept, old)
  }
  const slow = startTool('flow-pcap', ['-w', kept])
  slow.stdin.write(fs.readFileSync(file('datagrams.bin')))
  while (!isCapture(fs.readFileSync(kept))) await new Promise(setImmediate)
  slow.stdin.end()
  assert.equal((await slow.ended).code, 0)
  assert.deepEqual((await runTool('flow-pcap', [kept])).stdout, fs.readFileSync(file('datagrams.bin')))
  const empty = await runTool('flow-pcap', ['-w', kept])
  assert.match(empty.stderr, /0 datagrams in, 0 packets to/)
  assert.equal(fs.statSync(kept).size, 24)
})

test('Ctrl-C ends the reading of a file, which is not broken for that', async () => {
  fs.writeFileSync(file('long.bin'), Buffer.concat(Array.from({ length: 500_000 }, () => flow(5))))
  const tool = startTool('flow-format', [file('long.bin')])
  await tool.until(() => tool.stdout().length > 0)
  tool.kill('SIGINT')
  const { code, stdout, stderr } = await tool.ended
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^flow-format: (\d+) flows in, \1 lines out\n$/)
  assert.ok(ports(stdout).length < 500_000)
})

test('of a pipe among the files nothing is lost at Ctrl-C, and it ends though who writes there goes on', async () => {
  const ending = `trap 'cat ${file('two.bin')}; exit' INT; cat ${file('one.bin')}; while :; do sleep 0.05; done`
  const endless = `trap '' INT; while cat ${file('one.bin')}; do :; done 2>&-`
  for (const [source, last] of [
    [ending, 2],
    [endless, 1]
  ] as const) {
    const tool = startPipeline(`flow-format <(${source})`)
    await tool.until(() => tool.stdout().length > 0)
    tool.kill('SIGINT')
    assert.equal(ports((await tool.ended).stdout).at(-1), last)
  }
})

test('a file that is not there is told before anything is written', async () => {
  const { code, stdout, stderr } = await runTool('flow-format', [file('one.bin'), file('missing.bin')])
  assert.deepEqual([code, stdout.length], [66, 0])
  assert.match(stderr, /^flow-format: cannot read .*missing\.bin: no such file\n$/)
  assert.match((await runTool('flow-format', [folder])).stderr, /is a directory/)
})
