/** The Datagram message (proto/datagram.proto): one export datagram on its way to flow-decode. */
import { closeFrame } from './frames.js'
import {
  copyBytesField,
  fieldCursor,
  nextField,
  packedTag,
  WIRE_BYTES,
  WIRE_VARINT,
  writeBytesField,
  writeTag,
  writeUint32Field,
  writeUint64Field
} from './message.js'
import type { DatagramFieldName } from './names.js'
import type { Appendable } from './appendable.js'
import { datagramMessage } from './proto.js'
import { varintSize, writeVarint32 } from './varint.js'

const number = (name: DatagramFieldName): number => datagramMessage.field(name).number
const PAYLOAD = number('payload')
const SRC_ADDR = number('src_addr')
const SRC_PORT = number('src_port')
const DST_ADDR = number('dst_addr')
const DST_PORT = number('dst_port')
const TIME_RECEIVED_NS = number('time_received_ns')
const CONNECTION = number('connection')

const TAG_PAYLOAD = packedTag(PAYLOAD, WIRE_BYTES)
const TAG_SRC_ADDR = packedTag(SRC_ADDR, WIRE_BYTES)
const TAG_SRC_PORT = packedTag(SRC_PORT, WIRE_VARINT)
const TAG_DST_ADDR = packedTag(DST_ADDR, WIRE_BYTES)
const TAG_DST_PORT = packedTag(DST_PORT, WIRE_VARINT)
const TAG_TIME_RECEIVED_NS = packedTag(TIME_RECEIVED_NS, WIRE_VARINT)
const TAG_CONNECTION = packedTag(CONNECTION, WIRE_VARINT)

/** What a frame takes at the most beside the payload: 7 tags, lengths, 2 addresses, 2 ports, a time, a connection. */
export const DATAGRAM_OVERHEAD_BYTES = 128

/** A datagram inside a larger buffer; the same object is filled again for the next one. */
export interface Datagram {
  buf: Buffer
  payloadStart: number
  payloadEnd: number
  /** bounds of the address bytes: 0, 4 or 16 of them */
  srcStart: number
  srcEnd: number
  dstStart: number
  dstEnd: number
  srcPort: number
  dstPort: number
  /** nanoseconds since 1970 as two halves */
  receivedHi: number
  receivedLo: number
  /** the connection that it came on, as two halves; 0: over UDP */
  connectionHi: number
  connectionLo: number
}

const cursor = fieldCursor()

/** An empty one, to be filled. */
export function newDatagram(): Datagram {
  return {
    buf: Buffer.alloc(0),
    payloadStart: 0,
    payloadEnd: 0,
    srcStart: 0,
    srcEnd: 0,
    dstStart: 0,
    dstEnd: 0,
    srcPort: 0,
    dstPort: 0,
    receivedHi: 0,
    receivedLo: 0,
    connectionHi: 0,
    connectionLo: 0
  }
}

/** Whether it came on a connection, which has a number; what came over UDP has none. */
export function isOfConnection({ connectionHi, connectionLo }: Datagram): boolean {
  return (connectionHi | connectionLo) !== 0
}

/** Reads the message at `buf[start, end)` into `datagram`, unknown fields passed over. False where it is no protobuf. */
export function readDatagram(buf: Buffer, start: number, end: number, datagram: Datagram): boolean {
  datagram.buf = buf
  datagram.payloadStart = datagram.payloadEnd = datagram.srcStart = datagram.srcEnd = datagram.dstStart = datagram.dstEnd = 0
  datagram.srcPort = datagram.dstPort = datagram.receivedHi = datagram.receivedLo = datagram.connectionHi = datagram.connectionLo = 0
  cursor.pos = start
  while (nextField(buf, end, cursor)) {
    if (cursor.wireType === WIRE_BYTES) {
      if (cursor.field === PAYLOAD) {
        datagram.payloadStart = cursor.start
        datagram.payloadEnd = cursor.end
      } else if (cursor.field === SRC_ADDR) {
        datagram.srcStart = cursor.start
        datagram.srcEnd = cursor.end
      } else if (cursor.field === DST_ADDR) {
        datagram.dstStart = cursor.start
        datagram.dstEnd = cursor.end
      }
    } else if (cursor.field === SRC_PORT) datagram.srcPort = cursor.lo & 0xffff
    else if (cursor.field === DST_PORT) datagram.dstPort = cursor.lo & 0xffff
    else if (cursor.field === TIME_RECEIVED_NS) {
      datagram.receivedHi = cursor.hi
      datagram.receivedLo = cursor.lo
    } else if (cursor.field === CONNECTION) {
      datagram.connectionHi = cursor.hi
      datagram.connectionLo = cursor.lo
    }
  }
  return cursor.pos === end
}

/** Appends a datagram as a frame. `src` and `dst` are addresses of 4 or 16 bytes (empty: unknown), the time two halves of nanoseconds; the connection 0 for UDP. */
export function writeDatagram(
  output: Appendable,
  payload: Uint8Array,
  src: Uint8Array,
  srcPort: number,
  dst: Uint8Array,
  dstPort: number,
  receivedHi: number,
  receivedLo: number,
  connectionHi = 0,
  connectionLo = 0
): void {
  output.reserve(payload.length + DATAGRAM_OVERHEAD_BYTES)
  const { buf } = output
  const lengthAt = output.pos
  // the length is known but for its own size, which the payload's decides
  const prefix = varintSize(payload.length + DATAGRAM_OVERHEAD_BYTES)
  const start = lengthAt + prefix
  let pos = copyBytesField(buf, start, TAG_SRC_ADDR, src, 0, src.length)
  pos = writeUint32Field(buf, pos, TAG_SRC_PORT, srcPort)
  pos = copyBytesField(buf, pos, TAG_DST_ADDR, dst, 0, dst.length)
  pos = writeUint32Field(buf, pos, TAG_DST_PORT, dstPort)
  pos = writeUint64Field(buf, pos, TAG_TIME_RECEIVED_NS, receivedHi, receivedLo)
  pos = writeUint64Field(buf, pos, TAG_CONNECTION, connectionHi, connectionLo)
  pos = writeBytesField(buf, pos, TAG_PAYLOAD, payload)
  output.pos = closeFrame(buf, lengthAt, prefix, pos)
}

/** Appends a datagram as a frame, as `writeDatagram` does, from where it lies in a larger buffer: no views are made of its parts. */
export function copyDatagram(output: Appendable, datagram: Datagram): void {
  const { buf: from, payloadStart, payloadEnd } = datagram
  const payloadBytes = payloadEnd - payloadStart
  output.reserve(payloadBytes + DATAGRAM_OVERHEAD_BYTES)
  const { buf } = output
  const lengthAt = output.pos
  const prefix = varintSize(payloadBytes + DATAGRAM_OVERHEAD_BYTES)
  let pos = copyBytesField(buf, lengthAt + prefix, TAG_SRC_ADDR, from, datagram.srcStart, datagram.srcEnd)
  pos = writeUint32Field(buf, pos, TAG_SRC_PORT, datagram.srcPort)
  pos = copyBytesField(buf, pos, TAG_DST_ADDR, from, datagram.dstStart, datagram.dstEnd)
  pos = writeUint32Field(buf, pos, TAG_DST_PORT, datagram.dstPort)
  pos = writeUint64Field(buf, pos, TAG_TIME_RECEIVED_NS, datagram.receivedHi, datagram.receivedLo)
  pos = writeUint64Field(buf, pos, TAG_CONNECTION, datagram.connectionHi, datagram.connectionLo)
  if (payloadBytes > 0) {
    pos = writeVarint32(buf, writeTag(buf, pos, TAG_PAYLOAD), payloadBytes)
    pos += from.copy(buf, pos, payloadStart, payloadEnd)
  }
  output.pos = closeFrame(buf, lengthAt, prefix, pos)
}
