/** Writes N flows of some 25 fields, as a busy exporter's, to stdout: `node dist/test/bench/flows.js 2000000 [100000 zipf|uniform] > /tmp/flows`. */
import fs from 'node:fs'
import { closeFrame } from '../../src/flow/frames.js'
import { packedTag, WIRE_BYTES, WIRE_VARINT, writeBytesField, writeUint32Field, writeUint64Field } from '../../src/flow/message.js'
import { type Field, flowMessage } from '../../src/flow/proto.js'
import { numbers } from '../support/generate.js'

const tagOf = ({ number, type }: Field): number => {
  return packedTag(number, type === 'bytes' || type === 'string' ? WIRE_BYTES : WIRE_VARINT)
}

/** Numbers under `count` as often as places in a Zipf distribution (exponent 1). */
export function zipf(count: number): () => number {
  const random = numbers(43)
  const upTo = new Float64Array(count)
  let sum = 0
  for (let i = 0; i < count; i++) upTo[i] = sum += 1 / (i + 1)
  return () => {
    const wanted = (random() / 2 ** 32) * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (upTo[middle] > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Numbers under `count`, each as often as the others. */
export function uniform(count: number): () => number {
  const random = numbers(43)
  return () => random() % count
}

/**
 * Appends flow number `i` as a frame at `pos`; gives the position behind it. One flow in four is IPv6. With `group`, src_as and dst_port
 * are made of the number that it gives.
 */
export function flowWriter(group?: () => number): (buf: Buffer, pos: number, i: number) => number {
  const random = numbers(42)
  const next = (below: number): number => random() % below
  const tags = Object.fromEntries(flowMessage.fields.map((field) => [field.name, tagOf(field)]))
  const sampler = Buffer.from([10, 0, 0, 1])
  const hosts = { 4: [] as Buffer[], 16: [] as Buffer[] }
  for (let host = 0; host < 4000; host++) {
    hosts[4].push(Buffer.from([100, 64 + next(64), next(256), next(256)]))
    hosts[16].push(
      Buffer.from([
        0x20,
        0x01,
        0x0d,
        0xb8,
        next(256),
        next(256),
        0,
        next(4),
        ...(next(2) === 0 ? [0, 0, 0, 0, 0, 0] : Array.from({ length: 6 }, () => next(256))),
        next(256),
        next(256)
      ])
    )
  }
  return (buf, pos, i) => {
    const size = i % 4 === 0 ? 16 : 4
    const base = 0x18b2f000 + (i >>> 14)
    const start = pos + 2
    let at = start
    at = writeUint32Field(buf, at, tags.type, 3)
    at = writeUint64Field(buf, at, tags.time_received_ns, base, (i >>> 4) * 4096)
    at = writeUint32Field(buf, at, tags.sequence_num, i >>> 4)
    at = writeUint64Field(buf, at, tags.sampling_rate, 0, 1000)
    at = writeBytesField(buf, at, tags.sampler_address, sampler)
    at = writeUint64Field(buf, at, tags.time_flow_start_ns, base, next(0xffffffff))
    at = writeUint64Field(buf, at, tags.time_flow_end_ns, base, next(0xffffffff))
    at = writeUint64Field(buf, at, tags.bytes, 0, next(2_000_000))
    at = writeUint64Field(buf, at, tags.packets, 0, 1 + next(2000))
    at = writeBytesField(buf, at, tags.src_addr, hosts[size][next(4000)])
    at = writeBytesField(buf, at, tags.dst_addr, hosts[size][next(4000)])
    at = writeUint32Field(buf, at, tags.etype, size === 4 ? 0x0800 : 0x86dd)
    at = writeUint32Field(buf, at, tags.proto, next(3) === 0 ? 17 : 6)
    at = writeUint32Field(buf, at, tags.src_port, next(65536))
    const pair = group?.()
    at = writeUint32Field(buf, at, tags.dst_port, pair !== undefined ? 1 + (pair % 1000) : next(2) === 0 ? 443 : next(65536))
    at = writeUint32Field(buf, at, tags.in_if, 1 + next(600))
    at = writeUint32Field(buf, at, tags.out_if, 1 + next(600))
    at = writeUint64Field(buf, at, tags.src_mac, 0x0200, next(0xffffffff))
    at = writeUint64Field(buf, at, tags.dst_mac, 0x0200, next(0xffffffff))
    at = writeUint32Field(buf, at, tags.tcp_flags, 16 + next(16))
    at = writeUint32Field(buf, at, tags.ip_tos, 184)
    at = writeUint32Field(buf, at, tags.src_as, 64512 + (pair !== undefined ? Math.floor(pair / 1000) : next(1000)))
    at = writeUint32Field(buf, at, tags.dst_as, 64512 + next(1000))
    at = writeUint32Field(buf, at, tags.src_net, size === 4 ? 22 : 48)
    at = writeUint32Field(buf, at, tags.dst_net, size === 4 ? 22 : 48)
    return closeFrame(buf, pos, 2, at)
  }
}

/** Writes so many flows to an open descriptor. */
export function writeFlows(fd: number, count: number, group?: () => number): void {
  const write = flowWriter(group)
  const buf = Buffer.alloc(1024 * 1024)
  let pos = 0
  for (let i = 0; i < count; i++) {
    pos = write(buf, pos, i)
    if (pos > buf.length - 1024 || i === count - 1) {
      fs.writeSync(fd, buf, 0, pos)
      pos = 0
    }
  }
}

/** Writes a file of so many IPv4 networks, /12 to /32, in which each address is with about the same chance. */
export function writeNetworks(file: string, count: number): void {
  const random = numbers(44)
  const next = (below: number): number => random() % below
  const lines = Array.from({ length: count }, () => `${1 + next(222)}.${next(256)}.${next(256)}.${next(256)}/${12 + next(21)}`)
  fs.writeFileSync(file, `${lines.join('\n')}\n`)
}

if (process.argv[1]?.endsWith('flows.js')) {
  const groups = Number(process.argv[3] ?? 0)
  const spread = process.argv[4] === 'uniform' ? uniform : zipf
  writeFlows(1, Number(process.argv[2] ?? 1_000_000), groups === 0 ? undefined : spread(groups))
}
