/**
 * Cuts a stream that comes in chunks into blocks that begin with their own length: frames between the tools, packets of a capture, messages
 * of an IPFIX file.
 */

/** A stream that is broken: `offset` is the byte at which the broken block starts. */
export class BrokenStreamError extends Error {
  constructor(
    readonly reason: string,
    readonly offset: number
  ) {
    super(`${reason} at byte ${offset}`)
  }
}

/**
 * The bytes that the block at `buf[pos, end)` takes, 0 where more of it is needed to know. May be asked again for the same block.
 * Throws BrokenStreamError (`offset` is where in the stream the block starts) where no block can begin so.
 */
export type BlockSize = (buf: Buffer, pos: number, end: number, offset: number) => number

/** `buf[start, end)` is one block, valid only during the call. False puts it off: `resume` hands it over again, before any other. */
export type BlockHandler = (buf: Buffer, start: number, end: number, offset: number) => boolean

export interface BlockReader {
  /** Hands every block that is now whole to the handler; false where the handler put one off. The chunk must stay as it is until all of it is read. */
  push(chunk: Buffer): boolean
  /** Goes on with the chunk after a block was put off; as `push`. */
  resume(): boolean
  /** Ends the stream. Throws BrokenStreamError where the stream ends inside a block. */
  end(): void
  /** where in the stream the next or unfinished block starts */
  readonly offset: number
  /** whether a block was begun that is not whole yet */
  readonly isInside: boolean
}

/**
 * A block reader; blocks inside a chunk are handed on in place, only one that spans chunks is put together in a buffer of its own, which
 * grows to the largest size that `sizeOf` gives. `endsInside` says what it means that the stream ends inside a block.
 */
export function blockReader(sizeOf: BlockSize, onBlock: BlockHandler, endsInside: string): BlockReader {
  let rest: Buffer = Buffer.allocUnsafeSlow(64 * 1024)
  let restBytes = 0 // of an unfinished block, in rest
  let offset = 0
  let chunk = rest
  let pos = chunk.length // how far the chunk is read

  /** Moves on with the block in `rest`; false where it was put off. */
  function finishRest(): boolean {
    while (restBytes > 0) {
      const size = sizeOf(rest, 0, restBytes, offset)
      const missing = size === 0 ? 1 : size - restBytes
      if (missing <= 0) {
        if (!onBlock(rest, 0, size, offset)) return false
        offset += size
        restBytes = 0
      } else if (pos === chunk.length) return true
      else keep(Math.min(missing, chunk.length - pos), size)
    }
    return true
  }

  function keep(more: number, size: number): void {
    if (restBytes + more > rest.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * rest.length))
      rest.copy(larger, 0, 0, restBytes)
      rest = larger
    }
    chunk.copy(rest, restBytes, pos, pos + more)
    restBytes += more
    pos += more
  }

  function resume(): boolean {
    if (restBytes > 0 && !finishRest()) return false
    const { length } = chunk
    while (pos < length) {
      const size = sizeOf(chunk, pos, length, offset)
      if (size === 0 || size > length - pos) {
        keep(1, size)
        if (!finishRest()) return false
      } else {
        if (!onBlock(chunk, pos, pos + size, offset)) return false
        pos += size
        offset += size
      }
    }
    return true
  }

  return {
    push(next) {
      chunk = next
      pos = 0
      return resume()
    },
    resume,
    end() {
      if (restBytes > 0) throw new BrokenStreamError(endsInside, offset)
    },
    get offset() {
      return offset
    },
    get isInside() {
      return restBytes > 0
    }
  }
}
