/** The bytes a tool reads: chunks of a descriptor, pulled, so that a tool that is slow reads no faster than it works. */
import fs from 'node:fs'
import net from 'node:net'
import type { Readable } from 'node:stream'
import { setImmediate as eventLoop } from 'node:timers/promises'

/** What is read at a time: what a pipe holds; of a file, little enough to stay in the processor's cache while it is worked on. */
const CHUNK_BYTES = 64 * 1024
/** How long a file is read before anything else has its turn: after each chunk it would take a tenth of flow-decode's time. */
const TURN_MS = 5

export interface Input {
  /** the file, for errors; stdin without one */
  readonly name?: string
  /** Chunks until the end or `stop`; a chunk is valid until the next is asked for. Throws what reading threw. */
  chunks(): AsyncGenerator<Buffer, void>
  /** Ends `chunks`, with what has not been read left in the descriptor. */
  stop(): void
  /** `stop` came before the end: the last chunk may end anywhere. */
  readonly isCut: boolean
  /** Ends `chunks` as soon as nothing has arrived for `ms` milliseconds, waiting for a chunk. */
  stopWhenIdle(ms: number): void
}

/** An input on an open descriptor: a pipe, a socket, a terminal or a file. It is closed at the end, but for a file that is stdin. */
export function openInput(fd: number): Input {
  const stat = fs.fstatSync(fd)
  if (stat.isFIFO() || stat.isSocket()) return pipeInput(fd)
  if (stat.isFile()) return fileInput(fd)
  return inputOf(fs.createReadStream('', { fd, autoClose: fd !== 0, highWaterMark: CHUNK_BYTES }))
}

/** A file is there to be read at once: that takes half the time of reading in the background, and the next chunk is the same memory again. */
function fileInput(fd: number): Input {
  let stopped = false
  let ended = false
  return {
    get isCut() {
      return stopped && !ended
    },
    async *chunks() {
      const buf = Buffer.allocUnsafeSlow(CHUNK_BYTES)
      let turnAt = 0
      try {
        while (!stopped) {
          const size = fs.readSync(fd, buf)
          if (size === 0) {
            ended = true
            return
          }
          yield size === buf.length ? buf : buf.subarray(0, size)
          if (performance.now() < turnAt) continue
          await eventLoop() // signals, timers, metrics
          turnAt = performance.now() + TURN_MS
        }
      } finally {
        if (fd !== 0) fs.closeSync(fd)
      }
    },
    stop() {
      stopped = true
    },
    stopWhenIdle() {
      // its end comes first
    }
  }
}

/** A pipe is read into two buffers in turns: to make one for each chunk, and to put it through a stream's queue, takes as long as many flows do. */
function pipeInput(fd: number): Input {
  let buffers = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)]
  let arrived: Buffer | null = null
  const options: net.SocketConstructorOpts & Pick<net.ConnectOpts, 'onread'> = {
    fd,
    readable: true,
    writable: false,
    allowHalfOpen: true,
    onread: {
      buffer: () => (buffers = buffers.reverse())[0],
      /** Goes on reading, into the other buffer, unless the chunk before is still worked on. */
      callback: (size, buf) => {
        const chunk = Buffer.from(buf.buffer, buf.byteOffset, size)
        arrived = arrived === null ? chunk : Buffer.concat([arrived, chunk])
        return input.arrive()
      }
    }
  }
  const socket = new net.Socket(options)
  const input = waitingInput(socket, () => {
    const chunk = arrived
    arrived = null
    socket.read(0) // goes on where it stopped
    return chunk
  })
  return input
}

/** An input on a stream of bytes. */
export function inputOf(stream: Readable): Input {
  return waitingInput(stream, () => stream.read() as Buffer | null)
}

/** An input that takes chunks by `read`, null while there is none. `arrive` says that there may be one; false where none is waited for. */
function waitingInput(stream: Readable, read: () => Buffer | null): Input & { arrive: () => boolean } {
  let ended = false
  let stopped = false
  let isCut = false
  let failure: Error | undefined
  let idleMs = 0
  let wake: (() => void) | undefined
  const notify = (): boolean => {
    if (wake === undefined) return false
    wake()
    wake = undefined
    return true
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
          notify()
        }, idleMs)
      }
    })
    clearTimeout(timer)
  }

  return {
    arrive: notify,
    get isCut() {
      return isCut
    },
    async *chunks() {
      try {
        while (!stopped) {
          const chunk = read()
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
      isCut ||= !ended && !stopped
      stopped = true
      notify()
    },
    stopWhenIdle(ms) {
      idleMs = ms
      notify()
    }
  }
}
