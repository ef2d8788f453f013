/**
 * The bytes a tool writes: an OutputBuffer whose bytes go to a descriptor. A buffer is filled again only when the descriptor has it, so memory
 * stays bounded by the reader's pace as long as the tool waits in `ready`.
 */
import type { Writable } from 'node:stream'
import { BUFFER_BYTES, type OutputBuffer, outputBuffer } from './outputbuffer.js'

export type { Appendable } from './appendable.js'

/** Buffers that are kept to be filled again. */
const POOLED_BUFFERS = 8

export interface Output extends OutputBuffer {
  /**
   * Writes bytes of a buffer of the caller's, behind all that is appended. `written` is called when the descriptor has them and the buffer may be used
   * again; it is not called if that fails.
   */
  pass(bytes: Buffer, written: () => void): void
  /** Resolved when the reader has read enough for more to be written; rejected with what broke the descriptor. */
  ready(): Promise<void>
  /** Flushes, and waits until everything is written; more may be appended after that. */
  end(): Promise<void>
  /** The reader is slow: wait in `ready` before making more. */
  readonly blocked: boolean
  readonly bytesWritten: number
}

/** What sets the pace of a filter: an Output, or whatever else its messages go to. */
export type Sink = Pick<Output, 'commit' | 'blocked' | 'ready' | 'end'>

/**
 * An output on a stream. `onBroken` is called once, with the stream's error (EPIPE when the reader went away); `ready` and `end` throw what it returns
 * from then on, and what is appended after it is dropped.
 */
export function openOutput(stream: Writable, onBroken: (error: NodeJS.ErrnoException) => Error): Output {
  const pool: Buffer[] = []
  let inFlight = 0
  let broken: Error | undefined
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

  const buffer = outputBuffer((bytes, buf) => {
    write(bytes, () => {
      if (buf.length === BUFFER_BYTES && pool.length < POOLED_BUFFERS) pool.push(buf)
    })
  }, pool)

  function write(bytes: Buffer, written: () => void): void {
    output.bytesWritten += bytes.length
    if (broken !== undefined) return
    inFlight++
    output.blocked = inFlight > 1
    stream.write(bytes, (error?: Error | null) => {
      inFlight--
      output.blocked = inFlight > 1
      if (!error) written()
      if (!output.blocked) wake()
    })
  }

  const output = Object.assign(buffer, {
    bytesWritten: 0,
    blocked: false,
    pass(bytes: Buffer, written: () => void): void {
      output.flush()
      write(bytes, written)
    },
    async ready(): Promise<void> {
      while (broken === undefined && output.blocked) await new Promise<void>((resolve) => waiting.push(resolve))
      if (broken !== undefined) throw broken
    },
    async end(): Promise<void> {
      output.flush()
      while (broken === undefined && inFlight > 0) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      if (broken !== undefined) throw broken
    }
  })
  return output
}
