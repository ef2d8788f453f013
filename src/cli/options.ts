/** What the words of a command line mean: the `parse` of options. */

/** What an option's `parse` throws. */
class BadValueError extends Error {
  /** by this commander knows that the message is for the user, and says which option it is of */
  readonly code = 'commander.invalidArgument'
}

/** To be thrown by an option's `parse`; `what` says what would do. */
export function badValue(what: string): BadValueError {
  return new BadValueError(what)
}

const DURATION_UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `10s`, `1m30s`, `0` → milliseconds. */
export function duration(word: string): number {
  if (word === '0') return 0
  let ms = 0
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h|d))+$/.test(word)) throw badValue('A duration is a number with a unit, as 10s, 1m30s or 500ms.')
  for (const [, amount, , unit] of word.matchAll(/(\d+(\.\d+)?)(ns|us|ms|s|m|h|d)/g)) ms += Number(amount) * DURATION_UNITS[unit]
  return ms
}

/** The same for a timer, which Node lets wait for 24.8 days at the most. */
export function timerDuration(word: string): number {
  return Math.min(duration(word), LONGEST_TIMER_MS)
}
export const LONGEST_TIMER_MS = 2 ** 31 - 1

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
