/** Elements that a mapping file sends to a field: numbers of either byte order, bytes as they are, text. */
import { Buffer } from 'node:buffer'
import { writeTag } from '../../flow/message.js'
import { writeVarint32, writeVarint64 } from '../../flow/varint.js'
import { Op } from './ops.js'

/** Writes the element `buf[at, at + length)`; `flags`: 1 little-endian, 2 capped at 32 bits. Nothing for zero, for empty and for a number of no length. */
export function writeMapped(op: Op, out: Buffer, pos: number, tag: number, buf: Buffer, at: number, length: number, flags: number): number {
  if (op === Op.mappedNumber) return writeNumber(out, pos, tag, buf, at, length, flags)
  let bytes: Buffer = buf
  let from = at
  let until = at + length
  if (op === Op.mappedString) {
    // strings are padded with zeros to a template's length
    while (until > from && buf[until - 1] === 0) until--
    if (!isAscii(buf, from, until)) {
      // a protobuf string has to be UTF-8: what is none becomes the replacement character
      bytes = Buffer.from(buf.toString('utf8', from, until))
      from = 0
      until = bytes.length
    }
  }
  if (from === until) return pos
  pos = writeVarint32(out, writeTag(out, pos, tag), until - from)
  bytes.copy(out, pos, from, until)
  return pos + until - from
}

function isAscii(buf: Buffer, from: number, until: number): boolean {
  for (let i = from; i < until; i++) if (buf[i] > 0x7f) return false
  return true
}

function writeNumber(out: Buffer, pos: number, tag: number, buf: Buffer, at: number, length: number, flags: number): number {
  if (length > 8) return pos
  let hi = 0
  let lo = 0
  for (let i = 0; i < length; i++) {
    const byte = (flags & 1) === 0 ? buf[at + i] : buf[at + length - 1 - i]
    hi = ((hi << 8) | (lo >>> 24)) >>> 0
    lo = ((lo << 8) | byte) >>> 0
  }
  if ((flags & 2) !== 0 && hi !== 0) {
    hi = 0
    lo = 0xffffffff
  }
  if (hi === 0 && lo === 0) return pos
  return writeVarint64(out, writeTag(out, pos, tag), hi, lo)
}
