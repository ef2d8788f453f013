/** Aggregates as FlowMessages. */
import { closeFrame, MAX_PREFIX_BYTES } from '../flow/frames.js'
import { packedTag, writeTag, writeUint32Field, writeUint64Field } from '../flow/message.js'
import type { Appendable } from '../flow/appendable.js'
import { enumValue, type Field, fieldTag, wireTypeOf } from '../flow/proto.js'
import { writeVarint32 } from '../flow/varint.js'
import { type Grouping, setAt, timesAt } from '../query/aggregate.js'
import { BYTES_AT, FLOWS_AT, PACKETS_AT } from '../query/counters.js'
import { distinctOf } from '../query/distinct.js'
import { keyOf } from '../query/groups.js'
import { countsEitherEnd, type Cut, partSize, type Shape, SHAPE, shapeOf } from '../query/keys.js'
import { readSum, sumHi, sumLo } from '../query/sums.js'
import type { Window } from './windows.js'

/** Bytes that a message takes at the most beside its key. */
const COUNTED_BYTES = 256
const MILLION = 1_000_000
const TWO_32 = 4_294_967_296

const TAGS = {
  received: fieldTag('time_received_ns'),
  start: fieldTag('time_flow_start_ns'),
  end: fieldTag('time_flow_end_ns'),
  bytes: fieldTag('bytes'),
  packets: fieldTag('packets'),
  flows: fieldTag('flows'),
  distinct: fieldTag('distinct'),
  groups: fieldTag('groups'),
  total: fieldTag('total'),
  totalOf: fieldTag('total_of'),
  totalId: fieldTag('total_id')
}

export interface MessageWriter {
  /** Appends a group of a window as a frame. */
  writeGroup(output: Appendable, window: Window, group: number): void
  /** Appends what is in no group: `sums` and `times` are its own, `groups` how many it sums. */
  writeRest(output: Appendable, window: Window, sums: Float64Array, times: Uint32Array, groups: number): void
  /** The groups that follow have a total of their own. */
  beginTotal(): void
  /** sums that stopped at 2^64 − 1 */
  saturated: number
}

interface PartWriter {
  readonly field: Field
  readonly tag: number
  readonly shape: Shape
  readonly cut: Cut | undefined
  readonly lengthTag: number
}

/** A writer of the aggregates of that grouping: the key in the fields that it was read from, the sums in bytes, packets and flows. */
export function messageWriter(grouping: Grouping): MessageWriter {
  const { distinct, order, times } = grouping
  const totalOf = enumValue('total_of', order.toUpperCase())
  /** Where groups count a flow twice, what sums them has to know whose total it has added already. */
  const totalsHaveIds = grouping.parts.some(countsEitherEnd)
  let totalId = 0
  const parts = grouping.parts.map((part): PartWriter => {
    const { field, cut } = part
    const lengthTag = cut?.length === undefined ? 0 : packedTag(cut.length.number, wireTypeOf(cut.length))
    return { field, tag: packedTag(field.number, wireTypeOf(field)), shape: shapeOf(part), cut, lengthTag }
  })
  const bytes = new Uint8Array(4)
  const bytesView = new DataView(bytes.buffer)

  function open(output: Appendable, size: number): number {
    output.reserve(size + COUNTED_BYTES)
    return output.pos + MAX_PREFIX_BYTES
  }

  function close(output: Appendable, end: number): void {
    output.pos = closeFrame(output.buf, output.pos, MAX_PREFIX_BYTES, end)
  }

  /** The times of a window, or those that stand at `words[at]`. */
  function writeTimes(buf: Buffer, pos: number, { start, end }: Window, words: Int32Array | Uint32Array, at: number): number {
    if (times) {
      pos = writeUint64Field(buf, pos, TAGS.received, words[at + 4] >>> 0, words[at + 5] >>> 0)
      pos = writeUint64Field(buf, pos, TAGS.start, words[at] >>> 0, words[at + 1] >>> 0)
      return writeUint64Field(buf, pos, TAGS.end, words[at + 2] >>> 0, words[at + 3] >>> 0)
    }
    pos = writeMilliseconds(buf, pos, TAGS.received, start)
    pos = writeMilliseconds(buf, pos, TAGS.start, start)
    return writeMilliseconds(buf, pos, TAGS.end, end)
  }

  function writeSum(buf: Buffer, pos: number, tag: number, sums: Float64Array, at: number): number {
    if (!readSum(sums, at)) writer.saturated++
    return writeUint64Field(buf, pos, tag, sumHi, sumLo)
  }

  function writeCounters(buf: Buffer, pos: number, sums: Float64Array, at: number): number {
    pos = writeSum(buf, pos, TAGS.bytes, sums, at + BYTES_AT)
    pos = writeSum(buf, pos, TAGS.packets, sums, at + PACKETS_AT)
    return writeSum(buf, pos, TAGS.flows, sums, at + FLOWS_AT)
  }

  function writeTotal(buf: Buffer, pos: number, { aggregate: { total, sets, totalSet } }: Window): number {
    pos = writeUint32Field(buf, pos, TAGS.totalOf, totalOf)
    if (totalsHaveIds) pos = writeCount(buf, pos, TAGS.totalId, totalId)
    if (order === 'distinct') return writeCount(buf, pos, TAGS.total, distinctOf(sets, totalSet))
    readSum(total, 0)
    return writeUint64Field(buf, pos, TAGS.total, sumHi, sumLo)
  }

  function writeKey(buf: Buffer, pos: number, words: Int32Array, at: number): number {
    for (const { field, tag, shape, cut, lengthTag } of parts) {
      if (shape === SHAPE.number) pos = writeUint32Field(buf, pos, tag, words[at] >>> 0)
      else if (shape === SHAPE.wideNumber) pos = writeUint64Field(buf, pos, tag, words[at] >>> 0, words[at + 1] >>> 0)
      else {
        const size = words[at]
        // the entries of a list of bytes have their tags with them
        const tagged = shape !== SHAPE.list || field.packed
        if (tagged && size > 0) pos = writeVarint32(buf, writeTag(buf, pos, tag), size)
        pos = writeWords(buf, pos, words, at + 1, size)
        if (lengthTag !== 0) pos = writeUint32Field(buf, pos, lengthTag, cutLength(cut!, size))
      }
      at += partSize(shape, words, at)
    }
    return pos
  }

  function writeWords(buf: Buffer, pos: number, words: Int32Array, at: number, size: number): number {
    for (; size > 0; size -= 4, at++) {
      bytesView.setInt32(0, words[at])
      for (let i = 0; i < size && i < 4; i++) buf[pos++] = bytes[i]
    }
    return pos
  }

  const writer: MessageWriter = {
    saturated: 0,
    beginTotal() {
      totalId++
    },
    writeGroup(output, window, group) {
      const { groups, sets } = window.aggregate
      const { records, words } = groups
      const key = keyOf(groups, group)
      // a word of a key is at most 10 bytes as a varint with its tag
      let pos = open(output, 10 * words[key - 1])
      const { buf } = output
      pos = writeTimes(buf, pos, window, words, timesAt(group))
      pos = writeCounters(buf, pos, records, group)
      pos = writeKey(buf, pos, words, key)
      if (distinct !== undefined) pos = writeCount(buf, pos, TAGS.distinct, distinctOf(sets, words[setAt(grouping, group)]))
      close(output, writeTotal(buf, pos, window))
    },
    writeRest(output, window, sums, restTimes, groups) {
      let pos = open(output, 0)
      const { buf } = output
      pos = writeTimes(buf, pos, window, restTimes, 0)
      pos = writeCounters(buf, pos, sums, 0)
      pos = writeCount(buf, pos, TAGS.groups, groups)
      close(output, writeTotal(buf, pos, window))
    }
  }
  return writer
}

/** A whole number under 2^53. */
function writeCount(buf: Buffer, pos: number, tag: number, count: number): number {
  return writeUint64Field(buf, pos, tag, Math.floor(count / TWO_32), count % TWO_32)
}

/** What is left of an address of so many bytes: 0 where it was not cut. */
function cutLength({ ipv4, ipv6 }: Cut, size: number): number {
  return size === 4 ? ipv4 : size === 16 ? (ipv6 ?? 0) : 0
}

/** Milliseconds since 1970 as nanoseconds, exact; 2^64 − 1 where they are more. */
function writeMilliseconds(buf: Buffer, pos: number, tag: number, ms: number): number {
  const upper = Math.floor(ms / TWO_32)
  const lower = (ms % TWO_32) * MILLION // under 2^52
  const hi = upper * MILLION + Math.floor(lower / TWO_32)
  return hi < TWO_32 ? writeUint64Field(buf, pos, tag, hi, lower % TWO_32) : writeUint64Field(buf, pos, tag, TWO_32 - 1, TWO_32 - 1)
}
