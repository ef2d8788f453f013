/** `-for` and `-count`, which end a source as a signal does: whatever reads it, jq and awk too, sees the end of its input. */
import { timerDuration, wholeNumber } from './options.js'
import { type OptionsOf, optionTable } from './optiontable.js'
import type { Tool } from './tool.js'

export const SOURCE_OPTIONS = optionTable({
  for: { argument: 'time', help: 'end after so long, as 60s', parse: timerDuration },
  count: { argument: 'n', help: 'end after so many messages', parse: wholeNumber(1) }
})

export interface Limit {
  /** How many of `messages` may still go out; with the last one the tool ends, as at its first signal. */
  admit(messages: number): number
  readonly isReached: boolean
  /** messages that came after the last one */
  readonly over: number
}

/** Counts up to `-count`, and starts the clock of `-for`. */
export function limitOf({ options, signals }: Tool<OptionsOf<typeof SOURCE_OPTIONS>>): Limit {
  let left = options.count ?? Infinity
  let over = 0
  if (options.for !== undefined) {
    setTimeout(() => {
      signals.stop()
    }, options.for).unref()
  }
  return {
    admit(messages) {
      const admitted = Math.min(messages, left)
      over += messages - admitted
      if (left > 0 && admitted === left) signals.stop()
      left -= admitted
      return admitted
    },
    get isReached() {
      return left === 0
    },
    get over() {
      return over
    }
  }
}
