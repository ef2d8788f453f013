/**
 * Elements that hold several values: MPLS labels, communities, segments. Each function appends to the message under construction
 * and gives the position behind what it wrote, which is where it started when there was nothing.
 *
 *     basicList := semantic(1), element(2), length(2), [enterprise(4)], value*       RFC 6313 section 4.5.1
 *     SRH       := next header(1) length(1) type(1) segments left(1) last entry(1) flags(1) tag(2), segment(16)*   RFC 8754 section 2
 */
import { inIsZero, inU16, inU32, inU8 } from '../../memory/in.js'
import { closeLength, outInput, outByte, outTag, outVarint32 } from '../../memory/out.js'
import { valueAt, valueLength } from '../../memory/plans.js'
import { IE } from '../wire/ie.js'
import { VARIABLE_LENGTH } from '../wire/template.js'
import { readCapped } from '../wire/numbers.js'

/** semantic, element and length; the enterprise number, if any, comes behind */
const LIST_HEADER_BYTES = 5
const COMMUNITY_BYTES = 4
const SEGMENT_BYTES = 16
/** What the length of the longest list takes: it has at most 64 KiB. */
const LIST_LENGTH_BYTES = 3

/** Labels of the entries (label(20 bits), class(3), bottom of stack(1)), to the bottom of the stack; empty entries are passed over. */
export function writeMplsLabels(pos: number, tag: number, places: Int32Array): number {
  const start = pos
  let body = pos
  for (const place of places) {
    if (valueLength(place) < 3) continue
    const at = valueAt(place)
    const entry = (inU8(at) << 16) | (inU8(at + 1) << 8) | inU8(at + 2)
    if (entry === 0) continue
    // at most ten labels of three bytes: their length takes one byte
    if (body === start) body = pos = outTag(start, tag) + 1
    pos = outVarint32(pos, entry >>> 4)
    if ((entry & 1) === 1) break
  }
  if (body > start) outByte(body - 1, pos - body)
  return pos
}

/** Communities: of the places, `places[0]` are numbers, the others lists of the element `id`. */
export function writeCommunities(pos: number, tag: number, id: number, places: Int32Array): number {
  const start = pos
  const body = outTag(start, tag) + LIST_LENGTH_BYTES
  const values = places[0]
  pos = body
  for (let i = 1; i < places.length; i++) {
    const at = valueAt(places[i])
    const length = valueLength(places[i])
    if (i <= values) {
      const value = readCapped(at, length)
      if (value !== 0) pos = outVarint32(pos, value)
    } else if (length >= LIST_HEADER_BYTES && inU16(at + 1) === id && inU16(at + 3) === COMMUNITY_BYTES) {
      for (let item = at + LIST_HEADER_BYTES; item + COMMUNITY_BYTES <= at + length; item += COMMUNITY_BYTES) {
        pos = outVarint32(pos, inU32(item))
      }
    }
  }
  return pos === body ? start : closeLength(body - LIST_LENGTH_BYTES, LIST_LENGTH_BYTES, pos)
}

/** Segments of the element `id` at these places, each a value of 16 bytes. */
export function writeSegments(pos: number, tag: number, id: number, places: Int32Array): number {
  for (const place of places) {
    const at = valueAt(place)
    const end = at + valueLength(place)
    let from = at
    let until = end
    if (id === IE.srhSegmentIPv6BasicList) {
      if (end - at < LIST_HEADER_BYTES || inU16(at + 1) !== IE.srhSegmentIPv6) continue
      from = at + LIST_HEADER_BYTES
      const length = inU16(at + 3)
      if (length === VARIABLE_LENGTH) {
        pos = writeVariableSegments(pos, tag, from, end)
        continue
      }
      if (length !== SEGMENT_BYTES) continue
    } else if (id === IE.srhIPv6Section) {
      if (end - at < 8) continue
      from = at + 8
      until = Math.min(end, from + (inU8(at + 4) + 1) * SEGMENT_BYTES)
    }
    for (; from + SEGMENT_BYTES <= until; from += SEGMENT_BYTES) pos = writeSegment(pos, tag, from)
  }
  return pos
}

/** Each behind its length: 16, or 255 and 16 (RFC 7011 section 7). */
function writeVariableSegments(pos: number, tag: number, from: number, end: number): number {
  while (from < end) {
    const long = inU8(from) === 0xff
    const length = !long ? inU8(from) : end - from < 3 ? -1 : inU16(from + 1)
    from += long ? 3 : 1
    if (length !== SEGMENT_BYTES || from + SEGMENT_BYTES > end) break
    pos = writeSegment(pos, tag, from)
    from += SEGMENT_BYTES
  }
  return pos
}

function writeSegment(pos: number, tag: number, from: number): number {
  return inIsZero(from, SEGMENT_BYTES) ? pos : outInput(pos, tag, from, from + SEGMENT_BYTES)
}
