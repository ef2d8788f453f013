/** Points in time, and the ways in which records say them. */

/** A point in time: whole milliseconds since 1970, because most records say them, and the nanoseconds behind, 0 to 999,999. */
export interface Instant {
  millis: number
  nanos: number
}

/** Whether `a` is earlier. */
export function isBefore(a: Instant, b: Instant): boolean {
  return a.millis < b.millis || (a.millis === b.millis && a.nanos < b.nanos)
}

/** The last instant whose nanoseconds since 1970 64 bits hold. */
const MAX_MILLIS = 18_446_744_073_709
const MAX_NANOS = 551_615

/** Both may be any whole numbers. */
export function setMillis(instant: Instant, millis: number, nanos: number): void {
  if (nanos < 0 || nanos >= 1e6) {
    const carry = Math.floor(nanos / 1e6)
    millis += carry
    nanos -= carry * 1e6
  }
  if (millis < 0) millis = nanos = 0
  else if (millis >= MAX_MILLIS) {
    nanos = millis > MAX_MILLIS || nanos > MAX_NANOS ? MAX_NANOS : nanos
    millis = MAX_MILLIS
  }
  instant.millis = millis
  instant.nanos = nanos
}

/** `nanos` is added. */
export function setSeconds(instant: Instant, seconds: number, nanos: number): void {
  setMillis(instant, seconds * 1000, nanos)
}

/** The same as whole seconds since 1970 and nanoseconds. */
export function secondsOf({ millis, nanos }: Instant): { seconds: number; nanos: number } {
  const seconds = Math.floor(millis / 1000)
  return { seconds, nanos: (millis - seconds * 1000) * 1e6 + nanos }
}

export const NTP_BYTES = 8
/** Seconds from 1900, where NTP counts from, to 1970. */
const NTP_EPOCH = 2_208_988_800

/**
 * An NTP timestamp (RFC 7011 section 6.1.9 and 6.1.10): seconds(4) since 1900, fraction(4) of 2^−32 s, rounded to `step` nanoseconds. Seconds
 * before 1970 are those of the era that starts in 2036.
 */
export function setNtp(instant: Instant, seconds: number, fraction: number, step: number): void {
  const era = seconds < NTP_EPOCH ? 0x1_0000_0000 : 0
  setSeconds(instant, seconds + era - NTP_EPOCH, Math.round(((fraction / 0x1_0000_0000) * 1e9) / step) * step)
}

/** `instant` = the time given and `amount` more of what a millisecond has `perMilli` of, or as much less where `sign` is −1. */
export function setMoved(instant: Instant, millis: number, nanos: number, amount: number, perMilli: number, sign: 1 | -1): void {
  const whole = Math.floor(amount / perMilli)
  setMillis(instant, millis + sign * whole, nanos + sign * (amount - whole * perMilli) * (1e6 / perMilli))
}

/** Milliseconds of a day, by which a switched time may lie behind the export's. */
const DAY_MS = 86_400_000
const WRAP_MS = 0x1_0000_0000

/**
 * How many milliseconds before the export a record's uptime was: the 32-bit uptime wraps every 49.7 days, and a flow may end a
 * little after the header was made, so up to a day of the range counts as after.
 */
export function uptimeAge(uptime: number, switched: number): number {
  const age = (uptime - switched) >>> 0
  return age > WRAP_MS - DAY_MS ? age - WRAP_MS : age
}

/** Milliseconds `uptime` after `init`, moved by whole wraps of 2^32 ms to lie nearest `near`; all in milliseconds since 1970. */
export function nearestUptime(init: number, uptime: number, near: number): number {
  const time = init + uptime
  return time + Math.round((near - time) / WRAP_MS) * WRAP_MS
}
