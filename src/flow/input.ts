/** The bytes a tool reads: chunks of a descriptor, pulled, so that a tool that is slow reads no faster than it works. */
import fs from 'node:fs'
import net from 'node:net'
import type { Readable } from 'node:stream'

const FILE_CHUNK_BYTES = 256 * 1024

export interface Input {
  /** Chunks until the end or `stop`; a chunk is valid until the next is asked for. Throws what reading threw. */
  chunks(): AsyncGenerator<Buffer, void>
  /** Ends `chunks`, with what has not been read left in the descriptor. */
  stop(): void
  /** Ends `chunks` as soon as nothing has arrived for `ms` milliseconds, waiting for a chunk. */
  stopWhenIdle(ms: number): void
}

/** An input on an open descriptor: a pipe, a socket, a terminal or a file. */
export function openInput(fd: number): Input {
  return inputOf(streamOf(fd))
}

function streamOf(fd: number): Readable {
  const stat = fs.fstatSync(fd)
  if (stat.isFIFO() || stat.isSocket()) return new net.Socket({ fd, readable: true, writable: false, allowHalfOpen: true })
  return fs.createReadStream('', { fd, autoClose: false, highWaterMark: FILE_CHUNK_BYTES })
}

/** An input on a stream of bytes. */
export function inputOf(stream: Readable): Input {
  let ended = false
  let stopped = false
  let failure: Error | undefined
  let idleMs = 0
  let wake: (() => void) | undefined
  const notify = (): void => {
    wake?.()
  }
  stream.on('readable', notify)
  stream.on('end', () => {
    ended = true
    notify()
  })
  stream.on('close', () => {
    ended = true
    notify()
  })
  stream.on('error', (error) => {
    failure = error
    notify()
  })

  async function arrival(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      wake = resolve
      if (idleMs > 0) {
        timer = setTimeout(() => {
          stopped = true
          resolve()
        }, idleMs)
      }
    })
    wake = undefined
    clearTimeout(timer)
  }

  return {
    async *chunks() {
      try {
        while (!stopped) {
          const chunk = stream.read() as Buffer | null
          if (chunk !== null) yield chunk
          else if (failure !== undefined) throw failure
          else if (ended) return
          else await arrival()
        }
      } finally {
        stream.destroy()
      }
    },
    stop() {
      stopped = true
      notify()
    },
    stopWhenIdle(ms) {
      idleMs = ms
      notify()
    }
  }
}
