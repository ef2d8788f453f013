/** Durations as people write them, in options and in filters. */

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n
}

/** `1h30m` or `1.5s` → nanoseconds; undefined where the text is none. */
export function nanosecondsOf(text: string): bigint | undefined {
  if (!/^(\d{1,12}(\.\d{1,9})?(ns|us|ms|s|m|h|d))+$/.test(text)) return undefined
  let sum = 0n
  for (const [, whole, fraction = '', unit] of text.matchAll(/(\d+)(?:\.(\d+))?(ns|us|ms|s|m|h|d)/g)) {
    sum += (BigInt(whole + fraction) * NANOSECONDS[unit]) / 10n ** BigInt(fraction.length)
  }
  return sum
}

/** The longest that a timer of Node waits: 24.8 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1
