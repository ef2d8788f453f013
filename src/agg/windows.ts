/** Windows of the stream: [start, end) in milliseconds since 1970, aligned to the epoch, open until the stream's time is a grace past their end. */
import { type Aggregate, releaseAggregate } from '../query/aggregate.js'
import type { Budget } from '../query/groups.js'
import type { StreamTime } from '../query/streamtime.js'

export interface Window {
  /** milliseconds since 1970; without `-every` one window is all time, from 0 to Infinity */
  readonly start: number
  readonly end: number
  /** the stream's time at which it goes out */
  readonly due: number
  readonly aggregate: Aggregate
}

export interface Windows {
  /** The window of a time in milliseconds since 1970, opened where it is not. */
  at(ms: number): Window
  /** Whether flows of that window are late: it has gone out, or would have. */
  isLate(window: Window): boolean
  /** Closes the windows whose time has come. */
  closeDue(): void
  /** Closes the oldest window but `kept` before its time, for its room; false where there is no other that has groups. */
  closeOldest(kept?: Window): boolean
  closeAll(): void
  /** when the next window is due */
  nextDue: number
  /** windows closed before their time */
  early: number
}

/** Windows of `every` milliseconds, 0 for one of all time. What is closed goes to `onClosed`, the oldest first. */
export function openWindows(
  every: number,
  grace: number,
  time: StreamTime,
  budget: Budget,
  make: () => Aggregate,
  onClosed: (window: Window) => void
): Windows {
  const open = new Map<number, Window>()
  /** windows that end here or before have gone out */
  let horizon = -Infinity
  let last: Window | undefined

  function at(ms: number): Window {
    if (last !== undefined && ms >= last.start && ms < last.end) return last
    const start = every === 0 ? 0 : Math.floor(ms / every) * every
    return (last = open.get(start) ?? openAt(start))
  }

  function openAt(start: number): Window {
    // even a window of one flow takes some memory
    while (budget.bytes >= budget.maxBytes && windows.closeOldest());
    const end = every === 0 ? Infinity : start + every
    const due = (end <= horizon ? time.now : end) + grace
    const window = { start, end, due, aggregate: make() }
    open.set(start, window)
    windows.nextDue = Math.min(windows.nextDue, due)
    return window
  }

  function close(closing: Window[]): void {
    closing.sort((a, b) => a.start - b.start)
    for (const window of closing) {
      open.delete(window.start)
      releaseAggregate(window.aggregate)
      onClosed(window)
    }
    last = undefined
    windows.nextDue = Infinity
    for (const { due } of open.values()) if (due < windows.nextDue) windows.nextDue = due
  }

  const windows: Windows = {
    nextDue: Infinity,
    early: 0,
    at,
    isLate: ({ end }) => end <= horizon,
    closeDue() {
      horizon = Math.max(horizon, time.now - grace)
      if (time.now >= windows.nextDue) close([...open.values()].filter(({ due }) => due <= time.now))
    },
    closeOldest(kept) {
      if (open.size < 2) return false
      let oldest: Window | undefined
      for (const window of open.values()) {
        if (window === kept || window.aggregate.groups.count === 0) continue
        if (oldest === undefined || window.start < oldest.start) oldest = window
      }
      if (oldest === undefined) return false
      close([oldest])
      windows.early++
      return true
    },
    closeAll() {
      close([...open.values()])
    }
  }
  return windows
}
