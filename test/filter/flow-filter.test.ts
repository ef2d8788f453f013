/** flow-filter as a process, over pipes. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { type FlowSpec, flowFrame, flowStream } from '../agg/aggregating.js'
import { runPipeline, runTool, startTool } from '../support/tools.js'

const FLOWS: FlowSpec[] = [
  { src_addr: '0a000001', dst_port: 443, proto: 6, bytes: 100n },
  { src_addr: 'c0000201', dst_port: 443, proto: 6, bytes: 200n },
  { src_addr: 'c0000201', dst_port: 53, proto: 17, bytes: 300n }
]
/** a field that nobody knows, and one in a longer form than it needs */
const ODD = Buffer.from([9, 0xa0, 0x01, 0x86, 0x00, 0xfa, 0xff, 0x01, 1, 0x55])
const STREAM = Buffer.concat([flowStream(FLOWS), ODD])

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-filter-'))
test.after(() => {
  fs.rmSync(folder, { recursive: true })
})
const file = (name: string, content: Buffer | string): string => {
  const there = path.join(folder, name)
  fs.writeFileSync(there, content)
  return there
}

test('matching frames pass byte for byte, the others go where -fail says', async () => {
  const fail = path.join(folder, 'others')
  const { code, stdout, stderr } = await runTool('flow-filter', ['-fail', fail, 'tcp', 'and', 'not', 'src', 'net', '10/8'], STREAM)
  assert.equal(code, 0, stderr)
  assert.deepEqual(stdout, Buffer.concat([flowFrame(FLOWS[1]), ODD]))
  assert.deepEqual(fs.readFileSync(fail), Buffer.concat([flowFrame(FLOWS[0]), flowFrame(FLOWS[2])]))
  assert.equal(stderr, 'flow-filter: 4 flows in, 2 out, 2 did not match\n')
  const both = await runPipeline('flow-filter -fail >(cat >&2) any', STREAM)
  assert.deepEqual(both.stdout, STREAM)
})

test('where -fail can no longer be written, it ends while its input goes on', async () => {
  const tool = startTool('flow-filter', ['-fail', '/dev/full', 'not any'])
  tool.stdin.write(STREAM)
  const { code, stderr } = await tool.ended
  assert.equal(code, 74)
  assert.match(stderr, /^flow-filter: -fail: cannot write \/dev\/full: no space left/)
})

test('files by -r, one after another, and the expression by -f', async () => {
  const [a, b] = [file('a', flowFrame(FLOWS[0])), file('b', flowStream(FLOWS))]
  const { code, stdout } = await runTool('flow-filter', ['-r', a, '-r', b, '-f', file('expression', 'tcp and # web\n port https')])
  assert.equal(code, 0)
  assert.deepEqual(stdout, Buffer.concat([FLOWS[0], FLOWS[0], FLOWS[1]].map(flowFrame)))

  const cut = await runTool('flow-filter', ['-r', file('cut', STREAM.subarray(0, -1)), '-r', a, 'any'])
  assert.equal(cut.code, 65)
  assert.match(cut.stderr, /^flow-filter: 3 flows in, 3 out.*\nflow-filter: \S*cut: the stream ends inside a message/)
  assert.deepEqual(cut.stdout, flowStream(FLOWS))
  for (const [args, code, line] of [
    [['-r', path.join(folder, 'none'), 'any'], 66, /none: no such file/],
    [['-r', folder, 'any'], 66, /directory/],
    [['-f', path.join(folder, 'none')], 66, /none: no such file/],
    [['-f', a, 'any'], 64, /give one of them/],
    [[], 64, /an expression is missing/],
    [['-fail', path.join(folder, 'no/where'), 'any'], 73, /there is no folder/]
  ] as const) {
    const ended = await runTool('flow-filter', args)
    assert.equal(ended.code, code, ended.stderr)
    assert.match(ended.stderr, line)
  }
})

test('a file among the words of the expression goes behind -r', async () => {
  const flows = file('flows-1.bin', '')
  for (const words of [[flows], ['tcp', flows], [flows, 'port', '80'], ['port', '80', flows], ['host', flows]]) {
    const { code, stderr } = await runTool('flow-filter', words)
    assert.equal(code, 64)
    assert.ok(stderr.endsWith(`; a file goes behind -r: flow-filter -r ${flows} …\n`), stderr)
  }
  assert.doesNotMatch((await runTool('flow-filter', [`${flows}.none`])).stderr, / -r /)
})

test('a mistake is shown with a caret under it, and exit 64', async () => {
  const { code, stderr, stdout } = await runTool('flow-filter', ['tcp and port 80 or 443'], STREAM)
  assert.equal(code, 64)
  assert.equal(stdout.length, 0)
  assert.equal(
    stderr,
    'flow-filter: tcp and port 80 or 443\nflow-filter:                    ^^^\nflow-filter: a value alone is no test: port in [80 443]\n'
  )
  const inFile = await runTool('flow-filter', ['-f', file('wrong', 'tcp and\n prot 80')])
  assert.match(inFile.stderr, /^flow-filter: {2}prot 80\nflow-filter: {2}\^{4}\nflow-filter: \S*wrong:2: unknown word 'prot'/)
})

test('-check prints the expression as it was understood', async () => {
  const { code, stdout, stderr } = await runTool('flow-filter', ['-check', 'not tcp port 80 or any and udp'])
  assert.deepEqual([code, stdout.toString(), stderr], [0, '((not (tcp and (port 80))) or (any and udp))\n', ''])
})

test('fields of a mapping file', async () => {
  const mapping = file('mapping.yaml', 'formatter:\n  protobuf:\n    - { name: my_label, index: 2000, type: string }\n')
  const labelled = Buffer.from([6, 0x82, 0x7d, 3, 0x66, 0x6f, 0x6f])
  const { code, stdout, stderr } = await runTool('flow-filter', ['-mapping', mapping, 'my_label foo'], Buffer.concat([STREAM, labelled]))
  assert.equal(code, 0, stderr)
  assert.deepEqual(stdout, labelled)
})

test('a message that is no protobuf does not match, and is counted; another stream is refused', async () => {
  const { code, stdout, stderr } = await runTool('flow-filter', ['any'], Buffer.concat([flowFrame(FLOWS[0]), Buffer.from([2, 0xff, 0xff])]))
  assert.equal(code, 0)
  assert.deepEqual(stdout, flowFrame(FLOWS[0]))
  assert.match(stderr, /2 flows in, 1 out, 1 did not match, 1 malformed/)
  const json = await runTool('flow-filter', ['any'], '{"bytes":1}\n')
  assert.equal(json.code, 65)
})

test('a list that changes is read again; a broken one leaves what was there', async () => {
  const list = file('list', '10/8\n')
  const tool = startTool('flow-filter', ['-loglevel', 'debug', `src host in @"${list}"`])
  tool.stdin.write(flowStream(FLOWS))
  await tool.until(() => tool.stdout().equals(flowFrame(FLOWS[0])))
  fs.writeFileSync(list, 'nonsense\n')
  await tool.until(() => /list:1: 'nonsense': expected .*going on with what it had before/.test(tool.stderr()))
  fs.writeFileSync(list, '192.0.2.0/24\n')
  await tool.until(() => tool.stderr().includes('was read again'))
  tool.stdin.write(flowFrame(FLOWS[1]))
  await tool.until(() => tool.stdout().equals(flowStream(FLOWS.slice(0, 2))))
  tool.stdin.end()
  assert.equal((await tool.ended).code, 0)
})

test('a reader that goes away ends it without a word', async () => {
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => STREAM))
  const { code, stderr } = await runPipeline('flow-filter any | head -c 100', many)
  assert.deepEqual([code, stderr], [0, ''])
})

test('metrics', async () => {
  const tool = startTool('flow-filter', ['-addr', '127.0.0.1:0', 'tcp'])
  tool.stdin.write(flowStream(FLOWS))
  await tool.until(() => tool.stdout().length > 0 && tool.stderr().includes('metrics at'))
  const [url] = /http:\S+/.exec(tool.stderr())!
  const metrics = await (await fetch(url)).text()
  assert.match(metrics, /^flow_filter_flows_total 3$/m)
  assert.match(metrics, /^flow_filter_matched_total 2$/m)
  tool.stdin.end()
  await tool.ended
})
