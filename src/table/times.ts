/** Times for people: 2026-11-25 09:00:00.123, in UTC or in the zone of this machine. */
import { billionRest, splitBillion, writeNineDigits } from '../text/digits.js'
import { writeSecond } from '../text/times.js'

export type Zone = 'utc' | 'local'

const SPACE = 0x20
const POINT = 0x2e
/** Offsets change at these borders at most: no zone is off by less than a quarter of an hour. */
const OFFSET_SECONDS = 900

let lastPeriod = -1
let lastOffset = 0

/** Seconds that the machine's zone is ahead of UTC at that second. */
function offsetAt(second: number): number {
  const period = Math.floor(second / OFFSET_SECONDS)
  if (period !== lastPeriod) {
    lastPeriod = period
    lastOffset = -60 * new Date(second * 1000).getTimezoneOffset()
  }
  return lastOffset
}

/** Writes hi · 2^32 + lo nanoseconds since 1970, to the millisecond or to the nanosecond; returns the position behind it. */
export function writeTime(out: DataView, pos: number, hi: number, lo: number, zone: Zone, isExact: boolean): number {
  const second = splitBillion(hi, lo)
  const nanoseconds = billionRest
  pos = writeSecond(out, pos, Math.max(0, zone === 'local' ? second + offsetAt(second) : second), SPACE)
  out.setUint8(pos, POINT)
  pos = writeNineDigits(out, pos + 1, nanoseconds)
  return isExact ? pos : pos - 6
}
