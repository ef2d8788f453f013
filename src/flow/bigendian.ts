/** Numbers in network byte order, of bytes whose bounds the caller has checked. */

export function readUint16(buf: Uint8Array, at: number): number {
  return (buf[at] << 8) | buf[at + 1]
}

export function readUint32(buf: Uint8Array, at: number): number {
  return ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
}

// These return the position behind what they wrote.

export function writeUint16(out: Uint8Array, pos: number, value: number): number {
  out[pos++] = value >>> 8
  out[pos++] = value
  return pos
}

export function writeUint32(out: Uint8Array, pos: number, value: number): number {
  out[pos++] = value >>> 24
  out[pos++] = value >>> 16
  out[pos++] = value >>> 8
  out[pos++] = value
  return pos
}
