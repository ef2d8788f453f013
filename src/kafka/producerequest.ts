/**
 * Messages as they pass through kafkajs, and the body of the request that takes them to a broker (Kafka protocol guide, Produce, versions 3 to 7):
 *
 *     body      := transactional id (string), acks (int16), timeout (int32, ms), topic data (int32 count, topic*)
 *     topic     := name (string), partition data (int32 count, partition*)
 *     partition := number (int32), records (int32 length, batch)
 *     string    := length (int16; −1: null), bytes
 */
import { type Messages } from '../ship/messages.js'
import type { Codec } from './codecs.js'
import { BATCH_HEADER_BYTES, type BatchHeader, recordsBound, writeBatchHeader, writeRecords } from './recordbatch.js'

/**
 * What kafkajs gets for an array of messages. It looks for one without a value, sorts the rest by partition (with a copy of the list for each)
 * and counts them; what stands in them only the encoder asks for, and that is ours.
 */
export interface MessageList {
  readonly length: number
  readonly messages: Messages
  find(isSought: (message: unknown) => boolean): undefined
  reduce(sort: (sorted: Sorted, message: { partition: number }) => Sorted): Sorted
}
export type Sorted = Record<number, unknown>

/** Messages of one partition, for kafkajs. */
export function listOf(partition: number, messages: Messages): MessageList {
  const list: MessageList = {
    length: messages.count,
    messages,
    find: () => undefined,
    // the partitioner sees one message; where its partition is gone, none is sorted
    reduce: (sort) => (partition in sort({}, { partition }) ? { [partition]: list } : {})
  }
  return list
}

/** What kafkajs knows when it makes the request. */
export interface ProduceArguments {
  acks: number
  timeout: number
  transactionalId?: string | null
  producerId?: number | { toString(): string }
  producerEpoch?: number
  compression: number
  topicData: { topic: string; partitions: { partition: number; messages: MessageList | unknown[]; firstSequence?: number }[] }[]
}

/** kafkajs' Encoder, as far as it is read: `buf` only says that it is one. */
export interface Payload {
  readonly buf: Buffer
  readonly buffer: Buffer
}

/** Whether the request is for one list of ours. */
export function isOurs({ transactionalId, topicData }: ProduceArguments): boolean {
  return (
    (transactionalId ?? null) === null &&
    topicData.length === 1 &&
    topicData[0].partitions.length === 1 &&
    'messages' in topicData[0].partitions[0].messages
  )
}

let scratch = Buffer.alloc(0)

/** The body of the request, made when kafkajs asks for its bytes: it copies them at once, so that all requests share memory. */
export async function produceBody(
  request: ProduceArguments,
  codecOf: (compression: number) => Pick<Codec, 'compress'>,
  now = Date.now()
): Promise<Payload> {
  const { partition, messages: list, firstSequence = 0 } = request.topicData[0].partitions[0]
  const { messages } = list as MessageList
  const header: BatchHeader = {
    attributes: request.compression & 7,
    timestamp: now,
    producerId: BigInt(String(request.producerId ?? -1)),
    producerEpoch: request.producerEpoch ?? 0,
    firstSequence
  }
  const intro = introOf(request, partition)

  if (header.attributes === 0) {
    const buf = scratch
    return {
      buf,
      get buffer() {
        const size = intro.length + BATCH_HEADER_BYTES + recordsBound(messages)
        if (scratch.length < size) scratch = Buffer.allocUnsafeSlow(size)
        const end = writeRecords(scratch, intro.length + BATCH_HEADER_BYTES, messages)
        return finish(scratch, intro, end, messages.count, header)
      }
    }
  }
  const records = Buffer.allocUnsafeSlow(recordsBound(messages))
  const compressed = await codecOf(request.compression).compress({ buffer: records.subarray(0, writeRecords(records, 0, messages)) })
  const out = Buffer.allocUnsafeSlow(intro.length + BATCH_HEADER_BYTES + compressed.length)
  compressed.copy(out, intro.length + BATCH_HEADER_BYTES)
  const buffer = finish(out, intro, out.length, messages.count, header)
  return { buf: buffer, buffer }
}

/** Writes what stands in front of the records that end at `end`. */
function finish(out: Buffer, intro: Buffer, end: number, count: number, header: BatchHeader): Buffer {
  intro.copy(out)
  out.writeInt32BE(end - intro.length, intro.length - 4)
  writeBatchHeader(out, intro.length, end, count, header)
  return out.subarray(0, end)
}

/** All up to the length of the batch, which is left 0. */
function introOf({ acks, timeout, topicData }: ProduceArguments, partition: number): Buffer {
  const topic = Buffer.from(topicData[0].topic)
  const intro = Buffer.alloc(2 + 2 + 4 + 4 + 2 + topic.length + 4 + 4 + 4)
  let pos = intro.writeInt16BE(-1)
  pos = intro.writeInt16BE(acks, pos)
  pos = intro.writeInt32BE(timeout, pos)
  pos = intro.writeInt32BE(1, pos)
  pos = intro.writeInt16BE(topic.length, pos)
  pos += topic.copy(intro, pos)
  pos = intro.writeInt32BE(1, pos)
  intro.writeInt32BE(partition, pos)
  return intro
}
