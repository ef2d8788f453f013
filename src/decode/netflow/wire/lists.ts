/**
 * Lists of values in a field (RFC 6313 section 4.5.1).
 *
 *     basicList := semantic(1), element(2), length(2), [enterprise(4), if the element's first bit is set], value*
 *     value     := as many bytes as the length says; where that is 65535: length(1) | 255, length(2), and then so many
 */
import { inU16, inU32, inU8 } from '../../memory/in.js'
import { ENTERPRISE_BIT, VARIABLE_LENGTH } from './template.js'

const HEADER_BYTES = 5

/** A list, and the value in it that was found last. */
export interface ListCursor {
  semantic: number
  /** element number without the enterprise bit */
  id: number
  enterprise: number
  /** bytes of every value, or VARIABLE_LENGTH */
  length: number
  /** where the next value, or its length, starts; where no other is found, what is left starts */
  pos: number
  end: number
  /** the value that was found: where it starts, and its bytes */
  at: number
  bytes: number
}

/** To be opened. */
export function listCursor(): ListCursor {
  return { semantic: 0, id: 0, enterprise: 0, length: 0, pos: 0, end: 0, at: 0, bytes: 0 }
}

/** Opens the basicList at `[at, end)` of the input; false where its header is cut. */
export function openList(list: ListCursor, at: number, end: number): boolean {
  if (end - at < HEADER_BYTES) return false
  const element = inU16(at + 1)
  const hasEnterprise = element >= ENTERPRISE_BIT
  if (hasEnterprise && end - at < HEADER_BYTES + 4) return false
  list.semantic = inU8(at)
  list.id = element & ~ENTERPRISE_BIT
  list.enterprise = hasEnterprise ? inU32(at + HEADER_BYTES) : 0
  list.length = inU16(at + 3)
  list.pos = at + (hasEnterprise ? HEADER_BYTES + 4 : HEADER_BYTES)
  list.end = end
  return true
}

/** Finds the next value; false at the end of the list, and where what is left is no whole value. */
export function nextInList(list: ListCursor): boolean {
  const { end } = list
  let { pos, length } = list
  if (pos >= end || length === 0) return false
  if (length === VARIABLE_LENGTH) {
    length = inU8(pos++)
    if (length === 255) {
      if (end - pos < 2) return false
      length = inU16(pos)
      pos += 2
    }
  }
  if (length > end - pos) return false
  list.at = pos
  list.bytes = length
  list.pos = pos + length
  return true
}
