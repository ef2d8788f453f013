/** Numbers in either byte order, of a Buffer whose bounds the caller has checked. */

/** Of 16 bits. */
export function u16(buf: Buffer, pos: number, little: boolean): number {
  return little ? buf[pos] | (buf[pos + 1] << 8) : (buf[pos] << 8) | buf[pos + 1]
}

/** Of 32 bits, unsigned. */
export function u32(buf: Buffer, pos: number, little: boolean): number {
  return little
    ? (buf[pos] | (buf[pos + 1] << 8) | (buf[pos + 2] << 16) | (buf[pos + 3] << 24)) >>> 0
    : ((buf[pos] << 24) | (buf[pos + 1] << 16) | (buf[pos + 2] << 8) | buf[pos + 3]) >>> 0
}
