/** flow-store -read: the flows of a store's files as a stream, in the order of their receipt. */
import fs from 'node:fs/promises'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import { plural } from '../cli/plural.js'
import { openProgress, type Progress } from '../cli/progress.js'
import type { Tool } from '../cli/tool.js'
import { listFiles, type StoredFile, storeAround } from './layout.js'
import { hasNotes, longestWindow } from './lengths.js'
import type { Options } from './options.js'
import { type Order, orderTo } from './order.js'
import { isBefore, type Moment, momentOf } from './moment.js'
import { openReader, type Reader } from './reader.js'
import { openFile } from './sources.js'

const NS_PER_MS = 1_000_000n

/** From `since` on, before `until`. */
interface Span {
  readonly since: Moment
  readonly until: Moment
}

/** `-read`: the flows of the store to stdout. Throws UserError. */
export async function readStore(tool: Tool<Options>, dir: string): Promise<void> {
  const { since = 0n, until = 2n ** 64n } = tool.options
  let isStopped = false
  const stop = (): void => {
    isStopped = true
  }
  const output = tool.stdout(stop)
  tool.signals.onStop(stop)
  const files = await filesOf(dir, since, until)
  const progress = await openProgress(await sizeOf(files))
  const order = orderTo(output)
  const counts = { flows: 0, files: 0, removed: 0 }
  await tool.serve(({ counter }) => {
    counter('read_files', 'Files opened', () => counts.files)
    counter('sent_flows', 'Flows written', () => counts.flows)
  })
  tool.summary(() => {
    const misplaced = order.misplaced === 0 ? '' : `, ${order.misplaced} not in their place: too far from it in their files`
    const removed = counts.removed === 0 ? '' : `, ${counts.removed} removed before ${counts.removed === 1 ? 'it was' : 'they were'} read`
    return `${plural(counts.flows, 'flow')} of ${plural(counts.files, 'file')} out${misplaced}${removed}`
  })
  try {
    await merge(files, { since: momentOf(since), until: momentOf(until) }, order, progress, counts, () => isStopped)
  } finally {
    progress.end()
  }
  await output.end()
}

/** Puts the flows of the files in order: at each step the earliest of those that are next in their files. A file is opened when its time has come. */
async function merge(
  files: readonly StoredFile[],
  { since, until }: Span,
  order: Order,
  progress: Progress,
  counts: { flows: number; files: number; removed: number },
  isStopped: () => boolean
): Promise<void> {
  const open: Reader[] = []
  let position = 0
  let bytesRead = 0

  async function openNext(start: Moment): Promise<void> {
    // what was read so far is of windows before
    if (open.length === 0 && isBefore(order.latest, start)) await order.letAllOut()
    const file = files[position++]
    const handle = await openFile(file)
    if (handle === undefined) {
      counts.removed++
      return
    }
    counts.files++
    const reader = await openReader(file, handle, (bytes) => {
      progress.update((bytesRead += bytes))
    })
    if (reader !== undefined) open.push(reader)
  }

  /** Takes flows of a file until it is another's turn, or more has to be read. */
  async function takeRun(reader: Reader, next: Moment | undefined): Promise<void> {
    do {
      if (next !== undefined && !isBefore(reader, next)) return
      if (isBefore(reader, since) || !isBefore(reader, until)) continue
      counts.flows++
      while (!order.add(reader)) await order.letOut()
    } while (reader.step() && open.length === 1)
    if (reader.isEmpty && !(await reader.refill())) open.splice(open.indexOf(reader), 1)
  }

  try {
    while (!isStopped()) {
      const next = position < files.length ? momentOf(nanoseconds(files[position].start)) : undefined
      const reader = open.length === 0 ? undefined : earliest(open)
      if (next !== undefined && (reader === undefined || !isBefore(reader, next))) await openNext(next)
      else if (reader !== undefined) await takeRun(reader, next)
      else break
    }
    await order.letAllOut()
  } finally {
    for (const reader of open) await reader.close()
  }
}

function earliest(open: readonly Reader[]): Reader {
  let first = open[0]
  for (const reader of open) if (isBefore(reader, first)) first = reader
  return first
}

const nanoseconds = (ms: number): bigint => BigInt(ms) * NS_PER_MS

/** The files that may have flows of that time. Throws UserError where there is no such store. */
async function filesOf(dir: string, since: bigint, until: bigint): Promise<StoredFile[]> {
  try {
    await (await fs.opendir(dir)).close()
    const files = await listFiles(dir)
    if (files.length === 0 && !(await hasNotes(dir))) {
      const store = storeAround(dir)
      const advice = store === undefined ? 'there is nothing of flow-store in it' : `-dir is the folder above date=, ${store}`
      throw new UserError(EXIT.noInput, `cannot read ${dir}: ${advice}`)
    }
    const window = await longestWindow(dir)
    return files.filter(({ start, state }) => state === 'whole' && nanoseconds(start) < until && nanoseconds(start + window) > since)
  } catch (error) {
    if (error instanceof UserError) throw error
    const advice = (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? `: flow-filter -r ${dir} reads a file of flows` : ''
    throw new UserError(EXIT.noInput, `cannot read ${dir}: ${reasonOf(error)}${advice}`)
  }
}

/** A file that was removed since counts nothing. */
async function sizeOf(files: readonly StoredFile[]): Promise<number> {
  let sum = 0
  for (const { path } of files) sum += (await fs.stat(path).catch(() => ({ size: 0 }))).size
  return sum
}
