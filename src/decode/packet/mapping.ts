/**
 * Bits of sampled frames that a mapping file sends to fields, and the ports that it gives parsers. Compiled once; a frame without a mapping
 * pays a test for it.
 */
import { packedTag } from '../../flow/message.js'
import type { FrameMapping, LayerMapping, LayerSelector, Level } from '../../mapping/mapping.js'
import { flowMessage, wireTypeOf } from '../../flow/proto.js'
import { LAYER_GROUPS, type LayerGroup, type LayerName } from '../../schema/layers.js'
import { inU8 } from '../memory/in.js'
import { outRaw, outTag, outVarint32, outVarint64 } from '../memory/out.js'
import { frameFieldSet } from './fields.js'
import { frame, PACKET } from './frame.js'
import { knownPorts, layerId, NEXT, NEXT_IS_ETYPE, NEXT_IS_PROTOCOL, NEXT_IS_TCP_PORT, NEXT_IS_UDP_PORT, type Ports } from './layers.js'

/** Where the layers of a mapping start in the frame: gives the first byte, or −1 where layer `i` is none of them. */
type Match = (i: number) => number

interface MappedBits {
  readonly match: Match
  /** the packet whose layers count: the outermost, or those inside it (of PACKET) */
  readonly packet: number
  /** from the layer's start */
  readonly offset: number
  readonly length: number
  readonly tag: number
  readonly kind: 'number' | 'bytes' | 'string'
  readonly little: boolean
  /** of 32 bits: larger values are capped */
  readonly narrow: boolean
  /** a zero has to be written, in place of what the frame's own layers gave */
  readonly writeZero: boolean
}

/** A mapping file's section `sflow`, compiled. */
export interface FramePlan {
  readonly ports: Ports
  /** repeated fields that mapped values replace: those of the frame's own layers, and the names of all */
  readonly skip: number
  readonly replaced: ReadonlySet<string>
  readonly bits: readonly MappedBits[]
  /** bytes of the longest value */
  readonly longest: number
}

/** Undefined where the section maps nothing. */
export function compileFrameMapping({ ports, mapping }: FrameMapping): FramePlan | undefined {
  if (ports.length === 0 && mapping.length === 0) return undefined
  const replaced = new Set(mapping.filter(({ destination }) => destination.repeated).map(({ destination }) => destination.name))
  return {
    ports: portsOf(ports),
    skip: frameFieldSet(replaced),
    replaced,
    bits: mapping.map(compileBits),
    longest: Math.max(0, ...mapping.map(({ length }) => Math.ceil(length / 8)))
  }
}

function portsOf(parsers: FrameMapping['ports']): Ports {
  const ports = knownPorts()
  for (const { proto, dir, port, parser } of parsers) {
    const id = isGroup(parser) ? layerId(LAYER_GROUPS[parser][0]) : layerId(parser)
    const [dst, src] = proto === 'udp' ? [ports.udpDst, ports.udpSrc] : [ports.tcpDst, ports.tcpSrc]
    if (dir !== 'src') dst[port] = id
    if (dir !== 'dst') src[port] = id
  }
  return ports
}

function compileBits({ layer, encap, offset, length, destination, endianness }: LayerMapping): MappedBits {
  const { type, number, name } = destination
  const kind = type === 'bytes' ? 'bytes' : type === 'string' ? 'string' : 'number'
  return {
    match: matchOf(layer),
    packet: encap ? PACKET.inner : PACKET.outermost,
    offset,
    length,
    tag: packedTag(number, wireTypeOf({ type, packed: false })),
    kind,
    little: endianness === 'little',
    narrow: type === 'uint32' || type === 'enum',
    writeZero: !destination.repeated && flowMessage.find(name) !== undefined
  }
}

const LEVELS: Record<Exclude<Level, 0 | 7>, readonly LayerName[]> = {
  2: ['ethernet'],
  3: ['ipv4', 'ipv6'],
  4: ['tcp', 'udp', 'sctp', 'icmp', 'ipv6-icmp']
}

function matchOf(selector: LayerSelector): Match {
  const payload = (i: number): number => frame.layerStart[i] + frame.layerSize[i]
  switch (selector.kind) {
    case 'layer': {
      const { name } = selector
      return startOf(isGroup(name) ? LAYER_GROUPS[name] : [name])
    }
    case 'level': {
      const { level } = selector
      if (level === 0) return (i) => (i === 0 || frame.layerPacket[i] !== frame.layerPacket[i - 1] ? frame.layerStart[i] : -1)
      if (level === 7) return (i) => (TRANSPORTS.has(frame.layer[i]) ? payload(i) : -1)
      return startOf(LEVELS[level])
    }
    case 'etype':
      return (i) => (NEXT[frame.layer[i]] === NEXT_IS_ETYPE && frame.layerNext[i] === selector.etype ? payload(i) : -1)
    case 'proto':
      return (i) => (NEXT[frame.layer[i]] === NEXT_IS_PROTOCOL && frame.layerNext[i] === selector.proto ? payload(i) : -1)
    case 'port': {
      const isPort = selector.transport === 'udp' ? NEXT_IS_UDP_PORT : NEXT_IS_TCP_PORT
      return (i) => {
        if (NEXT[frame.layer[i]] !== isPort) return -1
        const ports = frame.layerNext[i]
        return ports >>> 16 === selector.port || (ports & 0xffff) === selector.port ? payload(i) : -1
      }
    }
  }
}

/** Whose payload is the application's. */
const TRANSPORTS: ReadonlySet<number> = new Set((['tcp', 'udp', 'sctp'] as const).map(layerId))

const isGroup = (name: LayerName | LayerGroup): name is LayerGroup => name in LAYER_GROUPS

function startOf(names: readonly LayerName[]): Match {
  const ids = new Set(names.map(layerId))
  return (i) => (ids.has(frame.layer[i]) ? frame.layerStart[i] : -1)
}

/** What the mapped bits of one message may take; many long ones in a frame of many layers would make a message that no tool reads. */
const MAX_MAPPED_BYTES = 1 << 20
/** A value's tag and length, and the bytes of a text of `bytes` where each is replaced by the character for what is no UTF-8. */
const valueBound = (bytes: number): number => 16 + 3 * bytes

/** More than `writeMappedBits` writes for a frame of so many bytes. */
export function mappedBitsBound({ bits, longest }: FramePlan, maxLayers: number, frameBytes: number): number {
  return Math.min(bits.length * maxLayers * valueBound(Math.min(longest, frameBytes)), MAX_MAPPED_BYTES)
}

/** Writes the mapped bits of the frame that was taken apart last and ends at `end`; returns the position behind them. */
export function writeMappedBits({ bits }: FramePlan, end: number, pos: number): number {
  const limit = pos + MAX_MAPPED_BYTES
  for (const mapped of bits) {
    const bound = valueBound(mapped.length / 8)
    for (let i = 0; i < frame.layers; i++) {
      if (frame.layerPacket[i] !== mapped.packet) continue
      const start = mapped.match(i)
      // bits that were not captured are no value
      if (start < 0 || start * 8 + mapped.offset + mapped.length > end * 8) continue
      if (pos + bound > limit) return pos
      pos = mapped.kind === 'number' ? writeNumber(mapped, start, pos) : writeMappedBytes(mapped, start, pos)
    }
  }
  return pos
}

/** Eight bits that start `bit` bits behind `start`, or the `count` of them that are wanted. */
function bitsAt(start: number, bit: number, count: number): number {
  const at = start + (bit >> 3)
  const shift = bit & 7
  const two = (inU8(at) << 8) | (shift + count > 8 ? inU8(at + 1) : 0)
  return (two >> (16 - shift - count)) & ((1 << count) - 1)
}

/** The bits as bytes, the first of them filled up with zeros from the left where the bits are no whole number of bytes. */
function bytesOf({ offset, length }: MappedBits, start: number, into: Buffer): number {
  let size = 0
  let bit = offset
  const odd = length & 7
  if (odd > 0) {
    into[size++] = bitsAt(start, bit, odd)
    bit += odd
  }
  for (; bit < offset + length; bit += 8) into[size++] = bitsAt(start, bit, 8)
  return size
}

const number = Buffer.alloc(8)

function writeNumber(mapped: MappedBits, start: number, pos: number): number {
  if (mapped.length > 64) return pos
  const size = bytesOf(mapped, start, number)
  let hi = 0
  let lo = 0
  for (let i = 0; i < size; i++) {
    hi = ((hi << 8) | (lo >>> 24)) >>> 0
    lo = ((lo << 8) | number[mapped.little ? size - 1 - i : i]) >>> 0
  }
  if (mapped.narrow && hi > 0) {
    hi = 0
    lo = 0xffffffff
  }
  if (hi === 0 && lo === 0 && !mapped.writeZero) return pos
  return outVarint64(outTag(pos, mapped.tag), hi, lo)
}

function writeMappedBytes(mapped: MappedBits, start: number, pos: number): number {
  const bytes = Buffer.alloc(Math.ceil(mapped.length / 8))
  bytesOf(mapped, start, bytes)
  return outRaw(outVarint32(outTag(pos, mapped.tag), bytes.length), bytes)
}
