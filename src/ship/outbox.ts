/**
 * Messages on their way: gathered into a batch for each partition, and held until they are delivered. What is held is bounded:
 * when the destination does not take messages as fast as they come, `blocked` says to read no more.
 */
import type { Destination, Message } from './destination.js'

/** What may be held at the most, in bytes of keys and values and what Node needs to hold them. */
const HELD_BYTES = 32 * 1024 * 1024
/** Two Buffers and an object. */
const MESSAGE_COST_BYTES = 300
/** What a record takes in a batch beside key and value, at the most: five varints, attributes, room to spare. */
const RECORD_OVERHEAD_BYTES = 36
/** The header of a batch. */
const BATCH_OVERHEAD_BYTES = 61
/** More would only hold up everything else for longer. */
const BATCH_MESSAGES = 4096
/** Values of a partition share blocks of that size: a partition that is held up does not hold those of others in memory. */
const BLOCK_BYTES = 32 * 1024
const LEAST_BATCH_BYTES = 16 * 1024

export interface OutboxOptions {
  /** the size of a batch, and of a message */
  maxMessageBytes: number
  /** what is gathered, over all partitions, before it is sent */
  flushBytes: number
  /** how long a message waits for company */
  flushMs: number
  destination: Pick<Destination, 'deliver'>
}

export interface Outbox {
  /** Takes a copy of the key and of `buf[start, end)`; false where the message is too large and is not taken. */
  append(partition: number, key: Buffer | null, buf: Buffer, start: number, end: number): boolean
  /** To be called now and then: sends what is gathered if it is enough. */
  commit(): void
  /** Too much is held: wait in `ready` before appending more. */
  readonly blocked: boolean
  ready(): Promise<void>
  /** Sends all, and waits until it is delivered. */
  end(): Promise<void>
  /** Gives up: `ready` and `end` throw this from then on. */
  fail(error: Error): void
  /** A batch of that size was too large for the broker. */
  shrink(bytes: number): void
  readonly heldMessages: number
  readonly heldBytes: number
  /** batches being delivered at the moment */
  readonly inFlight: number
}

interface Batch {
  messages: Message[]
  /** as the broker counts */
  bytes: number
  /** as we hold it */
  cost: number
}

interface Lane {
  partition: number
  /** in the order they came; the last one takes more while it is not full */
  batches: Batch[]
  isSending: boolean
  /** what is there is to go, full or not */
  isDue: boolean
  block: Buffer
  blockUsed: number
}

export function openOutbox({ maxMessageBytes, flushBytes, flushMs, destination }: OutboxOptions): Outbox {
  const lanes = new Map<number, Lane>()
  const enough = Math.min(flushBytes, HELD_BYTES / 2)
  let batchBytes = maxMessageBytes
  let gathered = 0 // bytes that wait for company
  let timer: NodeJS.Timeout | undefined
  let failure: Error | undefined
  let waiting: (() => void)[] = []

  function laneOf(partition: number): Lane {
    let lane = lanes.get(partition)
    if (lane === undefined) {
      lane = { partition, batches: [], isSending: false, isDue: false, block: Buffer.alloc(0), blockUsed: 0 }
      lanes.set(partition, lane)
    }
    return lane
  }

  function isFull(batch: Batch): boolean {
    return batch.bytes >= batchBytes || batch.messages.length >= BATCH_MESSAGES
  }

  /** The batch to append `bytes` to. */
  function openBatch(lane: Lane, bytes: number): Batch {
    const last = lane.batches.at(-1)
    if (last !== undefined && !isFull(last) && last.bytes + bytes <= batchBytes) return last
    const batch = { messages: [], bytes: BATCH_OVERHEAD_BYTES, cost: 0 }
    lane.batches.push(batch)
    if (lane.batches.length > 1) send(lane)
    return batch
  }

  function copy(lane: Lane, buf: Buffer, start: number, end: number): Buffer {
    const size = end - start
    if (lane.block.length - lane.blockUsed < size) {
      lane.block = Buffer.allocUnsafeSlow(Math.max(size, BLOCK_BYTES))
      lane.blockUsed = 0
    }
    const at = lane.blockUsed
    lane.blockUsed += size
    buf.copy(lane.block, at, start, end)
    return lane.block.subarray(at, at + size)
  }

  function hasWork({ batches, isDue }: Lane): boolean {
    return failure === undefined && batches.length > 0 && (isDue || batches.length > 1 || isFull(batches[0]))
  }

  function send(lane: Lane): void {
    if (lane.isSending || !hasWork(lane)) return
    lane.isSending = true
    outbox.inFlight++
    deliverAll(lane)
      .catch((error: unknown) => {
        outbox.fail(error as Error)
      })
      .finally(() => {
        lane.isSending = false
        outbox.inFlight--
        wake()
      })
  }

  async function deliverAll(lane: Lane): Promise<void> {
    while (hasWork(lane)) {
      const batch = lane.batches.shift()!
      if (lane.batches.length === 0) lane.isDue = false
      gathered -= batch.cost
      await destination.deliver(lane.partition, batch.messages)
      outbox.heldMessages -= batch.messages.length
      outbox.heldBytes -= batch.cost
      wake()
    }
  }

  function sendAll(): void {
    clearTimeout(timer)
    timer = undefined
    for (const lane of lanes.values()) {
      if (lane.batches.length === 0) continue
      lane.isDue = true
      send(lane)
    }
  }

  function wake(): void {
    const all = waiting
    waiting = []
    for (const resolve of all) resolve()
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (failure === undefined && !isSo()) await new Promise<void>((resolve) => waiting.push(resolve))
    if (failure !== undefined) throw failure
  }

  const outbox = {
    heldMessages: 0,
    heldBytes: 0,
    inFlight: 0,
    append(partition: number, key: Buffer | null, buf: Buffer, start: number, end: number): boolean {
      const size = end - start + (key?.length ?? 0)
      if (size + RECORD_OVERHEAD_BYTES + BATCH_OVERHEAD_BYTES > maxMessageBytes) return false
      const lane = laneOf(partition)
      const batch = openBatch(lane, size + RECORD_OVERHEAD_BYTES)
      batch.messages.push({ key: key === null ? null : copy(lane, key, 0, key.length), value: copy(lane, buf, start, end) })
      batch.bytes += size + RECORD_OVERHEAD_BYTES
      const cost = size + MESSAGE_COST_BYTES
      batch.cost += cost
      gathered += cost
      outbox.heldMessages++
      outbox.heldBytes += cost
      if (isFull(batch)) send(lane)
      if (failure === undefined) timer ??= setTimeout(sendAll, flushMs)
      return true
    },
    commit(): void {
      if (gathered >= enough) sendAll()
    },
    get blocked(): boolean {
      return outbox.heldBytes > HELD_BYTES || failure !== undefined
    },
    ready: () => until(() => outbox.heldBytes <= HELD_BYTES),
    async end(): Promise<void> {
      sendAll()
      await until(() => outbox.heldMessages === 0)
    },
    fail(error: Error): void {
      failure ??= error
      clearTimeout(timer)
      wake()
    },
    shrink(bytes: number): void {
      batchBytes = Math.max(LEAST_BATCH_BYTES, Math.min(batchBytes, bytes >> 1))
    }
  }
  return outbox
}
