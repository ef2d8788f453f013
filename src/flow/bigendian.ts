/** Numbers in network byte order, of bytes whose bounds the caller has checked. */

export function readUint16(buf: Uint8Array, at: number): number {
  return (buf[at] << 8) | buf[at + 1]
}

export function readUint32(buf: Uint8Array, at: number): number {
  return ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
}
