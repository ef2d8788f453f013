/**
 * Datagrams → blocks of Datagram frames, within the bounds of the listener's queue.
 *
 * A block is a buffer that is filled, handed on, and given back when the reader of stdout has taken it. The first datagram after a pause
 * is handed on at once; those that arrive before that block came back share the next one. So the blocks that wait for a slow reader are full, and
 * take little more memory than their datagrams.
 */
import type dgram from 'node:dgram'
import type { Network } from '../flow/address.js'
import { DATAGRAM_OVERHEAD_BYTES, writeDatagram } from '../flow/datagram.js'
import { BUFFER_BYTES, outputBuffer } from '../flow/outputbuffer.js'
import { wallClock } from './clock.js'
import { exporterLookup, type OnExporter } from './exporters.js'
import {
  addQueued,
  type Counts,
  NOT_ALLOWED,
  QUEUE_FULL,
  type Queued,
  QUEUED_BLOCKS,
  QUEUED_DATAGRAMS,
  RECEIVED,
  RECEIVED_BYTES
} from './sharedcounts.js'

export const BLOCK_BYTES = BUFFER_BYTES
/** More than the tools behind wait, so that they hand on at once what they make of a block: they have waited as long for it. */
const LINGER_MS = 5
/**
 * Blocks that came back are kept, because new ones beside those that are not collected yet could take twice the memory that the queue may.
 * A slow reader makes them many: those beyond this number are let go little by little.
 */
const POOLED_BLOCKS = 16
const SHRINK_INTERVAL_MS = 1000
const SHRINK_FACTOR = 0.9

/** Frames on their way to stdout. */
export interface Block {
  /** the whole memory of the buffer is the block's */
  bytes: Buffer
  datagrams: number
}

export interface Bounds {
  queueSize: number
  queueBytes: number
  /** wait for room, holding up this thread, instead of dropping */
  blocking: boolean
}

export interface Receiver {
  /** Takes a datagram in, unless its exporter is not allowed or the queue is full. */
  receive: (payload: Buffer, from: dgram.RemoteInfo) => void
  /** Gives back the memory of a block that was handed on. */
  reuse: (memory: ArrayBuffer) => void
  /** Hands on what there is. */
  flush: () => void
}

/** `dst` and `dstPort` are where the datagrams are sent to, `dst` empty where that is not known. */
export function receiver(
  bounds: Bounds,
  networks: readonly Network[],
  dst: Buffer,
  dstPort: number,
  counts: Counts,
  byExporter: Float64Array,
  queued: Queued,
  handOn: (block: Block) => void,
  onExporter: OnExporter
): Receiver {
  const { queueSize, blocking } = bounds
  const mostBlocks = Math.max(2, Math.floor(bounds.queueBytes / BLOCK_BYTES))
  const exporterOf = exporterLookup(networks, onExporter)
  const clock = wallClock()
  const pool: Buffer[] = []
  let datagrams = 0
  let away = 0 // blocks that were handed on and did not come back yet
  const block = outputBuffer(
    (bytes) => {
      const full = { bytes, datagrams }
      datagrams = 0
      away++
      addQueued(queued, full.datagrams)
      handOn(full)
    },
    pool,
    LINGER_MS,
    () => away === 0
  )

  setInterval(() => {
    if (pool.length > POOLED_BLOCKS) pool.length = Math.floor(pool.length * SHRINK_FACTOR)
  }, SHRINK_INTERVAL_MS).unref()

  /** Whether there is room for a frame in `block`. While no block waits for the reader, there always is. */
  function hasRoom(size: number): boolean {
    const blocks = queued[QUEUED_BLOCKS]
    if (blocks > 0 && queued[QUEUED_DATAGRAMS] + datagrams >= queueSize) return false
    if (block.buf.length - block.pos >= size) return true
    if (blocks + 2 > mostBlocks) return false // this one and the next
    block.flush()
    return true
  }

  function waitForRoom(size: number): void {
    for (;;) {
      const blocks = Atomics.load(queued, QUEUED_BLOCKS)
      if (hasRoom(size)) return
      Atomics.wait(queued, QUEUED_BLOCKS, blocks)
    }
  }

  return {
    receive(payload, from) {
      counts[RECEIVED]++
      counts[RECEIVED_BYTES] += payload.length
      const exporter = exporterOf(from.address, payload)
      if (!exporter.allowed) {
        counts[NOT_ALLOWED]++
        return
      }
      byExporter[exporter.slot]++
      clock.read()
      const size = payload.length + DATAGRAM_OVERHEAD_BYTES
      if (!hasRoom(size)) {
        if (!blocking) {
          counts[QUEUE_FULL]++
          return
        }
        waitForRoom(size)
      }
      writeDatagram(block, payload, exporter.address, from.port, dst, dstPort, clock.hi, clock.lo)
      datagrams++
      block.commit()
    },
    reuse(memory) {
      away--
      pool.push(Buffer.from(memory))
      block.commit()
    },
    flush() {
      block.flush()
    }
  }
}
