/**
 * Numbers as ASCII. Here and in the files beside it a writer takes the position to write at and returns the position behind what it
 * wrote; it may write a few bytes more, which the next one writes over: up to `SLACK_BYTES` must be there. That is what lets it
 * write four digits, or eight bytes of a name, in one store, which takes half the time of single bytes.
 */

/** How many bytes a writer may write behind the position that it returns. */
export const SLACK_BYTES = 8

const ZERO = 0x30
const POINT = 0x2e
const BILLION = 1_000_000_000
const TWO_32 = 4_294_967_296

/** 0000 to 9999, four characters each; and without leading zeros, with the number of characters that count */
const FOUR_DIGITS = new Uint32Array(10_000)
const LEADING = new Uint32Array(10_000)
const LEADING_SIZES = new Uint8Array(10_000)
/** 00 to ff */
const HEX_BYTES = new Uint16Array(256)

for (let i = 0; i < 10_000; i++) {
  const size = i < 10 ? 1 : i < 100 ? 2 : i < 1000 ? 3 : 4
  const thousands = (i / 1000) | 0
  const hundreds = ((i / 100) | 0) % 10
  const tens = ((i / 10) | 0) % 10
  FOUR_DIGITS[i] = 0x30303030 + (thousands | (hundreds << 8) | (tens << 16) | ((i % 10) << 24))
  LEADING[i] = FOUR_DIGITS[i] >>> (8 * (4 - size))
  LEADING_SIZES[i] = size
}
for (let i = 0; i < 256; i++) HEX_BYTES[i] = hexDigit(i >> 4) | (hexDigit(i & 15) << 8)

function hexDigit(value: number): number {
  return value < 10 ? ZERO + value : 0x57 + value
}

/** An unsigned 32-bit number in decimal. */
export function writeDecimal32(out: DataView, pos: number, value: number): number {
  if (value < 10_000) {
    out.setUint32(pos, LEADING[value], true)
    return pos + LEADING_SIZES[value]
  }
  if (value < 100_000_000) {
    const high = Math.floor(value / 10_000)
    out.setUint32(pos, LEADING[high], true)
    pos += LEADING_SIZES[high]
    out.setUint32(pos, FOUR_DIGITS[value - high * 10_000], true)
    return pos + 4
  }
  const high = Math.floor(value / 100_000_000)
  out.setUint32(pos, LEADING[high], true)
  return writeEightDigits(out, pos + LEADING_SIZES[high], value - high * 100_000_000)
}

function writeEightDigits(out: DataView, pos: number, value: number): number {
  const high = (value / 10_000) | 0
  out.setUint32(pos, FOUR_DIGITS[high], true)
  out.setUint32(pos + 4, FOUR_DIGITS[value - high * 10_000], true)
  return pos + 8
}

/** A number under 10^9 as nine digits. */
export function writeNineDigits(out: DataView, pos: number, value: number): number {
  const first = Math.floor(value / 100_000_000)
  out.setUint8(pos, ZERO + first)
  return writeEightDigits(out, pos + 1, value - first * 100_000_000)
}

/** A number under 100 as two digits. */
export function writeTwoDigits(out: DataView, pos: number, value: number): number {
  out.setUint16(pos, FOUR_DIGITS[value] >>> 16, true)
  return pos + 2
}

/** Of the last `splitBillion`: what was left, below 10^9. */
export let billionRest = 0

/** hi · 2^32 + lo divided by 10^9, the remainder in `billionRest`. */
export function splitBillion(hi: number, lo: number): number {
  // the quotient in floating point is off by one at most, which the remainder, exact modulo 2^32, shows
  let quotient = Math.floor((hi * TWO_32 + lo) / BILLION)
  let rest = (lo - Math.imul(quotient, BILLION)) | 0
  if (rest < 0) {
    quotient--
    rest += BILLION
  } else if (rest >= BILLION) {
    quotient++
    rest -= BILLION
  }
  billionRest = rest
  return quotient
}

// A time in nanoseconds has nineteen digits, and the first seven of them change every thousand seconds. They are kept as text for the times
// around one, so that most numbers need one division of 64 bits.

const TRILLION = 1_000_000_000_000
const HUNDRED_MILLION = 100_000_000
/** trillions whose first digits are kept: eighteen hours */
const KEPT = 64
/** the first number of the first of them, lo and hi; lo may be below zero */
const keptFrom = new Float64Array(2)
/** eight bytes each, of which seven count; 0 where no number of that trillion was written yet */
const keptDigits = new Float64Array(KEPT)

/** hi · 2^32 + lo in decimal, exact to the last digit. */
export function writeDecimal64(out: DataView, pos: number, hi: number, lo: number): number {
  if (hi === 0) return writeDecimal32(out, pos, lo)
  const beyond = (hi - keptFrom[1]) * TWO_32 + (lo - keptFrom[0])
  if (beyond >= 0 && beyond < KEPT * TRILLION) {
    const high = Math.floor(beyond / HUNDRED_MILLION)
    const trillion = (high / 10_000) | 0
    const digits = keptDigits[trillion]
    if (digits !== 0) {
      out.setFloat64(pos, digits, true)
      out.setUint32(pos + 7, FOUR_DIGITS[high - 10_000 * trillion], true)
      const low = (beyond - high * HUNDRED_MILLION) | 0
      const middle = (low / 10_000) | 0
      out.setUint32(pos + 11, FOUR_DIGITS[middle], true)
      out.setUint32(pos + 15, FOUR_DIGITS[low - middle * 10_000], true)
      return pos + 19
    }
  }
  return writeLong(out, pos, hi, lo)
}

function writeLong(out: DataView, start: number, hi: number, lo: number): number {
  const billions = splitBillion(hi, lo)
  const last = billionRest
  let pos = start
  if (billions < TWO_32) pos = writeDecimal32(out, pos, billions)
  else {
    const top = Math.floor(billions / BILLION)
    pos = writeDecimal32(out, pos, top)
    pos = writeNineDigits(out, pos, billions - top * BILLION)
  }
  pos = writeNineDigits(out, pos, last)
  if (pos - start === 19) keepDigits(out, start, hi, lo, (billions % 1000) * BILLION + last)
  return pos
}

/** Keeps the first digits of a number of nineteen that stands at `out[at]`; `rest` are its last twelve. */
function keepDigits(out: DataView, at: number, hi: number, lo: number, rest: number): void {
  let trillion = ((hi - keptFrom[1]) * TWO_32 + (lo - keptFrom[0]) - rest) / TRILLION
  if (!(trillion >= 0 && trillion < KEPT)) {
    trillion = KEPT / 2
    const beyond = trillion * TRILLION + rest
    keptFrom[0] = lo - (beyond % TWO_32)
    keptFrom[1] = hi - Math.floor(beyond / TWO_32)
    keptDigits.fill(0)
  }
  keptDigits[trillion] = out.getFloat64(at, true)
}

/** A byte as two hexadecimal digits. */
export function writeHexByte(out: DataView, pos: number, byte: number): number {
  out.setUint16(pos, HEX_BYTES[byte], true)
  return pos + 2
}

/** A number under 16 as a hexadecimal digit. */
function writeHexDigit(out: DataView, pos: number, digit: number): number {
  out.setUint8(pos, HEX_BYTES[digit] >>> 8)
  return pos + 1
}

/** hi · 2^32 + lo in hexadecimal with 0x in front, in `least` digits at the least. */
export function writeHex(out: DataView, pos: number, hi: number, lo: number, least: number): number {
  out.setUint16(pos, 0x7830, true)
  pos += 2
  const significant = hi !== 0 ? 16 - (Math.clz32(hi) >> 2) : 8 - (Math.clz32(lo) >> 2)
  for (let digit = Math.max(significant, least) - 1; digit >= 0; digit--) {
    pos = writeHexDigit(out, pos, (digit >= 8 ? hi >>> (4 * (digit - 8)) : lo >>> (4 * digit)) & 15)
  }
  return pos
}

/** A number from 0 up with at most that many digits behind the point, trailing zeros cut; past 2^64 as JSON has it, 1.5e+29. */
export function writeFixed(out: DataView, pos: number, value: number, decimals: number): number {
  if (value >= TWO_32 * TWO_32) {
    for (const character of String(value)) out.setUint8(pos++, character.charCodeAt(0))
    return pos
  }
  const factor = 10 ** decimals
  let whole = Math.floor(value)
  let fraction = Math.round((value - whole) * factor)
  if (fraction === factor) {
    whole++
    fraction = 0
  }
  pos = writeDecimal64(out, pos, Math.floor(whole / TWO_32), whole % TWO_32)
  if (fraction === 0) return pos
  out.setUint8(pos++, POINT)
  // as nine digits, of which those in front are zeros that stand for nothing
  const end = writeNineDigits(out, pos, fraction * 10 ** (9 - decimals))
  pos = end - (9 - decimals)
  while (out.getUint8(pos - 1) === ZERO) pos--
  return pos
}
