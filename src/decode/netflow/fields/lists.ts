/**
 * Elements that hold several values: MPLS labels, communities, segments.
 *
 *     SRH := next header(1) length(1) type(1) segments left(1) last entry(1) flags(1) tag(2), segment(16)*   RFC 8754 section 2
 */
import { inIsZero, inU32, inU8 } from '../../memory/in.js'
import { closeLength, outInput, outByte, outTag, outVarint32 } from '../../memory/out.js'
import { IE } from '../wire/ie.js'
import { listCursor, nextInList, openList } from '../wire/lists.js'
import { readCapped } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { call, type Step } from './step.js'

const COMMUNITY_BYTES = 4
const SEGMENT_BYTES = 16
/** What the length of the longest list takes: it has at most 64 KiB. */
const LIST_LENGTH_BYTES = 3

const list = listCursor()

/** Opens the basicList at `[at, end)` where it is one of that element of IANA's. */
function openListOf(id: number, at: number, end: number): boolean {
  return openList(list, at, end) && list.id === id && list.enterprise === 0
}

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
      if (!openListOf(id, at, at + lengthOf(place)) || list.length !== COMMUNITY_BYTES) continue
      while (nextInList(list)) pos = outVarint32(pos, inU32(list.at))
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
      if (!openListOf(IE.srhSegmentIPv6, at, end)) continue
      while (nextInList(list) && list.bytes === SEGMENT_BYTES) pos = outSegment(pos, tag, list.at)
      continue
    }
    if (id === IE.srhIPv6Section) {
      if (end - at < 8) continue
      from = at + 8
      until = Math.min(end, from + (inU8(at + 4) + 1) * SEGMENT_BYTES)
    }
    for (; from + SEGMENT_BYTES <= until; from += SEGMENT_BYTES) pos = outSegment(pos, tag, from)
  }
  return pos
}

function outSegment(pos: number, tag: number, from: number): number {
  return inIsZero(from, SEGMENT_BYTES) ? pos : outInput(pos, tag, from, from + SEGMENT_BYTES)
}
