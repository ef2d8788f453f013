/**
 * A message's fields gathered by their index in the schema, so that they can be shown in another order than the one they came in.
 * One set of arrays is filled again for every message.
 */
import { fieldCursor, type FieldCursor, nextField, WIRE_BYTES, WIRE_VARINT } from './message.js'
import type { FieldType, Schema } from './proto.js'
import { ACTION, ACTION_BITS, FIRST_ACTION, QUICK_BYTES, SHORT_TAGS, SKIP_BYTES, SKIP_NUMBER, SLOWLY, tagActions } from './tagactions.js'
import { bytesTo, readVarint, sevens, stopsIn } from './varint.js'
import { viewOf } from './view.js'

/** The values of one message, valid until the next is read; every array is indexed by a field's index in `schema.fields`. */
export interface FieldValues {
  readonly schema: Schema
  /** the message the values stand in */
  buf: Buffer
  /** bit i & 31 of word i >> 5: field i has a value that is not zero and not empty, or at least one entry */
  readonly set: Int32Array
  /** a number; kept only where `set` says so, like all of these */
  readonly lo: Uint32Array
  readonly hi: Uint32Array
  /** bounds of a string or bytes; of a repeated field from its first tag to the end of its last entry, for `nextEntry` */
  readonly start: Int32Array
  readonly end: Int32Array
}

/** Of a message without fields. */
export function fieldValues(schema: Schema): FieldValues {
  const size = schema.fields.length
  return {
    schema,
    buf: Buffer.alloc(0),
    set: new Int32Array((size + 31) >> 5),
    lo: new Uint32Array(size),
    hi: new Uint32Array(size),
    start: new Int32Array(size),
    end: new Int32Array(size)
  }
}

/** Whether the field of that index has a value. */
export function isSet(values: FieldValues, index: number): boolean {
  return (values.set[index >> 5] & (1 << (index & 31))) !== 0
}

/** The number of a field as a double, the nearest to it; 0 where it is not set. */
export function numberAt(values: FieldValues, index: number): number {
  return isSet(values, index) ? values.hi[index] * 2 ** 32 + values.lo[index] : 0
}

/** Field numbers under this are looked up in an array, others in a map. */
const DIRECT_NUMBERS = 16_384
const BYTES = FIRST_ACTION
const NUMBER = FIRST_ACTION + 1
const WIDE_NUMBER = FIRST_ACTION + 2

/** The first fields have their bits of `set` in one word, which the quick way keeps in a register. */
const WORD_BITS = 32

/** Reads the message at `buf[start, end)` into the values; false where it is no protobuf. The last one wins where a scalar stands twice. */
export type FieldReader = (buf: Buffer, start: number, end: number) => boolean

/** A reader that fills `values`. A field of a wire type that is not its own is passed over like an unknown one. */
export function fieldReader(values: FieldValues): FieldReader {
  const { schema, set, lo, hi, start: starts, end: ends } = values
  const cursor = fieldCursor()
  const direct = new Int16Array(DIRECT_NUMBERS).fill(-1)
  const others = new Map<number, number>()
  const actions = tagActions(schema, ({ type, repeated }) => {
    if (repeated) return SLOWLY
    return isBytesType(type) ? BYTES : type === 'uint64' ? WIDE_NUMBER : NUMBER
  })
  schema.fields.forEach(({ number }, index) => {
    if (number < DIRECT_NUMBERS) direct[number] = index
    else others.set(number, index)
  })
  const isBytes = Uint8Array.from(schema.fields, ({ type }) => (isBytesType(type) ? 1 : 0))
  const isRepeated = Uint8Array.from(schema.fields, ({ repeated }) => (repeated ? 1 : 0))
  // a number of 32 bits is the low half of what was written, an enum too
  const isWide = Uint8Array.from(schema.fields, ({ type }) => (type === 'uint64' ? 1 : 0))

  function mark(index: number, present: boolean): void {
    if (present) set[index >> 5] |= 1 << (index & 31)
    else set[index >> 5] &= ~(1 << (index & 31))
  }

  /** Stores the field under the cursor; false where it is a packed run that is broken. */
  function store(buf: Buffer): boolean {
    const { field, wireType } = cursor
    const index = field < DIRECT_NUMBERS ? direct[field] : (others.get(field) ?? -1)
    if (index < 0) return true
    const fits = wireType === (isBytes[index] === 1 ? WIRE_BYTES : WIRE_VARINT)
    if (isRepeated[index] === 1) {
      if (!fits) {
        if (wireType !== WIRE_BYTES || cursor.end === cursor.start) return true
        if (!isPackedRun(buf, cursor.start, cursor.end)) return false
      }
      if (!isSet(values, index)) starts[index] = cursor.tagStart
      ends[index] = cursor.end
      mark(index, true)
    } else if (fits && wireType === WIRE_BYTES) {
      starts[index] = cursor.start
      ends[index] = cursor.end
      mark(index, cursor.end > cursor.start)
    } else if (fits) {
      lo[index] = cursor.lo
      hi[index] = isWide[index] === 1 ? cursor.hi : 0
      mark(index, lo[index] !== 0 || hi[index] !== 0)
    }
    return true
  }

  let viewed = values.buf
  let view = viewOf(viewed)

  return (buf, start, end) => {
    if (buf !== viewed) {
      viewed = buf
      view = viewOf(buf)
    }
    values.buf = buf
    for (let i = 1; i < set.length; i++) set[i] = 0
    /** set[0] */
    let bits = 0
    const quickEnd = Math.min(end, buf.length - QUICK_BYTES)
    let pos = start
    while (pos < end) {
      const tagStart = pos
      let what = SLOWLY
      if (pos < quickEnd) {
        let tag = buf[pos++]
        if (tag >= 0x80) tag = (tag & 0x7f) | (buf[pos++] << 7)
        if (tag < SHORT_TAGS) what = actions[tag]
      }
      const action = what & ACTION
      // what reaches beyond the end of the message ends the loop there
      if (action === SKIP_NUMBER) {
        if (buf[pos++] < 0x80 || buf[pos++] < 0x80) continue
        if (buf[pos++] < 0x80 || buf[pos++] < 0x80) continue
        const stops = stopsIn(view.getInt32(pos, true))
        if (stops !== 0) pos += bytesTo(stops)
        else if (buf[pos + 4] < 0x80) pos += 5
        else if (buf[pos + 5] < 0x80) pos += 6
        else return false
        continue
      }
      if (action === SKIP_BYTES) {
        const size = buf[pos++]
        if (size < 0x80) {
          pos += size
          continue
        }
      } else if (action === BYTES) {
        const size = buf[pos++]
        if (size < 0x80) {
          const index = what >> ACTION_BITS
          starts[index] = pos
          ends[index] = pos += size
          if (index >= WORD_BITS) mark(index, size > 0)
          else bits = size > 0 ? bits | (1 << index) : bits & ~(1 << index)
          continue
        }
      } else if (action !== SLOWLY) {
        let word = view.getInt32(pos, true)
        const stops = stopsIn(word)
        let high = 0
        let low: number
        if (stops !== 0) {
          pos += bytesTo(stops)
          word &= ((stops & -stops) - 1) | 0
          low = sevens(word)
        } else {
          low = sevens(word)
          let byte = buf[pos + 4]
          pos += 5
          low |= (byte & 0x0f) << 28
          high = (byte & 0x7f) >> 4
          for (let shift = 3; byte >= 0x80 && shift < 32; shift += 7) {
            byte = buf[pos++]
            high |= (byte & 0x7f) << shift
          }
          if (byte >= 0x80) return false
        }
        if (action === NUMBER) high = 0
        const index = what >> ACTION_BITS
        lo[index] = low
        hi[index] = high
        if (index >= WORD_BITS) mark(index, (low | high) !== 0)
        else bits = (low | high) !== 0 ? bits | (1 << index) : bits & ~(1 << index)
        continue
      }
      cursor.pos = tagStart
      set[0] = bits
      if (!nextField(buf, end, cursor) || !store(buf)) return false
      bits = set[0]
      pos = cursor.pos
    }
    set[0] = bits
    return pos === end
  }
}

function isBytesType(type: FieldType): boolean {
  return type === 'bytes' || type === 'string'
}

/** Whether the bytes are whole varints of at most ten bytes. */
export function isPackedRun(buf: Buffer, start: number, end: number): boolean {
  let size = 0
  for (let pos = start; pos < end; pos++) {
    size++
    if (buf[pos] < 0x80) size = 0
    else if (size === 10) return false
  }
  return size === 0
}

/** Where a walk through a repeated field stands: numbers are in `lo` and `hi`, bytes between `start` and `end`. */
export interface EntryCursor extends FieldCursor {
  /** the end of the packed run that is being read; 0 between runs */
  packedEnd: number
}

/** To be set by `firstEntry`. */
export function entryCursor(): EntryCursor {
  return { ...fieldCursor(), packedEnd: 0 }
}

/** Puts the cursor in front of the entries of a repeated field that is set. */
export function firstEntry(values: FieldValues, index: number, entries: EntryCursor): void {
  entries.pos = values.start[index]
  entries.packedEnd = 0
}

/** Steps to the next entry of a repeated field that is set, packed or not, in one run or several; false after the last. */
export function nextEntry(values: FieldValues, index: number, entries: EntryCursor): boolean {
  const { buf, schema } = values
  const { number, type } = schema.fields[index]
  const end = values.end[index]
  const isBytes = isBytesType(type)
  for (;;) {
    if (entries.packedEnd !== 0) {
      if (entries.pos < entries.packedEnd) {
        readVarint(buf, entries.pos, entries.packedEnd, entries)
        break
      }
      entries.packedEnd = 0
    }
    if (entries.pos >= end || !nextField(buf, end, entries)) return false
    if (entries.field !== number) continue
    if (entries.wireType === WIRE_BYTES) {
      if (isBytes) return true
      entries.packedEnd = entries.end
      entries.pos = entries.start
    } else if (entries.wireType === WIRE_VARINT && !isBytes) break
  }
  if (type !== 'uint64') entries.hi = 0
  return true
}
