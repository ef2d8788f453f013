/**
 * sFlow's structures as tables (sFlow v5 and the specifications of its host, drops and tunnel structures, in XDR: RFC 4506). A structure is a
 * list of `name:type`; the reader takes as many members as the bytes hold.
 *
 *     u32 u64 i32 f32   numbers                 mac, mac6 6 bytes in 8, and alone
 *     c32 c64           u32, u64 that count up  address   type(4): 0, 1 ip4, 2 ip6
 *     ip4 ip6           addresses               opaque16  16 bytes
 *     string opaque     length(4), bytes, padded to 4
 *     T[]               count(4), T*            ethernet ipv4 ipv6 path adapter lane  structures below
 */
import { readUint32 } from '../../flow/bigendian.js'
import { addressText } from '../../text/addresses.js'
import type { Tree } from '../../text/tree.js'

const STRUCTURES: Record<string, string> = {
  ethernet: 'length:u32 src_mac:mac dst_mac:mac type:u32',
  ipv4: 'length:u32 protocol:u32 src_ip:ip4 dst_ip:ip4 src_port:u32 dst_port:u32 tcp_flags:u32 tos:u32',
  ipv6: 'length:u32 protocol:u32 src_ip:ip6 dst_ip:ip6 src_port:u32 dst_port:u32 tcp_flags:u32 priority:u32',
  path: 'type:u32 path:u32[]',
  adapter: 'if_index:u32 macs:mac[]',
  lane:
    'lane_index:u32 tx_bias_current:u32 tx_power:u32 tx_power_min:u32 tx_power_max:u32 tx_wavelength:u32 rx_power:u32 rx_power_min:u32 ' +
    'rx_power_max:u32 rx_wavelength:u32'
}

/** A member of a structure. */
export interface Member {
  readonly name: string
  readonly type: string
}

/** A layout of structures.ts taken apart: the structure's name and its members. */
export interface Structure {
  readonly name: string
  readonly members: readonly Member[]
}

/** Takes apart `name member:type member:type …`. */
export function structureOf(layout: string): Structure {
  const space = layout.indexOf(' ')
  return { name: layout.slice(0, space), members: membersOf(layout.slice(space + 1)) }
}

/** Takes apart `member:type member:type …`. */
export function membersOf(layout: string): Member[] {
  return layout.split(' ').map((member) => {
    const [name, type] = member.split(':')
    return { name, type }
  })
}

/** Where a structure is read. */
export interface XdrCursor {
  readonly buf: Buffer
  pos: number
  readonly end: number
}

const NESTED = new Map(Object.entries(STRUCTURES).map(([name, layout]) => [name, membersOf(layout)]))

/** Reads the members that the bytes hold; what does not fit ends it. */
export function readStructure(members: readonly Member[], cursor: XdrCursor): Record<string, Tree> {
  const read: Record<string, Tree> = {}
  for (const { name, type } of members) {
    const value = readMember(type, cursor)
    if (value === undefined) break
    read[name] = value
  }
  return read
}

/** Reads a value of that type; undefined where it is not whole. */
export function readMember(type: string, cursor: XdrCursor): Tree | undefined {
  const { buf, pos, end } = cursor
  if (type.endsWith('[]')) return readArray(type.slice(0, -2), cursor)
  const nested = NESTED.get(type)
  if (nested !== undefined) return pos < end ? readStructure(nested, cursor) : undefined
  if (type === 'string' || type === 'opaque') {
    if (end - pos < 4) return undefined
    const length = readUint32(buf, pos)
    if (length > end - pos - 4) return undefined
    cursor.pos = Math.min(end, pos + 4 + length + ((4 - (length % 4)) % 4))
    return buf.toString(type === 'string' ? 'utf8' : 'hex', pos + 4, pos + 4 + length)
  }
  const kind = type === 'address' ? (end - pos < 4 ? -1 : readUint32(buf, pos)) : 0
  const size = type === 'address' ? 4 + (kind === 1 ? 4 : kind === 2 ? 16 : 0) : (SIZES[type] ?? 4)
  if (kind < 0 || size > end - pos) return undefined
  cursor.pos = pos + size
  switch (type) {
    case 'address':
      return kind === 0 ? null : addressText(buf.subarray(pos + 4, pos + size))
    case 'ip4':
    case 'ip6':
      return addressText(buf.subarray(pos, pos + size))
    case 'mac':
    case 'mac6':
      return buf.toString('hex', pos, pos + 6).replace(/..(?!$)/g, '$&:')
    case 'opaque16':
      return buf.toString('hex', pos, pos + 16)
    case 'u64':
    case 'c64':
      return buf.readBigUInt64BE(pos)
    case 'i32':
      return buf.readInt32BE(pos)
    case 'f32':
      return buf.readFloatBE(pos)
    default:
      return readUint32(buf, pos)
  }
}

const SIZES: Record<string, number | undefined> = { u64: 8, c64: 8, mac: 8, mac6: 6, ip6: 16, opaque16: 16 }

function readArray(type: string, cursor: XdrCursor): Tree | undefined {
  if (cursor.end - cursor.pos < 4) return undefined
  const count = readUint32(cursor.buf, cursor.pos)
  cursor.pos += 4
  const items: Tree[] = []
  while (items.length < count) {
    const before = cursor.pos
    const item = readMember(type, cursor)
    if (item === undefined || cursor.pos === before) break
    items.push(item)
  }
  return items
}
