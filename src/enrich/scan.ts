/** Finds the fields that concern flow-enrich in a message, in one walk over its tags. */
import { WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from '../flow/message.js'
import { readVarint } from '../flow/varint.js'
import { BIT_OF_TAG } from './fields.js'

/**
 * The fields found, in the message's order, `MARK` numbers each from `list[0]` to `list[end)`: the field's bit (fields.ts), where its tag
 * begins, where its value begins (for bytes: behind the length), where it ends.
 */
export interface Marks {
  list: Int32Array
  end: number
}

export const MARK = 4

export function newMarks(): Marks {
  return { list: new Int32Array(16 * MARK), end: 0 }
}

const cursor = { pos: 0, lo: 0, hi: 0 }

/** Marks the fields of the message at `buf[start, end)` (grammar: flow/message.ts); false where it is no protobuf. */
export function scanMessage(buf: Buffer, start: number, end: number, marks: Marks): boolean {
  const bitOfTag = BIT_OF_TAG
  let { list } = marks
  let marksEnd = 0
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
    if (tag >= bitOfTag.length) continue
    const bit = bitOfTag[tag]
    if (bit === 0) continue
    if (marksEnd === list.length) {
      const larger = new Int32Array(2 * list.length)
      larger.set(list)
      list = marks.list = larger
    }
    list[marksEnd] = bit
    list[marksEnd + 1] = tagStart
    list[marksEnd + 2] = valueStart
    list[marksEnd + 3] = pos
    marksEnd += MARK
  }
  marks.end = marksEnd
  return true
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
