import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { runTool, startTool } from '../support/tools.js'
import { filesIn, flowAt, flowsFrom, messagesOf, MINUTE, newFolder, NINE } from './storing.js'

const FOLDER = 'date=2026-11-25/hour=09'
const MIB = 1024 * 1024

/** Flows of one window, far more than is held in memory. */
const MANY = flowsFrom(NINE, 60_000)

/** Waits until `isSo`, which is asked again and again. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const sizeOf = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0

test('killed while it writes: nobody sees half a file, and the next start keeps what was written', async (t) => {
  const dir = newFolder(t)
  const part = path.join(dir, FOLDER, '.flows-0905.bin.part')
  const store = startTool('flow-store', ['-dir', dir, '-format', 'bin'])
  store.stdin.write(MANY)
  await until(() => sizeOf(part) > MIB / 2)
  assert.deepEqual(filesIn(dir), [`${FOLDER}/.flows-0905.bin.part`])
  store.kill('SIGKILL')
  await store.ended
  const written = fs.readFileSync(part)
  const next = await runTool('flow-store', ['-dir', dir, '-format', 'bin'], flowAt(NINE + 4 * MINUTE))
  assert.equal(next.code, 0)
  assert.deepEqual(filesIn(dir), [`${FOLDER}/flows-0905.2.bin`, `${FOLDER}/flows-0905.bin`])
  const kept = fs.readFileSync(path.join(dir, FOLDER, 'flows-0905.bin'))
  assert.deepEqual(kept, written.subarray(0, kept.length))
  const { length } = messagesOf(kept)
  assert.ok(length > 0 && written.length - kept.length < 64)
  assert.match(next.stderr, new RegExp(`flows-0905\\.bin was not finished: it has ${length} flows that were written`))
  assert.equal(next.stdout.toString().split('\n')[0], path.join(dir, FOLDER, 'flows-0905.bin'))
})

test('an open file cut at any byte keeps its whole flows; zeros behind them, as a disk without power leaves them, are none', async (t) => {
  const flows = [1, 2, 3].map((number) => flowAt(NINE + number, { sequence_num: number }))
  const whole = Buffer.concat(flows)
  for (const size of [0, 1, flows[0].length - 1, flows[0].length, flows[0].length + 1, whole.length - 1, whole.length]) {
    for (const tail of [Buffer.alloc(0), Buffer.alloc(5000)]) {
      const dir = newFolder(t)
      fs.mkdirSync(path.join(dir, FOLDER), { recursive: true })
      fs.writeFileSync(path.join(dir, FOLDER, '.flows-0905.3.bin.part'), Buffer.concat([whole.subarray(0, size), tail]))
      assert.equal((await runTool('flow-store', ['-dir', dir, '-format', 'bin'])).code, 0)
      const count = flows.filter((_, i) => size >= Buffer.concat(flows.slice(0, i + 1)).length).length
      assert.deepEqual(filesIn(dir), count === 0 ? [] : [`${FOLDER}/flows-0905.3.bin`])
      if (count > 0) assert.deepEqual(fs.readFileSync(path.join(dir, FOLDER, 'flows-0905.3.bin')), Buffer.concat(flows.slice(0, count)))
    }
  }
})

test('killed while it writes Parquet: the file is set aside and told', async (t) => {
  const dir = newFolder(t)
  const store = startTool('flow-store', ['-dir', dir])
  store.stdin.write(MANY)
  await until(() => fs.existsSync(path.join(dir, FOLDER, '.flows-0905.parquet.part')))
  store.kill('SIGKILL')
  await store.ended
  const next = await runTool('flow-store', ['-dir', dir], flowAt(NINE))
  assert.equal(next.code, 0)
  assert.match(
    next.stderr,
    /\.flows-0905\.parquet\.part was not finished, and is no whole Parquet file: it is .*\.flows-0905\.parquet\.broken now/
  )
  assert.deepEqual(filesIn(dir), [`${FOLDER}/.flows-0905.parquet.broken`, `${FOLDER}/flows-0905.parquet`])
  assert.equal(messagesOf((await runTool('flow-store', ['-read', '-dir', dir])).stdout).length, 1)
})

test('a second signal ends it at once, and it says what is lost', async (t) => {
  const dir = newFolder(t)
  const store = startTool('flow-store', ['-dir', dir, '-format', 'bin', '-addr', '127.0.0.1:0'])
  store.stdin.write(flowsFrom(NINE, 3))
  await store.until(() => store.stderr().includes('metrics at'))
  const metrics = async (): Promise<string> => (await fetch(/http:\S+/.exec(store.stderr())![0])).text()
  while (!/^flow_store_open_flows 3$/m.test(await metrics()));
  // the first one is heard, and it goes on, since its input has not ended
  store.kill('SIGINT')
  assert.match(await metrics(), /^flow_store_open_windows 1$/m)
  store.kill('SIGINT')
  const { code, stderr } = await store.ended
  assert.equal(code, 130)
  assert.match(stderr, /3 flows were read and are in no whole file/)
})

/** A file system of 5 MB; undefined where this may not make one. */
function smallDisk(dir: string): boolean {
  return process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', dir]).status === 0
}

for (const format of ['bin', 'parquet']) {
  test(`a full disk is waited for, and nothing is lost: ${format}`, async (t) => {
    const dir = newFolder(t)
    if (!smallDisk(dir)) {
      t.skip('cannot mount a tmpfs here: that takes root')
      return
    }
    try {
      const filler = path.join(dir, 'filler')
      fs.writeFileSync(filler, Buffer.alloc(5 * MIB - 64 * 1024))
      const store = startTool('flow-store', ['-dir', dir, '-format', format])
      store.stdin.end(MANY)
      await store.until(() => store.stderr().includes('no space left'))
      assert.deepEqual(
        filesIn(dir).filter((file) => path.basename(file).startsWith('flows-')),
        []
      )
      fs.rmSync(filler)
      const { code, stderr, stdout } = await store.ended
      assert.equal(code, 0, stderr)
      assert.match(stderr, /there is room again/)
      assert.equal(stdout.toString(), `${path.join(dir, FOLDER, `flows-0905.${format}`)}\n`)
      assert.equal(messagesOf((await runTool('flow-store', ['-read', '-dir', dir])).stdout).length, 60_000)
    } finally {
      spawnSync('umount', [dir])
    }
  })
}

test('a start on a full disk waits, and removes what is too much', async (t) => {
  const dir = newFolder(t)
  if (!smallDisk(dir)) {
    t.skip('cannot mount a tmpfs here: that takes root')
    return
  }
  try {
    const old = ['date=2026-11-25/hour=07/flows-0705.bin', 'date=2026-11-25/hour=08/flows-0805.bin']
    for (const file of old) {
      fs.mkdirSync(path.join(dir, path.dirname(file)), { recursive: true })
      fs.writeFileSync(path.join(dir, file), Buffer.alloc(64 * 1024))
    }
    fs.writeFileSync(path.join(dir, 'filler'), Buffer.alloc(5 * MIB - 2 * 64 * 1024))
    const args = ['-dir', dir, '-format', 'bin']
    const waiting = startTool('flow-store', args)
    await waiting.until(() => waiting.stderr().includes('no space left'))
    waiting.kill('SIGKILL')
    await waiting.ended
    const { code, stderr } = await runTool('flow-store', [...args, '-max-size', '100k'], flowAt(NINE))
    assert.equal(code, 0, stderr)
    assert.match(stderr, /there is room again/)
    assert.deepEqual(filesIn(dir), [old[1], `${FOLDER}/flows-0905.bin`, 'filler'])
  } finally {
    spawnSync('umount', [dir])
  }
})
