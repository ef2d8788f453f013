/**
 * The protobuf wire format, as far as the tools walk it (protobuf encoding, "Message Structure"):
 *
 *     message := (tag value)*
 *     tag     := (field << 3 | wire type) as varint
 *     value   := varint                 wire type 0
 *              | 8 bytes                wire type 1
 *              | length varint, bytes   wire type 2
 *              | 4 bytes                wire type 5
 *
 * Groups (3 and 4) are older than proto3; a message that has them is refused as broken.
 */
import { readVarint, type VarintCursor, writeVarint32, writeVarint64 } from './varint.js'

export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_BYTES = 2
export const WIRE_FIXED32 = 5

/** One field of a message as `nextField` found it. For wire type 2, `start` and `end` bound the bytes; else `lo`, `hi` are the value. */
export interface FieldCursor extends VarintCursor {
  field: number
  wireType: number
  /** where the field's tag stands */
  tagStart: number
  start: number
  end: number
}

/** A cursor; set `pos` to where a message starts. */
export function fieldCursor(): FieldCursor {
  return { pos: 0, lo: 0, hi: 0, field: 0, wireType: 0, tagStart: 0, start: 0, end: 0 }
}

/**
 * Steps to the field at `cursor.pos` of the message that ends at `end`, and puts `cursor.pos` behind it.
 * False at the end of the message and where the bytes are no protobuf; `cursor.pos === end` distinguishes the two.
 */
export function nextField(buf: Uint8Array, end: number, cursor: FieldCursor): boolean {
  const tagStart = cursor.pos
  if (tagStart >= end) return false
  let tag = buf[tagStart]
  let pos = tagStart + 1
  if (tag >= 0x80) {
    if (!readVarint(buf, tagStart, end, cursor) || cursor.hi !== 0) return false
    tag = cursor.lo
    pos = cursor.pos
  }
  if (tag < 8) return failAt(cursor, tagStart)
  cursor.tagStart = tagStart
  cursor.field = tag >>> 3
  cursor.wireType = tag & 7
  cursor.start = pos
  switch (cursor.wireType) {
    case WIRE_VARINT:
      if (!readVarint(buf, pos, end, cursor)) return failAt(cursor, tagStart)
      cursor.end = cursor.pos
      return true
    case WIRE_BYTES: {
      if (!readVarint(buf, pos, end, cursor)) return failAt(cursor, tagStart)
      const start = cursor.pos
      if (cursor.hi !== 0 || cursor.lo > end - start) return failAt(cursor, tagStart)
      cursor.start = start
      cursor.pos = cursor.end = start + cursor.lo
      return true
    }
    case WIRE_FIXED64:
    case WIRE_FIXED32: {
      const size = cursor.wireType === WIRE_FIXED64 ? 8 : 4
      if (end - pos < size) return failAt(cursor, tagStart)
      cursor.lo = readLE32(buf, pos)
      cursor.hi = size === 8 ? readLE32(buf, pos + 4) : 0
      cursor.pos = cursor.end = pos + size
      return true
    }
    default:
      return failAt(cursor, tagStart)
  }
}

function failAt(cursor: FieldCursor, tagStart: number): false {
  cursor.pos = tagStart
  return false
}

function readLE32(buf: Uint8Array, pos: number): number {
  return (buf[pos] | (buf[pos + 1] << 8) | (buf[pos + 2] << 16) | (buf[pos + 3] << 24)) >>> 0
}

/**
 * A field's tag made ready for `writeTag`: its varint bytes packed into one number, the first byte lowest.
 * Field numbers up to 2^25 − 1 (four bytes).
 */
export function packedTag(field: number, wireType: number): number {
  const bytes = new Uint8Array(8)
  const size = writeVarint32(bytes, 0, ((field << 3) | wireType) >>> 0)
  if (size > 4) throw new RangeError(`field number ${field} is too large`)
  return (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24)) >>> 0
}

/** The bytes of a tag of `packedTag`. */
export function tagBytes(tag: number): number {
  return tag <= 0xff ? 1 : tag <= 0xffff ? 2 : tag <= 0xffffff ? 3 : 4
}

/** Writes a tag of `packedTag`; returns the position behind it. */
export function writeTag(buf: Uint8Array, pos: number, tag: number): number {
  buf[pos++] = tag
  while (tag > 0xff) {
    tag >>>= 8
    buf[pos++] = tag
  }
  return pos
}

// The fields of a message under construction: each returns the position behind it, and writes nothing for zero or empty (proto3).

/** The value is unsigned, of 32 bits. */
export function writeUint32Field(buf: Uint8Array, pos: number, tag: number, value: number): number {
  if (value === 0) return pos
  return writeVarint32(buf, writeTag(buf, pos, tag), value)
}

/** The value is hi · 2^32 + lo. */
export function writeUint64Field(buf: Uint8Array, pos: number, tag: number, hi: number, lo: number): number {
  if (hi === 0 && lo === 0) return pos
  return writeVarint64(buf, writeTag(buf, pos, tag), hi, lo)
}

/** The bytes behind their length. */
export function writeBytesField(buf: Uint8Array, pos: number, tag: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return pos
  pos = writeVarint32(buf, writeTag(buf, pos, tag), bytes.length)
  buf.set(bytes, pos)
  return pos + bytes.length
}

/** `from[start, end)` as a bytes field, copied byte by byte: for the few bytes of an address, quicker than making a view of them. */
export function copyBytesField(buf: Uint8Array, pos: number, tag: number, from: Uint8Array, start: number, end: number): number {
  if (start >= end) return pos
  pos = writeVarint32(buf, writeTag(buf, pos, tag), end - start)
  while (start < end) buf[pos++] = from[start++]
  return pos
}
