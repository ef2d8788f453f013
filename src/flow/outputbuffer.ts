/**
 * The buffer that frames are appended to. It is handed on when it is full enough, or a few milliseconds after its first frame when no more come, and
 * another one is filled in its place.
 */
import type { Appendable } from './appendable.js'

/** A buffer this full is handed on as soon as that is possible. */
const FLUSH_BYTES = 64 * 1024
/** The size of a buffer: past FLUSH_BYTES there is room for the frames of one more datagram. */
export const BUFFER_BYTES = 256 * 1024
/** How long a frame waits for others to be handed on with. */
const LINGER_MS = 2

export interface OutputBuffer extends Appendable {
  /** To be called once a piece of work is appended: hands the buffer on when it is full enough, or soon. */
  commit(): void
  /** Hands on all that is appended. */
  flush(): void
}

/**
 * `handOn` gets the bytes that were appended, and the buffer that they are in. It owns that buffer until it puts it into `pool`, from which buffers
 * are filled again. While `mayHandOn` is false, `commit` leaves the bytes where they are.
 */
export function outputBuffer(handOn: (bytes: Buffer, buf: Buffer) => void, pool: Buffer[], mayHandOn = (): boolean => true): OutputBuffer {
  let timer: NodeJS.Timeout | undefined
  let hasLingered = false

  function lingered(): void {
    timer = undefined
    hasLingered = output.pos > 0
    output.commit()
  }

  // no getters in here: V8 gives an object literal that has one a hash table for its properties, and `buf` and `pos` are read for each flow
  const output = {
    buf: Buffer.allocUnsafeSlow(BUFFER_BYTES) as Buffer,
    pos: 0,
    reserve(size: number): void {
      if (output.buf.length - output.pos >= size) return
      output.flush()
      if (output.buf.length < size) output.buf = Buffer.allocUnsafeSlow(size)
    },
    commit(): void {
      if (output.pos === 0) return
      if ((hasLingered || output.pos >= FLUSH_BYTES) && mayHandOn()) output.flush()
      else timer ??= setTimeout(lingered, LINGER_MS)
    },
    flush(): void {
      if (output.pos === 0) return
      const { buf, pos } = output
      hasLingered = false
      output.buf = pool.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
      output.pos = 0
      handOn(pos === buf.length ? buf : buf.subarray(0, pos), buf)
    }
  }
  return output
}
