/**
 * Data records: the values of a flow as its template lays them out, in network byte order (RFC 7011 section 6.1). What is not set is zero;
 * a number that is too large for its element is the largest that is not.
 */
import { writeUint16, writeUint32 } from '../../flow/bigendian.js'
import { entryCursor, type FieldValues, firstEntry, isSet, nextEntry } from '../../flow/fieldvalues.js'
import { type Layout, MOST_LABELS, type Step } from './layout.js'

/** Of a list of communities: length(1) 255, length(2), semantic(1), element(2), length(2)     RFC 7011 section 7, RFC 6313 section 4.5.1 */
const LIST_HEADER_BYTES = 8
const COMMUNITY = 483
const COMMUNITY_BYTES = 4
/** The semantic "undefined" (RFC 6313 section 5.1). */
const UNDEFINED_SEMANTIC = 0xff
/** What is written of an application's id at the most, and its length. */
const APPLICATION_BYTES = 9

/** What of a record varies, at the most, beside its communities. */
export const VARYING_BYTES = LIST_HEADER_BYTES + APPLICATION_BYTES

const entries = entryCursor()

/** Communities of a flow that has some. */
export function communitiesOf(values: FieldValues, index: number): number {
  let count = 0
  if (!isSet(values, index)) return 0
  firstEntry(values, index, entries)
  while (nextEntry(values, index, entries)) count++
  return count
}

/**
 * Writes the record at `pos`, where there is room for the layout's fixed bytes, VARYING_BYTES and `mostCommunities` of 4 bytes each; returns the
 * position behind it.
 */
export function writeRecord({ steps }: Layout, values: FieldValues, out: Buffer, pos: number, mostCommunities: number): number {
  const { lo, hi } = values
  for (const step of steps) {
    const { form, index } = step
    const there = isSet(values, index)
    switch (form) {
      case 'uint1':
        out[pos++] = there ? Math.min(lo[index], 0xff) : 0
        continue
      case 'uint2':
        pos = writeUint16(out, pos, there ? Math.min(lo[index], 0xffff) : 0)
        continue
      case 'uint4':
        pos = writeUint32(out, pos, !there ? 0 : hi[index] > 0 ? 0xffffffff : lo[index])
        continue
      case 'uint6':
        pos = writeUint16(out, pos, !there ? 0 : Math.min(hi[index], 0xffff))
        pos = writeUint32(out, pos, !there ? 0 : hi[index] > 0xffff ? 0xffffffff : lo[index])
        continue
      case 'uint8':
        pos = writeUint32(out, pos, there ? hi[index] : 0)
        pos = writeUint32(out, pos, there ? lo[index] : 0)
        continue
      case 'flags':
        out[pos++] = there ? (Math.min(lo[index], 7) << 5) & 0xff : 0
        continue
      case 'millis':
        pos = writeMillis(out, pos, there ? hi[index] : 0, there ? lo[index] : 0)
        continue
      case 'ntp':
        pos = writeNtp(out, pos, there ? hi[index] : 0, there ? lo[index] : 0)
        continue
      case 'address':
        pos = writeAddress(out, pos, values, step)
        continue
      case 'labels':
        pos = writeLabels(out, pos, values, index)
        continue
      case 'communities':
        pos = writeCommunities(out, pos, values, index, mostCommunities)
        continue
      case 'application':
        pos = writeShortest(out, pos, there ? hi[index] : 0, there ? lo[index] : 0)
    }
  }
  return pos
}

/** `splitMillion` leaves the nanoseconds past the millisecond here, so that it makes no object. */
let millionRest = 0

/** hi · 2^32 + lo nanoseconds in whole milliseconds. */
function splitMillion(hi: number, lo: number): number {
  const upper = Math.floor(hi / 1e6)
  const rest = (hi - upper * 1e6) * 0x1_0000_0000 + lo
  const lower = Math.floor(rest / 1e6)
  millionRest = rest - lower * 1e6
  return upper * 0x1_0000_0000 + lower
}

function writeMillis(out: Buffer, pos: number, hi: number, lo: number): number {
  const millis = splitMillion(hi, lo)
  return writeUint32(out, writeUint32(out, pos, millis / 0x1_0000_0000), millis)
}

/** Seconds from 1900, where NTP counts from, to 1970. */
const NTP_EPOCH = 2_208_988_800

/** seconds(4) since 1900, fraction(4) in units of 2^−32 s (RFC 7011 section 6.1.10). */
function writeNtp(out: Buffer, pos: number, hi: number, lo: number): number {
  if (hi === 0 && lo === 0) return writeUint32(out, writeUint32(out, pos, 0), 0)
  const millis = splitMillion(hi, lo)
  const seconds = Math.floor(millis / 1000)
  const nanos = (millis - seconds * 1000) * 1e6 + millionRest
  return writeUint32(out, writeUint32(out, pos, seconds + NTP_EPOCH), Math.round((nanos / 1e9) * 0x1_0000_0000))
}

/** The address, or the first of the family in a list of them; zeros where it is of the other family. */
function writeAddress(out: Buffer, pos: number, values: FieldValues, { index, bytes }: Step): number {
  const { buf, start, end, schema } = values
  let from = -1
  if (isSet(values, index)) {
    if (schema.fields[index].repeated) {
      firstEntry(values, index, entries)
      while (from < 0 && nextEntry(values, index, entries)) if (entries.end - entries.start === bytes) from = entries.start
    } else if (end[index] - start[index] === bytes) from = start[index]
  }
  if (from < 0) return zeros(out, pos, bytes)
  for (const stop = from + bytes; from < stop; from++) out[pos++] = buf[from]
  return pos
}

function zeros(out: Buffer, pos: number, bytes: number): number {
  out.fill(0, pos, pos + bytes)
  return pos + bytes
}

/** label(20 bits) class(3) bottom of stack(1), each; zeros behind the bottom. */
function writeLabels(out: Buffer, pos: number, values: FieldValues, index: number): number {
  let count = 0
  if (isSet(values, index)) {
    firstEntry(values, index, entries)
    while (count < MOST_LABELS && nextEntry(values, index, entries)) {
      pos = writeUint16(out, pos, (entries.lo >>> 4) & 0xffff)
      out[pos++] = (entries.lo << 4) & 0xff
      count++
    }
    if (count > 0) out[pos - 1] |= 1
  }
  return zeros(out, pos, 3 * (MOST_LABELS - count))
}

function writeCommunities(out: Buffer, pos: number, values: FieldValues, index: number, most: number): number {
  const count = Math.min(communitiesOf(values, index), most)
  const bytes = LIST_HEADER_BYTES - 3 + COMMUNITY_BYTES * count
  out[pos++] = 0xff
  pos = writeUint16(out, pos, bytes)
  out[pos++] = UNDEFINED_SEMANTIC
  pos = writeUint16(out, writeUint16(out, pos, COMMUNITY), COMMUNITY_BYTES)
  if (count === 0) return pos
  firstEntry(values, index, entries)
  for (let i = 0; i < count && nextEntry(values, index, entries); i++) pos = writeUint32(out, pos, entries.lo)
  return pos
}

/** length(1), and the number in as few bytes: the first is an application's engine (RFC 6759 section 4.1). */
export function writeShortest(out: Buffer, pos: number, hi: number, lo: number): number {
  const bytes = hi > 0 ? 8 - (Math.clz32(hi) >> 3) : 4 - (Math.clz32(lo) >> 3)
  out[pos++] = bytes
  for (let i = bytes - 1; i >= 0; i--) out[pos++] = i > 3 ? hi >>> (8 * (i - 4)) : lo >>> (8 * i)
  return pos
}
