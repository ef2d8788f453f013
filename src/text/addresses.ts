/** IP and MAC addresses as ASCII, written as digits.ts has it. */
import { chunksOf, writeChunks } from './chunks.js'
import { writeDecimal32, writeHexByte } from './digits.js'

const COLON = 0x3a
const SLASH = 0x2f

/** The longest that an address takes: ffff:… with eight groups, and room for a prefix length. */
export const MAX_ADDRESS_BYTES = 48

/** 0 to 255 in decimal with a dot behind, and the size of that */
const OCTETS = new Uint32Array(256)
const OCTET_SIZES = new Uint8Array(256)
/** 0 to ff without leading zeros, and with a colon behind: aa: */
const SHORT_HEX = new Uint16Array(256)
const SHORT_HEX_SIZES = new Uint8Array(256)
const HEX_COLON = new Uint32Array(256)

/** /0 to /32 */
const PREFIX_LENGTHS = new Uint32Array(33)

const scratch = Buffer.alloc(4)
for (let i = 0; i <= 32; i++) {
  scratch.write(`/${i}`, 'latin1')
  PREFIX_LENGTHS[i] = scratch.readUInt32LE()
}
for (let i = 0; i < 256; i++) {
  OCTET_SIZES[i] = scratch.write(`${i}.`, 'latin1')
  OCTETS[i] = scratch.readUInt32LE()
  scratch.write(`${i.toString(16).padStart(2, '0')}:`, 'latin1')
  HEX_COLON[i] = scratch.readUInt32LE()
  SHORT_HEX_SIZES[i] = scratch.write(i.toString(16), 'latin1')
  SHORT_HEX[i] = scratch.readUInt16LE()
}

/** The four bytes at `buf[at]`. */
export function writeIPv4(out: DataView, pos: number, buf: Buffer, at: number): number {
  let octet = buf[at]
  out.setUint32(pos, OCTETS[octet], true)
  pos += OCTET_SIZES[octet]
  octet = buf[at + 1]
  out.setUint32(pos, OCTETS[octet], true)
  pos += OCTET_SIZES[octet]
  octet = buf[at + 2]
  out.setUint32(pos, OCTETS[octet], true)
  pos += OCTET_SIZES[octet]
  octet = buf[at + 3]
  out.setUint32(pos, OCTETS[octet], true)
  return pos + OCTET_SIZES[octet] - 1
}

const MAPPED = chunksOf('::ffff:')

/**
 * The sixteen bytes at `buf[at]`, as RFC 5952 has it: lower case, no leading zeros, `::` for the longest run of two or more zero
 * groups, the first of equal ones; an IPv4-mapped address as ::ffff:192.0.2.1.
 */
export function writeIPv6(out: DataView, pos: number, buf: Buffer, at: number): number {
  let runStart = 8
  let runSize = 1
  for (let group = 0; group < 8; group++) {
    const first = group
    while (group < 8 && (buf[at + 2 * group] | buf[at + 2 * group + 1]) === 0) group++
    if (group - first > runSize) {
      runStart = first
      runSize = group - first
    }
  }
  if (runStart === 0 && runSize === 5 && (buf[at + 10] & buf[at + 11]) === 0xff) {
    return writeIPv4(out, writeChunks(out, pos, MAPPED), buf, at + 12)
  }
  for (let group = 0; group < 8; group++) {
    if (group === runStart) {
      // the colon behind the group before, or at the start, and one more
      if (group === 0) out.setUint8(pos++, COLON)
      out.setUint8(pos++, COLON)
      group += runSize - 1
      continue
    }
    const high = buf[at + 2 * group]
    const low = buf[at + 2 * group + 1]
    if (high === 0) {
      out.setUint16(pos, SHORT_HEX[low], true)
      pos += SHORT_HEX_SIZES[low]
    } else {
      out.setUint16(pos, SHORT_HEX[high], true)
      pos = writeHexByte(out, pos + SHORT_HEX_SIZES[high], low)
    }
    if (group < 7) out.setUint8(pos++, COLON)
  }
  return pos
}

/** 48 bits as aa:bb:cc:dd:ee:ff: the low 16 bits of `hi`, then `lo`. */
export function writeMac(out: DataView, pos: number, hi: number, lo: number): number {
  out.setUint32(pos, HEX_COLON[(hi >>> 8) & 0xff], true)
  out.setUint32(pos + 3, HEX_COLON[hi & 0xff], true)
  out.setUint32(pos + 6, HEX_COLON[lo >>> 24], true)
  out.setUint32(pos + 9, HEX_COLON[(lo >>> 16) & 0xff], true)
  out.setUint32(pos + 12, HEX_COLON[(lo >>> 8) & 0xff], true)
  return writeHexByte(out, pos + 15, lo & 0xff)
}

/** The prefix of 1 to 32 bits that the four bytes at `buf[at]` lie in, as 10.0.0.0/8. */
export function writeIPv4Network(out: DataView, pos: number, buf: Buffer, at: number, length: number): number {
  const mask = -1 << (32 - length)
  let octet = buf[at] & (mask >>> 24)
  out.setUint32(pos, OCTETS[octet], true)
  pos += OCTET_SIZES[octet]
  octet = buf[at + 1] & (mask >>> 16)
  out.setUint32(pos, OCTETS[octet], true)
  pos += OCTET_SIZES[octet]
  octet = buf[at + 2] & (mask >>> 8)
  out.setUint32(pos, OCTETS[octet], true)
  pos += OCTET_SIZES[octet]
  octet = buf[at + 3] & mask
  out.setUint32(pos, OCTETS[octet], true)
  pos += OCTET_SIZES[octet] - 1
  out.setUint32(pos, PREFIX_LENGTHS[length], true)
  return pos + (length < 10 ? 2 : 3)
}

const masked = Buffer.alloc(16)

/**
 * The prefix of that length that the 4 or 16 bytes at `buf[start, end)` lie in, as 10.0.0.0/8; where there is no such prefix, the
 * length alone, as /24, and nothing for a length of 0.
 */
export function writeNetwork(out: DataView, pos: number, buf: Buffer, start: number, end: number, length: number): number {
  const size = end - start
  if (size === 4 && length > 0 && length <= 32) return writeIPv4Network(out, pos, buf, start, length)
  if ((size === 4 || size === 16) && length <= 8 * size) {
    for (let i = 0; i < size; i++) {
      const bits = length - 8 * i
      masked[i] = bits >= 8 ? buf[start + i] : bits <= 0 ? 0 : buf[start + i] & (0xff << (8 - bits))
    }
    pos = size === 4 ? writeIPv4(out, pos, masked, 0) : writeIPv6(out, pos, masked, 0)
  } else if (length === 0) return pos
  out.setUint8(pos, SLASH)
  return writeDecimal32(out, pos + 1, length)
}

const text = new DataView(new ArrayBuffer(MAX_ADDRESS_BYTES))
const textBytes = Buffer.from(text.buffer)

/** An address of 4 or 16 bytes as a string; any other is unknown. */
export function addressText(address: Buffer): string {
  if (address.length !== 4 && address.length !== 16) return 'unknown'
  return textBytes.toString('latin1', 0, address.length === 4 ? writeIPv4(text, 0, address, 0) : writeIPv6(text, 0, address, 0))
}
