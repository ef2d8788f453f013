/**
 * The bytes a tool writes: one large buffer that its stages append to, handed to the descriptor when it is full or when
 * input pauses. A buffer is used again only when the descriptor has taken it, so memory stays bounded by the reader's pace
 * as long as the tool waits in `ready`.
 */
import type { Writable } from 'node:stream'

/** What one write hands over, at the least, while input keeps coming. */
const FLUSH_BYTES = 64 * 1024
/** The size of a buffer: a write leaves room for the frames of one more datagram. */
const BUFFER_BYTES = 256 * 1024
/** How long a flow is held back for company when input pauses. */
const LINGER_MS = 2
const POOLED_BUFFERS = 8

/** Where frames are appended. */
export interface Appendable {
  /** where the next byte goes: append at `pos`, after `reserve` */
  buf: Buffer
  pos: number
  /** Makes room for `size` bytes behind `pos`; `buf` and `pos` may change. */
  reserve(size: number): void
}

/** Appends text, as UTF-8. */
export function appendText(output: Appendable, text: string): void {
  output.reserve(Buffer.byteLength(text))
  output.pos += output.buf.write(text, output.pos)
}

export interface Output extends Appendable {
  /** To be called once a piece of work is appended: hands the buffer on when it is full enough, or soon. */
  commit(): void
  /** Hands on all that is appended. */
  flush(): void
  /**
   * Hands on bytes that stand in a buffer of the caller's, behind all that is appended; `taken` is called when the descriptor has them
   * and the buffer may be used again, and not if that fails.
   */
  pass(bytes: Buffer, taken: () => void): void
  /** Resolved when the reader has taken enough for more to be written; rejected with what broke the descriptor. */
  ready(): Promise<void>
  /** Flushes, and waits until everything is taken; more may be appended after that. */
  end(): Promise<void>
  /** The reader is slow: wait in `ready` before making more. */
  readonly blocked: boolean
  readonly bytesWritten: number
}

/** What sets the pace of a filter: an Output, or whatever else takes what it makes. */
export type Sink = Pick<Output, 'commit' | 'blocked' | 'ready' | 'end'>

/**
 * An output on a stream. `onBroken` hears once of the stream's error (EPIPE when the reader went away) and gives what `ready` and
 * `end` are to throw from then on; what is appended after it is dropped.
 */
export function openOutput(stream: Writable, onBroken: (error: NodeJS.ErrnoException) => Error): Output {
  const pool: Buffer[] = []
  let inFlight = 0
  let broken: Error | undefined
  let timer: NodeJS.Timeout | undefined
  let waiting: (() => void)[] = []

  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (broken !== undefined) return
    broken = onBroken(error)
    wake()
  })

  function wake(): void {
    const all = waiting
    waiting = []
    for (const resolve of all) resolve()
  }

  function hand(): void {
    const { buf, pos } = output
    output.pos = 0
    if (broken === undefined) output.buf = pool.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    write(pos === buf.length ? buf : buf.subarray(0, pos), () => {
      if (buf.length === BUFFER_BYTES && pool.length < POOLED_BUFFERS) pool.push(buf)
    })
  }

  function write(bytes: Buffer, taken: () => void): void {
    output.bytesWritten += bytes.length
    if (broken !== undefined) return
    inFlight++
    output.blocked = inFlight > 1
    stream.write(bytes, (error?: Error | null) => {
      inFlight--
      output.blocked = inFlight > 1
      if (!error) taken()
      if (!output.blocked) wake()
    })
  }

  // no getters in here: V8 gives an object literal that has one a hash table for its properties, and `buf` and `pos` are read for each flow
  const output = {
    buf: Buffer.allocUnsafeSlow(BUFFER_BYTES) as Buffer,
    pos: 0,
    bytesWritten: 0,
    blocked: false,
    reserve(size: number): void {
      if (output.buf.length - output.pos >= size) return
      if (output.pos > 0) hand()
      if (output.buf.length < size) output.buf = Buffer.allocUnsafeSlow(size)
    },
    commit(): void {
      if (output.pos >= FLUSH_BYTES) hand()
      else if (output.pos > 0 && timer === undefined) {
        timer = setTimeout(() => {
          timer = undefined
          output.flush()
        }, LINGER_MS)
      }
    },
    flush(): void {
      if (output.pos > 0) hand()
    },
    pass(bytes: Buffer, taken: () => void): void {
      output.flush()
      write(bytes, taken)
    },
    async ready(): Promise<void> {
      while (broken === undefined && output.blocked) await new Promise<void>((resolve) => waiting.push(resolve))
      if (broken !== undefined) throw broken
    },
    async end(): Promise<void> {
      clearTimeout(timer)
      timer = undefined
      output.flush()
      while (broken === undefined && inFlight > 0) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      if (broken !== undefined) throw broken
    }
  }
  return output
}
