/** Times as RFC 3339 in UTC, written as digits.ts has it. */
import { viewOf } from '../flow/view.js'
import { type Chunks, chunksOf, writeChunks } from './chunks.js'
import { billionRest, splitBillion, writeDecimal64, writeNineDigits, writeTwoDigits } from './digits.js'

const POINT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const ZULU = 0x5a
const T = 0x54
const SECONDS_A_DAY = 86_400
/** 9999-12-31T23:59:59Z: RFC 3339 has years of four digits. */
const LAST_SECOND = 253_402_300_799

/** What one of these takes at the most. */
export const MAX_TIME_BYTES = 32

/** hi · 2^32 + lo nanoseconds since 1970, with the fraction's trailing zeros cut. */
export function writeNanoseconds(out: DataView, pos: number, hi: number, lo: number): number {
  const seconds = splitBillion(hi, lo)
  return writeInstant(out, pos, seconds, billionRest)
}

/** The same of whole seconds since 1970 and nanoseconds. */
function writeInstant(out: DataView, pos: number, seconds: number, nanoseconds: number): number {
  pos = writeSecond(out, pos, seconds)
  if (nanoseconds !== 0) {
    out.setUint8(pos, POINT)
    pos = writeNineDigits(out, pos + 1, nanoseconds)
    while (out.getUint8(pos - 1) === ZERO) pos--
  }
  out.setUint8(pos, ZULU)
  return pos + 1
}

const scratch = Buffer.alloc(MAX_TIME_BYTES)
const scratchView = viewOf(scratch)

/** The same as a string; past the year 9999 the seconds as they are. */
export function instantText({ seconds, nanos }: { readonly seconds: number; readonly nanos: number }): string {
  if (!(seconds <= LAST_SECOND)) return String(seconds)
  return scratch.toString('latin1', 0, writeInstant(scratchView, 0, seconds, nanos))
}

/** hi · 2^32 + lo seconds since 1970; past the year 9999 the number as it is. */
export function writeSeconds(out: DataView, pos: number, hi: number, lo: number): number {
  const seconds = hi * 4_294_967_296 + lo
  if (seconds > LAST_SECOND) return writeDecimal64(out, pos, hi, lo)
  pos = writeSecond(out, pos, seconds)
  out.setUint8(pos, ZULU)
  return pos + 1
}

/** The day of the time before, which is that of nearly every time. */
let lastDay = -1
let date: Chunks = chunksOf('')

/** 2024-02-29T12:34:56, without a zone, with the byte `between` in place of the T. */
export function writeSecond(out: DataView, pos: number, second: number, between = T): number {
  const day = Math.floor(second / SECONDS_A_DAY)
  if (day !== lastDay) {
    lastDay = day
    date = chunksOf(new Date(day * SECONDS_A_DAY * 1000).toISOString().slice(0, 10))
  }
  pos = writeChunks(out, pos, date)
  out.setUint8(pos++, between)
  const ofDay = second - day * SECONDS_A_DAY
  const minute = Math.floor(ofDay / 60)
  const hour = Math.floor(minute / 60)
  pos = writeTwoDigits(out, pos, hour)
  out.setUint8(pos++, COLON)
  pos = writeTwoDigits(out, pos, minute - 60 * hour)
  out.setUint8(pos++, COLON)
  return writeTwoDigits(out, pos, ofDay - 60 * minute)
}
