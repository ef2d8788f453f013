/** Builds packets layer by layer: `packet(ethernet(), dot1q(100), ipv4({ src: '192.0.2.1' }), udp(53, 53))`. Types, protocols and lengths follow from what comes next. */
import { parseAddress } from './addresses.js'

export interface PacketLayer {
  /** by which other layers announce this one */
  readonly etype?: number
  readonly protocol?: number
  /** the layer and its payload; `next` is the layer that the payload starts with */
  build(payload: Buffer, next: PacketLayer | undefined): Buffer
}

export function packet(...layers: readonly PacketLayer[]): Buffer {
  return layers.reduceRight((payload: Buffer, layer, i) => layer.build(payload, layers[i + 1]), Buffer.alloc(0))
}

/** A layer of bytes before its payload. */
function layer(
  numbers: { etype?: number; protocol?: number },
  head: (payload: Buffer, next: PacketLayer | undefined) => Buffer
): PacketLayer {
  return { ...numbers, build: (payload, next) => Buffer.concat([head(payload, next), payload]) }
}

export const u8 = (...values: number[]): Buffer => Buffer.from(values)
export function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  values.forEach((value, i) => bytes.writeUInt16BE(value, i * 2))
  return bytes
}
export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => bytes.writeUInt32BE(value, i * 4))
  return bytes
}

export const raw = (...bytes: number[]): PacketLayer => layer({}, () => Buffer.from(bytes))

/** `02:00:00:00:00:01` → 6 bytes. */
export function macBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex')
}

const SRC_MAC = '02:00:00:00:00:01'
const DST_MAC = '02:00:00:00:00:02'

export function ethernet({ src = SRC_MAC, dst = DST_MAC, type }: { src?: string; dst?: string; type?: number } = {}): PacketLayer {
  return layer({ etype: 0x6558, protocol: 143 }, (_, next) => Buffer.concat([macBytes(dst), macBytes(src), u16(type ?? next?.etype ?? 0)]))
}

/** IEEE 802.3 with LLC and SNAP. */
export function ethernetSnap(): PacketLayer {
  return layer({}, (payload, next) =>
    Buffer.concat([macBytes(DST_MAC), macBytes(SRC_MAC), u16(payload.length + 8), u8(0xaa, 0xaa, 3, 0, 0, 0), u16(next?.etype ?? 0)])
  )
}

export function dot1q(vlan: number, { tpid = 0x8100, priority = 0 }: { tpid?: number; priority?: number } = {}): PacketLayer {
  return layer({ etype: tpid }, (_, next) => u16((priority << 13) | vlan, next?.etype ?? 0))
}

export function mpls(labels: readonly number[], { ttl = 64, controlWord = false, etype = 0x8847 } = {}): PacketLayer {
  return layer({ etype, protocol: 137 }, () =>
    Buffer.concat([
      ...labels.map((label, i) => u32(label * 4096 + (i === labels.length - 1 ? 256 : 0) + ttl - i)),
      Buffer.alloc(controlWord ? 4 : 0)
    ])
  )
}

const PPP: Record<number, number> = { 0x0800: 0x0021, 0x86dd: 0x0057, 0x8847: 0x0281 }

export function pppoe(session: number): PacketLayer {
  return layer({ etype: 0x8864 }, (payload, next) =>
    Buffer.concat([u8(0x11, 0), u16(session, payload.length + 2, PPP[next?.etype ?? 0] ?? 0xc021)])
  )
}

export interface Ipv4Options {
  src?: string
  dst?: string
  tos?: number
  id?: number
  /** 4: reserved, 2: do not fragment, 1: more fragments */
  flags?: number
  offset?: number
  ttl?: number
  protocol?: number
  /** bytes of options, a multiple of 4 */
  options?: number
  totalLength?: number
}

export function ipv4({
  src = '192.0.2.1',
  dst = '198.51.100.2',
  tos = 0,
  id = 0,
  flags = 0,
  offset = 0,
  ttl = 64,
  protocol,
  options = 0,
  totalLength
}: Ipv4Options = {}): PacketLayer {
  return layer({ etype: 0x0800, protocol: 4 }, (payload, next) =>
    Buffer.concat([
      u8(0x45 + options / 4, tos),
      u16(totalLength ?? 20 + options + payload.length, id, (flags << 13) | offset),
      u8(ttl, protocol ?? next?.protocol ?? 253),
      u16(0),
      parseAddress(src),
      parseAddress(dst),
      Buffer.alloc(options, 1)
    ])
  )
}

export interface Ipv6Options {
  src?: string
  dst?: string
  trafficClass?: number
  flowLabel?: number
  hopLimit?: number
  nextHeader?: number
}

export function ipv6({
  src = '2001:db8::1',
  dst = '2001:db8::2',
  trafficClass = 0,
  flowLabel = 0,
  hopLimit = 64,
  nextHeader
}: Ipv6Options = {}): PacketLayer {
  return layer({ etype: 0x86dd, protocol: 41 }, (payload, next) =>
    Buffer.concat([
      u32(0x60000000 + trafficClass * 0x100000 + flowLabel),
      u16(payload.length),
      u8(nextHeader ?? next?.protocol ?? 59, hopLimit),
      parseAddress(src),
      parseAddress(dst)
    ])
  )
}

/** An IPv6 extension header of options: 0 hop-by-hop, 60 destination; `units` of 8 bytes after the first. */
export function ipv6Options(protocol: 0 | 60, units = 0): PacketLayer {
  const size = units * 8 + 8
  // PadN over all of it
  return layer({ protocol }, (_, next) => Buffer.concat([u8(next?.protocol ?? 59, units, 1, size - 4), Buffer.alloc(size - 4)]))
}

export function segmentRouting(segments: readonly string[], left: number, tlvBytes = 0): PacketLayer {
  return layer({ protocol: 43 }, (_, next) =>
    Buffer.concat([
      u8(next?.protocol ?? 59, segments.length * 2 + tlvBytes / 8, 4, left, segments.length - 1, 0, 0, 0),
      ...segments.map(parseAddress),
      tlvBytes === 0 ? Buffer.alloc(0) : Buffer.concat([u8(4, tlvBytes - 2), Buffer.alloc(tlvBytes - 2)])
    ])
  )
}

export function ipv6Fragment({
  id = 1,
  offset = 0,
  more = false,
  protocol
}: { id?: number; offset?: number; more?: boolean; protocol?: number } = {}): PacketLayer {
  return layer({ protocol: 44 }, (_, next) =>
    Buffer.concat([u8(protocol ?? next?.protocol ?? 59, 0), u16((offset << 3) | (more ? 1 : 0)), u32(id)])
  )
}

export function authentication(checkValueBytes = 12): PacketLayer {
  return layer({ protocol: 51 }, (_, next) =>
    Buffer.concat([u8(next?.protocol ?? 59, (12 + checkValueBytes) / 4 - 2), u16(0), u32(256, 1), Buffer.alloc(checkValueBytes)])
  )
}

export function tcp(src: number, dst: number, { flags = 0x10, options = 0 }: { flags?: number; options?: number } = {}): PacketLayer {
  return layer({ protocol: 6 }, () =>
    Buffer.concat([u16(src, dst), u32(1, 2), u16((((20 + options) / 4) << 12) | flags, 512, 0, 0), Buffer.alloc(options, 1)])
  )
}

export function udp(src: number, dst: number): PacketLayer {
  return layer({ protocol: 17 }, (payload) => u16(src, dst, 8 + payload.length, 0))
}

export function sctp(src: number, dst: number): PacketLayer {
  return layer({ protocol: 132 }, () => Buffer.concat([u16(src, dst), u32(7, 0)]))
}

export function icmp(type: number, code: number): PacketLayer {
  return layer({ protocol: 1 }, () => Buffer.concat([u8(type, code), u16(0), u32(0)]))
}

export function icmpv6(type: number, code: number): PacketLayer {
  return layer({ protocol: 58 }, () => Buffer.concat([u8(type, code), u16(0), u32(0)]))
}

export function gre({ checksum = false, key, sequence }: { checksum?: boolean; key?: number; sequence?: number } = {}): PacketLayer {
  return layer({ protocol: 47 }, (_, next) =>
    Buffer.concat([
      u16((checksum ? 0x8000 : 0) | (key === undefined ? 0 : 0x2000) | (sequence === undefined ? 0 : 0x1000), next?.etype ?? 0),
      ...(checksum ? [u32(0)] : []),
      ...(key === undefined ? [] : [u32(key)]),
      ...(sequence === undefined ? [] : [u32(sequence)])
    ])
  )
}

/** PPTP's GRE with PPP in it; `control`: with PPP's address and control bytes. */
export function pptp({
  sequence,
  acknowledgement,
  control = true
}: { sequence?: number; acknowledgement?: number; control?: boolean } = {}): PacketLayer {
  return layer({ protocol: 47 }, (payload, next) =>
    Buffer.concat([
      u16(0x2001 | (sequence === undefined ? 0 : 0x1000) | (acknowledgement === undefined ? 0 : 0x80), 0x880b, payload.length + 4, 5),
      ...(sequence === undefined ? [] : [u32(sequence)]),
      ...(acknowledgement === undefined ? [] : [u32(acknowledgement)]),
      ...(control ? [u16(0xff03)] : []),
      u16(PPP[next?.etype ?? 0])
    ])
  )
}

export function vxlan(vni: number): PacketLayer {
  return layer({}, () => u32(0x08000000, vni * 256))
}

export function geneve(vni: number, optionBytes = 0): PacketLayer {
  return layer({}, (_, next) => Buffer.concat([u8(optionBytes / 4, 0), u16(next?.etype ?? 0), u32(vni * 256), Buffer.alloc(optionBytes)]))
}

/** Teredo's indications; IPv6 follows. */
export function teredo({ origin = false, authenticated = false } = {}): PacketLayer {
  return layer({}, () =>
    Buffer.concat([
      ...(authenticated ? [u8(0, 1, 2, 3), Buffer.alloc(5 + 8 + 1, 9)] : []),
      ...(origin ? [u16(0, 0xffff ^ 4096), Buffer.alloc(4, 0xff)] : [])
    ])
  )
}

/** GTP-U; each extension header is its type and its content, of 4 · n − 2 bytes. */
export function gtpu(
  teid: number,
  {
    type = 255,
    sequence,
    extensions = []
  }: { type?: number; sequence?: number; extensions?: readonly (readonly [type: number, content: Buffer])[] } = {}
): PacketLayer {
  return layer({}, (payload) => {
    const optional =
      sequence === undefined && extensions.length === 0
        ? Buffer.alloc(0)
        : Buffer.concat([u16(sequence ?? 0), u8(0, extensions[0]?.[0] ?? 0)])
    const chain = extensions.map(([, content], i) =>
      Buffer.concat([u8((content.length + 2) / 4), content, u8((extensions[i + 1] as readonly [number, Buffer] | undefined)?.[0] ?? 0)])
    )
    const behind = Buffer.concat([optional, ...chain])
    const flags = 0x30 | (extensions.length > 0 ? 4 : 0) | (sequence === undefined ? 0 : 2)
    return Buffer.concat([u8(flags, type), u16(behind.length + payload.length), u32(teid), behind])
  })
}
