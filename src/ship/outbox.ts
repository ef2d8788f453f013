/**
 * Messages on their way to a destination: gathered into a batch for each partition, and kept until they are delivered. Their memory is bounded: when the
 * destination is slower than the input, `blocked` says to read no more.
 */
import type { Destination } from './destination.js'
import type { Key } from './key.js'
import { append, clear, type GrowingMessages, newMessages } from './messages.js'

/** The memory of undelivered messages at the most: keys, values and their bookkeeping. */
const MOST_BYTES = 16 * 1024 * 1024
/** The bookkeeping of a message: its three numbers. */
const MESSAGE_COST_BYTES = 12
/** The messages of a batch: more would only delay the others. */
const BATCH_MESSAGES = 4096
const LEAST_BATCH_BYTES = 16 * 1024
/** The memory of lists that is kept for the next ones. */
const POOLED_BYTES = 4 * 1024 * 1024

export interface OutboxOptions {
  /** the size of a batch, and of a message, with the destination's overhead */
  maxMessageBytes: number
  /** bytes that are gathered, over all partitions, before they are sent */
  flushBytes: number
  /** how long a message waits for others */
  flushMs: number
  destination: Pick<Destination, 'deliver' | 'overhead'>
}

export interface Outbox {
  /** Appends a copy of the key and of `buf[start, end)`, which holds `parts` flows; false, and nothing appended, where the message is too large. */
  append(partition: number, key: Key, buf: Buffer, start: number, end: number, parts: number): boolean
  /** To be called now and then: sends what is gathered if it is enough. */
  commit(): void
  /** Too much is undelivered: wait in `ready` before appending more. */
  readonly blocked: boolean
  ready(): Promise<void>
  /** Sends all that is gathered. */
  flush(): void
  /** Sends all, and waits until it is delivered. */
  end(): Promise<void>
  /** Stops the delivery: `ready` and `end` throw this from then on. */
  fail(error: Error): void
  /** A batch of that size was too large for the destination. */
  shrink(bytes: number): void
  /** the bytes of a message's key and value at the most */
  readonly mostBytes: number
  /** flows, datagrams or lines that are not delivered yet */
  readonly undelivered: number
  readonly undeliveredBytes: number
  /** batches being delivered at the moment */
  readonly inFlight: number
}

interface Batch {
  messages: GrowingMessages
  parts: number
  /** with the destination's overhead */
  bytes: number
  /** in our memory */
  cost: number
}

interface Lane {
  partition: number
  /** in their order; the last one is appended to while it is not full */
  batches: Batch[]
  isSending: boolean
  /** its batches are to be sent, full or not */
  isDue: boolean
}

/** One batch of a partition is delivered at a time, so that none overtakes another. */
export function openOutbox({ maxMessageBytes, flushBytes, flushMs, destination }: OutboxOptions): Outbox {
  const { overhead } = destination
  const lanes = new Map<number, Lane>()
  const enough = Math.min(flushBytes, MOST_BYTES / 2)
  let batchBytes = maxMessageBytes
  let gathered = 0 // bytes that are not being sent yet
  let timer: NodeJS.Timeout | undefined
  let failure: Error | undefined
  let waiting: (() => void)[] = []
  const pool: GrowingMessages[] = []
  let pooledBytes = 0

  function laneOf(partition: number): Lane {
    let lane = lanes.get(partition)
    if (lane === undefined) {
      lane = { partition, batches: [], isSending: false, isDue: false }
      lanes.set(partition, lane)
    }
    return lane
  }

  function isFull(batch: Batch): boolean {
    return batch.bytes >= batchBytes || batch.messages.count >= BATCH_MESSAGES
  }

  /** The batch to append `bytes` to. */
  function openBatch(lane: Lane, bytes: number): Batch {
    const last = lane.batches.at(-1)
    if (last !== undefined && !isFull(last) && last.bytes + bytes <= batchBytes) return last
    const batch = { messages: pooledMessages(), parts: 0, bytes: overhead.list, cost: 0 }
    lane.batches.push(batch)
    if (lane.batches.length > 1) send(lane)
    return batch
  }

  function pooledMessages(): GrowingMessages {
    const messages = pool.pop()
    if (messages === undefined) return newMessages()
    pooledBytes -= messages.buf.length
    return messages
  }

  function recycle(messages: GrowingMessages): void {
    clear(messages)
    if (pooledBytes + messages.buf.length > POOLED_BYTES) return
    pooledBytes += messages.buf.length
    pool.push(messages)
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
        send(lane) // what came between the last look for work and this
      })
  }

  async function deliverAll(lane: Lane): Promise<void> {
    while (hasWork(lane)) {
      const batch = lane.batches.shift()!
      if (lane.batches.length === 0) lane.isDue = false
      gathered -= batch.cost
      await destination.deliver(lane.partition, batch.messages)
      outbox.undelivered -= batch.parts
      outbox.undeliveredBytes -= batch.cost
      recycle(batch.messages)
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
    mostBytes: maxMessageBytes - overhead.message,
    undelivered: 0,
    undeliveredBytes: 0,
    inFlight: 0,
    append(partition: number, key: Key, buf: Buffer, start: number, end: number, parts: number): boolean {
      const size = end - start + Math.max(key.size, 0)
      if (size > outbox.mostBytes) return false
      const lane = laneOf(partition)
      const batch = openBatch(lane, size + overhead.message)
      append(batch.messages, key, buf, start, end, parts)
      batch.parts += parts
      batch.bytes += size + overhead.message
      const cost = size + MESSAGE_COST_BYTES
      batch.cost += cost
      gathered += cost
      outbox.undelivered += parts
      outbox.undeliveredBytes += cost
      if (isFull(batch)) send(lane)
      if (failure === undefined) timer ??= setTimeout(sendAll, flushMs)
      return true
    },
    commit(): void {
      if (gathered >= enough) sendAll()
    },
    get blocked(): boolean {
      return outbox.undeliveredBytes > MOST_BYTES || failure !== undefined
    },
    flush: sendAll,
    ready: () => until(() => outbox.undeliveredBytes <= MOST_BYTES),
    async end(): Promise<void> {
      sendAll()
      await until(() => outbox.undelivered === 0)
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
