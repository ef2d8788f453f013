/** What was sampled: the fields of the raw header, and of the records that say what it does not. All are known to be whole. */
import { fieldTag } from '../../flow/proto.js'
import { inU32 } from '../memory/in.js'
import { outUint32 } from '../memory/out.js'
import { DST_ADDR, DST_MAC, DST_PORT, ETYPE, IP_TOS, PROTO, SRC_ADDR, SRC_MAC, SRC_PORT, TCP_FLAGS, VNI } from '../packet/fields.js'
import { frame, isOpen, put, putBytes, putMac } from '../packet/frame.js'
import { ETHERTYPE } from '../packet/next.js'
import { type FrameWalk, LINK, writeFrameFields } from '../packet/walk.js'
import { known } from './header.js'
import type { Records } from './records.js'

const BYTES = fieldTag('bytes')

export function writePacket(records: Records, walk: FrameWalk, pos: number): number {
  const { header, ethernet, ipv4, ipv6, vniOut, vniIn } = records
  // a tunnel that the device itself adds or takes off goes before one that passes through it
  const vni = vniOut >= 0 ? vniOut : vniIn
  if (vni >= 0) pos = outUint32(pos, VNI.tag, inU32(vni))
  const length = header >= 0 ? header + 4 : ethernet >= 0 ? ethernet : ipv4 >= 0 ? ipv4 : ipv6
  if (length >= 0) pos = outUint32(pos, BYTES, inU32(length))
  writeHeader(header, walk, pos, vni >= 0 ? VNI.bit : 0)
  if (walk.isPeeled) return frame.pos // the other records are of the outer packet
  if (ipv4 >= 0) putIp(ipv4, 4)
  if (ipv6 >= 0) putIp(ipv6, 16)
  if (ethernet >= 0) putEthernet(ethernet, records.macBytes)
  return frame.pos
}

/** A raw header of a protocol that we cannot read is as good as none. */
function writeHeader(header: number, walk: FrameWalk, pos: number, skip: number): void {
  const link = header < 0 ? undefined : linkOf(inU32(header))
  const start = header + 16
  if (link === undefined) writeFrameFields(walk, 0, 0, LINK.ethernet, pos, skip)
  else writeFrameFields(walk, start, start + inU32(header + 12), link, pos, skip)
}

function linkOf(protocol: number): number | undefined {
  switch (protocol) {
    case 1:
      return LINK.ethernet
    case 11:
      return LINK.ipv4
    case 12:
      return LINK.ipv6
    case 13:
      return LINK.mpls
    default:
      return undefined
  }
}

/** Records 3 and 4, which differ in the size of their addresses alone; passed over where the header is of the other family. */
function putIp(record: number, addressBytes: number): void {
  const etype = addressBytes === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
  if (!isOpen(SRC_ADDR) && frame.etype !== etype) return
  const src = record + 8
  const dst = src + addressBytes
  const rest = dst + addressBytes
  putBytes(SRC_ADDR, src, dst)
  putBytes(DST_ADDR, dst, rest)
  put(SRC_PORT, inU32(rest))
  put(DST_PORT, inU32(rest + 4))
  put(TCP_FLAGS, inU32(rest + 8))
  put(IP_TOS, known(inU32(rest + 12)))
  if (frame.proto === 0) put(PROTO, (frame.proto = inU32(record + 4)))
  if (frame.etype === 0) put(ETYPE, (frame.etype = etype))
}

function putEthernet(record: number, macBytes: number): void {
  const source = record + 4
  const destination = source + macBytes
  putMac(SRC_MAC, source)
  putMac(DST_MAC, destination)
  if (frame.etype === 0) put(ETYPE, inU32(destination + macBytes))
}
