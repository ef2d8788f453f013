/** What a store keeps: files no older than `keep`, and no more of them than `maxSize` bytes. Files of other names are nobody's business. */
import fs from 'node:fs/promises'
import path from 'node:path'
import { reasonOf } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import { folderOf, listFiles, type StoredFile } from './layout.js'

export interface Retention {
  /** Hears of a new file. */
  add(file: Pick<StoredFile, 'path' | 'start'>, bytes: number): void
  /** Removes what is too old or too much, the oldest first. */
  run(): Promise<void>
  /** Flows of before are of a file that would be removed at once. Milliseconds since 1970. */
  refuseBefore(): number
  readonly counts: { removed: number; bytes: number }
}

export interface Limits {
  /** milliseconds from the end of a file's window on; Infinity: all are kept */
  readonly keep: number
  /** bytes; Infinity: all are kept */
  readonly maxSize: number
}

interface Kept extends Pick<StoredFile, 'path' | 'start'> {
  readonly bytes: number
}

/** `window()` is how long the windows of the files are, at the most: names say where one begins. */
export function openRetention(dir: string, { keep, maxSize }: Limits, window: () => number, log: Log): Retention {
  /** those of the store; undefined until `run` looks for them */
  let files: Kept[] | undefined
  const counts = { removed: 0, bytes: 0 }
  const isLimited = keep !== Infinity || maxSize !== Infinity
  const oldest = (): number => Math.ceil((Date.now() - keep - window()) / window()) * window()

  async function find(): Promise<Kept[]> {
    const found: Kept[] = []
    for (const { path, start, state } of await listFiles(dir)) {
      if (state !== 'part') found.push({ path, start, bytes: (await fs.stat(path)).size })
    }
    counts.bytes = found.reduce((sum, { bytes }) => sum + bytes, 0)
    return found
  }

  async function remove(file: string, start: number): Promise<void> {
    try {
      await fs.unlink(file)
      counts.removed++
      log.debug(`removed ${file}`)
    } catch (error) {
      // gone already: somebody else's doing
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn(`cannot remove ${file}: ${reasonOf(error)}`)
      return
    }
    const hour = path.join(dir, folderOf(start))
    // a folder goes with its last file
    for (const folder of [hour, path.dirname(hour)]) await fs.rmdir(folder).catch(() => undefined)
  }

  return {
    add({ path, start }, bytes) {
      if (files === undefined) return
      counts.bytes += bytes
      const index = files.findLastIndex((file) => file.start <= start) + 1
      files.splice(index, 0, { path, start, bytes })
    },
    async run() {
      if (!isLimited) return
      files ??= await find()
      // the newest stays, however little room there is
      while (files.length > 0 && (files[0].start < oldest() || (counts.bytes > maxSize && files.length > 1))) {
        const { path, start, bytes } = files.shift()!
        counts.bytes -= bytes
        await remove(path, start)
      }
    },
    refuseBefore: () => (keep === Infinity ? 0 : oldest()),
    counts
  }
}
