/** A crash at any step on the way from a whole file to its name, and at any moment at all. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import type { Disk } from '../../src/store/disk.js'
import { FORMATS, pathOf, type StoreFormat } from '../../src/store/layout.js'
import { loadParquet } from '../../src/store/parquet.js'
import { binWriter, windowFiles } from '../../src/store/windowfile.js'
import { schemaOf, flowMessage } from '../../src/flow/proto.js'
import { runTool, startTool } from '../support/tools.js'
import { filesIn, flowsFrom, messagesOf, MINUTE, newFolder, NINE } from './storing.js'

const FLOWS = flowsFrom(NINE, 1000)

/** A disk of a process that ends at the rename, before it or behind it: nothing that comes after is done. */
function diskUpTo(step: 'before' | 'behind', onEnd: () => void): Disk {
  return {
    async run(what, write) {
      if (!what.startsWith('rename')) return write()
      if (step === 'behind') await write()
      onEnd()
      return new Promise(() => undefined)
    },
    waitNoLongerThan: () => undefined,
    full: 0
  }
}

/** Writes the flows into a file, and comes back when the process would have ended. */
async function writeUpTo(step: 'before' | 'behind', dir: string, format: StoreFormat): Promise<void> {
  const writerOf = format === 'parquet' ? await loadParquet(schemaOf(flowMessage.fields)) : binWriter
  await new Promise<void>((resolve, reject) => {
    const told = (): Promise<void> => Promise.reject(new Error('its name was told'))
    const open = windowFiles(diskUpTo(step, resolve), dir, format, writerOf, told)
    open({ start: NINE })
      .then(async (file) => {
        await file.write(FLOWS)
        await file.finish()
      })
      .catch(reject)
  })
}

for (const format of FORMATS) {
  const name = { start: NINE, number: 1, format }

  test(`killed between sync and rename: the file is whole and has no name, until the next start: ${format}`, async (t) => {
    const dir = newFolder(t)
    await writeUpTo('before', dir, format)
    assert.deepEqual(filesIn(dir), [path.relative(dir, pathOf(dir, name, 'part'))])
    assert.equal((await runTool('flow-store', ['-read', '-dir', dir])).stdout.length, 0)
    const { code, stderr, stdout } = await runTool('flow-store', ['-dir', dir, '-format', format])
    assert.equal(code, 0)
    assert.match(stderr, /\.(parquet\.part|bin) was not finished/)
    const state = format === 'bin' ? 'whole' : 'broken'
    assert.deepEqual(filesIn(dir), [path.relative(dir, pathOf(dir, name, state))])
    assert.equal(stdout.toString(), format === 'bin' ? `${pathOf(dir, name)}\n` : '')
    if (format === 'bin') assert.deepEqual(fs.readFileSync(pathOf(dir, name)), FLOWS)
  })

  test(`killed between rename and the telling of the name: the file is whole, and stays: ${format}`, async (t) => {
    const dir = newFolder(t)
    await writeUpTo('behind', dir, format)
    const { code, stderr } = await runTool('flow-store', ['-dir', dir, '-format', format], FLOWS)
    assert.equal(code, 0)
    assert.ok(!stderr.includes('was not finished'))
    assert.deepEqual(
      filesIn(dir),
      [pathOf(dir, { ...name, number: 2 }), pathOf(dir, name)].map((file) => path.relative(dir, file))
    )
    assert.equal(messagesOf((await runTool('flow-store', ['-read', '-dir', dir])).stdout).length, 2000)
  })

  test(`killed again and again: what has a name is whole, what was told has a name, an open window at the most is lost: ${format}`, async (t) => {
    const dir = newFolder(t)
    const told: string[] = []
    for (let round = 0; round < 4; round++) {
      // twenty windows of a thousand flows, and one that stays open
      const start = NINE + round * 60 * MINUTE
      const store = startTool('flow-store', ['-dir', dir, '-format', format, '-every', '1m', '-grace', '0'])
      store.stdin.write(Buffer.concat(Array.from({ length: 21 }, (_, window) => flowsFrom(start + window * MINUTE, 1000))))
      await store.until(() => store.stdout().toString().split('\n').length > 1 + 3 * round)
      store.kill('SIGKILL')
      await store.ended
      told.push(...store.stdout().toString().split('\n').slice(0, -1))
      const whole = filesIn(dir).filter((file) => path.basename(file).startsWith('flows-'))
      for (const file of told) assert.ok(whole.includes(path.relative(dir, file)), file)
      const { code, stderr, stdout } = await runTool('flow-store', ['-read', '-dir', dir])
      assert.equal(code, 0, stderr)
      // of bin, a window that was open is there as far as it was written
      const { length } = messagesOf(stdout)
      assert.ok(format === 'parquet' ? length === 1000 * whole.length : length <= 1000 * whole.length)
    }
    assert.equal((await runTool('flow-store', ['-dir', dir, '-format', format, '-every', '1m'])).code, 0)
    assert.ok(filesIn(dir).every((file) => !file.endsWith('.part')))
  })
}
