/** Generates Datagram streams of many flows for the bench: exporters, addresses and counters vary, templates come now and then. */
import { be, type FieldSpec, ipfix, set, template, v5, v9 } from './build-netflow.js'
import { ethernet, ipv4 as packetIpv4, packet, tcp } from './build-packet.js'
import { buildSflowDatagram, extendedGateway, extendedRouter, extendedSwitch, flowSample, rawHeader } from './build-sflow.js'
import { datagramFrame } from './datagram-stream.js'

/** 20 fields, as a router sends them. */
const FIELDS_V9: readonly FieldSpec[] = [
  [8, 4],
  [12, 4],
  [15, 4],
  [10, 4],
  [14, 4],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
  [7, 2],
  [11, 2],
  [6, 1],
  [4, 1],
  [5, 1],
  [16, 4],
  [17, 4],
  [9, 1],
  [13, 1],
  [61, 1],
  [89, 1]
]
const FIELDS_IPFIX: readonly FieldSpec[] = [
  [8, 4],
  [12, 4],
  [15, 4],
  [10, 4],
  [14, 4],
  [2, 8],
  [1, 8],
  [152, 8],
  [153, 8],
  [7, 2],
  [11, 2],
  [6, 2],
  [4, 1],
  [5, 1],
  [16, 4],
  [17, 4],
  [9, 1],
  [13, 1],
  [61, 1],
  [58, 2]
]

export type Generated = 'v5' | 'v9' | 'ipfix' | 'sflow'
/** flows in a datagram */
const RECORDS: Record<Generated, number> = { v5: 30, v9: 24, ipfix: 20, sflow: 5 }

/** A repeatable sequence of numbers (xorshift). */
export function numbers(seed: number): () => number {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

/** A host of 16 million, the first ones in far more flows than the others, as in traffic (Zipf's law). */
function host(random: () => number): number {
  return 0x0a000000 | (2 ** ((random() / 2 ** 32) * 24))
}

function record(fields: readonly FieldSpec[], random: () => number): Buffer {
  return Buffer.concat(
    fields.map(([id, length]) => {
      switch (id) {
        case 8:
        case 12:
          return be(host(random), 4)
        case 15:
          return be(0x0a000001, 4)
        case 10:
        case 14:
          return be(random() % 400, length)
        case 1:
          return be(random() % 1_000_000, length)
        case 2:
          return be((random() % 1000) + 1, length)
        case 21:
          return be(999_000, length)
        case 22:
          return be(940_000 - (random() % 10_000), length)
        case 152:
          return be(1_699_999_940_000 - (random() % 10_000), length)
        case 153:
          return be(1_699_999_999_000, length)
        case 7:
        case 11:
          return be(random() & 0xffff, length)
        case 4:
          return be(random() % 4 === 0 ? 17 : 6, length)
        case 6:
          return be(0x1b, length)
        case 16:
        case 17:
          return be(64_512 + (random() % 1000), length)
        case 9:
        case 13:
          return be(24, length)
        default:
          return be(random() & 0x3f, length)
      }
    })
  )
}

/** A sample as a switch sends it: 128 bytes of a frame, and what the switch, its routes and BGP know of it. */
function sample(random: () => number): Buffer {
  const address = (): string => [...be(host(random), 4)].join('.')
  const frame = Buffer.alloc(128)
  packet(ethernet(), packetIpv4({ src: address(), dst: address() }), tcp(random() & 0xffff, 443)).copy(frame)
  return flowSample({
    input: random() % 48,
    output: random() % 48,
    records: [
      rawHeader(frame, { frameLength: 64 + (random() % 1450) }),
      extendedSwitch(random() % 4000, random() % 4000),
      extendedRouter('10.0.0.1', 24, 24),
      extendedGateway({ path: [{ ases: [64512 + (random() % 100), 64700, 64512 + (random() % 1000)] }], communities: [0xfc000001] })
    ]
  })
}

/** A stream of Datagram messages with about `flows` flows; gives the exact number too. */
export function generate(kind: Generated, flows: number): { stream: Buffer; flows: number } {
  const random = numbers(1 + RECORDS[kind])
  const perDatagram = RECORDS[kind]
  const fields = kind === 'ipfix' ? FIELDS_IPFIX : FIELDS_V9
  const distinct = Array.from({ length: 200 }, (_, i) => {
    const src = Buffer.from([192, 0, 2, (i % 8) + 1])
    const withTemplate = i < 8
    if (kind === 'v5') {
      const records = Array.from({ length: perDatagram }, () => ({
        src: [...be(host(random), 4)].join('.'),
        dst: [...be(host(random), 4)].join('.'),
        nextHop: '10.0.0.1',
        input: random() % 400,
        output: random() % 400,
        packets: (random() % 1000) + 1,
        bytes: random() % 1_000_000,
        first: 940_000,
        last: 999_000,
        srcPort: random() & 0xffff,
        dstPort: random() & 0xffff,
        tcpFlags: 0x1b,
        protocol: 6,
        srcAs: 64_512,
        dstAs: 64_513,
        srcMask: 24,
        dstMask: 24
      }))
      return datagramFrame({ src, payload: v5({ sequence: i * perDatagram, sampling: 0x4064 }, ...records) })
    }
    if (kind === 'sflow') {
      const samples = Array.from({ length: perDatagram }, () => sample(random))
      return datagramFrame({ src, dstPort: 6343, payload: buildSflowDatagram({ agent: `192.0.2.${(i % 8) + 1}`, sequence: i, samples }) })
    }
    const sets = [set(256, ...Array.from({ length: perDatagram }, () => record(fields, random)))]
    if (withTemplate) sets.unshift(set(kind === 'v9' ? 0 : 2, template(256, fields)))
    const payload = kind === 'v9' ? v9({ sequence: i, count: perDatagram }, ...sets) : ipfix({ sequence: i * perDatagram }, ...sets)
    return datagramFrame({ src, payload })
  })
  const once = Buffer.concat(distinct)
  const rounds = Math.max(1, Math.round(flows / (distinct.length * perDatagram)))
  return { stream: Buffer.concat(Array.from({ length: rounds }, () => once)), flows: rounds * distinct.length * perDatagram }
}
