/** Numbers as records hold them. */
import { inU16, inU32, inU8 } from '../../memory/in.js'

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
    for (let i = 0; i < length; i++) lo = (lo << 8) | inU8(at + i)
  } else if (length <= 8) {
    const split = at + length - 4
    for (let i = at; i < split; i++) hi = (hi << 8) | inU8(i)
    lo = inU32(split)
  }
  value.hi = hi >>> 0
  value.lo = lo >>> 0
}

/** The same, capped at 2^32 − 1. */
export function readCapped(at: number, length: number): number {
  switch (length) {
    case 1:
      return inU8(at)
    case 2:
      return inU16(at)
    case 4:
      return inU32(at)
    default:
      readUint(at, length, scratch)
      return scratch.hi === 0 ? scratch.lo : 0xffffffff
  }
}
const scratch: Uint64 = { hi: 0, lo: 0 }

/** The same as a double: exact to 2^53. */
export function readNumber(at: number, length: number): number {
  if (length === 4) return inU32(at)
  if (length === 8) return inU32(at) * 0x1_0000_0000 + inU32(at + 4)
  readUint(at, length, scratch)
  return scratch.hi * 0x1_0000_0000 + scratch.lo
}
