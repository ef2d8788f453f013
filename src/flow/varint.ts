/**
 * Varints (protobuf encoding, "Base 128 Varints"): seven bits a byte, the lowest first, the top bit set on all but the last.
 *
 * Values up to 2^53 travel as numbers; 64-bit ones as two unsigned 32-bit halves, because a BigInt per field would cost more
 * than all the rest of a flow.
 */

/** Bytes that `value` (a whole number from 0 to 2^53 − 1) takes as a varint: 1 to 8. */
export function varintSize(value: number): number {
  let size = 1
  while (value >= 0x80) {
    value = Math.floor(value / 0x80)
    size++
  }
  return size
}

/** Writes an unsigned 32-bit `value` at `pos`; returns the position behind it. */
export function writeVarint32(buf: Uint8Array, pos: number, value: number): number {
  while (value > 0x7f) {
    buf[pos++] = (value & 0x7f) | 0x80
    value >>>= 7
  }
  buf[pos++] = value
  return pos
}

/** Writes hi · 2^32 + lo (unsigned halves) at `pos`; returns the position behind it. */
export function writeVarint64(buf: Uint8Array, pos: number, hi: number, lo: number): number {
  while (hi > 0) {
    buf[pos++] = (lo & 0x7f) | 0x80
    lo = ((lo >>> 7) | (hi << 25)) >>> 0
    hi >>>= 7
  }
  return writeVarint32(buf, pos, lo)
}

/** Writes `value`, which has 64 bits at the most, at `pos`; returns the position behind it. For what no flow waits for. */
export function writeVarintBig(buf: Uint8Array, pos: number, value: bigint): number {
  return writeVarint64(buf, pos, Number(value >> 32n), Number(value & 0xffff_ffffn))
}

/** Where `readVarint` leaves what it read: the two halves, and the position behind the varint. */
export interface VarintCursor {
  pos: number
  lo: number
  hi: number
}

/**
 * Reads the varint at `pos` into `cursor`. False where it does not end before `end` or is longer than ten bytes;
 * bits past the 64th are dropped, as protobuf has it.
 */
export function readVarint(buf: Uint8Array, pos: number, end: number, cursor: VarintCursor): boolean {
  let byte = 0
  let lo = 0
  let hi = 0
  for (let shift = 0; shift < 70; shift += 7) {
    if (pos >= end) return false
    byte = buf[pos++]
    if (shift < 28) lo |= (byte & 0x7f) << shift
    else if (shift === 28) {
      lo |= (byte & 0x0f) << 28
      hi = (byte & 0x7f) >> 4
    } else if (shift < 63) hi |= (byte & 0x7f) << (shift - 32)
    else hi |= (byte & 1) << 31
    if (byte < 0x80) {
      cursor.pos = pos
      cursor.lo = lo >>> 0
      cursor.hi = hi >>> 0
      return true
    }
  }
  return false
}

// How long a varint is cannot be foretold; four bytes of it are looked at together, so that no branch depends on it.

/** Of four bytes, the lowest first: the upper bit of each byte that ends a varint. */
export function stopsIn(word: number): number {
  return ~word & 0x80808080
}

/** How many bytes there are up to the first that ends a varint, and with it. */
export function bytesTo(stops: number): number {
  return ((31 - Math.clz32(stops & -stops)) >> 3) + 1
}

/** The lower seven bits of four bytes as one number. */
export function sevens(word: number): number {
  return (word & 0x7f) | ((word >>> 1) & 0x3f80) | ((word >>> 2) & 0x1f_c000) | ((word >>> 3) & 0xfe0_0000)
}
