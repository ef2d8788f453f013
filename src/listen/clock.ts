/** The time of receipt: nanoseconds since 1970 in two 32-bit halves. */
import { performance } from 'node:perf_hooks'

/** How long the monotonic clock is trusted before it is compared with the wall clock again. */
const TRUSTED_MS = 1000
const NS_PER_MS = 1_000_000

export interface WallClock {
  /** the time of the last `read`: hi · 2^32 + lo nanoseconds */
  hi: number
  lo: number
  read(): void
}

/**
 * A clock as fine as the monotonic one and as right as the wall clock, which has whole milliseconds only. Every second it is moved, by no
 * more than it takes, into the millisecond that the wall clock shows: it follows NTP and steps of the time of day, and does not jump about.
 */
export function wallClock(wallMs: () => number = Date.now, monotonicMs: () => number = () => performance.now()): WallClock {
  // at `anchoredAt` of the monotonic clock it was `ms` milliseconds and `ns` nanoseconds
  let anchoredAt = monotonicMs()
  let ms = wallMs()
  let ns = 0
  let anchorHi = 0
  let anchorLo = 0
  keep()

  function keep(): void {
    const time = BigInt(ms) * BigInt(NS_PER_MS) + BigInt(ns)
    anchorHi = Number(time >> 32n)
    anchorLo = Number(time & 0xffff_ffffn)
  }

  function anchor(at: number): void {
    const now = wallMs()
    const elapsed = ns + (at - anchoredAt) * NS_PER_MS
    ms += Math.floor(elapsed / NS_PER_MS)
    ns = Math.floor(elapsed % NS_PER_MS)
    if (ms !== now) {
      ns = ms < now ? 0 : NS_PER_MS - 1
      ms = now
    }
    anchoredAt = at
    keep()
  }

  const clock = {
    hi: 0,
    lo: 0,
    read(): void {
      const at = monotonicMs()
      if (at - anchoredAt >= TRUSTED_MS) anchor(at)
      const lo = anchorLo + Math.floor((at - anchoredAt) * NS_PER_MS)
      clock.hi = lo < 2 ** 32 ? anchorHi : anchorHi + 1
      clock.lo = lo % 2 ** 32
    }
  }
  return clock
}
