import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT, runPipeline, runTool } from '../support/tools.js'
import { flow, frame } from './support.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-format-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

const flows = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => flow({ sequence_num: i + 1, src_addr: Buffer.from([10, 0, i >> 8, i & 255]) })))
const line = (i: number): string => `{"sequence_num":${i},"src_addr":"10.0.${(i - 1) >> 8}.${(i - 1) & 255}"}`
const MALFORMED = frame(Buffer.from([0x0a, 0x05, 0x01]))

function start(...args: string[]): ChildProcess & { text: () => string; errors: () => string } {
  const child = spawn(path.join(ROOT, 'bin/flow-format'), args, { stdio: 'pipe' })
  let text = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdin.on('error', () => undefined)
  return Object.assign(child, { text: () => text, errors: () => errors })
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (holds()) return
    await sleep(10)
  }
  assert.fail(`never came: ${what}`)
}

test('a JSON object a line, and one summary line', async () => {
  const { code, stdout, stderr } = await runTool('flow-format', [], flows(3))
  assert.equal(stdout.toString(), [1, 2, 3].map((i) => `${line(i)}\n`).join(''))
  assert.equal(stderr, 'flow-format: 3 flows in, 3 lines out\n')
  assert.equal(code, 0)
})

test('flows are not held back while input pauses', async () => {
  const child = start()
  child.stdin!.write(flows(2))
  await until('the lines of what was written', () => child.text().endsWith(`${line(2)}\n`))
  child.stdin!.end()
  assert.deepEqual(await once(child, 'close'), [0, null])
})

test('an empty -fields is as good as none', async () => {
  assert.equal((await runTool('flow-format', ['-fields', ''], flows(1))).stdout.toString(), `${line(1)}\n`)
})

test('csv has its header first, and alone where there are no flows', async () => {
  const args = ['-format', 'csv', '-fields', 'SrcAddr, sequence_num']
  assert.equal((await runTool('flow-format', args, flows(1))).stdout.toString(), 'src_addr,sequence_num\n10.0.0.0,1\n')
  assert.equal((await runTool('flow-format', args)).stdout.toString(), 'src_addr,sequence_num\n')
})

test('bin is the stream byte for byte, malformed messages and all', async () => {
  const overlong = Buffer.from([0x82, 0x00, 0x20, 0x05])
  const stream = Buffer.concat([
    flows(2),
    overlong,
    MALFORMED,
    frame(Buffer.alloc(0)),
    frame(Buffer.concat([Buffer.from([0xba, 0x3e, 0xe0, 0xa7, 0x12]), Buffer.alloc(300_000, 7)]))
  ])
  const { code, stdout } = await runTool('flow-format', ['-format=bin'], stream)
  assert.deepEqual(stdout, stream)
  assert.equal(code, 0)
  assert.deepEqual(
    (await runTool('flow-format', ['-format=bin', '-transport.file.sep', '\\n'], flows(1))).stdout,
    Buffer.concat([flows(1), Buffer.from('\n')])
  )
})

test('what ends a line, as Go writes it', async () => {
  const end = async (sep: string): Promise<string> =>
    (await runTool('flow-format', ['-transport.file.sep', sep, '-transport', 'file'], flows(1))).stdout.toString().slice(line(1).length)
  assert.equal(await end('\\r\\n'), '\r\n')
  assert.equal(await end('\\0'), '\0')
  assert.equal(await end('\\x1e\\u00e9|\\101\\\\'), '\x1eé|A\\')
  assert.equal(await end(''), '')
})

test('a malformed message costs itself alone, and is counted', async () => {
  const { code, stdout, stderr } = await runTool(
    'flow-format',
    [],
    Buffer.concat([flows(2), MALFORMED, flow({ sequence_num: 3, src_addr: Buffer.from([10, 0, 0, 2]) }), MALFORMED])
  )
  assert.equal(stdout.toString(), [1, 2, 3].map((i) => `${line(i)}\n`).join(''))
  assert.equal(stderr.match(/warning/g)?.length, 1)
  assert.match(stderr, /flow-format: 5 flows in, 3 lines out, 2 malformed\n$/)
  assert.equal(code, 0)
})

test('a stream that ends inside a message is broken, after what came before', async () => {
  const { code, stdout, stderr } = await runTool('flow-format', [], flows(2).subarray(0, -1))
  assert.equal(stdout.toString(), `${line(1)}\n`)
  assert.match(stderr, new RegExp(`ends inside a message at byte ${flows(1).length}\n`))
  assert.equal(code, 65)
})

test('a stream of another kind is refused with the tool to put in between', async () => {
  const datagrams = frame(Buffer.concat([Buffer.from([0xca, 0x0c, 4]), Buffer.from('data'), Buffer.from([0xd8, 0x0c, 1])]))
  const refused = await Promise.all(
    [datagrams, Buffer.from('{"type":"SFLOW_5"}\n'), Buffer.from('d4c3b2a1020004000000000000000000', 'hex')].map((input) =>
      runTool('flow-format', [], input)
    )
  )
  assert.deepEqual(
    refused.map(({ code, stdout }) => [code, stdout.length]),
    [
      [65, 0],
      [65, 0],
      [65, 0]
    ]
  )
  assert.match(refused[0].stderr, /put flow-decode in between/)
  assert.match(refused[1].stderr, /JSON text/)
  assert.match(refused[2].stderr, /flow-pcap \| flow-decode \| flow-format/)
})

test('a reader that goes away ends it, without a word', async () => {
  const { code, stdout, stderr } = await runPipeline('flow-format | head -n 1', flows(50_000))
  assert.deepEqual([code, stdout.toString(), stderr], [0, `${line(1)}\n`, ''])
})

test('a reader that is slow does not make it grow', async () => {
  const child = start()
  child.stdout!.pause()
  const block = flows(2000)
  let taken = 0
  let writing = true
  const feed = (async () => {
    while (writing) {
      if (!child.stdin!.write(block)) await Promise.race([once(child.stdin!, 'drain'), sleep(700).then(() => (writing = false))])
      taken += block.length
    }
  })()
  await feed
  assert.ok(taken < 8_000_000, `${taken} bytes were taken without a line being read`)
  child.kill('SIGKILL')
  await once(child, 'close')
})

test('the first Ctrl-C leaves it running to the end of its input', async () => {
  const child = start()
  child.stdin!.write(flows(1))
  await until('the first line', () => child.text() !== '')
  child.kill('SIGINT')
  await sleep(100)
  child.stdin!.end(flows(1))
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(child.text(), `${line(1)}\n${line(1)}\n`)
})

test('after SIGTERM it stops when its input has nothing more, with everything written', async () => {
  const child = start()
  child.stdin!.write(flows(1))
  await until('the first line', () => child.text() !== '')
  child.kill('SIGTERM')
  await sleep(200)
  child.stdin!.write(flows(1))
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(child.text(), `${line(1)}\n${line(1)}\n`)
  assert.match(child.errors(), / 2 flows in, 2 lines out/)
})

test('the second signal ends it at once', async () => {
  const child = start()
  child.stdin!.write(flows(1))
  await until('the first line', () => child.text() !== '')
  child.kill('SIGINT')
  await sleep(100)
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'close'), [130, null])
})

test('-transport.file appends, with one csv header in the file', async () => {
  const file = path.join(folder, 'flows.csv')
  const args = ['-format', 'csv', '-fields', 'sequence_num', '-transport.file', file]
  assert.equal((await runTool('flow-format', args, flows(2))).code, 0)
  const { stdout } = await runTool('flow-format', args, flows(1))
  assert.equal(fs.readFileSync(file, 'utf8'), 'sequence_num\n1\n2\n1\n')
  assert.equal(stdout.length, 0)

  const before = fs.readFileSync(file, 'utf8')
  const other = await runTool('flow-format', ['-format', 'csv', '-fields', 'src_addr', '-transport.file', file], flows(1))
  assert.equal(other.code, 73)
  assert.match(other.stderr, /^flow-format: \S*flows\.csv begins with other columns than src_addr: /)
  assert.equal(fs.readFileSync(file, 'utf8'), before)
})

test('SIGHUP opens the file anew: no line is lost, torn or without its header', async () => {
  const file = path.join(folder, 'rotated.csv')
  const child = start('-format', 'csv', '-fields', 'sequence_num,src_addr', '-transport.file', file)
  const block = flows(5000)
  const blocks = 40
  for (let i = 0; i < blocks; i++) {
    if (!child.stdin!.write(block)) await once(child.stdin!, 'drain')
    if (i % 10 !== 5) continue
    await until('the file', () => fs.existsSync(file))
    fs.renameSync(file, `${file}.${i}`)
    child.kill('SIGHUP')
  }
  child.stdin!.end()
  assert.deepEqual(await once(child, 'close'), [0, null], child.errors())
  const files = fs.readdirSync(folder).filter((name) => name.startsWith('rotated.csv'))
  assert.equal(files.length, 5, files.join())
  let lines = 0
  for (const name of files) {
    const [header, ...rest] = fs.readFileSync(path.join(folder, name), 'utf8').split('\n')
    assert.equal(header, 'sequence_num,src_addr', name)
    assert.equal(rest.pop(), '', `${name} ends with a whole line`)
    for (const one of rest) assert.match(one, /^\d+,10\.0\.\d+\.\d+$/)
    lines += rest.length
  }
  assert.equal(lines, blocks * 5000)
})

test('SIGHUP takes effect while no flow comes', async () => {
  const file = path.join(folder, 'idle.json')
  const child = start('-transport.file', file)
  child.stdin!.write(flows(1))
  await until('the first line', () => fs.existsSync(file) && fs.statSync(file).size > 0)
  fs.renameSync(file, `${file}.1`)
  child.kill('SIGHUP')
  await until('the new file', () => fs.existsSync(file))
  child.stdin!.end(flows(1))
  await once(child, 'close')
  assert.deepEqual(
    [`${file}.1`, file].map((name) => fs.readFileSync(name, 'utf8')),
    [`${line(1)}\n`, `${line(1)}\n`]
  )
})

test('it goes by its own name, for pkill -x', { skip: process.platform !== 'linux' }, async () => {
  const child = start()
  child.stdin!.write(flows(1))
  await until('the first line', () => child.text() !== '')
  assert.equal(fs.readFileSync(`/proc/${child.pid}/comm`, 'utf8'), 'flow-format\n')
  child.stdin!.end()
  await once(child, 'close')
})

test('where the new file cannot be opened the old one goes on', async () => {
  const inner = path.join(folder, 'inner')
  fs.mkdirSync(inner)
  const file = path.join(inner, 'flows.json')
  const child = start('-transport.file', file)
  await until('the file', () => fs.existsSync(file))
  fs.renameSync(inner, `${inner}.1`)
  child.kill('SIGHUP')
  await until('a word about it', () => child.errors().includes('cannot reopen'))
  child.stdin!.end(flows(1))
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(fs.readFileSync(path.join(`${inner}.1`, 'flows.json'), 'utf8'), `${line(1)}\n`)
})

test('what cannot be created, and what cannot be written', async () => {
  const none = await runTool('flow-format', ['-transport.file', path.join(folder, 'no/such/file')], flows(1))
  assert.deepEqual([none.code, /^flow-format: cannot open .*: there is no folder .*no\/such\n$/.test(none.stderr)], [73, true], none.stderr)
  const directory = await runTool('flow-format', ['-transport.file', folder], flows(1))
  assert.deepEqual([directory.code, directory.stderr], [73, `flow-format: cannot open ${folder}: is a directory\n`])
  const full = await runTool('flow-format', ['-transport.file', '/dev/full'], flows(1))
  assert.deepEqual([full.code, full.stderr], [74, 'flow-format: cannot write /dev/full: no space left on the device\n'])
  const header = await runTool('flow-format', ['-format', 'csv', '-transport.file', '/dev/full'])
  assert.deepEqual([header.code, header.stderr], [74, full.stderr])
  const stdout = await runPipeline('flow-format > /dev/full', flows(1))
  assert.deepEqual([stdout.code, stdout.stderr], [74, 'flow-format: cannot write stdout: no space left on the device\n'])
})

test('wrong words on the command line, in one line each', async () => {
  const mapping = path.join(folder, 'mapping.yaml')
  fs.writeFileSync(mapping, 'formatter:\n  protobuf:\n    - { name: my_field, index: 2000, type: varint }\n  fields: [my_field, nothing]\n')
  const usage: [args: string[], code: number, said: RegExp][] = [
    [['-fields', 'bytes,src_adr'], 64, /-fields: unknown field 'src_adr': src_addr, /],
    [['-fields', 'my_field'], 64, /unknown field 'my_field'/],
    [['-format', 'jsn'], 64, /jsn.*json, text, csv, table, bin, arrow/],
    [['-format', 'bin', '-fields', 'bytes'], 64, /-fields is not for bin/],
    [['-transport', 'kafka'], 64, /flow-kafka/],
    [['-transport.file.sep', '\\q'], 64, /\\q/],
    [['-mapping', path.join(folder, 'none.yaml')], 66, /none\.yaml: no such file/],
    [['-mapping', mapping], 78, /mapping\.yaml:4: unknown field 'nothing': /],
    [['no-such-file'], 66, /^flow-format: cannot read no-such-file: no such file\n$/],
    [['-addr', 'x'], 64, /-addr x/]
  ]
  for (const [args, code, said] of usage) {
    const ended = await runTool('flow-format', args)
    assert.equal(ended.code, code, args.join(' '))
    assert.match(ended.stderr, said)
    assert.equal(ended.stderr.split('\n').length, 2, ended.stderr)
  }
})

test('fields that only the mapping adds can be listed, and its warnings are told', async () => {
  const mapping = path.join(folder, 'custom.yaml')
  fs.writeFileSync(
    mapping,
    'formatter:\n  protobuf: [{ name: my_field, index: 2000, type: string }]\nnetflowv9: { mapping: [{ field: 34, destination: sampling_rate, endian: little }] }\n'
  )
  const { stdout, stderr } = await runTool(
    'flow-format',
    ['-mapping', mapping, '-fields', 'my_field,sequence_num', '-format', 'text'],
    frame(Buffer.from([0x82, 0x7d, 2, 0x68, 0x69, 0x20, 7]))
  )
  assert.equal(stdout.toString(), 'my_field=hi sequence_num=7\n')
  assert.match(stderr, /warning: .*custom\.yaml:3: 'endian' is ignored/)
})

test('metrics', async () => {
  const child = start('-addr', '127.0.0.1:0')
  child.stdin!.write(Buffer.concat([flows(3), MALFORMED]))
  await until('the address and the lines', () => child.errors().includes('/metrics') && child.text().split('\n').length === 4)
  const response = await fetch(/http:\S+/.exec(child.errors())![0])
  const metrics = await response.text()
  assert.match(metrics, /^flow_format_flows_total 4$/m)
  assert.match(metrics, /^flow_format_lines_total 3$/m)
  assert.match(metrics, /^flow_format_errors_total\{kind="malformed-message"\} 1$/m)
  assert.match(metrics, new RegExp(`^flow_format_written_bytes_total ${child.text().length}$`, 'm'))
  child.stdin!.end()
  assert.deepEqual(await once(child, 'close'), [0, null])
})
