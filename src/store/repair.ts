/** What a crash has left of a store's open files: a stream of messages is cut behind its last whole one, Parquet is of no use without its end. */
import fs from 'node:fs/promises'
import type { Log } from '../cli/log.js'
import { plural } from '../cli/plural.js'
import { fieldReader, fieldValues } from '../flow/fieldvalues.js'
import { BrokenStreamError, frameReader } from '../flow/frames.js'
import { flowMessage, schemaOf } from '../flow/proto.js'
import { millisecondsOf } from '../query/streamtime.js'
import { type Disk, exists } from './disk.js'
import { listFiles, pathOf, type StoredFile } from './layout.js'
import { giveName } from './part.js'

const CHUNK_BYTES = 1024 * 1024

/** Repairs the store's open files, of which no living process has any. `onWhole` is called for those that are whole now. */
export async function repairParts(
  disk: Disk,
  dir: string,
  log: Log,
  onWhole: (file: string, bytes: number, start: number) => void
): Promise<void> {
  for (const file of await listFiles(dir)) {
    if (file.state !== 'part') continue
    if (file.format === 'bin') await cut(file)
    else await putAside(file)
  }

  async function putAside(file: StoredFile): Promise<void> {
    let { number } = file
    let broken = pathOf(dir, file, 'broken')
    while (await exists(broken)) broken = pathOf(dir, { ...file, number: ++number }, 'broken')
    await disk.run(`rename ${file.path}`, () => fs.rename(file.path, broken))
    log.warn(`${file.path} was not finished, and is no whole Parquet file: it is ${broken} now, and the flows that it was to have are lost`)
  }

  async function cut(file: StoredFile): Promise<void> {
    const { end, size, flows } = await wholePart(file)
    if (flows === 0) {
      await fs.unlink(file.path)
      log.warn(`${file.path} was not finished, and has no whole flow: removed`)
      return
    }
    const handle = await fs.open(file.path, 'r+')
    try {
      await handle.truncate(end)
      await handle.sync()
    } finally {
      await handle.close()
    }
    const whole = await giveName(disk, dir, file.path, file)
    const what = end === size ? '' : `, the last ${plural(size - end, 'byte')} being no whole flow`
    log.warn(`${whole} was not finished: it has ${plural(flows, 'flow')} that were written${what}`)
    onWhole(whole, end, file.start)
  }
}

/** How far a file is made of whole flows of its window. A disk that lost its power may leave zeros, which are messages without a time. */
async function wholePart({ path, start }: StoredFile): Promise<{ end: number; size: number; flows: number }> {
  const values = fieldValues(schemaOf([flowMessage.field('time_received_ns')]))
  const read = fieldReader(values)
  const found = { end: 0, size: 0, flows: 0 }
  const reader = frameReader((buf, messageStart, messageEnd, frameStart) => {
    values.lo[0] = values.hi[0] = 0
    const isFlow = read(buf, messageStart, messageEnd) && millisecondsOf(values.hi[0], values.lo[0]) >= start
    if (!isFlow) throw new BrokenStreamError('no flow', found.end)
    found.end += messageEnd - frameStart
    found.flows++
  })
  const handle = await fs.open(path, 'r')
  try {
    found.size = (await handle.stat()).size
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length)
      if (bytesRead === 0) break
      reader.push(chunk.subarray(0, bytesRead))
    }
  } catch (error) {
    if (!(error instanceof BrokenStreamError)) throw error
  } finally {
    await handle.close()
  }
  return found
}
