/** What the words of a command line mean: the `parse` of options. */
import { LONGEST_TIMER_MS, nanosecondsOf } from './durations.js'

/** What an option's `parse` throws. */
class BadValueError extends Error {
  /** by this commander knows that the message is for the user, and says which option it is of */
  readonly code = 'commander.invalidArgument'
}

/** To be thrown by an option's `parse`; `what` says what would do. */
export function badValue(what: string): BadValueError {
  return new BadValueError(what)
}

/** `10s`, `1m30s`, `0` → milliseconds. */
export function duration(word: string): number {
  const nanoseconds = word === '0' ? 0n : nanosecondsOf(word)
  if (nanoseconds === undefined) throw badValue('A duration is a number with a unit, as 10s, 1m30s or 500ms.')
  return Number(nanoseconds) / 1e6
}

/** The same for a timer. */
export function timerDuration(word: string): number {
  return Math.min(duration(word), LONGEST_TIMER_MS)
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least = 0, most = Number.MAX_SAFE_INTEGER): (word: string) => number {
  return (word) => {
    const value = Number(word.replaceAll('_', ''))
    if (!/^\d[\d_]*$/.test(word) || value < least || value > most) {
      throw badValue(most === Number.MAX_SAFE_INTEGER ? `A whole number from ${least} up.` : `A whole number from ${least} to ${most}.`)
    }
    return value
  }
}

/** `a,b,c`, white space around the words cut. */
export function wordList(word: string): string[] {
  return word
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
