/**
 * The stream's time: the latest time of receipt so far, and what the tool has waited for input since. The machine's clock is never asked,
 * so that a replay has the times that it had live; and time that the tool waits for its own reader does not pass.
 */
import { LONGEST_TIMER_MS } from '../cli/durations.js'
import type { Input } from '../flow/input.js'
import { billionRest, splitBillion } from '../text/digits.js'

export interface StreamTime {
  /** Sees a flow that was received at hi · 2^32 + lo nanoseconds since 1970; true where it is the latest so far. */
  see(hi: number, lo: number): boolean
  /** Adds milliseconds that were spent waiting for input. */
  wait(ms: number): void
  /** milliseconds since 1970; 0 before the first flow */
  readonly now: number
}

/** Before the first flow. */
export function streamTime(): StreamTime {
  let latestHi = 0
  let latestLo = 0
  const time = {
    now: 0,
    see(hi: number, lo: number): boolean {
      if (hi < latestHi || (hi === latestHi && lo <= latestLo)) return false
      latestHi = hi
      latestLo = lo
      time.now = millisecondsOf(hi, lo)
      return true
    },
    wait(ms: number): void {
      // before the first flow there is no time that could pass
      if (time.now > 0) time.now += ms
    }
  }
  return time
}

/** hi · 2^32 + lo nanoseconds in whole milliseconds, exactly, rounded down. */
export function millisecondsOf(hi: number, lo: number): number {
  const seconds = splitBillion(hi, lo)
  return seconds * 1000 + Math.floor(billionRest / 1_000_000)
}

const NO_BYTES = Buffer.alloc(0)

/**
 * An input that adds the time of its waits to the stream's time, and that yields an empty chunk when that time has come to `until()`, for
 * what is to be done then.
 */
export function timedInput(input: Input, time: StreamTime, until: () => number): Input {
  async function* chunks(): AsyncGenerator<Buffer, void> {
    const source = input.chunks()
    let next: Promise<IteratorResult<Buffer, void>> | undefined
    try {
      for (;;) {
        next ??= source.next()
        const since = performance.now()
        const result = await within(next, until() - time.now)
        time.wait(performance.now() - since)
        if (result === undefined) yield NO_BYTES
        else if (result.done === true) return
        else {
          next = undefined
          yield result.value
        }
      }
    } finally {
      input.stop() // ends a read that is still waited for
      await source.return()
    }
  }
  return { ...input, chunks }
}

/** The promise's value, undefined where there is none after so many milliseconds. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  if (ms > LONGEST_TIMER_MS) return promise
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, Math.ceil(ms)), undefined)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
