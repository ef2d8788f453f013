/** The fields of FlowMessage that a sample gives. */
import { readUint32 } from '../../flow/bigendian.js'
import type { Datagram } from '../../flow/datagram.js'
import { closeFrame } from '../../flow/frames.js'
import { copyBytesField, writeTag, writeUint32Field, writeUint64Field } from '../../flow/message.js'
import { flowMessage } from '../../flow/schema.js'
import { writeVarint32 } from '../../flow/varint.js'
import { ETYPE } from '../packet/carry.js'
import { fieldBits } from '../packet/field-set.js'
import type { Frame } from '../packet/frame.js'
import { addressEnd, type SflowHeader } from './header.js'
import { GATEWAY_FIXED_BYTES, type Records, SEGMENT_HEAD_BYTES } from './records.js'
import type { SampleHead } from './sample.js'

const fields = fieldBits()

// the same for all samples of a datagram
const TYPE = fields.field('type')
const TIME_RECEIVED = fields.field('time_received_ns')
const SEQUENCE_NUM = fields.field('sequence_num')
const SAMPLER_ADDRESS = fields.field('sampler_address')
const TIME_FLOW_START = fields.field('time_flow_start_ns')
const TIME_FLOW_END = fields.field('time_flow_end_ns')

const SAMPLING_RATE = fields.field('sampling_rate')
const BYTES = fields.field('bytes')
const PACKETS = fields.field('packets')
const IN_IF = fields.field('in_if')
const OUT_IF = fields.field('out_if')
const FORWARDING_STATUS = fields.field('forwarding_status')
const DROP_REASON = fields.field('drop_reason')
const FLOW_DIRECTION = fields.field('flow_direction')
const SRC_VLAN = fields.field('src_vlan')
const DST_VLAN = fields.field('dst_vlan')
const NEXT_HOP = fields.field('next_hop')
const SRC_NET = fields.field('src_net')
const DST_NET = fields.field('dst_net')
const BGP_NEXT_HOP = fields.field('bgp_next_hop')
const SRC_AS = fields.field('src_as')
const DST_AS = fields.field('dst_as')
const NEXT_HOP_AS = fields.field('next_hop_as')
const AS_PATH = fields.field('as_path')
const COMMUNITIES = fields.field('bgp_communities')
const NAT_SRC_ADDR = fields.field('post_nat_src_addr')
const NAT_DST_ADDR = fields.field('post_nat_dst_addr')
const NAT_SRC_PORT = fields.field('post_nat_src_port')
const NAT_DST_PORT = fields.field('post_nat_dst_port')

const SFLOW_5 = [...flowMessage.field('type').names!].find(([, name]) => name === 'SFLOW_5')![0]

/** RFC 7270 section 4.12: dropped, for a reason that it has no number for. */
const DROPPED = 128

/** The set of those of the named fields that a datagram or sample gives, for the writers below to leave out. */
export const sflowFieldSet = fields.setOf

/** The fields that `writeCommonFields` writes. */
export const COMMON_FIELDS = sflowFieldSet(['type', 'time_received_ns', 'sequence_num', 'sampler_address', 'time_flow_start_ns', 'time_flow_end_ns'])

/** More than the common fields take. */
export const COMMON_BYTES = 128

/** Writes what all samples of a datagram have in common, but the fields in `skip`. */
export function writeCommonFields(datagram: Datagram, header: SflowHeader, out: Buffer, pos: number, skip: number): number {
  const { buf, receivedHi, receivedLo } = datagram
  if ((skip & TYPE.bit) === 0) pos = writeUint32Field(out, pos, TYPE.tag, SFLOW_5)
  if ((skip & TIME_RECEIVED.bit) === 0) pos = writeUint64Field(out, pos, TIME_RECEIVED.tag, receivedHi, receivedLo)
  if ((skip & SEQUENCE_NUM.bit) === 0) pos = writeUint32Field(out, pos, SEQUENCE_NUM.tag, header.sequence)
  if ((skip & SAMPLER_ADDRESS.bit) === 0) {
    pos = isUsable(buf, header.agentStart, header.agentEnd)
      ? copyBytesField(out, pos, SAMPLER_ADDRESS.tag, buf, header.agentStart, header.agentEnd)
      : copyBytesField(out, pos, SAMPLER_ADDRESS.tag, buf, datagram.srcStart, datagram.srcEnd)
  }
  if ((skip & TIME_FLOW_START.bit) === 0) pos = writeUint64Field(out, pos, TIME_FLOW_START.tag, receivedHi, receivedLo)
  if ((skip & TIME_FLOW_END.bit) === 0) pos = writeUint64Field(out, pos, TIME_FLOW_END.tag, receivedHi, receivedLo)
  return pos
}

function isUsable(buf: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (buf[at] !== 0) return true
  return false
}

/** More than the fields of a sample of so many bytes take. */
export function sampleFieldsBound(sampleBytes: number): number {
  return 512 + 2 * sampleBytes
}

/** Writes what a sample gives but for its frame's fields and those in `skip`. */
export function writeSampleFields(buf: Buffer, head: SampleHead, records: Records, out: Buffer, pos: number, skip: number): number {
  if ((skip & SAMPLING_RATE.bit) === 0) pos = writeUint32Field(out, pos, SAMPLING_RATE.tag, head.samplingRate)
  if ((skip & BYTES.bit) === 0) pos = writeUint32Field(out, pos, BYTES.tag, lengthOf(buf, records))
  if ((skip & PACKETS.bit) === 0) pos = writeUint32Field(out, pos, PACKETS.tag, 1)
  if ((skip & IN_IF.bit) === 0) pos = writeUint32Field(out, pos, IN_IF.tag, head.input)
  if ((skip & OUT_IF.bit) === 0) pos = writeUint32Field(out, pos, OUT_IF.tag, head.output)
  if (head.dropped) {
    if ((skip & FORWARDING_STATUS.bit) === 0) pos = writeUint32Field(out, pos, FORWARDING_STATUS.tag, DROPPED)
    if ((skip & DROP_REASON.bit) === 0) pos = writeUint32Field(out, pos, DROP_REASON.tag, head.dropReason)
  }
  if (head.egress && (skip & FLOW_DIRECTION.bit) === 0) pos = writeUint32Field(out, pos, FLOW_DIRECTION.tag, 1)
  if (records.switch >= 0) {
    if ((skip & SRC_VLAN.bit) === 0) pos = writeUint32Field(out, pos, SRC_VLAN.tag, readUint32(buf, records.switch))
    if ((skip & DST_VLAN.bit) === 0) pos = writeUint32Field(out, pos, DST_VLAN.tag, readUint32(buf, records.switch + 8))
  }
  if (records.router >= 0) pos = writeRouter(buf, records.router, out, pos, skip)
  if (records.gateway >= 0) pos = writeGateway(buf, records.gateway, out, pos, skip)
  if (records.nat >= 0) {
    const sourceEnd = addressEnd(buf, records.nat, buf.length)
    if ((skip & NAT_SRC_ADDR.bit) === 0) pos = writeAddress(buf, records.nat, out, pos, NAT_SRC_ADDR.tag)
    if ((skip & NAT_DST_ADDR.bit) === 0) pos = writeAddress(buf, sourceEnd, out, pos, NAT_DST_ADDR.tag)
  }
  if (records.natPorts >= 0) {
    if ((skip & NAT_SRC_PORT.bit) === 0) pos = writeUint32Field(out, pos, NAT_SRC_PORT.tag, readUint32(buf, records.natPorts))
    if ((skip & NAT_DST_PORT.bit) === 0) pos = writeUint32Field(out, pos, NAT_DST_PORT.tag, readUint32(buf, records.natPorts + 4))
  }
  return pos
}

/** The packet's length, from the record that saw the most of it. */
function lengthOf(buf: Buffer, { header, ethernet, ipv4, ipv6 }: Records): number {
  if (header >= 0) return readUint32(buf, header + 4)
  if (ethernet >= 0) return readUint32(buf, ethernet)
  if (ipv4 >= 0) return readUint32(buf, ipv4)
  return ipv6 >= 0 ? readUint32(buf, ipv6) : 0
}

function writeAddress(buf: Buffer, at: number, out: Buffer, pos: number, tag: number): number {
  return copyBytesField(out, pos, tag, buf, at + 4, addressEnd(buf, at, buf.length))
}

function writeRouter(buf: Buffer, at: number, out: Buffer, pos: number, skip: number): number {
  const masks = addressEnd(buf, at, buf.length)
  if ((skip & NEXT_HOP.bit) === 0) pos = writeAddress(buf, at, out, pos, NEXT_HOP.tag)
  if ((skip & SRC_NET.bit) === 0) pos = writeUint32Field(out, pos, SRC_NET.tag, readUint32(buf, masks))
  return (skip & DST_NET.bit) === 0 ? writeUint32Field(out, pos, DST_NET.tag, readUint32(buf, masks + 4)) : pos
}

function writeGateway(buf: Buffer, at: number, out: Buffer, pos: number, skip: number): number {
  const numbers = addressEnd(buf, at, buf.length)
  const own = readUint32(buf, numbers)
  if ((skip & BGP_NEXT_HOP.bit) === 0) pos = writeAddress(buf, at, out, pos, BGP_NEXT_HOP.tag)

  let first = 0
  let last = own
  let lengthAt = 0 // of the path in the message, once it has an AS
  let from = numbers + GATEWAY_FIXED_BYTES
  for (let segments = readUint32(buf, from - 4); segments > 0; segments--) {
    const segmentEnd = from + SEGMENT_HEAD_BYTES + readUint32(buf, from + 4) * 4
    for (from += SEGMENT_HEAD_BYTES; from < segmentEnd; from += 4) {
      last = readUint32(buf, from)
      if (lengthAt === 0) {
        first = last
        lengthAt = writeTag(out, pos, AS_PATH.tag)
        pos = lengthAt + 1
      }
      pos = writeVarint32(out, pos, last)
    }
  }
  if (lengthAt !== 0) pos = closeFrame(out, lengthAt, 1, pos)

  const communities = readUint32(buf, from)
  if (communities > 0) {
    lengthAt = writeTag(out, pos, COMMUNITIES.tag)
    pos = lengthAt + 1
    for (let i = 1; i <= communities; i++) pos = writeVarint32(out, pos, readUint32(buf, from + i * 4))
    pos = closeFrame(out, lengthAt, 1, pos)
  }

  if ((skip & SRC_AS.bit) === 0) pos = writeUint32Field(out, pos, SRC_AS.tag, readUint32(buf, numbers + 4) || own)
  if ((skip & DST_AS.bit) === 0) pos = writeUint32Field(out, pos, DST_AS.tag, last)
  return (skip & NEXT_HOP_AS.bit) === 0 ? writeUint32Field(out, pos, NEXT_HOP_AS.tag, first) : pos
}

const ICMP = 1
const ICMPV6 = 58

/** Puts what the records say of the packet into `frame` where its header did not say it; their order in the sample does not matter. */
export function fillFrame(buf: Buffer, { ethernet, ipv4, ipv6, vniOut, vniIn }: Records, frame: Frame): void {
  if (ipv4 >= 0 && frame.srcAddrBytes !== 16) fillFromIp(buf, ipv4, 4, frame)
  if (ipv6 >= 0 && frame.srcAddrBytes !== 4) fillFromIp(buf, ipv6, 16, frame)
  if (ethernet >= 0) {
    if (frame.srcMac < 0) frame.srcMac = ethernet + 4
    if (frame.dstMac < 0) frame.dstMac = ethernet + 12
    if (frame.etype === 0) frame.etype = readUint32(buf, ethernet + 20)
  }
  // tunnels that the device adds or takes off are not in the header
  if (vniOut >= 0) frame.vni = readUint32(buf, vniOut)
  else if (vniIn >= 0) frame.vni = readUint32(buf, vniIn)
}

/** Records 3 and 4 differ in the size of their addresses alone. */
function fillFromIp(buf: Buffer, at: number, addressBytes: number, frame: Frame): void {
  const src = at + 8
  const dst = src + addressBytes
  const rest = dst + addressBytes
  // an ICMP header has been read to its end when it has been read at all
  const hasTransport = frame.srcPort !== 0 || frame.dstPort !== 0 || frame.proto === ICMP || frame.proto === ICMPV6
  if (frame.srcAddrBytes === 0) {
    frame.srcAddr = src
    frame.srcAddrBytes = addressBytes
    frame.etype = addressBytes === 4 ? ETYPE.ipv4 : ETYPE.ipv6
  }
  if (frame.dstAddrBytes === 0) {
    frame.dstAddr = dst
    frame.dstAddrBytes = addressBytes
  }
  if (frame.proto === 0) frame.proto = readUint32(buf, at + 4)
  if (!hasTransport) {
    frame.srcPort = readUint32(buf, rest)
    frame.dstPort = readUint32(buf, rest + 4)
  }
  if (frame.tcpFlags === 0) frame.tcpFlags = readUint32(buf, rest + 8)
  if (frame.tos === 0) frame.tos = readUint32(buf, rest + 12)
}
