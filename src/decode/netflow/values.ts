/** Numbers and times as records hold them. */
import { readUint16, readUint32, readUint8 } from '../input.js'
import { writeTag, writeVarint64 } from '../messages.js'

/** The two halves of what `readUint` read. */
export interface Uint64 {
  hi: number
  lo: number
}

/**
 * Reads an unsigned number of 1 to 8 bytes, big-endian (RFC 7011 section 6.2: exporters shorten numbers). Any other length is
 * no value: 0.
 */
export function readUint(at: number, length: number, value: Uint64): void {
  let hi = 0
  let lo = 0
  if (length <= 4) {
    for (let i = 0; i < length; i++) lo = (lo << 8) | readUint8(at + i)
  } else if (length <= 8) {
    const split = at + length - 4
    for (let i = at; i < split; i++) hi = (hi << 8) | readUint8(i)
    lo = readUint32(split)
  }
  value.hi = hi >>> 0
  value.lo = lo >>> 0
}

/** The same, capped at 2^32 − 1. */
export function readCapped(at: number, length: number): number {
  switch (length) {
    case 1:
      return readUint8(at)
    case 2:
      return readUint16(at)
    case 4:
      return readUint32(at)
    default:
      readUint(at, length, scratch)
      return scratch.hi === 0 ? scratch.lo : 0xffffffff
  }
}
const scratch: Uint64 = { hi: 0, lo: 0 }

/** The same as a double: exact to 2^53. */
export function readNumber(at: number, length: number): number {
  if (length === 4) return readUint32(at)
  if (length === 8) return readUint32(at) * 0x1_0000_0000 + readUint32(at + 4)
  readUint(at, length, scratch)
  return scratch.hi * 0x1_0000_0000 + scratch.lo
}

/** A point in time: whole seconds since 1970 and nanoseconds, 0 to 999,999,999. */
export interface Instant {
  seconds: number
  nanos: number
}

export function isBefore(a: Instant, b: Instant): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos)
}

/** The last instant whose nanoseconds 64 bits hold. */
const MAX_SECONDS = 18_446_744_073
const MAX_NANOS = 709_551_615

export function setInstant(instant: Instant, seconds: number, nanos: number): void {
  if (nanos < 0 || nanos >= 1e9) {
    const carry = Math.floor(nanos / 1e9)
    seconds += carry
    nanos -= carry * 1e9
  }
  if (seconds < 0) seconds = nanos = 0
  else if (seconds >= MAX_SECONDS) {
    nanos = seconds > MAX_SECONDS || nanos > MAX_NANOS ? MAX_NANOS : nanos
    seconds = MAX_SECONDS
  }
  instant.seconds = seconds
  instant.nanos = nanos
}

/** `millis` may be any whole number; `nanos` is added. */
export function setMillis(instant: Instant, millis: number, nanos: number): void {
  const seconds = Math.floor(millis / 1000)
  setInstant(instant, seconds, (millis - seconds * 1000) * 1e6 + nanos)
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
  setInstant(instant, seconds + era - NTP_EPOCH, Math.round(((fraction / 0x1_0000_0000) * 1e9) / step) * step)
}

/** `instant` = the time given and `amount` more of what a second has `perSecond` of, or as much less where `sign` is −1. */
export function setMoved(instant: Instant, seconds: number, nanos: number, amount: number, perSecond: number, sign: 1 | -1): void {
  const whole = Math.floor(amount / perSecond)
  setInstant(instant, seconds + sign * whole, nanos + sign * (amount - whole * perSecond) * (1e9 / perSecond))
}

/** Writes an instant as nanoseconds since 1970; nothing for 1970 itself. */
export function writeInstant(pos: number, tag: number, { seconds, nanos }: Instant): number {
  if (seconds === 0 && nanos === 0) return pos
  // seconds · 10^9 + nanos does not fit a double: multiply the two 16-bit ends of the seconds, and add by halves
  const high = Math.floor(seconds * 2 ** -16)
  const upper = high * 1e9
  const lower = (seconds - high * 2 ** 16) * 1e9 + nanos
  const carried = Math.floor(upper * 2 ** -16)
  const low = (upper - carried * 2 ** 16) * 2 ** 16 + lower
  const over = Math.floor(low * 2 ** -32)
  return writeVarint64(writeTag(pos, tag), (carried + over) | 0, (low - over * 2 ** 32) | 0)
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

/** Sets the time that the uptime at `at` of the input was at, by the export's time and uptime. In one function, so that no double is an argument. */
export function setUptime(instant: Instant, exportSeconds: number, exportNanos: number, uptime: number, at: number): void {
  setMillis(instant, exportSeconds * 1000 - uptimeAge(uptime, readUint32(at)), exportNanos)
}

/** Sets the time that the 8 bytes at `at` of the input are milliseconds of; false where they are zero. */
export function setMillis64(instant: Instant, at: number): boolean {
  const millis = readUint32(at) * 0x1_0000_0000 + readUint32(at + 4)
  if (millis === 0) return false
  setMillis(instant, millis, 0)
  return true
}

/** Milliseconds `uptime` after `init`, moved by whole wraps of 2^32 ms to lie nearest `near`; all in milliseconds since 1970. */
export function nearestUptime(init: number, uptime: number, near: number): number {
  const time = init + uptime
  return time + Math.round((near - time) / WRAP_MS) * WRAP_MS
}
