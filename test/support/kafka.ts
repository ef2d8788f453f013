/** What the tests send to Kafka, and how they look at it with another client. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import crypto from 'node:crypto'
import protobuf from 'protobufjs'
import { type Key, NO_KEY } from '../../src/ship/key.js'
import { append, type Messages, newMessages, SIZES } from '../../src/ship/messages.js'
import { datagramFrame, FlowMessage } from './datagram-stream.js'

/** A name that no topic or group had before. */
export function freshName(what: string): string {
  return `${what}-${crypto.randomBytes(6).toString('hex')}`
}

/** Exporter number `i`. */
export const exporter = (i: number): Buffer => Buffer.from([10, 0, i >> 8, i & 255])

/** FlowMessages with their lengths, of exporters by turns; `sequence_num` counts each exporter's from 1. */
export function flows(count: number, exporters = 7, from = 0): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const at = from + i
    return frameOf({
      type: 4,
      sequence_num: Math.floor(at / exporters) + 1,
      sampler_address: exporter(at % exporters),
      src_addr: Buffer.from([192, 0, 2, at & 255]),
      dst_addr: Buffer.from('20010db8000000000000000000000001', 'hex'),
      proto: at % 2 === 0 ? 6 : 17,
      bytes: 1000 + at,
      in_if: at % 5
    })
  })
}

export function frameOf(fields: Record<string, unknown>): Buffer {
  return Buffer.from(FlowMessage.encodeDelimited(fields, protobuf.Writer.create()).finish())
}

/** Datagrams with their lengths, of exporters by turns; the source port counts each exporter's from 1. */
export function datagrams(count: number, exporters = 7): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    datagramFrame({ payload: Buffer.from(`payload ${i}`), src: exporter(i % exporters), srcPort: Math.floor(i / exporters) + 1 })
  )
}

/** The frames of a stream. */
export function framesOf(stream: Buffer): Buffer[] {
  const frames: Buffer[] = []
  const reader = protobuf.Reader.create(stream)
  while (reader.pos < reader.len) {
    const start = reader.pos
    const length = reader.uint32()
    reader.skip(length)
    frames.push(stream.subarray(start, reader.pos))
  }
  return frames
}

/** Whether two lists hold the same bytes as often, in whatever order. */
export function assertSame(actual: readonly Buffer[], expected: readonly Buffer[]): void {
  const sorted = (list: readonly Buffer[]): string[] => list.map((bytes) => bytes.toString('hex')).sort()
  assert.deepEqual(sorted(actual), sorted(expected))
}

/** Whether all of `expected` are there, each exporter's once and in the order of their numbers. */
export function assertOrdered(
  actual: readonly Buffer[],
  expected: readonly Buffer[],
  numberOf: (frame: Buffer) => readonly [key: string, number: number]
): void {
  assertSame(actual, expected)
  const last = new Map<string, number>()
  for (const frame of actual) {
    const [key, number] = numberOf(frame)
    assert.ok(number > (last.get(key) ?? 0), `${key}: ${number} after ${last.get(key)}`)
    last.set(key, number)
  }
}

/** For frames of `flows`. */
export function flowNumber(frame: Buffer): readonly [key: string, number: number] {
  const flow = FlowMessage.decodeDelimited(frame) as unknown as { sampler_address: Uint8Array; sequence_num: number }
  return [Buffer.from(flow.sampler_address).join('.'), flow.sequence_num]
}

export function keyOf(text: string | null): Key {
  return text === null ? NO_KEY : { bytes: Buffer.from(text), size: Buffer.byteLength(text) }
}

/** Messages of one flow each, without a key. */
export function listOfMessages(values: readonly (Buffer | string)[]): Messages {
  const messages = newMessages()
  for (const value of values) append(messages, NO_KEY, Buffer.from(value), 0, Buffer.byteLength(value), 1)
  return messages
}

/** The values of a list as text, read by its sizes. */
export function valuesOf({ count, buf, sizes }: Messages): string[] {
  let pos = 0
  return Array.from({ length: count }, (_, i) => {
    const start = pos + Math.max(sizes[i * SIZES], 0)
    pos = start + sizes[i * SIZES + 1]
    return buf.toString('utf8', start, pos)
  })
}

/** Runs kcat with `input` on its stdin; gives its stdout. */
export async function kcat(args: readonly string[], input: Buffer | string = ''): Promise<Buffer> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.end(input)
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  assert.equal(code, 0, `kcat ${args.join(' ')}: ${stderr}`)
  return Buffer.concat(chunks)
}

export interface TopicMessage {
  key: string | null
  partition: number
  value: Buffer
}

/** All messages of a topic as kcat reads them: partition by partition, each in its order. */
export async function readTopic(broker: string, topic: string): Promise<TopicMessage[]> {
  // key length, key, partition, value length: then the value, whatever bytes it has
  const bytes = await kcat(['-b', broker, '-t', topic, '-C', '-e', '-q', '-f', '%K %k %p %S %s'])
  const messages: TopicMessage[] = []
  let at = 0
  const word = (end = ' '): string => {
    const stop = bytes.indexOf(end, at)
    const text = bytes.toString('utf8', at, stop)
    at = stop + 1
    return text
  }
  while (at < bytes.length) {
    const keyLength = Number(word())
    const key = keyLength < 0 ? null : bytes.toString('utf8', at, at + keyLength)
    at += Math.max(keyLength, 0) + 1
    const partition = Number(word())
    const length = Number(word())
    messages.push({ key, partition, value: bytes.subarray(at, at + length) })
    at += length
  }
  return messages.sort((a, b) => a.partition - b.partition)
}
