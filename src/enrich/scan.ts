/** Finds the fields that concern flow-enrich in a message, in one walk over its tags. */
import { WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from '../flow/message.js'
import { readVarint } from '../flow/varint.js'
import { NO_CODE } from './fields.js'

/**
 * The fields found, in the message's order, `MARK` numbers each from `list[0]` to `list[end)`: the field's code (fields.ts), where its tag
 * begins, where its value begins (for bytes: behind the length), where it ends.
 */
export interface Marks {
  list: Int32Array
  end: number
  /** the index of each field's last mark by its code, -1 where it is not there: of a field that stands there twice, the last counts */
  readonly last: Int32Array
}

export const MARK = 4

/** None yet. */
export function newMarks(): Marks {
  return { list: new Int32Array(16 * MARK), end: 0, last: new Int32Array(64).fill(-1) }
}

const cursor = { pos: 0, lo: 0, hi: 0 }

/**
 * Marks the fields of the message at `buf[start, end)` (grammar: flow/message.ts) that have a code, by their tags' values; false where it
 * is no protobuf.
 */
export function scanMessage(buf: Buffer, start: number, end: number, codes: Uint8Array, marks: Marks): boolean {
  const { last } = marks
  let { list } = marks
  for (let i = 0; i < marks.end; i += MARK) last[list[i]] = -1
  let marksEnd = 0
  marks.end = 0
  let pos = start
  while (pos < end) {
    const tagStart = pos
    let tag = buf[pos++]
    if (tag >= 0x80) {
      if (pos < end && buf[pos] < 0x80) tag = (tag & 0x7f) | (buf[pos++] << 7)
      else {
        if (!readVarint(buf, tagStart, end, cursor) || cursor.hi !== 0) return false
        tag = cursor.lo
        pos = cursor.pos
      }
    }
    if (tag < 8) return false
    let valueStart = pos
    const wireType = tag & 7
    if (wireType === WIRE_VARINT) {
      pos = varintEnd(buf, pos, end)
      if (pos === 0) return false
    } else if (wireType === WIRE_BYTES) {
      let length = pos < end ? buf[pos++] : 0x80
      if (length >= 0x80) {
        if (!readVarint(buf, valueStart, end, cursor) || cursor.hi !== 0) return false
        length = cursor.lo
        pos = cursor.pos
      }
      if (length > end - pos) return false
      valueStart = pos
      pos += length
    } else if (wireType === WIRE_FIXED64) pos += 8
    else if (wireType === WIRE_FIXED32) pos += 4
    else return false
    if (pos > end) return false
    if (tag >= codes.length) continue
    const code = codes[tag]
    if (code === NO_CODE) continue
    if (marksEnd === list.length) {
      const larger = new Int32Array(2 * list.length)
      larger.set(list)
      list = marks.list = larger
    }
    list[marksEnd] = code
    list[marksEnd + 1] = tagStart
    list[marksEnd + 2] = valueStart
    list[marksEnd + 3] = pos
    marksEnd += MARK
  }
  for (let i = 0; i < marksEnd; i += MARK) last[list[i]] = i
  marks.end = marksEnd
  return true
}

/** The number in the field of that code; 0 where it is not there. Of a number of more than 32 bits, the low ones. */
export function numberIn(buf: Buffer, { list, last }: Marks, code: number): number {
  const mark = last[code]
  if (mark < 0) return 0
  readVarint(buf, list[mark + 2], list[mark + 3], cursor)
  return cursor.lo
}

/** The position behind the varint at `pos`, 0 where it does not end before `end` or is longer than ten bytes. */
function varintEnd(buf: Buffer, pos: number, end: number): number {
  if (end - pos < 10) {
    while (pos < end) if (buf[pos++] < 0x80) return pos
    return 0
  }
  // without a loop, a fifth of the whole scan quicker
  if (buf[pos++] < 0x80 || buf[pos++] < 0x80 || buf[pos++] < 0x80 || buf[pos++] < 0x80 || buf[pos++] < 0x80) return pos
  if (buf[pos++] < 0x80 || buf[pos++] < 0x80 || buf[pos++] < 0x80 || buf[pos++] < 0x80 || buf[pos++] < 0x80) return pos
  return 0
}
