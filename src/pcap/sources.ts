/** What flow-pcap reads: files and stdin, with gzip taken off. */
import fs from 'node:fs'
import { EXIT, type ExitCode, reasonOf, UserError } from '../cli/exit.js'
import { STDIN, STDIN_NAME } from '../cli/inputs.js'
import { BrokenStreamError } from '../flow/blocks.js'
import { openInput } from '../flow/input.js'
import { gunzip, isGzip } from './gunzip.js'
import { WrongInputError } from './wronginput.js'

/** What a writer that gets the same signal may still have in its buffers and in the pipe. */
const IN_FLIGHT_BYTES = 1024 * 1024
const IDLE_AFTER_SIGNAL_MS = 1000

export interface Source {
  /** for messages */
  readonly name: string
  /** a pipe or a socket: its writer has more in flight when a signal comes */
  readonly live: boolean
  /** The bytes, without gzip; each chunk is valid until the next is asked for. */
  chunks(): AsyncGenerator<Buffer, void>
  /** Ends `chunks`. */
  stop(): void
  /** Ends `chunks` once what is in flight has come. */
  drain(): void
}

/** Something is wrong with an input, and other inputs may be read all the same. */
class InputError extends UserError {}

/** `path` in messages. */
function nameOf(path: string): string {
  return path === STDIN ? STDIN_NAME : path
}

/** How many bytes the files have, those that are no plain files left out. */
export function bytesOf(paths: readonly string[]): number {
  return paths.reduce((sum, path) => {
    const stat = path === STDIN ? undefined : fs.statSync(path, { throwIfNoEntry: false })
    return sum + (stat?.isFile() === true ? stat.size : 0)
  }, 0)
}

/** An error of reading or understanding an input as the user's, undefined where it is another. */
export function inputError(path: string, error: unknown): InputError | undefined {
  if (error instanceof InputError) return error
  const failed = (code: ExitCode, message: string): InputError => new InputError(code, message)
  if (error instanceof WrongInputError) return failed(EXIT.badData, `${nameOf(path)} ${error.message}`)
  if (error instanceof BrokenStreamError) return failed(EXIT.badData, `${nameOf(path)}: ${error.message}`)
  if (error instanceof Error && 'syscall' in error) return failed(EXIT.noInput, `cannot read ${nameOf(path)}: ${reasonOf(error)}`)
  return undefined
}

/** Opens a file or stdin; throws as `fs.openSync`. `onRead` is called with the bytes of every chunk, as they are in the file. */
export function openSource(path: string, onRead: (bytes: number) => void): Source {
  // without O_NONBLOCK, a named pipe that nobody writes to would hold up everything, signals too
  const fd = path === STDIN ? 0 : fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  const input = openInput(fd)
  const stat = fs.fstatSync(fd)
  let bytesRead = 0
  let limit = Infinity

  async function* counted(): AsyncGenerator<Buffer, void> {
    for await (const chunk of input.chunks()) {
      bytesRead += chunk.length
      onRead(chunk.length)
      yield chunk
      if (bytesRead > limit) return
    }
  }

  async function* withHead(head: Buffer, rest: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
    yield head
    yield* rest
  }

  return {
    name: nameOf(path),
    live: stat.isFIFO() || stat.isSocket(),
    async *chunks() {
      try {
        const raw = counted()
        let head: Buffer = Buffer.alloc(0)
        while (head.length < 2) {
          const { value, done } = await raw.next()
          if (done === true) break
          head = head.length === 0 ? value : Buffer.concat([head, value])
        }
        const all = withHead(head, raw)
        yield* isGzip(head) ? gunzip(all) : all
      } finally {
        input.stop()
      }
    },
    stop() {
      input.stop()
    },
    drain() {
      input.stopWhenIdle(IDLE_AFTER_SIGNAL_MS)
      limit = bytesRead + IN_FLIGHT_BYTES
    }
  }
}
