/** Runs flow-pcap's work in this process. */
import type { Log } from '../../src/cli/log.js'
import type { Limit } from '../../src/cli/source.js'
import { type Counts, newCounts } from '../../src/pcap/counts.js'
import { replay, type ReplayOptions } from '../../src/pcap/replay.js'
import { readDatagrams, type ReadDatagram } from './datagram-stream.js'
import { keptOutput } from './output.js'

export interface Replayed {
  /** what was written */
  stream: Buffer
  readonly datagrams: ReadDatagram[]
  counts: Counts
  warnings: string[]
  /** what the input was broken by */
  error: Error | undefined
}

const UNLIMITED: Limit = { admit: (messages) => messages, isReached: false, over: 0 }

/** Plays the file, cut into chunks of so many bytes. */
export async function replayed(file: Buffer, options: Partial<ReplayOptions> & { chunkBytes?: number } = {}): Promise<Replayed> {
  const warnings: string[] = []
  const { output, taken } = keptOutput()
  const silent = (): void => undefined
  const log: Log = { debug: silent, info: silent, error: silent, warn: (message) => warnings.push(message) }
  const counts = newCounts()
  const exporter = { address: Buffer.from([127, 0, 0, 1]), port: 0 }
  const player = replay({ kind: 'capture', exporter, ports: undefined, speed: 0, ...options }, UNLIMITED, output, counts, log)
  let error: Error | undefined
  try {
    await player.play({
      name: 'test',
      live: false,
      chunks: () => chunksOf(file, options.chunkBytes ?? file.length),
      stop: silent,
      drain: silent
    })
  } catch (thrown) {
    error = thrown as Error
  }
  player.end()
  const stream = await taken()
  return {
    stream,
    get datagrams() {
      return readDatagrams(stream)
    },
    counts,
    warnings,
    error
  }
}

/** One chunk's memory, filled again for the next, as a file's chunks are. */
// eslint-disable-next-line @typescript-eslint/require-await
async function* chunksOf(file: Buffer, size: number): AsyncGenerator<Buffer, void> {
  const chunk = Buffer.alloc(size)
  for (let pos = 0; pos < file.length; pos += size) {
    const copied = file.copy(chunk, 0, pos, pos + size)
    yield chunk.subarray(0, copied)
    chunk.fill(0xee)
  }
}
