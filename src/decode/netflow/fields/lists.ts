/**
 * Elements that hold several values: MPLS labels, communities, segments.
 *
 *     basicList := semantic(1), element(2), length(2), [enterprise(4)], value*       RFC 6313 section 4.5.1
 *     SRH       := next header(1) length(1) type(1) segments left(1) last entry(1) flags(1) tag(2), segment(16)*   RFC 8754 section 2
 */
import { inIsZero, inU16, inU32, inU8 } from '../../memory/in.js'
import { closeLength, outInput, outByte, outTag, outVarint32 } from '../../memory/out.js'
import { IE } from '../wire/ie.js'
import { readCapped } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { VARIABLE_LENGTH } from '../wire/template.js'
import { call, type Step } from './step.js'

/** semantic, element and length; the enterprise number, if any, comes behind */
const LIST_HEADER_BYTES = 5
const COMMUNITY_BYTES = 4
const SEGMENT_BYTES = 16
/** What the length of the longest list takes: it has at most 64 KiB. */
const LIST_LENGTH_BYTES = 3

/** Labels of the entries (label(20 bits), class(3), bottom of stack(1)), to the bottom of the stack; empty entries are passed over. */
export function mplsLabels(tag: number, places: readonly Place[]): Step {
  return call((pos, record) => {
    const start = pos
    let body = pos
    for (const place of places) {
      if (lengthOf(place) < 3) continue
      const at = startOf(place, record)
      const entry = (inU8(at) << 16) | (inU8(at + 1) << 8) | inU8(at + 2)
      if (entry === 0) continue
      // at most ten labels of three bytes: their length takes one byte
      if (body === start) body = pos = outTag(start, tag) + 1
      pos = outVarint32(pos, entry >>> 4)
      if ((entry & 1) === 1) break
    }
    if (body > start) outByte(body - 1, pos - body)
    return pos
  })
}

/** Communities: those that are `values` themselves, and those in `lists` of the element `id`. */
export function communities(tag: number, id: number, values: readonly Place[], lists: readonly Place[]): Step {
  return call((start, record) => {
    const body = outTag(start, tag) + LIST_LENGTH_BYTES
    let pos = body
    for (const place of values) {
      const value = readCapped(startOf(place, record), lengthOf(place))
      if (value !== 0) pos = outVarint32(pos, value)
    }
    for (const place of lists) {
      const at = startOf(place, record)
      const end = at + lengthOf(place)
      if (end - at < LIST_HEADER_BYTES || inU16(at + 1) !== id || inU16(at + 3) !== COMMUNITY_BYTES) continue
      for (let item = at + LIST_HEADER_BYTES; item + COMMUNITY_BYTES <= end; item += COMMUNITY_BYTES) pos = outVarint32(pos, inU32(item))
    }
    return pos === body ? start : closeLength(body - LIST_LENGTH_BYTES, LIST_LENGTH_BYTES, pos)
  })
}

/** Segments of the element `id` at these places, each a value of 16 bytes. */
export function segments(tag: number, id: number, places: readonly Place[]): Step {
  return call((pos, record) => outSegments(pos, tag, id, places, record))
}

function outSegments(pos: number, tag: number, id: number, places: readonly Place[], record: number): number {
  for (const place of places) {
    const at = startOf(place, record)
    const end = at + lengthOf(place)
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
