/**
 * Gets batches to their partitions, however long that takes: what fails is sent again until the cluster has it.
 *
 * Order and duplicates: the caller has one batch of a partition on its way at a time, so a batch that is sent again is never overtaken. The
 * producer is idempotent (KIP-98), so the broker knows a batch that it has already and answers as if it were new. Only where a producer has to
 * be replaced while a batch's fate is unknown can that batch be there twice; where the cluster does not allow an idempotent producer, after
 * any failure.
 */
import type { CompressionTypes, Message as KafkaMessage, Producer } from 'kafkajs'
import type { Log } from '../cli/log.js'
import type { Destination } from '../ship/destination.js'
import { halves, type Messages, partsOf } from '../ship/messages.js'
import type { Client } from './client.js'
import { errorType, kafkaReason } from './errors.js'
import { listOf } from './producerequest.js'
import { BATCH_HEADER_BYTES, RECORD_OVERHEAD_BYTES } from './recordbatch.js'

/** One producer numbers the messages of a partition up to 2^31 − 1, and kafkajs does not know how to begin anew: a new producer does. */
const MAX_SEQUENCE = 2 ** 31 - 2 ** 20

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2000

/** The broker refuses the batch, or the one message in it, for its size. */
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
/** The broker does not know the producer or its numbers any more. */
const STALE_PRODUCER = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING'
])
/** The cluster or this user is not up to an idempotent producer. */
const NO_IDEMPOTENCE = new Set(['CLUSTER_AUTHORIZATION_FAILED', 'UNSUPPORTED_VERSION'])

export interface DeliveryCounters {
  messages: number
  /** flows, datagrams or lines in them */
  delivered: number
  /** keys and values */
  bytes: number
  batches: number
  retries: number
  tooLarge: number
}

/** A topic. Messages that the cluster refuses for their size are counted. */
export interface Delivery extends Destination {
  close(): Promise<void>
  readonly counters: DeliveryCounters
}

export interface DeliveryOptions {
  topic: string
  compression: CompressionTypes
  log: Log
  /** how many the topic has at the start */
  partitions: number
  /** Called with the bytes of keys and values of a batch that was too large for the broker, and the number of its messages. */
  onTooLarge: (bytes: number, messages: number) => void
  maxSequence?: number
}

/** A producer, and the messages that it has numbered for each partition. */
interface Session {
  producer: Producer
  sequences: Map<number, number>
}

/** Connects a producer; throws what kafkajs throws where that fails. */
export async function openDelivery(client: Client, options: DeliveryOptions): Promise<Delivery> {
  const { topic, compression, log, onTooLarge, maxSequence = MAX_SEQUENCE } = options
  const counters: DeliveryCounters = { messages: 0, delivered: 0, bytes: 0, batches: 0, retries: 0, tooLarge: 0 }
  let { partitions } = options
  const failing = new Map<number, string>()
  let failingSince = 0
  let idempotent = true
  let inFlight = 0
  let onIdle: (() => void) | undefined
  let session = await newSession()
  let renewal: Promise<void> | undefined

  async function newSession(): Promise<Session> {
    const producer = producerOf(client, idempotent, (count) => (partitions = count))
    try {
      await producer.connect()
      return { producer, sequences: new Map() }
    } catch (error) {
      await producer.disconnect().catch(() => undefined)
      if (!idempotent || !NO_IDEMPOTENCE.has(errorType(error) ?? '')) throw error
      log.warn(`the cluster does not allow an idempotent producer: a batch that is sent again may be there twice (${kafkaReason(error)})`)
      idempotent = false
      return newSession()
    }
  }

  /** The session to send `count` more messages of a partition in; a new one where the old one's numbers run out. */
  async function sessionFor(partition: number, count: number): Promise<Session> {
    for (;;) {
      if (renewal === undefined) {
        if ((session.sequences.get(partition) ?? 0) + count <= maxSequence) return session
        renew()
      }
      await renewal
    }
  }

  function renew(): void {
    renewal ??= replaceSession().finally(() => (renewal = undefined))
  }

  async function replaceSession(): Promise<void> {
    if (inFlight > 0) await new Promise<void>((resolve) => (onIdle = resolve))
    await session.producer.disconnect().catch(() => undefined)
    for (let attempt = 0; ; attempt++) {
      try {
        session = await newSession()
        return
      } catch (error) {
        log.debug(`no new producer: ${kafkaReason(error)}`)
        await pause(attempt)
      }
    }
  }

  async function send(partition: number, messages: Messages): Promise<void> {
    const { producer, sequences } = await sessionFor(partition, messages.count)
    // the list is no array, but all of one that kafkajs asks for
    const list = listOf(partition, messages) as unknown as KafkaMessage[]
    inFlight++
    try {
      const answers = await producer.send({ topic, messages: list, compression })
      // where the partition is gone kafkajs says that all is well
      if (!answers.some((answer) => answer.partition === partition)) throw new Error(`the topic has no partition ${partition}`)
      sequences.set(partition, (sequences.get(partition) ?? 0) + messages.count)
    } finally {
      inFlight--
      if (inFlight === 0) onIdle?.()
    }
  }

  function fails(partition: number, error: unknown): void {
    const reason = kafkaReason(error)
    if (failing.size === 0) {
      failingSince = Date.now()
      log.warn(`cannot deliver: ${reason}; trying until it works`)
    } else log.debug(`cannot deliver to partition ${partition}: ${reason}`)
    failing.set(partition, reason)
  }

  function works(partition: number): void {
    if (failing.delete(partition) && failing.size === 0)
      log.info(`delivering again after ${((Date.now() - failingSince) / 1000).toFixed(1)} s`)
  }

  async function deliver(partition: number, messages: Messages): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await send(partition, messages)
        break
      } catch (error) {
        const type = errorType(error) ?? ''
        if (type === 'DUPLICATE_SEQUENCE_NUMBER') break // the broker has had it for long
        if (TOO_LARGE.has(type)) return deliverParts(partition, messages)
        fails(partition, error)
        counters.retries++
        if (STALE_PRODUCER.has(type)) renew()
        await pause(attempt)
      }
    }
    works(partition)
    counters.messages += messages.count
    counters.delivered += partsOf(messages)
    counters.bytes += messages.used
    counters.batches++
  }

  /** In halves, until what is too large stands alone: that is dropped. */
  async function deliverParts(partition: number, messages: Messages): Promise<void> {
    works(partition)
    const parts = halves(messages)
    if (parts === undefined) {
      if (counters.tooLarge++ === 0)
        log.warn(
          `dropped a message of ${messages.used} bytes: the broker takes none of that size (its message.max.bytes); more of them are only counted`
        )
      return
    }
    onTooLarge(messages.used, messages.count)
    for (const part of parts) await deliver(partition, part)
  }

  return {
    deliver,
    overhead: { list: BATCH_HEADER_BYTES, message: RECORD_OVERHEAD_BYTES },
    counters,
    get partitions(): number {
      return partitions
    },
    get delivered(): number {
      return counters.delivered
    },
    get trouble(): string | undefined {
      return failing.values().next().value
    },
    async close() {
      await session.producer.disconnect().catch(() => undefined)
    }
  }
}

function producerOf({ kafka }: Client, idempotent: boolean, onPartitions: (count: number) => void): Producer {
  return kafka.producer({
    idempotent,
    // the partition is chosen already; what kafkajs has just learned of the topic comes by here
    createPartitioner:
      () =>
      ({ message, partitionMetadata }) => {
        onPartitions(partitionMetadata.length)
        return message.partition!
      }
  })
}

/** Longer with every attempt, and not the same for all partitions. */
async function pause(attempt: number): Promise<void> {
  const ms = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS)
  await new Promise((resolve) => setTimeout(resolve, ms * (0.75 + Math.random() / 2)))
}
