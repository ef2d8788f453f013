/** The work of flow-store between a flow that comes in and the name of a whole file that goes out. */
import type { Log } from '../cli/log.js'
import { copier } from '../flow/copy.js'
import { fieldReader, fieldValues } from '../flow/fieldvalues.js'
import type { FrameHandler } from '../flow/frames.js'
import type { Sink } from '../flow/output.js'
import { flowMessage, schemaOf } from '../flow/proto.js'
import { millisecondsOf, type StreamTime, streamTime } from '../query/streamtime.js'
import { NO_BYTES, openWindows, type Window, type Windows } from './windows.js'
import type { WindowFile } from './windowfile.js'

export interface Counts {
  flows: number
  /** those in whole files */
  stored: number
  malformed: number
  /** flows of a window that -keep would remove at once */
  refused: number
  /** flows whose window had been done */
  late: number
  files: number
  bytes: number
}

export interface Storing {
  readonly onFrame: FrameHandler
  /** What sets the pace, and closes windows. */
  readonly sink: Sink
  readonly time: StreamTime
  readonly windows: Windows
  readonly counts: Counts
  /** flows that were read and are in no whole file */
  readonly unfinished: () => number
}

/** A window's frames are written when there are so many bytes of them. */
const BLOCK_BYTES = 1024 * 1024
/** A window begins with less: many may be open that have few flows. */
const FIRST_BLOCK_BYTES = 64 * 1024
/** What waits to be written holds up the reading from here on. */
const MOST_WAITING_BYTES = 4 * BLOCK_BYTES
const POOLED_BLOCKS = 4

/** Flows of before `refuseBefore()` are refused; `openFile` makes the file of a window, when its first flows are written. */
export function storing(
  { every, grace, mostOpen }: { readonly every: number; readonly grace: number; readonly mostOpen: number },
  refuseBefore: () => number,
  openFile: (window: Window) => Promise<WindowFile>,
  log: Log
): Storing {
  const values = fieldValues(schemaOf([flowMessage.field('time_received_ns')]))
  const read = fieldReader(values)
  const copy = copier()
  const time = streamTime()
  const counts: Counts = { flows: 0, stored: 0, malformed: 0, refused: 0, late: 0, files: 0, bytes: 0 }
  const windows = openWindows(every, grace, mostOpen, time, finish)
  const pool: Buffer[] = []
  const files = new Map<Window, WindowFile & { flows: number }>()
  /** windows that could not be written; `ready` and `end` throw the first reason */
  const failed = new Set<Window>()
  let failure: unknown
  let work = Promise.resolve()
  let waiting = 0
  let oldest = refuseBefore()

  function onFrame(buf: Buffer, start: number, end: number, frameStart: number): void {
    counts.flows++
    values.lo[0] = values.hi[0] = 0
    if (!read(buf, start, end)) {
      counts.malformed++
      return
    }
    if (time.see(values.hi[0], values.lo[0]) && time.now >= windows.nextDue) windows.closeDue()
    const ms = millisecondsOf(values.hi[0], values.lo[0])
    if (ms < oldest) {
      refuse(ms)
      return
    }
    const window = windows.at(ms)
    if (window.late) counts.late++
    const size = end - frameStart
    if (window.size + size > window.block.length) makeRoom(window, size)
    window.size = copy(window.block, window.size, buf, frameStart, end)
    window.flows++
    window.isFresh = true
  }

  function refuse(ms: number): void {
    if (counts.refused++ > 0) return
    log.warn(`flows older than -keep are refused: the first is of ${new Date(ms).toISOString()}`)
  }

  function makeRoom(window: Window, size: number): void {
    if (window.block.length >= BLOCK_BYTES && window.size > 0) writeLater(window)
    if (window.size + size <= window.block.length) return
    const least = window.size === 0 && files.has(window) ? BLOCK_BYTES : Math.max(FIRST_BLOCK_BYTES, 4 * window.block.length)
    const larger = pooled(Math.max(Math.min(least, BLOCK_BYTES), window.size + size))
    window.block.copy(larger, 0, 0, window.size)
    window.block = larger
  }

  function pooled(size: number): Buffer {
    return (size === BLOCK_BYTES ? pool.pop() : undefined) ?? Buffer.allocUnsafeSlow(size)
  }

  /** Has what a window holds written, behind what is to be written already. */
  function writeLater(window: Window): void {
    const { block, size } = window
    if (size === 0) return
    window.block = pooled(BLOCK_BYTES)
    window.size = 0
    const flows = window.flows - window.handed
    window.handed = window.flows
    waiting += size
    later(window, async () => {
      try {
        let file = files.get(window)
        if (file === undefined) files.set(window, (file = { ...(await openFile(window)), flows: 0 }))
        await file.write(block.subarray(0, size))
        file.flows += flows
        if (file.isFull()) await finishFile(window)
      } finally {
        waiting -= size
        if (block.length === BLOCK_BYTES && pool.length < POOLED_BLOCKS) pool.push(block)
      }
    })
  }

  function finish(window: Window): void {
    writeLater(window)
    window.block = NO_BYTES
    later(window, () => finishFile(window))
  }

  async function finishFile(window: Window): Promise<void> {
    const file = files.get(window)
    files.delete(window)
    if (file === undefined) return
    counts.bytes += await file.finish()
    counts.stored += file.flows
    counts.files++
    window.flows -= file.flows
    window.handed -= file.flows
  }

  /** One piece of work after another. What fails costs its window; the first failure ends the tool, which says what is lost. */
  function later(window: Window, piece: () => Promise<void>): void {
    work = work.then(async () => {
      if (failed.has(window)) return
      try {
        await piece()
      } catch (error) {
        failed.add(window)
        failure ??= error
        await files.get(window)?.abandon()
        files.delete(window)
      }
    })
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure as Error
  }

  return {
    onFrame,
    time,
    windows,
    counts,
    unfinished: () => counts.flows - counts.stored - counts.malformed - counts.refused,
    sink: {
      commit() {
        windows.touch()
        windows.closeDue()
        oldest = refuseBefore()
      },
      get blocked() {
        return waiting >= MOST_WAITING_BYTES || failure !== undefined
      },
      async ready() {
        const before = work
        await before
        throwFailure()
      },
      async end() {
        windows.closeAll()
        await work
        throwFailure()
      }
    }
  }
}
