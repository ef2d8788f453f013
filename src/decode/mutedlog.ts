/** A log for lines that come by the thousand: it writes so many per interval, and one line with the number of the others. */
import type { Log, LogFields } from '../cli/log.js'

export interface MutedLog {
  warn(message: string, fields: LogFields): void
  /** Logs how many lines were muted. */
  end(): void
}

/** `count` lines an interval of `intervalMs`; 0 lines mutes all, an interval of 0 none. */
export function mutedLog(log: Log, count: number, intervalMs: number, now: () => number): MutedLog {
  let since = -Infinity
  let written = 0
  let muted = 0

  function logMuted(): void {
    if (muted > 0) log.warn(`${muted} more ${muted === 1 ? 'warning was' : 'warnings were'} not logged`)
    muted = 0
  }

  return {
    warn(message, fields) {
      const time = now()
      if (time - since >= intervalMs) {
        logMuted()
        since = time
        written = 0
      }
      if (written < count) {
        written++
        log.warn(message, fields)
      } else muted++
    },
    end: logMuted
  }
}
