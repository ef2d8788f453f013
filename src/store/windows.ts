/**
 * The windows of time that are open: what has come of each, its file, and when it is done.
 *
 * A window is done when the stream's time is `grace` past its end. One that late flows have opened again is done a window's length and
 * `grace` later, so that flows which come out of order for long (a topic's partitions that are read one faster than the other) make few
 * files. A window that had no flow for so long by the machine's own time is done too: one time of receipt that is far ahead holds nothing open.
 */
import type { StreamTime } from '../query/streamtime.js'

export interface Window {
  /** [start, end) in milliseconds since 1970 */
  readonly start: number
  readonly end: number
  /** the stream's time at which it is done */
  readonly due: number
  /** whether its time had passed already when it was opened */
  readonly late: boolean
  /** whole frames that wait to be written: `block[0, size)` */
  block: Buffer
  size: number
  /** flows that are in no whole file, and how many of them were handed over to be written */
  flows: number
  handed: number
  /** whether it had a flow since `touch` */
  isFresh: boolean
  /** the machine's time (performance.now) when it had its latest flow, as far as `touch` knows */
  lastFlow: number
}

export interface Windows {
  /** The window of a time in milliseconds since 1970, opened where it is not. */
  at(ms: number): Window
  /** Takes the time of the flows that have come since the last call. */
  touch(): void
  /** Closes those that are done. */
  closeDue(): void
  closeAll(): void
  /** How many milliseconds from now, at the least, the next is done. */
  wait(): number
  /** the stream's time at which the next is done */
  nextDue: number
  readonly open: number
}

export const NO_BYTES = Buffer.alloc(0)

/** Windows of `every` milliseconds. Where more than `mostOpen` would be open, the oldest is done early. */
export function openWindows(every: number, grace: number, mostOpen: number, time: StreamTime, onDone: (window: Window) => void): Windows {
  const open = new Map<number, Window>()
  let last: Window | undefined
  const dueAfter = (window: Window): number => Math.min(window.due - time.now, window.lastFlow + every + grace - performance.now())

  function openAt(start: number): Window {
    if (open.size >= mostOpen) close(Math.min(...open.keys()))
    const end = start + every
    const late = end + grace <= time.now
    const window = {
      start,
      end,
      due: late ? time.now + every + grace : end + grace,
      late,
      block: NO_BYTES,
      size: 0,
      flows: 0,
      handed: 0,
      isFresh: true,
      lastFlow: performance.now()
    }
    open.set(start, window)
    windows.nextDue = Math.min(windows.nextDue, window.due)
    return window
  }

  function close(start: number): void {
    const window = open.get(start)!
    open.delete(start)
    if (last === window) last = undefined
    windows.nextDue = Math.min(Infinity, ...Array.from(open.values(), ({ due }) => due))
    onDone(window)
  }

  const windows: Windows = {
    nextDue: Infinity,
    at(ms) {
      if (last !== undefined && ms >= last.start && ms < last.end) return last
      const start = Math.floor(ms / every) * every
      return (last = open.get(start) ?? openAt(start))
    },
    touch() {
      const now = performance.now()
      for (const window of open.values()) {
        if (window.isFresh) window.lastFlow = now
        window.isFresh = false
      }
    },
    closeDue() {
      for (const window of [...open.values()].sort((a, b) => a.start - b.start)) if (dueAfter(window) <= 0) close(window.start)
    },
    closeAll() {
      for (const start of [...open.keys()].sort((a, b) => a - b)) close(start)
    },
    wait() {
      return Math.min(Infinity, ...Array.from(open.values(), dueAfter))
    },
    get open() {
      return open.size
    }
  }
  return windows
}
