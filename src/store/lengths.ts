/**
 * How long the windows of a store are. A file's name says where its window begins; where it ends stands in `.flow-store.json`, which has
 * each length that was used.
 */
import fs from 'node:fs/promises'
import path from 'node:path'

const NOTES = '.flow-store.json'
/** The longest window there is, and what is assumed of a store without notes. */
export const LONGEST_WINDOW_MS = 86_400_000

/** The longest of the windows that the store's files have, in milliseconds. */
export async function longestWindow(dir: string): Promise<number> {
  const lengths = await readLengths(dir)
  return lengths.length === 0 ? LONGEST_WINDOW_MS : Math.max(...lengths)
}

/** Notes that windows of this length are written; returns the longest of all. `isNew`: the store has no files yet. */
export async function noteWindow(dir: string, length: number, isNew: boolean): Promise<number> {
  const lengths = await readLengths(dir)
  // files without notes were made by nobody knows whom
  if (lengths.length === 0 && !isNew) return LONGEST_WINDOW_MS
  if (!lengths.includes(length)) {
    const file = path.join(dir, NOTES)
    const text = JSON.stringify({ windowMilliseconds: [...lengths, length].sort((a, b) => a - b) })
    await fs.writeFile(`${file}.part`, `${text}\n`, { flush: true })
    await fs.rename(`${file}.part`, file)
  }
  return Math.max(...lengths, length)
}

/** Whether a flow-store has written into the folder. */
export async function hasNotes(dir: string): Promise<boolean> {
  return (await readLengths(dir)).length > 0
}

async function readLengths(dir: string): Promise<number[]> {
  try {
    const notes: unknown = JSON.parse(await fs.readFile(path.join(dir, NOTES), 'utf8'))
    const lengths = notes !== null && typeof notes === 'object' && 'windowMilliseconds' in notes ? notes.windowMilliseconds : []
    return Array.isArray(lengths) ? lengths.filter((length): length is number => typeof length === 'number' && length > 0) : []
  } catch {
    return []
  }
}
