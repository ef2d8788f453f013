/** Writes capture files, pcap and pcapng, in either byte order. */
import { macBytes, type PacketLayer, u16, u32, u8 } from './build-packet.js'

export const LINK = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  pppHdlc: 50,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  nflog: 239,
  linuxCooked2: 276
} as const

export interface CapturedPacket {
  /** from the link layer on */
  bytes: Buffer
  /** nanoseconds since 1970 */
  time?: bigint
  /** what of it was captured; all */
  captured?: number
}

export const CAPTURED_AT = 1_700_000_000_123_456_789n

export interface PcapOptions {
  linkType?: number
  nanoseconds?: boolean
  bigEndian?: boolean
}

type Order = (values: readonly (readonly [value: number, bytes: 2 | 4])[]) => Buffer

function order(bigEndian: boolean): Order {
  return (values) =>
    Buffer.concat(
      values.map(([value, bytes]) => {
        const buf = Buffer.alloc(bytes)
        if (bigEndian) buf.writeUIntBE(value, 0, bytes)
        else buf.writeUIntLE(value, 0, bytes)
        return buf
      })
    )
}

/** A pcap file (draft-ietf-opsawg-pcap). */
export function pcap(
  packets: readonly CapturedPacket[],
  { linkType = LINK.ethernet, nanoseconds = false, bigEndian = false }: PcapOptions = {}
): Buffer {
  const numbers = order(bigEndian)
  const header = numbers([
    [nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4],
    [2, 2],
    [4, 2],
    [0, 4],
    [0, 4],
    [262_144, 4],
    [linkType, 4]
  ])
  const records = packets.map(({ bytes, time = CAPTURED_AT, captured = bytes.length }) => {
    const fraction = Number(time % 1_000_000_000n)
    const head = numbers([
      [Number(time / 1_000_000_000n), 4],
      [nanoseconds ? fraction : Math.floor(fraction / 1000), 4],
      [captured, 4],
      [bytes.length, 4]
    ])
    return Buffer.concat([head, bytes.subarray(0, captured)])
  })
  return Buffer.concat([header, ...records])
}

export interface InterfaceOptions {
  linkType?: number
  snaplen?: number
  /** if_tsresol, as it is on the wire */
  resolution?: number
  /** if_tsoffset, in seconds */
  offset?: bigint
}

/** The blocks of pcapng (draft-ietf-opsawg-pcapng) in one byte order; a file is blocks one after another, a section header first. */
export interface PcapngBlocks {
  section(): Buffer
  interface(options?: InterfaceOptions): Buffer
  /** `ticks`: the time, in the interface's units */
  enhanced(packet: CapturedPacket, ticks: bigint, interfaceId?: number): Buffer
  obsolete(packet: CapturedPacket, ticks: bigint, interfaceId?: number): Buffer
  simple(packet: CapturedPacket): Buffer
  block(type: number, body: Buffer): Buffer
}

export function pcapng(bigEndian = false): PcapngBlocks {
  const numbers = order(bigEndian)
  const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
  const option = (code: number, value: Buffer): Buffer =>
    Buffer.concat([
      numbers([
        [code, 2],
        [value.length, 2]
      ]),
      padded(value)
    ])
  const block = (type: number, body: Buffer): Buffer => {
    const all = padded(body)
    return Buffer.concat([
      numbers([
        [type, 4],
        [all.length + 12, 4]
      ]),
      all,
      numbers([[all.length + 12, 4]])
    ])
  }
  const withTime = (head: Buffer, { bytes, captured = bytes.length }: CapturedPacket, ticks: bigint): Buffer =>
    Buffer.concat([
      head,
      numbers([
        [Number(ticks >> 32n), 4],
        [Number(ticks & 0xffffffffn), 4],
        [captured, 4],
        [bytes.length, 4]
      ]),
      padded(bytes.subarray(0, captured))
    ])
  return {
    block,
    section: () =>
      block(
        0x0a0d0d0a,
        Buffer.concat([
          numbers([
            [0x1a2b3c4d, 4],
            [1, 2],
            [0, 2]
          ]),
          Buffer.alloc(8, 0xff)
        ])
      ),
    interface({ linkType = LINK.ethernet, snaplen = 0, resolution, offset } = {}) {
      const options = [option(2, Buffer.from('eth0'))]
      if (resolution !== undefined) options.push(option(9, u8(resolution)))
      if (offset !== undefined) {
        const seconds = Buffer.alloc(8)
        if (bigEndian) seconds.writeBigInt64BE(offset)
        else seconds.writeBigInt64LE(offset)
        options.push(option(14, seconds))
      }
      return block(
        1,
        Buffer.concat([
          numbers([
            [linkType, 2],
            [0, 2],
            [snaplen, 4]
          ]),
          ...options,
          option(0, Buffer.alloc(0))
        ])
      )
    },
    enhanced: (packet, ticks, interfaceId = 0) =>
      block(6, Buffer.concat([withTime(numbers([[interfaceId, 4]]), packet, ticks), option(1, Buffer.from('a comment'))])),
    obsolete: (packet, ticks, interfaceId = 0) =>
      block(
        2,
        withTime(
          numbers([
            [interfaceId, 2],
            [0xffff, 2]
          ]),
          packet,
          ticks
        )
      ),
    simple: ({ bytes, captured = bytes.length }) => block(3, Buffer.concat([numbers([[bytes.length, 4]]), bytes.subarray(0, captured)]))
  }
}

// Link layers that only captures have.

export function linuxCooked(): PacketLayer {
  return { build: (payload, next) => Buffer.concat([u16(0, 1, 6), macBytes('02:00:00:00:00:01'), u16(0, next?.etype ?? 0), payload]) }
}

export function linuxCooked2(): PacketLayer {
  return {
    build: (payload, next) =>
      Buffer.concat([u16(next?.etype ?? 0, 0), u32(2), u16(1), u8(0, 6), macBytes('02:00:00:00:00:01'), u16(0), payload])
  }
}

/** BSD loopback, the address family in the byte order of the capturing machine. */
export function loopback({ bigEndian = false, ipv6Family = 30 } = {}): PacketLayer {
  return { build: (payload, next) => Buffer.concat([order(bigEndian)([[next?.etype === 0x86dd ? ipv6Family : 2, 4]]), payload]) }
}

/** The bytes of a datagram, for the end of a packet. */
export function payload(bytes: Buffer): PacketLayer {
  return { build: () => bytes }
}
