/** Elements that a mapping file sends to a field: numbers of either byte order, bytes as they are, text. */
import { Buffer } from 'node:buffer'
import { inputBytes, readUint8 } from '../input.js'
import { copyBytesField, writeBytes, writeTag, writeVarint32, writeVarint64 } from '../messages.js'
import { Op } from './ops.js'

/** Writes the element at `[at, at + length)` of the input; `flags`: 1 little-endian, 2 capped at 32 bits. Nothing for zero, for empty and for a number of no length. */
export function writeMapped(op: Op, pos: number, tag: number, at: number, length: number, flags: number): number {
  if (op === Op.mappedNumber) return writeNumber(pos, tag, at, length, flags)
  let end = at + length
  if (op === Op.mappedBytes) return copyBytesField(pos, tag, at, end)
  // strings are padded with zeros to a template's length
  while (end > at && readUint8(end - 1) === 0) end--
  if (isAscii(at, end)) return copyBytesField(pos, tag, at, end)
  // a protobuf string has to be UTF-8: what is none becomes the replacement character
  const text = Buffer.from(inputBytes().toString('utf8', at, end))
  return writeBytes(writeVarint32(writeTag(pos, tag), text.length), text)
}

function isAscii(from: number, until: number): boolean {
  for (let i = from; i < until; i++) if (readUint8(i) > 0x7f) return false
  return true
}

function writeNumber(pos: number, tag: number, at: number, length: number, flags: number): number {
  if (length > 8) return pos
  let hi = 0
  let lo = 0
  for (let i = 0; i < length; i++) {
    const byte = (flags & 1) === 0 ? readUint8(at + i) : readUint8(at + length - 1 - i)
    hi = ((hi << 8) | (lo >>> 24)) >>> 0
    lo = ((lo << 8) | byte) >>> 0
  }
  if ((flags & 2) !== 0 && hi !== 0) {
    hi = 0
    lo = 0xffffffff
  }
  if (hi === 0 && lo === 0) return pos
  return writeVarint64(writeTag(pos, tag), hi, lo)
}
