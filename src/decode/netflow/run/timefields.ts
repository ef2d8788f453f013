/** Times of records read, and written as fields. */
import { inU32 } from '../../memory/in.js'
import { outTag, outVarint64 } from '../../memory/out.js'
import { type Instant, setMillis, uptimeAge } from '../wire/instants.js'

/** Sets the time that the uptime at `at` of the input was at, by the export's time and uptime. In one function, so that no double is an argument. */
export function setUptime(instant: Instant, exportSeconds: number, exportNanos: number, uptime: number, at: number): void {
  setMillis(instant, exportSeconds * 1000 - uptimeAge(uptime, inU32(at)), exportNanos)
}

/** Sets the time that the 8 bytes at `at` of the input are milliseconds of; false where they are zero. */
export function setMillis64(instant: Instant, at: number): boolean {
  const millis = inU32(at) * 0x1_0000_0000 + inU32(at + 4)
  if (millis === 0) return false
  setMillis(instant, millis, 0)
  return true
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
  return outVarint64(outTag(pos, tag), (carried + over) | 0, (low - over * 2 ** 32) | 0)
}
