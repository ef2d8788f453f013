/**
 * The stream between two tools: messages one after another, each behind its length.
 *
 *     stream := frame*
 *     frame  := length (varint, at most 16 MiB), message (length bytes)
 *
 * The same framing as protobuf's writeDelimitedTo, ClickHouse's `Protobuf` format and goflow2's `-format=bin`.
 */

import { blockReader, BrokenStreamError } from './blocks.js'
import { readVarint, varintSize, writeVarint32 } from './varint.js'

export { BrokenStreamError }

/** The longest message a stream may carry; a longer one means that the bytes are no stream. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
/** Room to leave in front of a message for its length. */
export const MAX_PREFIX_BYTES = 4

/** `buf[start, end)` is one message, `buf[frameStart, end)` the same with its length in front; valid only during the call. */
export type FrameHandler = (buf: Buffer, start: number, end: number, frameStart: number) => void

/** Cuts chunks of a stream, wherever they were cut, into messages. */
export interface FrameReader {
  /** Hands every message that is now whole to the handler. Throws BrokenStreamError. */
  push(chunk: Buffer): void
  /** Ends the stream. Throws BrokenStreamError where the stream ends inside a frame. */
  end(): void
}

/** A frame reader; messages inside a chunk are handed on in place. */
export function frameReader(onFrame: FrameHandler): FrameReader {
  let length = 0 // of the message whose frame was measured last

  function frameSize(buf: Buffer, pos: number, end: number, offset: number): number {
    const start = pos
    length = 0
    for (let shift = 0; pos < end; shift += 7) {
      const byte = buf[pos++]
      length += shift < 28 ? (byte & 0x7f) << shift : (byte & 0x7f) * 2 ** 28
      if (length > MAX_MESSAGE_BYTES || (byte >= 0x80 && shift >= 28)) throw new BrokenStreamError('no sane message length', offset)
      if (byte < 0x80) return pos - start + length
    }
    return 0
  }

  function handOn(buf: Buffer, start: number, end: number): boolean {
    onFrame(buf, end - length, end, start)
    return true
  }

  return blockReader(frameSize, handOn, 'the stream ends inside a message')
}

/** The position behind the first `count` frames of `buf`, which holds whole ones. */
export function endOfFrames(buf: Buffer, count: number): number {
  const cursor = { pos: 0, lo: 0, hi: 0 }
  while (count-- > 0 && readVarint(buf, cursor.pos, buf.length, cursor)) cursor.pos += cursor.lo
  return cursor.pos
}

/**
 * Writes the length of the message at `buf[lengthAt + prefix, end)` into the `prefix` bytes left for it, moving the message where
 * its length takes more or fewer; returns the position behind the frame.
 */
export function closeFrame(buf: Buffer, lengthAt: number, prefix: number, end: number): number {
  const start = lengthAt + prefix
  const length = end - start
  const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : varintSize(length)
  if (size !== prefix) buf.copyWithin(lengthAt + size, start, end)
  writeVarint32(buf, lengthAt, length)
  return lengthAt + size + length
}
