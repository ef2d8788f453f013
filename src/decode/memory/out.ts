/**
 * The FlowMessages under construction. Like the input they have one place in the process, a constant of this module, from where they are handed
 * to the tool's output; see in.ts for why. All that is written here goes through these functions, most of which return the position behind
 * what they wrote. They may write up to SLACK_BYTES further than that. Those whose second argument is a tag write a whole field.
 */
import { MAX_MESSAGE_BYTES } from '../../flow/frames.js'
import { fieldCursor, nextField } from '../../flow/message.js'
import type { Appendable } from '../../flow/output.js'
import { inputBytes, inI32, inU8 } from './in.js'

/** More than the messages of the longest record or sample take. Pages that are never written to are no memory. */
const bytes = Buffer.allocUnsafeSlow(MAX_MESSAGE_BYTES)
const view = new DataView(bytes.buffer)
const source = inputBytes()

/** For code that is generated, where they are a constant as well. */
export const outputView = (): DataView => view

const SLACK_BYTES = 16
/** Where the fields stand that all messages of a datagram start with, what plain frames end with (packet/plain.ts), and the messages. */
export const COMMON_AT = 0
export const ENDINGS_AT = 128
const MESSAGES_AT = 512
/** What is handed on at the least, but for the end of a chunk; and of one datagram: a processor's nearest cache holds the first. */
const HAND_ON_BYTES = 16 * 1024
const MOST_BYTES = 64 * 1024
/** The most that can be reserved. */
export const MOST_ROOM = bytes.length - MESSAGES_AT - SLACK_BYTES

/** Messages that are whole and not handed on yet. */
export interface Messages {
  readonly output: Appendable
  /** where the next one goes */
  pos: number
  /** FlowMessages among them and among those that were handed on */
  flows: number
  /** where they stood, and how many flows, when the datagram at hand began, or when what it had was handed on: what came since can be dropped */
  dropPos: number
  dropFlows: number
}

export function messagesFor(output: Appendable): Messages {
  return { output, pos: MESSAGES_AT, flows: 0, dropPos: MESSAGES_AT, dropFlows: 0 }
}

/** Makes room for a message of up to `size` bytes; returns the position it starts at. */
export function reserve(messages: Messages, size: number): number {
  if (messages.pos > MOST_BYTES || messages.pos + size > bytes.length - SLACK_BYTES) handOn(messages)
  return messages.pos
}

/** What is written from here on is of another datagram. */
export function beginDatagram(messages: Messages): void {
  if (messages.pos > HAND_ON_BYTES) handOn(messages)
  keep(messages)
}

/** Nothing that is there is dropped any more. */
function keep(messages: Messages): void {
  messages.dropPos = messages.pos
  messages.dropFlows = messages.flows
}

/** Drops what the datagram has written and what is not handed on yet. */
export function dropDatagram(messages: Messages): void {
  messages.pos = messages.dropPos
  messages.flows = messages.dropFlows
}

/** Hands what is whole to the output. */
export function handOn(messages: Messages): void {
  const { output, pos } = messages
  if (pos === MESSAGES_AT) return
  output.reserve(pos - MESSAGES_AT)
  output.buf.set(bytes.subarray(MESSAGES_AT, pos), output.pos)
  output.pos += pos - MESSAGES_AT
  messages.pos = MESSAGES_AT
  keep(messages)
}

export function outByte(pos: number, byte: number): void {
  bytes[pos] = byte
}

/** Writes a tag of `packedTag`. */
export function outTag(pos: number, tag: number): number {
  view.setInt32(pos, tag, true)
  return pos + 4 - (Math.clz32(tag) >> 3)
}

/** By the zeros in front of a number of 32 bits: the bytes of its varint, and the bits that say of each of the first four that more follow. */
export const VARINT_SIZES = new Uint8Array(128) // V8 keeps up to 64 bytes where they may move: their address is no constant
export const VARINT_MARKS = new Int32Array(33)
for (let zeros = 0; zeros <= 32; zeros++) {
  const size = Math.max(Math.ceil((32 - zeros) / 7), 1)
  VARINT_SIZES[zeros] = size
  VARINT_MARKS[zeros] = size === 5 ? 0x80808080 : 0x80808080 & ((1 << (8 * (size - 1))) - 1)
}

/** The lowest 28 bits of `value`, seven in each byte. */
function spread(value: number): number {
  return (value & 0x7f) | ((value << 1) & 0x7f00) | ((value << 2) & 0x7f0000) | ((value << 3) & 0x7f000000)
}

/**
 * Writes the 32 bits of `value` as an unsigned varint. From two bytes on its size is no branch: of ports and addresses a processor cannot guess the next
 * one's, and what is short V8 builds into the code that calls it.
 */
export function outVarint32(pos: number, value: number): number {
  if (value >>> 7 === 0) {
    bytes[pos] = value
    return pos + 1
  }
  const zeros = Math.clz32(value)
  view.setInt32(pos, spread(value) | VARINT_MARKS[zeros], true)
  bytes[pos + 4] = value >>> 28
  return pos + VARINT_SIZES[zeros]
}

/**
 * The same of the bits of hi · 2^32 + lo. Both are best given as signed numbers: V8 has to allocate memory for an argument of 2^31 and more, where it does
 * not build the function into its caller.
 */
export function outVarint64(pos: number, hi: number, lo: number): number {
  if (hi === 0) return outVarint32(pos, lo)
  view.setInt32(pos, spread(lo) | 0x80808080, true)
  const rest = (lo >>> 28) | (hi << 4) // bits 28 to 59
  if (hi >>> 24 === 0) return outVarint32(pos + 4, rest)
  view.setInt32(pos + 4, spread(rest) | 0x80808080, true)
  return outVarint32(pos + 8, hi >>> 24)
}

// Fields: nothing is written for zero or empty (proto3).

export function outUint32(pos: number, tag: number, value: number): number {
  return value === 0 ? pos : outVarint32(outTag(pos, tag), value | 0)
}

/** The value is hi · 2^32 + lo. */
export function outUint64(pos: number, tag: number, hi: number, lo: number): number {
  return hi === 0 && lo === 0 ? pos : outVarint64(outTag(pos, tag), hi | 0, lo | 0)
}

/** A value of 8 bits. */
export function outUint8(pos: number, tag: number, value: number): number {
  if (value === 0) return pos
  const at = outTag(pos, tag)
  view.setUint16(at, value + ((value & 0x80) << 1), true) // with the top bit set, the first byte of two as it is
  return at + 1 + (value >>> 7)
}

/** The 4 bytes at `at` of the input as a field of bytes. */
export function outAddress4(pos: number, tag: number, at: number): number {
  const length = outTag(pos, tag)
  bytes[length] = 4
  view.setInt32(length + 1, inI32(at))
  return length + 5
}

/** The bytes `[start, end)` of the input as a field. */
export function outInput(pos: number, tag: number, start: number, end: number): number {
  if (end - start === 4) return outAddress4(pos, tag, start)
  if (start >= end) return pos
  const at = outVarint32(outTag(pos, tag), end - start)
  if (end - start > LONG_BYTES) {
    source.copy(bytes, at, start, end)
    return at + end - start
  }
  return outInputBytes(at, start, end)
}

/** Up to here a loop is quicker than a call. */
const LONG_BYTES = 64

/** The bytes `[start, end)` of the input. */
export function outInputBytes(pos: number, start: number, end: number): number {
  for (; end - start >= 4; start += 4, pos += 4) view.setInt32(pos, inI32(start))
  for (; start < end; start++, pos++) bytes[pos] = inU8(start)
  return pos
}

/** Bytes that are kept as a string, a letter a byte. */
export function outLetters(pos: number, tag: number, letters: string): number {
  if (letters === '') return pos
  const at = outVarint32(outTag(pos, tag), letters.length)
  for (let i = 0; i < letters.length; i++) bytes[at + i] = letters.charCodeAt(i)
  return at + letters.length
}

/** Bytes as they are. */
export function outRaw(pos: number, from: Uint8Array): number {
  bytes.set(from, pos)
  return pos + from.length
}

/** The first `size` bytes of the common fields. */
export function outCommon(pos: number, size: number): number {
  return outAgain(pos, COMMON_AT, size)
}

/** The `size` bytes at `from` of this memory. */
export function outAgain(pos: number, from: number, size: number): number {
  for (let i = 0; i < size; i += 8) {
    view.setInt32(pos + i, view.getInt32(from + i, true), true)
    view.setInt32(pos + i + 4, view.getInt32(from + i + 4, true), true)
  }
  return pos + size
}

const field = fieldCursor()

/** Removes the fields of these numbers from the message at `[start, end)`; returns where it ends then. */
export function removeFields(start: number, end: number, numbers: ReadonlySet<number>): number {
  let pos = start
  field.pos = start
  while (nextField(bytes, end, field)) {
    if (numbers.has(field.field)) continue
    if (pos !== field.tagStart) bytes.copyWithin(pos, field.tagStart, field.end)
    pos += field.end - field.tagStart
  }
  return pos
}

/**
 * Writes the length of what stands at `[lengthAt + prefix, end)` into the `prefix` bytes left for it, moving it where its
 * length takes more or fewer; returns the position behind.
 */
export function closeLength(lengthAt: number, prefix: number, end: number): number {
  const start = lengthAt + prefix
  const length = end - start
  const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : 4
  if (size !== prefix) bytes.copyWithin(lengthAt + size, start, end)
  // what outVarint32 writes would reach into what follows
  for (let i = 0; i < size - 1; i++) bytes[lengthAt + i] = (length >>> (7 * i)) | 0x80
  bytes[lengthAt + size - 1] = length >>> (7 * (size - 1))
  return lengthAt + size + length
}
