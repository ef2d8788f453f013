/** Builds sFlow v5 datagrams, sample by sample and record by record. */
import { parseAddress } from './addresses.js'
import { macBytes, u32, u8 } from './build-packet.js'

export interface SflowDatagramOptions {
  /** an address, '' for one of the type unknown */
  agent?: string
  subAgent?: number
  sequence?: number
  uptime?: number
  samples?: readonly Buffer[]
  /** what the header says, where that is to differ */
  sampleCount?: number
  trailing?: Buffer
}

export function buildSflowDatagram({
  agent = '192.0.2.254',
  subAgent = 0,
  sequence = 1,
  uptime = 1000,
  samples = [],
  sampleCount = samples.length,
  trailing = Buffer.alloc(0)
}: SflowDatagramOptions): Buffer {
  return Buffer.concat([u32(5), xdrAddress(agent), u32(subAgent, sequence, uptime, sampleCount), ...samples, trailing])
}

/** An address behind its type. */
export function xdrAddress(text: string): Buffer {
  const bytes = text === '' ? Buffer.alloc(0) : parseAddress(text)
  return Buffer.concat([u32(bytes.length === 0 ? 0 : bytes.length === 4 ? 1 : 2), bytes])
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

/** A sample or record of any format (enterprise · 4096 + format), its data behind its length. */
export function structure(format: number, data: Buffer): Buffer {
  return Buffer.concat([u32(format, data.length), data])
}

export interface FlowSampleOptions {
  sequence?: number
  sourceClass?: number
  source?: number
  rate?: number
  /** with the format in the top 2 bits */
  input?: number
  output?: number
  records?: readonly Buffer[]
  recordCount?: number
}

export function flowSample({
  sequence = 1,
  sourceClass = 0,
  source = 1,
  rate = 1000,
  input = 1,
  output = 2,
  records = [],
  recordCount = records.length
}: FlowSampleOptions = {}): Buffer {
  return structure(1, Buffer.concat([u32(sequence, sourceClass * 0x1000000 + source, rate, 0, 0, input, output, recordCount), ...records]))
}

export interface ExpandedFlowSampleOptions extends FlowSampleOptions {
  inputFormat?: number
  outputFormat?: number
}

export function expandedFlowSample({
  sequence = 1,
  sourceClass = 0,
  source = 1,
  rate = 1000,
  inputFormat = 0,
  input = 1,
  outputFormat = 0,
  output = 2,
  records = [],
  recordCount = records.length
}: ExpandedFlowSampleOptions = {}): Buffer {
  return structure(
    3,
    Buffer.concat([u32(sequence, sourceClass, source, rate, 0, 0, inputFormat, input, outputFormat, output, recordCount), ...records])
  )
}

export function discardedPacket({
  sequence = 1,
  sourceClass = 0,
  source = 1,
  input = 1,
  output = 2,
  reason = 258,
  records = [],
  recordCount = records.length
}: FlowSampleOptions & { reason?: number } = {}): Buffer {
  return structure(5, Buffer.concat([u32(sequence, sourceClass, source, 0, input, output, reason, recordCount), ...records]))
}

/** A counter sample, expanded or not, with no counters. */
export function counterSample(expanded = false): Buffer {
  return expanded ? structure(4, u32(1, 0, 1, 0)) : structure(2, u32(1, 1, 0))
}

export const HEADER_PROTOCOL = { ethernet: 1, fddi: 4, ppp: 7, ipv4: 11, ipv6: 12, mpls: 13 } as const

export interface RawHeaderOptions {
  protocol?: number
  frameLength?: number
  stripped?: number
}

/** A raw header; `frameLength` is that of the packet, of which `frame` is the start. */
export function rawHeader(
  frame: Buffer,
  { protocol = HEADER_PROTOCOL.ethernet, frameLength = frame.length, stripped = 4 }: RawHeaderOptions = {}
): Buffer {
  return structure(1, Buffer.concat([u32(protocol, frameLength, stripped, frame.length), padded(frame)]))
}

export function sampledEthernet({ length = 64, src = '02:00:00:00:00:03', dst = '02:00:00:00:00:04', type = 0x0800 } = {}): Buffer {
  return structure(2, Buffer.concat([u32(length), padded(macBytes(src)), padded(macBytes(dst)), u32(type)]))
}

export interface SampledIpOptions {
  length?: number
  protocol?: number
  src?: string
  dst?: string
  srcPort?: number
  dstPort?: number
  flags?: number
  tos?: number
}

export function sampledIpv4({
  length = 100,
  protocol = 6,
  src = '192.0.2.11',
  dst = '192.0.2.12',
  srcPort = 1024,
  dstPort = 443,
  flags = 2,
  tos = 8
}: SampledIpOptions = {}): Buffer {
  return structure(3, Buffer.concat([u32(length, protocol), parseAddress(src), parseAddress(dst), u32(srcPort, dstPort, flags, tos)]))
}

export function sampledIpv6({
  length = 100,
  protocol = 6,
  src = '2001:db8::11',
  dst = '2001:db8::12',
  srcPort = 1024,
  dstPort = 443,
  flags = 2,
  tos = 8
}: SampledIpOptions = {}): Buffer {
  return structure(4, Buffer.concat([u32(length, protocol), parseAddress(src), parseAddress(dst), u32(srcPort, dstPort, flags, tos)]))
}

export function extendedSwitch(srcVlan: number, dstVlan: number): Buffer {
  return structure(1001, u32(srcVlan, 0, dstVlan, 0))
}

export function extendedRouter(nextHop: string, srcMask: number, dstMask: number): Buffer {
  return structure(1002, Buffer.concat([xdrAddress(nextHop), u32(srcMask, dstMask)]))
}

export interface GatewayOptions {
  nextHop?: string
  as?: number
  srcAs?: number
  srcPeerAs?: number
  /** each a set (1) or sequence (2) */
  path?: readonly { type?: number; ases: readonly number[] }[]
  segmentCount?: number
  communities?: readonly number[]
}

export function extendedGateway({
  nextHop = '192.0.2.253',
  as = 64500,
  srcAs = 64501,
  srcPeerAs = 64502,
  path = [],
  segmentCount = path.length,
  communities = []
}: GatewayOptions = {}): Buffer {
  const segments = path.map(({ type = 2, ases }) => u32(type, ases.length, ...ases))
  return structure(
    1003,
    Buffer.concat([
      xdrAddress(nextHop),
      u32(as, srcAs, srcPeerAs, segmentCount),
      ...segments,
      u32(communities.length, ...communities),
      u32(100)
    ])
  )
}

export function extendedNat(src: string, dst: string): Buffer {
  return structure(1007, Buffer.concat([xdrAddress(src), xdrAddress(dst)]))
}

export function extendedNatPort(src: number, dst: number): Buffer {
  return structure(1020, u32(src, dst))
}

export function vniOut(vni: number): Buffer {
  return structure(1029, u32(vni))
}

export function vniIn(vni: number): Buffer {
  return structure(1030, u32(vni))
}

/** A structure of a vendor's. */
export function unknownStructure(): Buffer {
  return structure(9 * 4096 + 7, u8(1, 2, 3, 4))
}
