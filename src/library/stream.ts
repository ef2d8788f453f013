/**
 * For people who write a stage of their own in Node: the messages of a stream as objects, and objects as messages of a stream.
 *
 *     import { frame, patched, readFlows } from 'flow-pipeline'
 *     for await (const { flow, message } of readFlows(process.stdin)) {
 *       if (flow.dst_port === 443) process.stdout.write(frame(patched(message, { application_name: 'https' })))
 *     }
 */
import { frameReader } from '../flow/frames.js'
import type { DatagramObject, FlowMessageObject } from '../flow/objects.js'
import { datagramMessage, flowMessage } from '../flow/proto.js'
import { varintSize, writeVarint32 } from '../flow/varint.js'
import { messageOf, objectOf } from './messages.js'

export { BrokenStreamError } from '../flow/frames.js'

/** A flow's fields by their names in proto/flow.proto. Addresses are 4 or 16 bytes; 64-bit numbers are bigints; what is 0 or empty is absent. */
export type Flow = FlowMessageObject
/** A datagram as flow-listen received it (proto/datagram.proto). */
export type Datagram = DatagramObject

/**
 * The flows of a stream, and the bytes of each message, which hold the fields that this version does not know as well. Throws
 * BrokenStreamError, with the byte offset, where the stream ends inside a message or is none.
 */
export async function* readFlows(input: AsyncIterable<Uint8Array>): AsyncGenerator<{ flow: Flow; message: Uint8Array }> {
  for await (const message of messagesOf(input)) yield { flow: objectOf(flowMessage, message), message }
}

/** The same of flow-listen's and flow-pcap's streams. */
export async function* readDatagrams(input: AsyncIterable<Uint8Array>): AsyncGenerator<{ datagram: Datagram; message: Uint8Array }> {
  for await (const message of messagesOf(input)) yield { datagram: objectOf(datagramMessage, message), message }
}

async function* messagesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let whole: Buffer[] = []
  const reader = frameReader((buf, start, end) => {
    whole.push(Buffer.from(buf.subarray(start, end)))
  })
  for await (const chunk of input) {
    reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    yield* whole
    whole = []
  }
  reader.end()
}

/** The message of a flow, without its length. Throws where a field has another name or type. */
export function encodeFlow(flow: Flow): Uint8Array {
  return messageOf(flowMessage, flow)
}

/** The message of a datagram, without its length. */
export function encodeDatagram(datagram: Datagram): Uint8Array {
  return messageOf(datagramMessage, datagram)
}

/**
 * A flow's message with other values for these fields, all else as it came, unknown fields too: the last value of a field is the one
 * that counts (protobuf encoding, "Last One Wins"). Values of a repeated field come after those that are there.
 */
export function patched(message: Uint8Array, fields: Flow): Uint8Array {
  return Buffer.concat([message, encodeFlow(fields)])
}

/** A message with its length in front, as the streams carry it. */
export function frame(message: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(varintSize(message.length))
  writeVarint32(prefix, 0, message.length)
  return Buffer.concat([prefix, message])
}
