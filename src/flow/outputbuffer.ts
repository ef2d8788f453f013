/**
 * The buffer that frames are appended to. It is handed on at once when it is full enough, or when the one before it went some milliseconds ago; else when
 * these have passed. Another one is filled in its place. So what comes after a pause does not wait, and a steady input wakes the reader some hundred times
 * a second.
 */
import type { Appendable } from './appendable.js'

/** A buffer this full is handed on as soon as that is possible. */
const FLUSH_BYTES = 64 * 1024
/** The size of a buffer: past FLUSH_BYTES there is room for the frames of one more datagram. */
export const BUFFER_BYTES = 256 * 1024
/** Between two buffers of which the second is not full enough, at the least. */
const LINGER_MS = 2

export interface OutputBuffer extends Appendable {
  /** To be called once a piece of work is appended: hands the buffer on when it is full enough, or soon. */
  commit(): void
  /** Hands on all that is appended. */
  flush(): void
}

/**
 * `handOn` gets the bytes that were appended, and the buffer that they are in. It owns that buffer until it puts it into `pool`, from which buffers
 * are filled again. Between two that are not full are `lingerMs`. While `mayHandOn` is false, `commit` leaves the bytes where they are; it is to be called
 * again then.
 */
export function outputBuffer(
  handOn: (bytes: Buffer, buf: Buffer) => void,
  pool: Buffer[],
  lingerMs = LINGER_MS,
  mayHandOn = (): boolean => true
): OutputBuffer {
  let timer: NodeJS.Timeout | undefined
  let nextAt = 0

  function lingered(): void {
    timer = undefined
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
      const isFull = output.pos >= FLUSH_BYTES
      if (output.pos === 0 || (timer !== undefined && !isFull) || !mayHandOn()) return
      const left = isFull ? 0 : nextAt - performance.now()
      if (left > 0) timer = setTimeout(lingered, left)
      else output.flush()
    },
    flush(): void {
      if (output.pos === 0) return
      const { buf, pos } = output
      nextAt = performance.now() + lingerMs
      output.buf = pool.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
      output.pos = 0
      handOn(pos === buf.length ? buf : buf.subarray(0, pos), buf)
    }
  }
  return output
}
