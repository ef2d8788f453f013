import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileIdentity, watchFile } from '../../src/cli/watch.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-enrich-watch-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

/** Watches a file whose text is what `read` last saw of it; `unreadable` where it was not there. */
async function watched(file: string, intervalMs = 10): Promise<{ until: (text: string) => Promise<void>; changes: () => number }> {
  let identity = ''
  let text = ''
  let changes = -1
  const read = async (): Promise<void> => {
    changes++
    identity = await fileIdentity(file)
    text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : 'unreadable'
  }
  await read()
  watchFile(file, () => identity, read, { intervalMs })
  return {
    changes: () => changes,
    async until(wanted) {
      for (let i = 0; i < 500 && text !== wanted; i++) await sleep(10)
      assert.equal(text, wanted)
    }
  }
}

function replace(file: string, text: string): void {
  fs.writeFileSync(`${file}.new`, text)
  fs.renameSync(`${file}.new`, file)
}

test('a file replaced by a rename, again and again', async () => {
  const file = path.join(folder, 'renamed')
  replace(file, 'a')
  const { until, changes } = await watched(file)
  for (const text of ['b', 'c', 'd']) {
    replace(file, text)
    await until(text)
  }
  assert.equal(changes(), 3)
})

test('a file rewritten in place with as many bytes', async () => {
  const file = path.join(folder, 'rewritten')
  fs.writeFileSync(file, 'a')
  const { until } = await watched(file)
  await sleep(20)
  fs.writeFileSync(file, 'b')
  await until('b')
})

test('a file that is written to is not looked into before it rests', async () => {
  const file = path.join(folder, 'growing')
  fs.writeFileSync(file, '')
  const { until, changes } = await watched(file, 30)
  const end = Date.now() + 400
  let text = ''
  while (Date.now() < end) {
    text += 'x'
    fs.appendFileSync(file, 'x')
    await sleep(1)
  }
  await until(text)
  // as both run in this thread, something was always written between two looks
  assert(changes() <= 3, `${changes()} changes of ${text.length}`)
})

test('a file behind a link in its path that is pointed elsewhere', async () => {
  for (const name of ['old', 'new']) {
    fs.mkdirSync(path.join(folder, name))
    fs.writeFileSync(path.join(folder, name, 'file'), name)
  }
  fs.symlinkSync('old', path.join(folder, 'current'))
  const { until } = await watched(path.join(folder, 'current', 'file'))
  fs.symlinkSync('new', path.join(folder, 'next'))
  fs.renameSync(path.join(folder, 'next'), path.join(folder, 'current'))
  await until('new')
})

test('a file that goes and comes back', async () => {
  const file = path.join(folder, 'removed')
  fs.writeFileSync(file, 'a')
  const { until } = await watched(file)
  fs.rmSync(file)
  await until('unreadable')
  fs.writeFileSync(file, 'b')
  await until('b')
})
