/** FlowMessages as tests look at them. */
import path from 'node:path'
import protobuf from 'protobufjs'
import type { Output } from '../../src/flow/output.js'
import { ROOT } from './tools.js'

/** A FlowMessage in plain values: 64-bit numbers as decimal text, addresses as text, enum values by name. Fields that are not set are not there. */
export type Flow = Record<string, unknown>

const flowMessage = new protobuf.Root().loadSync(path.join(ROOT, 'proto/flow.proto'), { keepCase: true }).lookupType('flowpb.FlowMessage')

/** The message of these bytes. Throws where they are none. */
export function readFlow(bytes: Buffer): Flow {
  return plain(flowMessage.toObject(flowMessage.decode(bytes), { longs: String, enums: String })) as Flow
}

/** Bytes as people write them (RFC 5952) where they are 4 or 16; hexadecimal for any other number of bytes. */
function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return Buffer.from(bytes).toString('hex')
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** The messages of a stream. */
export function readFlows(stream: Buffer): Flow[] {
  const flows: Flow[] = []
  const reader = protobuf.Reader.create(stream)
  while (reader.pos < reader.len) flows.push(readFlow(Buffer.from(reader.bytes())))
  return flows
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return addressText(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

/** An output that keeps all in memory. */
export function memoryOutput(size = 1024): Output & { written(): Buffer; clear(): void } {
  const output = {
    buf: Buffer.alloc(size),
    pos: 0,
    bytesWritten: 0,
    blocked: false,
    reserve(bytes: number): void {
      if (output.buf.length - output.pos >= bytes) return
      const larger = Buffer.alloc(2 * (output.pos + bytes))
      output.buf.copy(larger, 0, 0, output.pos)
      output.buf = larger
    },
    commit: () => undefined,
    pass: () => undefined,
    flush: () => undefined,
    ready: () => Promise.resolve(),
    end: () => Promise.resolve(),
    written: () => output.buf.subarray(0, output.pos),
    clear(): void {
      output.pos = 0
    }
  }
  return output
}
