/** Reads CounterSample frames by protobufjs and proto/counter.proto, and writes counter records in XDR by sflow.org's structures. */
import fs from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { u32 } from './build-packet.js'
import { structure } from './build-sflow.js'
import { ROOT } from './tools.js'

export interface CounterValues {
  [key: string]: unknown
  values?: Record<string, unknown>
}

const type = protobuf
  .parse(fs.readFileSync(path.join(ROOT, 'proto/counter.proto'), 'utf8'), { keepCase: true })
  .root.lookupType('flowpb.CounterSample')

/** The messages of a stream; 64-bit numbers as strings, bytes as hex, `values` by name. */
export function readCounters(stream: Buffer): CounterValues[] {
  const reader = protobuf.Reader.create(stream)
  const samples: CounterValues[] = []
  while (reader.pos < reader.len) {
    const sample = type.toObject(type.decodeDelimited(reader), { longs: String, enums: String })
    const values = (sample.values as Record<string, unknown>[] | undefined)?.map(
      ({ name, ...value }) => [name as string, Object.values(value)[0]] as const
    )
    samples.push(
      plain({
        ...sample,
        agent: Buffer.from(sample.agent as Uint8Array).toString('hex'),
        ...(values === undefined ? {} : { values: Object.fromEntries(values) })
      }) as CounterValues
    )
  }
  return samples
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
}

export interface CounterSampleOptions {
  sequence?: number
  sourceClass?: number
  source?: number
  records?: readonly Buffer[]
  expanded?: boolean
}

export function countersOf({ sequence = 1, sourceClass = 0, source = 1, records = [], expanded = false }: CounterSampleOptions): Buffer {
  return expanded
    ? structure(4, Buffer.concat([u32(sequence, sourceClass, source, records.length), ...records]))
    : structure(2, Buffer.concat([u32(sequence, sourceClass * 0x1000000 + source, records.length), ...records]))
}

/** A number of 64 bits. */
export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

export function xdrText(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([u32(bytes.length), bytes, Buffer.alloc(-bytes.length & 3)])
}

/** Generic interface counters of that interface: octets as told, all else small. */
export function genericRecord(
  ifIndex: number,
  { inOctets = 0n, outOctets = 0n, inPackets = 0, speed = 1_000_000_000n, status = 3 } = {}
): Buffer {
  return structure(
    1,
    Buffer.concat([
      u32(ifIndex, 6),
      u64(speed),
      u32(1, status),
      u64(inOctets),
      u32(inPackets, 2, 3, 4, 5, 6),
      u64(outOctets),
      u32(7, 8, 9, 10, 11, 0)
    ])
  )
}

export const portName = (name: string): Buffer => structure(1005, xdrText(name))
