/** What was sampled: the fields of the raw header, and of the records that say what it does not. All are known to be whole. */
import { fieldTag } from '../../flow/proto.js'
import { readUint32 } from '../input.js'
import { copyBytesField, writeUint32Field } from '../messages.js'
import { ETHERTYPE } from '../packet/carry.js'
import { writeMac } from '../packet/ethernet.js'
import { DST_ADDR, DST_MAC, DST_PORT, ETYPE, IP_TOS, PROTO, SRC_ADDR, SRC_MAC, SRC_PORT, TCP_FLAGS, VNI } from '../packet/fields.js'
import { type Frame, LINK, writeFrameFields } from '../packet/frame.js'
import { known } from './header.js'
import type { Records } from './records.js'

const BYTES = fieldTag('bytes')

export function writePacket(records: Records, frame: Frame, pos: number): number {
  const { header, ethernet, ipv4, ipv6, vniOut, vniIn } = records
  // a tunnel that the device itself adds or takes off goes before one that passes through it
  const vni = vniOut >= 0 ? vniOut : vniIn
  if (vni >= 0) pos = writeUint32Field(pos, VNI.tag, readUint32(vni))
  const length = header >= 0 ? header + 4 : ethernet >= 0 ? ethernet : ipv4 >= 0 ? ipv4 : ipv6
  if (length >= 0) pos = writeUint32Field(pos, BYTES, readUint32(length))
  pos = writeHeader(header, frame, pos, vni >= 0 ? VNI.bit : 0)
  if (ipv4 >= 0) pos = writeIp(ipv4, 4, frame, pos)
  if (ipv6 >= 0) pos = writeIp(ipv6, 16, frame, pos)
  return ethernet >= 0 ? writeEthernet(ethernet, records.macBytes, frame, pos) : pos
}

/** A raw header of a protocol that we cannot read is as good as none. */
function writeHeader(header: number, frame: Frame, pos: number, skip: number): number {
  const link = header < 0 ? undefined : linkOf(readUint32(header))
  if (link === undefined) return writeFrameFields(frame, 0, 0, LINK.ethernet, pos, skip)
  const start = header + 16
  return writeFrameFields(frame, start, start + readUint32(header + 12), link, pos, skip)
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
function writeIp(record: number, addressBytes: number, frame: Frame, pos: number): number {
  const { told } = frame
  const etype = addressBytes === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
  if ((told & SRC_ADDR.bit) !== 0 && frame.etype !== etype) return pos
  const src = record + 8
  const dst = src + addressBytes
  const rest = dst + addressBytes
  if ((told & SRC_ADDR.bit) === 0) pos = copyBytesField(pos, SRC_ADDR.tag, src, dst)
  if ((told & DST_ADDR.bit) === 0) pos = copyBytesField(pos, DST_ADDR.tag, dst, rest)
  if ((told & SRC_PORT.bit) === 0) pos = writeUint32Field(pos, SRC_PORT.tag, readUint32(rest))
  if ((told & DST_PORT.bit) === 0) pos = writeUint32Field(pos, DST_PORT.tag, readUint32(rest + 4))
  if ((told & TCP_FLAGS.bit) === 0) pos = writeUint32Field(pos, TCP_FLAGS.tag, readUint32(rest + 8))
  if ((told & IP_TOS.bit) === 0) pos = writeUint32Field(pos, IP_TOS.tag, known(readUint32(rest + 12)))
  frame.told |= SRC_ADDR.bit | DST_ADDR.bit | SRC_PORT.bit | DST_PORT.bit | TCP_FLAGS.bit | IP_TOS.bit
  if (frame.proto === 0) {
    frame.proto = readUint32(record + 4)
    pos = writeUint32Field(pos, PROTO.tag, frame.proto)
  }
  if (frame.etype === 0) {
    frame.etype = etype
    pos = writeUint32Field(pos, ETYPE.tag, etype)
  }
  return pos
}

function writeEthernet(record: number, macBytes: number, frame: Frame, pos: number): number {
  const source = record + 4
  const destination = source + macBytes
  if ((frame.told & SRC_MAC.bit) === 0) pos = writeMac(pos, SRC_MAC.tag, source)
  if ((frame.told & DST_MAC.bit) === 0) pos = writeMac(pos, DST_MAC.tag, destination)
  return frame.etype === 0 ? writeUint32Field(pos, ETYPE.tag, readUint32(destination + macBytes)) : pos
}
