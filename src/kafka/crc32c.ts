/** CRC-32C (Castagnoli; RFC 3720 §12.1), which guards a record batch: eight bytes at a time, as in "Slicing-by-8" (Kounavis and Berry). */

const POLYNOMIAL = 0x82f63b78

/** table[k][b]: what the byte `b` does to the sum with `k` bytes behind it. */
const [T0, T1, T2, T3, T4, T5, T6, T7] = tables()

function tables(): Int32Array[] {
  const all = Array.from({ length: 8 }, () => new Int32Array(256))
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) !== 0 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1
    all[0][byte] = sum
  }
  for (let k = 1; k < 8; k++)
    for (let byte = 0; byte < 256; byte++) all[k][byte] = (all[k - 1][byte] >>> 8) ^ all[0][all[k - 1][byte] & 0xff]
  return all
}

/** The checksum of `view[pos, end)`, unsigned. */
export function crc32c(view: DataView, pos: number, end: number): number {
  let sum = -1
  for (; end - pos >= 8; pos += 8) {
    const low = sum ^ view.getInt32(pos, true)
    const high = view.getInt32(pos + 4, true)
    sum =
      T7[low & 0xff] ^
      T6[(low >>> 8) & 0xff] ^
      T5[(low >>> 16) & 0xff] ^
      T4[low >>> 24] ^
      T3[high & 0xff] ^
      T2[(high >>> 8) & 0xff] ^
      T1[(high >>> 16) & 0xff] ^
      T0[high >>> 24]
  }
  while (pos < end) sum = T0[(sum ^ view.getUint8(pos++)) & 0xff] ^ (sum >>> 8)
  return ~sum >>> 0
}
