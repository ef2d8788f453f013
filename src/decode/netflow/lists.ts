/**
 * Elements that hold several values: MPLS labels, communities, segments. Each function appends to the message under construction
 * and gives the position behind what it wrote, which is where it started when there was nothing.
 *
 *     basicList := semantic(1), element(2), length(2), [enterprise(4)], value*       RFC 6313 section 4.5.1
 *     SRH       := next header(1) length(1) type(1) segments left(1) last entry(1) flags(1) tag(2), segment(16)*   RFC 8754 section 2
 */
import { readUint16, readUint32 } from '../../flow/bigendian.js'
import { writeTag } from '../../flow/message.js'
import { writeVarint32 } from '../../flow/varint.js'
import { IE } from './elements.js'
import { VARIABLE_LENGTH } from './template.js'
import { isZero, readCapped } from './values.js'

/** semantic, element and length; the enterprise number, if any, comes behind */
const LIST_HEADER_BYTES = 5
const COMMUNITY_BYTES = 4
const SEGMENT_BYTES = 16

/** Labels of the entries (label(20 bits), class(3), bottom of stack(1)), to the bottom of the stack; empty entries are passed over. */
export function writeMplsLabels(out: Buffer, pos: number, tag: number, places: Int32Array, buf: Buffer, base: number, offsets: Int32Array, lengths: Int32Array): number {
  const start = pos
  let body = pos
  for (const place of places) {
    if (lengths[place] < 3) continue
    const at = base + offsets[place]
    const entry = (buf[at] << 16) | (buf[at + 1] << 8) | buf[at + 2]
    if (entry === 0) continue
    // at most ten labels of three bytes: their length takes one byte
    if (body === start) body = pos = writeTag(out, start, tag) + 1
    pos = writeVarint32(out, pos, entry >>> 4)
    if ((entry & 1) === 1) break
  }
  if (body > start) out[body - 1] = pos - body
  return pos
}

/** Communities: of the places, `places[0]` are numbers, the others lists of the element `id`. */
export function writeCommunities(
  out: Buffer,
  pos: number,
  tag: number,
  id: number,
  places: Int32Array,
  buf: Buffer,
  base: number,
  offsets: Int32Array,
  lengths: Int32Array
): number {
  const start = pos
  const body = openPacked(out, start, tag)
  const values = places[0]
  pos = body
  for (let i = 1; i < places.length; i++) {
    const at = base + offsets[places[i]]
    const length = lengths[places[i]]
    if (i <= values) {
      const value = readCapped(buf, at, length)
      if (value !== 0) pos = writeVarint32(out, pos, value)
    } else if (length >= LIST_HEADER_BYTES && readUint16(buf, at + 1) === id && readUint16(buf, at + 3) === COMMUNITY_BYTES) {
      for (let item = at + LIST_HEADER_BYTES; item + COMMUNITY_BYTES <= at + length; item += COMMUNITY_BYTES) {
        pos = writeVarint32(out, pos, readUint32(buf, item))
      }
    }
  }
  return pos === body ? start : closePacked(out, body, pos)
}

/** Three bytes for the length, which a varint may be padded to: a list is at most 64 KiB. */
function openPacked(out: Buffer, pos: number, tag: number): number {
  return writeTag(out, pos, tag) + 3
}

function closePacked(out: Buffer, body: number, pos: number): number {
  const length = pos - body
  const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : 3
  if (size < 3) out.copyWithin(body - 3 + size, body, pos)
  writeVarint32(out, body - 3, length)
  return pos - 3 + size
}

/** Segments of the element `id` at these places, each a value of 16 bytes. */
export function writeSegments(
  out: Buffer,
  pos: number,
  tag: number,
  id: number,
  places: Int32Array,
  buf: Buffer,
  base: number,
  offsets: Int32Array,
  lengths: Int32Array
): number {
  for (const place of places) {
    const at = base + offsets[place]
    const end = at + lengths[place]
    let from = at
    let until = end
    if (id === IE.srhSegmentIPv6BasicList) {
      if (end - at < LIST_HEADER_BYTES || readUint16(buf, at + 1) !== IE.srhSegmentIPv6) continue
      from = at + LIST_HEADER_BYTES
      const length = readUint16(buf, at + 3)
      if (length === VARIABLE_LENGTH) {
        pos = writeVariableSegments(out, pos, tag, buf, from, end)
        continue
      }
      if (length !== SEGMENT_BYTES) continue
    } else if (id === IE.srhIPv6Section) {
      if (end - at < 8) continue
      from = at + 8
      until = Math.min(end, from + (buf[at + 4] + 1) * SEGMENT_BYTES)
    }
    for (; from + SEGMENT_BYTES <= until; from += SEGMENT_BYTES) pos = writeSegment(out, pos, tag, buf, from)
  }
  return pos
}

/** Each behind its length: 16, or 255 and 16 (RFC 7011 section 7). */
function writeVariableSegments(out: Buffer, pos: number, tag: number, buf: Buffer, from: number, end: number): number {
  while (from < end) {
    const long = buf[from] === 0xff
    const length = !long ? buf[from] : end - from < 3 ? -1 : readUint16(buf, from + 1)
    from += long ? 3 : 1
    if (length !== SEGMENT_BYTES || from + SEGMENT_BYTES > end) break
    pos = writeSegment(out, pos, tag, buf, from)
    from += SEGMENT_BYTES
  }
  return pos
}

function writeSegment(out: Buffer, pos: number, tag: number, buf: Buffer, from: number): number {
  if (isZero(buf, from, SEGMENT_BYTES)) return pos
  pos = writeTag(out, pos, tag)
  out[pos++] = SEGMENT_BYTES
  for (let i = 0; i < SEGMENT_BYTES; i++) out[pos++] = buf[from + i]
  return pos
}
