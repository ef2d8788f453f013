/**
 * The stream between two tools: messages one after another, each behind its length.
 *
 *     stream := frame*
 *     frame  := length (varint, at most 16 MiB), message (length bytes)
 *
 * The same framing as protobuf's writeDelimitedTo, ClickHouse's `Protobuf` format and goflow2's `-format=bin`.
 */

import { varintSize, writeVarint32 } from './varint.js'

/** The longest message a stream may carry; a longer one means that the bytes are no stream. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
/** Room to leave in front of a message for its length. */
export const MAX_PREFIX_BYTES = 4

/** A stream that is broken: `offset` is the byte at which the broken frame starts. */
export class BrokenStreamError extends Error {
  constructor(
    readonly reason: string,
    readonly offset: number
  ) {
    super(`${reason} at byte ${offset}`)
  }
}

/** `buf[start, end)` is one message, `buf[frameStart, end)` the same with its length in front; valid only during the call. */
export type FrameHandler = (buf: Buffer, start: number, end: number, frameStart: number) => void

/** Cuts chunks of a stream, wherever they were cut, into messages. */
export interface FrameReader {
  /** Hands every message that is now whole to the handler. Throws BrokenStreamError. */
  push(chunk: Buffer): void
  /** Says that nothing more comes. Throws BrokenStreamError where the stream ends inside a frame. */
  end(): void
}

/** A frame reader; messages inside a chunk are handed on in place, only one that spans chunks is put together in a buffer of its own. */
export function frameReader(onFrame: FrameHandler): FrameReader {
  let rest = Buffer.allocUnsafeSlow(64 * 1024)
  let held = 0 // bytes of an unfinished frame in rest
  let offset = 0 // of the stream, where the unfinished or next frame starts
  let bodyStart = 0

  /** The end of the frame at `pos`, 0 where its length is not whole yet; leaves the start of the message in `bodyStart`. */
  function frameEnd(buf: Buffer, pos: number, end: number): number {
    let length = 0
    for (let shift = 0; pos < end; shift += 7) {
      const byte = buf[pos++]
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (length > MAX_MESSAGE_BYTES) break
        bodyStart = pos
        return pos + length
      }
      if (shift >= 28) {
        length = Infinity
        break
      }
    }
    if (length > MAX_MESSAGE_BYTES) throw new BrokenStreamError('no sane message length', offset)
    return 0
  }

  /** Moves on with the frame in `rest`; gives how much of the chunk that took. */
  function finishHeld(chunk: Buffer): number {
    let taken = 0
    for (;;) {
      const end = frameEnd(rest, 0, held)
      const missing = end === 0 ? 1 : end - held
      if (end !== 0 && missing <= 0) {
        onFrame(rest, bodyStart, end, 0)
        offset += end
        held = 0
        return taken
      }
      if (taken === chunk.length) return taken
      const size = Math.min(missing, chunk.length - taken)
      if (held + size > rest.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(end, 2 * rest.length), MAX_MESSAGE_BYTES + MAX_PREFIX_BYTES + 1))
        rest.copy(larger, 0, 0, held)
        rest = larger
      }
      chunk.copy(rest, held, taken, taken + size)
      held += size
      taken += size
    }
  }

  return {
    push(chunk) {
      let pos = held > 0 ? finishHeld(chunk) : 0
      while (pos < chunk.length) {
        const end = frameEnd(chunk, pos, chunk.length)
        if (end === 0 || end > chunk.length) {
          finishHeld(chunk.subarray(pos))
          return
        }
        onFrame(chunk, bodyStart, end, pos)
        offset += end - pos
        pos = end
      }
    },
    end() {
      if (held > 0) throw new BrokenStreamError('the stream ends inside a message', offset)
    }
  }
}

/**
 * Writes the length of the message at `buf[lengthAt + prefix, end)` into the `prefix` bytes left for it, moving the message where
 * its length takes more or fewer; gives the position behind the frame.
 */
export function closeFrame(buf: Buffer, lengthAt: number, prefix: number, end: number): number {
  const start = lengthAt + prefix
  const length = end - start
  const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : varintSize(length)
  if (size !== prefix) buf.copyWithin(lengthAt + size, start, end)
  writeVarint32(buf, lengthAt, length)
  return lengthAt + size + length
}
