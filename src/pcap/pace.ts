/** Replays at a capture's pace, or a multiple of it. */
import { LONGEST_TIMER_MS } from '../cli/durations.js'
import { millisecondsBetween, type Time } from './time.js'

/** The resolution of a timer. */
const TICK_MS = 1

export interface Pace {
  /** The next time that is asked for is due at once, and those after it relative to that. */
  restart(): void
  /** Whether what was captured at `time` is due; where not, `wait` until it is. */
  isDue(time: Time): boolean
  wait(): Promise<void>
  /** Ends the wait, and all to come. */
  stop(): void
}

/** `speed` is how much faster than the capture, 0: everything is due. `now` is a clock that never goes back, in milliseconds. */
export function pace(speed: number, now = (): number => performance.now()): Pace {
  let first: Time | undefined
  let startedAt = 0
  let waitMs = 0
  let stopped = false
  let wake: (() => void) | undefined
  return {
    restart() {
      first = undefined
    },
    isDue(time) {
      if (speed === 0 || stopped) return true
      if (first === undefined) {
        first = { hi: time.hi, lo: time.lo }
        startedAt = now()
        return true
      }
      waitMs = millisecondsBetween(time, first) / speed - (now() - startedAt)
      return waitMs < TICK_MS
    },
    async wait() {
      if (stopped) return
      await new Promise<void>((resolve) => {
        wake = resolve
        // what is not due then waits again
        setTimeout(resolve, Math.min(waitMs, LONGEST_TIMER_MS))
      })
    },
    stop() {
      stopped = true
      wake?.()
    }
  }
}
