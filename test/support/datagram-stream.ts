/** Streams of Datagram messages made by protobufjs, and FlowMessages read by it: the judge of our own writer and reader. */
import fs from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { ROOT } from './tools.js'

function messageType(file: string, name: string): protobuf.Type {
  return protobuf.parse(fs.readFileSync(path.join(ROOT, 'proto', file), 'utf8'), { keepCase: true }).root.lookupType(`flowpb.${name}`)
}

export const FlowMessage = messageType('flow.proto', 'FlowMessage')
export const DatagramMessage = messageType('datagram.proto', 'Datagram')

export interface DatagramSpec {
  payload: Buffer
  /** 4 or 16 bytes */
  src?: Buffer
  srcPort?: number
  dstPort?: number
  /** nanoseconds since 1970 */
  received?: bigint
}

export const RECEIVED = 1_700_000_001_234_567_890n

/** A 64-bit number as protobufjs takes it. */
export function longOf(value: bigint): { low: number; high: number; unsigned: boolean } {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: true }
}

/** One Datagram, with its length in front. */
export function datagramFrame({
  payload,
  src = Buffer.from([192, 0, 2, 9]),
  srcPort = 40000,
  dstPort = 2055,
  received = RECEIVED
}: DatagramSpec): Buffer {
  const writer = protobuf.Writer.create()
  DatagramMessage.encodeDelimited(
    {
      payload,
      src_addr: src,
      src_port: srcPort,
      dst_addr: Buffer.from([198, 51, 100, 9]),
      dst_port: dstPort,
      time_received_ns: longOf(received)
    },
    writer
  )
  return Buffer.from(writer.finish())
}

/** A FlowMessage as a plain object: the fields that are set, 64-bit numbers as strings, enums by name, bytes as hex. */
export type Flow = Record<string, string | number | (string | number)[]>

/** Reads a stream of FlowMessages. */
export function readFlows(stream: Buffer): Flow[] {
  const flows: Flow[] = []
  const reader = protobuf.Reader.create(stream)
  while (reader.pos < reader.len) {
    const object = FlowMessage.toObject(FlowMessage.decodeDelimited(reader), { longs: String, enums: String }) as Record<string, unknown>
    for (const [key, value] of Object.entries(object)) {
      if (value instanceof Uint8Array) object[key] = Buffer.from(value).toString('hex')
      else if (Array.isArray(value))
        object[key] = value.map((item: unknown) => (item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item))
    }
    flows.push(object as Flow)
  }
  return flows
}

/** A Datagram as flow-decode gets it; addresses and payload as hex. */
export interface ReadDatagram {
  src: string
  srcPort: number
  dst: string
  dstPort: number
  /** nanoseconds since 1970 */
  received: bigint
  payload: string
}

/** Reads a stream of Datagrams. */
export function readDatagrams(stream: Buffer): ReadDatagram[] {
  const datagrams: ReadDatagram[] = []
  const reader = protobuf.Reader.create(stream)
  while (reader.pos < reader.len) {
    const object = DatagramMessage.toObject(DatagramMessage.decodeDelimited(reader), { longs: String, defaults: true }) as Record<
      string,
      unknown
    >
    const hex = (name: string): string => Buffer.from(object[name] as Uint8Array).toString('hex')
    datagrams.push({
      src: hex('src_addr'),
      srcPort: object.src_port as number,
      dst: hex('dst_addr'),
      dstPort: object.dst_port as number,
      received: BigInt(object.time_received_ns as string),
      payload: hex('payload')
    })
  }
  return datagrams
}
