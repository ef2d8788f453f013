/** A file that has as much as it may have is finished, and what comes next is in another; files are made up here. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Log } from '../../src/cli/log.js'
import { frameReader } from '../../src/flow/frames.js'
import { storing } from '../../src/store/storing.js'
import type { WindowFile } from '../../src/store/windowfile.js'
import { flowsFrom, messagesOf, MINUTE, NINE } from './storing.js'

const nothing = (): void => undefined
const LOG = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Log
const MIB = 1024 * 1024

test('a full file is finished, and the window goes on in another; each flow is counted once', async () => {
  const files: { bytes: Buffer[]; isWhole: boolean }[] = []
  function openFile(): Promise<WindowFile> {
    const file = { bytes: [] as Buffer[], isWhole: false }
    files.push(file)
    return Promise.resolve({
      write(frames) {
        assert.ok(!file.isWhole)
        file.bytes.push(Buffer.from(frames))
        return Promise.resolve()
      },
      isFull: () => file.bytes.length === 2,
      finish() {
        file.isWhole = true
        return Promise.resolve(1000)
      },
      abandon: () => Promise.resolve()
    })
  }
  const work = storing({ every: 5 * MINUTE, grace: 0, mostOpen: 1 }, () => 0, openFile, LOG)
  // five blocks and a part of one
  const flows = flowsFrom(NINE, 240_000)
  assert.ok(flows.length > 5 * MIB && flows.length < 6 * MIB)
  const reader = frameReader(work.onFrame)
  reader.push(flows)
  await work.sink.ready()
  assert.deepEqual(
    files.map(({ isWhole }) => isWhole),
    [true, true, false]
  )
  assert.equal(work.counts.stored, messagesOf(Buffer.concat(files.slice(0, 2).flatMap(({ bytes }) => bytes))).length)
  assert.equal(work.unfinished(), 240_000 - work.counts.stored)
  await work.sink.end()
  assert.ok(files.every(({ isWhole }) => isWhole))
  assert.deepEqual(Buffer.concat(files.flatMap(({ bytes }) => bytes)), flows)
  assert.deepEqual([work.counts.files, work.counts.bytes, work.counts.stored, work.unfinished()], [3, 3000, 240_000, 0])
})
