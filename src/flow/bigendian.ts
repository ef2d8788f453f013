/** Numbers in network byte order, of a Buffer whose bounds the caller has checked. */

export function readUint16(buf: Buffer, at: number): number {
  return (buf[at] << 8) | buf[at + 1]
}

export function readUint32(buf: Buffer, at: number): number {
  return ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
}
