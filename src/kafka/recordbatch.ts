/**
 * Messages as a broker keeps them: record batches of version 2 (Kafka protocol guide, "Record Batch"), written in one go from memory to memory.
 * kafkajs makes four objects and a buffer of 512 bytes for every message, which costs ten times as much.
 *
 *     batch   := base offset (int64: 0), length of what follows (int32), partition leader epoch (int32: 0), magic (int8: 2),
 *                CRC-32C of what follows (uint32), attributes (int16: the codec), last offset delta (int32), base timestamp (int64),
 *                max timestamp (int64), producer id (int64), producer epoch (int16), base sequence (int32), count (int32), record*
 *     record  := length of what follows (varint), attributes (int8: 0), timestamp delta (varint: 0), offset delta (varint),
 *                key length (varint; −1: none), key, value length (varint), value, count of headers (varint: 0)
 *
 * The varints are ZigZag's.
 */
import { copier } from '../flow/copy.js'
import { writeVarint32 } from '../flow/varint.js'
import { viewOf } from '../flow/view.js'
import { type Messages, SIZES } from '../ship/messages.js'
import { crc32c } from './crc32c.js'

/** What stands in front of the records. */
export const BATCH_HEADER_BYTES = 61
/** Where the CRC begins to count. */
const ATTRIBUTES_AT = 21
/** The most a record takes beside key and value: four varints of five bytes, three of one, and room to spare. */
export const RECORD_OVERHEAD_BYTES = 36

export interface BatchHeader {
  /** the codec: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd */
  attributes: number
  /** milliseconds since 1970, of all records */
  timestamp: number
  /** −1 without idempotence */
  producerId: bigint
  producerEpoch: number
  firstSequence: number
}

/** The bytes that the records of these messages take at the most. */
export function recordsBound({ count, used }: Messages): number {
  return used + count * RECORD_OVERHEAD_BYTES
}

const copy = copier()

/** Writes the records at `pos`; returns the position behind them. */
export function writeRecords(out: Buffer, pos: number, { count, buf, sizes }: Messages): number {
  let from = 0
  for (let i = 0; i < count; i++) {
    const keySize = sizes[i * SIZES]
    const valueSize = sizes[i * SIZES + 1]
    const keyBytes = keySize < 0 ? 0 : keySize
    const size = 3 + varintBytes(i) + varintBytes(keySize) + varintBytes(valueSize) + keyBytes + valueSize
    pos = writeVarint32(out, pos, zigZag(size))
    out[pos++] = 0
    out[pos++] = 0
    pos = writeVarint32(out, pos, zigZag(i))
    pos = writeVarint32(out, pos, zigZag(keySize))
    if (keyBytes > 0) pos = copy(out, pos, buf, from, from + keyBytes)
    from += keyBytes
    pos = writeVarint32(out, pos, zigZag(valueSize))
    pos = copy(out, pos, buf, from, from + valueSize)
    from += valueSize
    out[pos++] = 0
  }
  return pos
}

function zigZag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}

function varintBytes(value: number): number {
  const bits = 32 - Math.clz32(zigZag(value) | 1)
  return ((bits + 6) * 37) >> 8
}

/** Writes the header of the batch at `pos`, in front of `count` records, as they are or compressed, which end at `end`. */
export function writeBatchHeader(out: Buffer, pos: number, end: number, count: number, header: BatchHeader): void {
  out.writeBigInt64BE(0n, pos)
  out.writeInt32BE(end - pos - 12, pos + 8)
  out.writeInt32BE(0, pos + 12)
  out[pos + 16] = 2
  out.writeInt16BE(header.attributes, pos + ATTRIBUTES_AT)
  out.writeInt32BE(count - 1, pos + 23)
  const timestamp = BigInt(header.timestamp)
  out.writeBigInt64BE(timestamp, pos + 27)
  out.writeBigInt64BE(timestamp, pos + 35)
  out.writeBigInt64BE(header.producerId, pos + 43)
  out.writeInt16BE(header.producerEpoch, pos + 51)
  out.writeInt32BE(header.firstSequence, pos + 53)
  out.writeInt32BE(count, pos + 57)
  out.writeUInt32BE(crc32c(viewOf(out), pos + ATTRIBUTES_AT, end), pos + 17)
}
