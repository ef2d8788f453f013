import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import fc from 'fast-check'
import { FORMATS, listFiles } from '../../src/store/layout.js'
import { openReader } from '../../src/store/reader.js'
import { openFile } from '../../src/store/sources.js'
import { anyFlow, encodeFlow, flowOf } from '../support/random-flow.js'
import { runPipeline, runTool, startTool } from '../support/tools.js'
import { filesIn, flowAt, flowsFrom, frame, messagesOf, MINUTE, newFolder, NINE } from './storing.js'

const FOLDER = 'date=2026-11-25/hour=09'

async function readBack(dir: string, ...options: string[]): Promise<Buffer> {
  const { code, stdout, stderr } = await runTool('flow-store', ['-read', '-dir', dir, ...options])
  assert.equal(code, 0, stderr)
  return stdout
}

test('puts flows into a file for each window, tells their names, and gives the same bytes back', async (t) => {
  const dir = newFolder(t)
  const stream = Buffer.concat([flowsFrom(NINE - 2, 4), flowsFrom(NINE + 12 * MINUTE, 3)])
  const { code, stdout, stderr } = await runTool('flow-store', ['-dir', dir, '-format', 'bin'], stream)
  assert.equal(code, 0, stderr)
  const files = ['flows-0900.bin', 'flows-0905.bin', 'flows-0915.bin'].map((name) => `${FOLDER}/${name}`)
  assert.equal(stdout.toString(), files.map((file) => `${path.join(dir, file)}\n`).join(''))
  assert.deepEqual(filesIn(dir), files)
  assert.deepEqual(fs.readFileSync(path.join(dir, files[0])), flowsFrom(NINE - 2, 2))
  assert.deepEqual(await readBack(dir), stream)
})

test('Parquet gives back every field and value of any message, fields of a newer tool too', async (t) => {
  const dir = newFolder(t)
  const messages = fc.sample(anyFlow, 400).map((message, i) => Buffer.concat([message, encodeFlow({ time_received_ns: String(i + 1) })]))
  const stored = await runTool('flow-store', ['-dir', dir], Buffer.concat(messages.map(frame)))
  assert.equal(stored.code, 0, stored.stderr)
  assert.deepEqual(filesIn(dir), ['date=1970-01-01/hour=00/flows-0000.parquet'])
  assert.deepEqual(messagesOf(await readBack(dir)).map(flowOf), messages.map(flowOf))
})

test('flows come back in the order of their receipt, whatever order and whichever files they went into', async (t) => {
  const dir = newFolder(t)
  const flows = Array.from({ length: 600 }, (_, i) => flowAt(NINE + ((i * 7919) % 600) * 1000, { sequence_num: i + 1 }))
  for (const [part, format] of [
    [flows.slice(0, 250), 'bin'],
    [flows.slice(250, 400), 'parquet'],
    [flows.slice(400), 'bin']
  ] as const) {
    assert.equal((await runTool('flow-store', ['-dir', dir, '-format', format], Buffer.concat(part))).code, 0)
  }
  const times = messagesOf(await readBack(dir)).map((message) => BigInt(flowOf(message).time_received_ns as string))
  assert.equal(times.length, 600)
  assert.deepEqual(
    times,
    [...times].sort((a, b) => Number(a - b))
  )
})

test('overwrites nothing: a restart in the same window, and flows that come late, make further files', async (t) => {
  const dir = newFolder(t)
  for (let run = 0; run < 2; run++) assert.equal((await runTool('flow-store', ['-dir', dir, '-format', 'bin'], flowsFrom(NINE, 2))).code, 0)
  // the clock goes an hour back, and on from there
  const back = Buffer.concat([flowsFrom(NINE + 60 * MINUTE, 2), flowsFrom(NINE, 3), flowsFrom(NINE + 60 * MINUTE, 1)])
  const { stderr } = await runTool('flow-store', ['-dir', dir, '-format', 'bin'], back)
  assert.match(stderr, /6 flows in, 6 in 2 files of \d+ bytes, 3 late/)
  const names = ['flows-0905.2.bin', 'flows-0905.3.bin', 'flows-0905.bin'].map((name) => `${FOLDER}/${name}`)
  assert.deepEqual(filesIn(dir), ['date=2026-11-25/hour=10/flows-1005.bin', ...names].sort())
  assert.equal(messagesOf(await readBack(dir)).length, 10)
})

test('a window is done while input goes on, and when input has stopped, without an end of it', async (t) => {
  const dir = newFolder(t)
  const store = startTool('flow-store', ['-dir', dir, '-format', 'bin', '-every', '1m', '-grace', '100ms'])
  store.stdin.write(flowAt(NINE))
  await new Promise((resolve) => store.stdin.write(flowAt(NINE + MINUTE - 50), resolve))
  // 150 ms of waiting for input later the first window is over
  await store.until(() => store.stdout().toString().includes('flows-0905.bin\n'))
  assert.deepEqual(filesIn(dir), [`${FOLDER}/flows-0905.bin`])
  store.stdin.end(flowAt(NINE + MINUTE))
  assert.equal((await store.ended).code, 0)
})

test('reads only files of the time that is asked for', async (t) => {
  const dir = newFolder(t)
  const stream = Buffer.concat([0, 5, 10, 15].map((minutes) => flowsFrom(NINE + minutes * MINUTE, 1000)))
  await runTool('flow-store', ['-dir', dir, '-format', 'bin'], stream)
  for (const other of ['flows-0905.bin', 'flows-0920.bin'])
    fs.writeFileSync(path.join(dir, FOLDER, other), 'no flows at all, and never read')
  const some = await readBack(dir, '-since', '2026-11-25T09:10:00.500', '-until', '2026-11-25T09:15:00.250Z')
  assert.deepEqual(some, Buffer.concat([...messagesOf(stream).slice(1500, 2250)].map(frame)))
  assert.equal((await readBack(dir, '-since', '2026-11-26')).length, 0)
  const broken = await runTool('flow-store', ['-read', '-dir', dir, '-since', '2026-11-25T09:20'])
  assert.equal(broken.code, 65)
  assert.match(broken.stderr, /flows-0920\.bin: /)
})

for (const format of FORMATS) {
  test(`a file that is removed before it is read is told, and the others are read: ${format}`, async (t) => {
    const dir = newFolder(t)
    const stream = Buffer.concat([flowsFrom(NINE, 20_000), flowsFrom(NINE + 5 * MINUTE, 10), flowsFrom(NINE + 10 * MINUTE, 10)])
    assert.equal((await runTool('flow-store', ['-dir', dir, '-format', format], stream)).code, 0)
    const second = path.join(dir, FOLDER, `flows-0910.${format}`)
    // the first byte comes before the second file is opened, which the pipe has no room for
    const { code, stdout, stderr } = await runPipeline(`flow-store -read -dir ${dir} | { head -c 1; rm ${second}; cat; }`)
    assert.equal(code, 0, stderr)
    assert.equal(messagesOf(stdout).length, 20_010)
    assert.match(stderr, /20010 flows of 2 files out, 1 removed before it was read/)
  })
}

test('a Parquet file that is removed while it is read is read to its end', async (t) => {
  const dir = newFolder(t)
  // more than a row group
  assert.equal((await runTool('flow-store', ['-dir', dir], flowsFrom(NINE, 70_000))).code, 0)
  const [file] = await listFiles(dir)
  const reader = (await openReader(file, (await openFile(file))!, () => undefined))!
  fs.rmSync(file.path)
  let flows = 1
  while (reader.step() || (await reader.refill())) flows++
  assert.equal(flows, 70_000)
})

test('a flow of the latest time there is comes back where no time is asked for', async (t) => {
  const dir = newFolder(t)
  const flow = frame(encodeFlow({ time_received_ns: String(2n ** 64n - 1n) }))
  assert.equal((await runTool('flow-store', ['-dir', dir, '-format', 'bin'], flow)).code, 0)
  assert.deepEqual(await readBack(dir), flow)
})

test("columns of fields of the user's own come back without the mapping", async (t) => {
  const dir = newFolder(t)
  const mapping = path.join(dir, 'mapping.yaml')
  fs.writeFileSync(
    mapping,
    'formatter: { protobuf: [ { name: new_number, index: 5000, type: varint }, { name: new_bytes, index: 5001, type: bytes, array: true } ] }\n'
  )
  const fields = { new_number: '18446744073709551615', new_bytes: [Buffer.from([0, 255]), Buffer.from('x')] }
  const stream = Buffer.concat([flowAt(NINE, fields), flowAt(NINE)])
  const store = path.join(dir, 'store')
  assert.equal((await runTool('flow-store', ['-dir', store, '-mapping', mapping], stream)).code, 0)
  assert.deepEqual(messagesOf(await readBack(store)).map(flowOf), messagesOf(stream).map(flowOf))
})

test("fields of the user's own that have the numbers of countries come back, of any type and repeated", async (t) => {
  const dir = newFolder(t)
  const mapping = path.join(dir, 'mapping.yaml')
  fs.writeFileSync(
    mapping,
    'formatter: { protobuf: [ { name: src_loc, index: 1000, type: varint }, { name: dst_locs, index: 1001, type: string, array: true } ] }\n'
  )
  const received = encodeFlow({ time_received_ns: '1' })
  // 1000: 7; 1001: a, b; 1001: what is no UTF-8
  const fields = ['', 'c03e07', 'ca3e0161ca3e0162', 'c03e07ca3e0161', 'ca3e02ff41'].map((hex) => Buffer.from(hex, 'hex'))
  const stream = Buffer.concat(fields.map((own) => frame(Buffer.concat([received, own]))))
  const store = path.join(dir, 'store')
  assert.equal((await runTool('flow-store', ['-dir', store, '-mapping', mapping], stream)).code, 0)
  assert.deepEqual(messagesOf(await readBack(store)), messagesOf(stream))
})

test('-keep removes what is older and refuses what comes older; -max-size keeps the newest; files of other names stay', async (t) => {
  const dir = newFolder(t)
  const now = Date.now()
  const day = 24 * 60 * MINUTE
  await runTool('flow-store', ['-dir', dir, '-format', 'bin'], Buffer.concat([40, 20, 2].map((days) => flowAt(now - days * day))))
  const [oldest] = filesIn(dir)
  const foreign = path.join(dir, path.dirname(oldest), 'flows-0000.bin.bak')
  fs.writeFileSync(foreign, 'somebody else')
  const kept = await runTool(
    'flow-store',
    ['-dir', dir, '-format', 'bin', '-keep', '30d'],
    Buffer.concat([flowAt(now - 35 * day), flowAt(now)])
  )
  assert.match(kept.stderr, /older than -keep are refused: the first is of /)
  assert.match(kept.stderr, /2 flows in, 1 in 1 file of \d+ bytes, 1 refused: older than -keep; 1 old file removed/)
  assert.equal(filesIn(dir).length, 4)
  assert.ok(fs.existsSync(foreign))
  const bounded = await runTool('flow-store', ['-dir', dir, '-format', 'bin', '-max-size', '25'], flowAt(now + day))
  assert.match(bounded.stderr, /; 3 old files removed/)
  assert.equal(filesIn(dir).filter((file) => file.endsWith('.bin')).length, 1)
  assert.ok(fs.existsSync(foreign))
})

test('refuses to write where another one writes, and what makes no sense', async (t) => {
  const dir = newFolder(t)
  const first = startTool('flow-store', ['-dir', dir, '-format', 'bin'])
  first.stdin.write(flowAt(NINE))
  while (!fs.existsSync(path.join(dir, '.flow-store.lock'))) await new Promise(setImmediate)
  const second = await runTool('flow-store', ['-dir', dir, '-format', 'bin'], flowAt(NINE))
  assert.equal(second.code, 69)
  assert.match(second.stderr, /is written to by another flow-store \(process \d+\)/)
  first.stdin.end()
  assert.equal((await first.ended).code, 0)
  assert.ok(!fs.existsSync(path.join(dir, '.flow-store.lock')))
  for (const args of [[], ['-dir', dir, '-every', '90s'], ['-dir', dir, '-since', '2h'], ['-dir', dir, '-read', '-until', 'noon']]) {
    assert.equal((await runTool('flow-store', args)).code, 64)
  }
  const read = ['-dir', dir, '-read']
  for (const [wrong, message] of [
    [['-keep', '3d'], '-keep is for writing: -read removes nothing'],
    [['-max-size', '1G'], '-max-size is for writing: -read removes nothing'],
    [['-since', '2026-11-25 09:00', '-until', '2026-11-25T09:00'], '-until is not later than -since']
  ] as const) {
    const { code, stderr } = await runTool('flow-store', [...read, ...wrong])
    assert.deepEqual([code, stderr], [64, `flow-store: ${message}\n`])
  }
  const file = path.join(dir, filesIn(dir)[0])
  const elsewhere = path.join(dir, 'elsewhere')
  fs.mkdirSync(path.join(elsewhere, 'logs'), { recursive: true })
  for (const [nothing, reason] of [
    [path.join(dir, 'missing'), 'no such file'],
    [elsewhere, 'there is nothing of flow-store in it'],
    [file, `not a directory: flow-filter -r ${file} reads a file of flows`]
  ]) {
    const { code, stderr } = await runTool('flow-store', ['-read', '-dir', nothing])
    assert.deepEqual([code, stderr], [66, `flow-store: cannot read ${nothing}: ${reason}\n`])
  }
  for (const part of [path.dirname(file), path.join(file, '../..')]) {
    const { code, stderr } = await runTool('flow-store', ['-read', '-dir', part])
    assert.deepEqual([code, stderr], [66, `flow-store: cannot read ${part}: -dir is the folder above date=, ${dir}\n`])
  }
  for (const [args, message] of [
    [['-read', 'flows'], '-read takes its folder from -dir: flow-store -read -dir flows'],
    [['-read', '-dir', dir, 'flows'], 'flow-store -read reads nothing: leave out flows']
  ] as const) {
    const { code, stderr } = await runTool('flow-store', args)
    assert.deepEqual([code, stderr], [64, `flow-store: ${message}\n`])
  }
  for (const nowhere of ['/proc/flows', path.join(dir, filesIn(dir)[0], 'flows')]) {
    const { code, stderr } = await runTool('flow-store', ['-dir', nowhere])
    assert.equal(code, 73)
    assert.match(stderr, /^flow-store: cannot write to .*\n$/)
  }
})

test('SIGTERM ends it with all that was read in whole files', async (t) => {
  const dir = newFolder(t)
  const store = startTool('flow-store', ['-dir', dir, '-format', 'bin', '-every', '1m', '-grace', '0'])
  store.stdin.write(Buffer.concat([flowAt(NINE), flowAt(NINE + MINUTE)]))
  await store.until(() => store.stdout().includes('\n'))
  store.kill('SIGTERM')
  const { code, stderr } = await store.ended
  assert.equal(code, 0, stderr)
  assert.equal(filesIn(dir).length, 2)
})
