/** Numbers for people: three digits that count and an SI factor, five characters at the most: 9999, 12.3k, 1.23M. */
import { writeDecimal32, writeTwoDigits } from '../text/digits.js'

const FACTORS = 'kMGTPEZYRQ'
const POINT = 0x2e
const ZERO = 0x30

/** The columns that any number under 10^33 takes. */
export const SI_WIDTH = 5

/** Writes a number from 0 up: to 9999 as it is, a fraction with three digits, above that with a factor of 1000; returns the position behind it. */
export function writeSi(out: DataView, pos: number, value: number): number {
  if (value < 9999.5) {
    if (Number.isInteger(value)) return writeDecimal32(out, pos, value)
    return writeDecimals(out, pos, value, value < 0.9995 ? 3 : digitsBehind(value))
  }
  let factor = -1
  while (value >= 999.5 && factor < FACTORS.length - 1) {
    value /= 1000
    factor++
  }
  pos = writeDecimals(out, pos, value, digitsBehind(value))
  out.setUint8(pos, FACTORS.charCodeAt(factor))
  return pos + 1
}

/** How many digits behind the point make three, in what is left after rounding. */
function digitsBehind(value: number): number {
  return value < 9.995 ? 2 : value < 99.95 ? 1 : 0
}

function writeDecimals(out: DataView, pos: number, value: number, decimals: number): number {
  const scale = 10 ** decimals
  const scaled = Math.round(value * scale)
  const whole = Math.floor(scaled / scale)
  pos = writeDecimal32(out, pos, whole)
  if (decimals === 0) return pos
  out.setUint8(pos++, POINT)
  let fraction = scaled - whole * scale
  if (decimals !== 2) {
    const first = Math.floor(fraction / (scale / 10))
    out.setUint8(pos++, ZERO + first)
    fraction -= first * (scale / 10)
  }
  return decimals === 1 ? pos : writeTwoDigits(out, pos, fraction)
}

const text = new DataView(new ArrayBuffer(32))
const textBytes = Buffer.from(text.buffer)

/** The same as a string. */
export function siText(value: number): string {
  return textBytes.toString('latin1', 0, writeSi(text, 0, value))
}
