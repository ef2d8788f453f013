/**
 * The frame that most are: Ethernet, perhaps a VLAN tag, IPv4 or IPv6 without options, TCP or UDP with nothing inside that we read, none of it cut short.
 * It is written at once, which saves a third of what its layers take one by one; the bytes are the same, which a property test holds. Any other frame, and
 * whatever may change what is written of one, is left to them.
 */
import { IP_PROTOCOL } from '../../flow/ipprotocols.js'
import type { LayerName } from '../../schema/layers.js'
import { inU16, inU32, inU8 } from '../memory/in.js'
import {
  ENDINGS_AT,
  outAddress4,
  outAgain,
  outByte,
  outInput,
  outRaw,
  outTag,
  outUint32,
  outUint64,
  outUint8,
  outVarint32
} from '../memory/out.js'
import {
  DST_ADDR,
  DST_MAC,
  DST_PORT,
  ETYPE,
  FLOW_LABEL,
  FRAGMENT_ID,
  IP_FLAGS,
  IP_TOS,
  IP_TTL,
  LAYER_SIZE,
  LAYER_STACK,
  PROTO,
  SRC_ADDR,
  SRC_MAC,
  SRC_PORT,
  TCP_FLAGS,
  VLAN_ID
} from './fields.js'
import { frame } from './frame.js'
import { layerId, type Ports, STACK } from './layers.js'
import { ETHERTYPE } from './next.js'

const ETHERNET_BYTES = 14
const VLAN = 0x8100
const VLAN_BYTES = 4
const IPV4_BYTES = 20
const IPV6_BYTES = 40
const TCP_BYTES = 20
const UDP_BYTES = 8
const LEAST_BYTES = ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES

/**
 * Of each kind of plain frame what its message ends with: the two protocols, the layers and their sizes, of which the last one's is the only byte that
 * differs from frame to frame. They are written once.
 */
const endingOf = (isTagged: boolean, isIpv4: boolean, isTcp: boolean): number => (isTagged ? 4 : 0) | (isIpv4 ? 2 : 0) | (isTcp ? 1 : 0)
const ENDING_ROOM = 32
const ENDING_BYTES = new Uint8Array(128) // eight, but so few may move (see memory/out.ts)

for (const isTagged of [false, true])
  for (const isIpv4 of [false, true])
    for (const isTcp of [false, true]) {
      const layers: [name: LayerName, bytes: number][] = [
        ['ethernet', ETHERNET_BYTES],
        ...(isTagged ? [['dot1q', VLAN_BYTES] satisfies [LayerName, number]] : []),
        isIpv4 ? ['ipv4', IPV4_BYTES] : ['ipv6', IPV6_BYTES],
        isTcp ? ['tcp', TCP_BYTES] : ['udp', UDP_BYTES]
      ]
      const ending = endingOf(isTagged, isIpv4, isTcp)
      const start = ENDINGS_AT + ending * ENDING_ROOM
      let pos = outUint32(start, ETYPE.tag, isIpv4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6)
      pos = outUint32(pos, PROTO.tag, isTcp ? IP_PROTOCOL.tcp : IP_PROTOCOL.udp)
      for (const [field, values] of [
        [LAYER_STACK, layers.map(([name]) => STACK[layerId(name)])],
        [LAYER_SIZE, layers.map(([, bytes]) => bytes)]
      ] as const)
        pos = outRaw(outVarint32(outTag(pos, field.tag), layers.length), Uint8Array.from(values))
      ENDING_BYTES[ending] = pos - start
    }

/** What records beside the frame may not write any more. */
const CLOSED = [SRC_MAC, DST_MAC, IP_TOS, SRC_ADDR, DST_ADDR, SRC_PORT, DST_PORT].reduce((set, { bit }) => set | bit, 0)

/** Writes the frame at `[start, end)` of the input where it is a plain one; false, with nothing written, where it is none. */
export function putPlain(start: number, end: number, ports: Ports): boolean {
  if (end - start < LEAST_BYTES) return false
  const isTagged = inU16(start + 12) === VLAN
  const ip = start + ETHERNET_BYTES + (isTagged ? VLAN_BYTES : 0)
  const etype = inU16(ip - 2)
  const isIpv4 = etype === ETHERTYPE.ipv4
  if (isIpv4 ? inU8(ip) !== 0x45 || (inU16(ip + 6) & 0x3fff) !== 0 : etype !== ETHERTYPE.ipv6 || inU8(ip) >> 4 !== 6) return false
  const proto = inU8(ip + (isIpv4 ? 9 : 6))
  const isTcp = proto === IP_PROTOCOL.tcp
  if (!isTcp && proto !== IP_PROTOCOL.udp) return false
  const ipBytes = isIpv4 ? IPV4_BYTES : IPV6_BYTES
  const transport = ip + ipBytes
  if (end - transport < (isTcp ? TCP_BYTES : UDP_BYTES)) return false
  const transportBytes = isTcp ? (inU8(transport + 12) >> 4) * 4 : UDP_BYTES
  const payloadBytes = isIpv4 ? inU16(ip + 2) - IPV4_BYTES : inU16(ip + 4)
  if (isTcp && transportBytes < TCP_BYTES) return false
  if (transportBytes > payloadBytes || transportBytes > end - transport) return false
  const srcPort = inU16(transport)
  const dstPort = inU16(transport + 2)
  if (isTcp ? ports.tcpDst[dstPort] + ports.tcpSrc[srcPort] !== 0 : ports.udpDst[dstPort] + ports.udpSrc[srcPort] !== 0) return false

  let pos = outUint64(frame.pos, DST_MAC.tag, inU16(start), inU32(start + 2))
  pos = outUint64(pos, SRC_MAC.tag, inU16(start + 6), inU32(start + 8))
  if (isTagged) pos = outUint32(pos, VLAN_ID.tag, inU16(start + 14) & 0xfff)
  if (isIpv4) {
    pos = outUint8(pos, IP_TOS.tag, inU8(ip + 1))
    pos = outUint32(pos, FRAGMENT_ID.tag, inU16(ip + 4))
    pos = outUint32(pos, IP_FLAGS.tag, inU8(ip + 6) >> 5)
    pos = outUint8(pos, IP_TTL.tag, inU8(ip + 8))
    pos = outAddress4(pos, SRC_ADDR.tag, ip + 12)
    pos = outAddress4(pos, DST_ADDR.tag, ip + 16)
  } else {
    pos = outUint8(pos, IP_TOS.tag, (inU16(ip) >> 4) & 0xff)
    pos = outUint32(pos, FLOW_LABEL.tag, inU32(ip) & 0xfffff)
    pos = outUint8(pos, IP_TTL.tag, inU8(ip + 7))
    pos = outInput(pos, SRC_ADDR.tag, ip + 8, ip + 24)
    pos = outInput(pos, DST_ADDR.tag, ip + 24, ip + 40)
  }
  pos = outUint32(pos, SRC_PORT.tag, srcPort)
  pos = outUint32(pos, DST_PORT.tag, dstPort)
  if (isTcp) pos = outUint32(pos, TCP_FLAGS.tag, inU16(transport + 12) & 0x1ff)
  const ending = endingOf(isTagged, isIpv4, isTcp)
  pos = outAgain(pos, ENDINGS_AT + ending * ENDING_ROOM, ENDING_BYTES[ending])
  outByte(pos - 1, transportBytes)
  frame.pos = pos
  frame.etype = etype
  frame.proto = proto
  frame.done = isTcp ? CLOSED | TCP_FLAGS.bit : CLOSED
  return true
}
