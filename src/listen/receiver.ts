/**
 * Datagrams → blocks of Datagram frames, within the bounds of the listener's queue.
 *
 * A block is a buffer that is filled, handed on, and given back when the reader of stdout has taken it. The first datagrams after a pause
 * are handed on soon; what arrives while a block is still away shares the next one. So the blocks that wait for a slow reader are full,
 * and the memory they take is what they hold.
 */
import type dgram from 'node:dgram'
import type { Network } from '../flow/address.js'
import { DATAGRAM_OVERHEAD_BYTES, writeDatagram } from '../flow/datagram.js'
import type { Appendable } from '../flow/output.js'
import { wallClock } from './clock.js'
import { exporterBook, type OnExporter } from './exporters.js'
import { type Counts, type Held, HELD_BLOCKS, HELD_DATAGRAMS, hold, NOT_ALLOWED, QUEUE_FULL, RECEIVED, RECEIVED_BYTES } from './sharedcounts.js'

export const BLOCK_BYTES = 256 * 1024
/** A block this full need not wait for company. */
const FULL_ENOUGH_BYTES = 64 * 1024
/** How long a datagram is held back for company. */
const LINGER_MS = 2
/**
 * Blocks that came back are kept, because new ones beside those that are not collected yet could take twice the memory that the queue may.
 * What a slow reader made us take beyond this many goes by and by.
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
  take: (payload: Buffer, from: dgram.RemoteInfo) => void
  /** A block comes back. */
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
  held: Held,
  handOn: (block: Block) => void,
  onExporter: OnExporter
): Receiver {
  const { queueSize, blocking } = bounds
  const mostBlocks = Math.max(2, Math.floor(bounds.queueBytes / BLOCK_BYTES))
  const exporterOf = exporterBook(networks, onExporter)
  const clock = wallClock()
  const pool: Buffer[] = []
  const block: Appendable = { buf: Buffer.allocUnsafeSlow(BLOCK_BYTES), pos: 0, reserve: () => undefined } // hasRoom has made room
  let datagrams = 0
  let away = 0
  let timer: NodeJS.Timeout | undefined

  setInterval(() => {
    if (pool.length > POOLED_BLOCKS) pool.length = Math.floor(pool.length * SHRINK_FACTOR)
  }, SHRINK_INTERVAL_MS).unref()

  function flush(): void {
    if (datagrams === 0) return
    const full = { bytes: block.buf.subarray(0, block.pos), datagrams }
    block.buf = pool.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
    block.pos = 0
    datagrams = 0
    away++
    hold(held, full.datagrams)
    handOn(full)
  }

  function lingered(): void {
    timer = undefined
    if (away === 0) flush()
  }

  /** Whether a frame may be appended to `block`. As long as nothing is on its way to the reader it is not slow, and all is taken. */
  function hasRoom(size: number): boolean {
    const blocks = held[HELD_BLOCKS]
    if (blocks > 0 && held[HELD_DATAGRAMS] + datagrams >= queueSize) return false
    if (block.buf.length - block.pos >= size) return true
    if (blocks + 2 > mostBlocks) return false // this one and the next
    flush()
    return true
  }

  function waitForRoom(size: number): void {
    for (;;) {
      const blocks = Atomics.load(held, HELD_BLOCKS)
      if (hasRoom(size)) return
      Atomics.wait(held, HELD_BLOCKS, blocks)
    }
  }

  return {
    take(payload, from) {
      counts[RECEIVED]++
      counts[RECEIVED_BYTES] += payload.length
      const exporter = exporterOf(from.address, payload)
      if (!exporter.allowed) {
        counts[NOT_ALLOWED]++
        return
      }
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
      if (away === 0 && block.pos >= FULL_ENOUGH_BYTES) flush()
      else timer ??= setTimeout(lingered, LINGER_MS)
    },
    reuse(memory) {
      away--
      pool.push(Buffer.from(memory))
      if (away === 0 && timer === undefined) flush()
    },
    flush
  }
}
