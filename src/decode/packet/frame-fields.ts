/** The fields of FlowMessage that a frame gives. */
import { readUint16, readUint32 } from '../../flow/bigendian.js'
import { closeFrame } from '../../flow/frames.js'
import { copyBytesField, writeTag, writeUint32Field, writeUint64Field } from '../../flow/message.js'
import { writeVarint32 } from '../../flow/varint.js'
import { fieldBits } from './field-set.js'
import type { Frame } from './frame.js'
import { STACK } from './layers.js'

const fields = fieldBits()
const SRC_MAC = fields.field('src_mac')
const DST_MAC = fields.field('dst_mac')
const VLAN_ID = fields.field('vlan_id')
const ETYPE = fields.field('etype')
const SRC_ADDR = fields.field('src_addr')
const DST_ADDR = fields.field('dst_addr')
const PROTO = fields.field('proto')
const IP_TOS = fields.field('ip_tos')
const IP_TTL = fields.field('ip_ttl')
const IP_FLAGS = fields.field('ip_flags')
const FRAGMENT_ID = fields.field('fragment_id')
const FRAGMENT_OFFSET = fields.field('fragment_offset')
const FLOW_LABEL = fields.field('ipv6_flow_label')
const SRC_PORT = fields.field('src_port')
const DST_PORT = fields.field('dst_port')
const TCP_FLAGS = fields.field('tcp_flags')
const ICMP_TYPE = fields.field('icmp_type')
const ICMP_CODE = fields.field('icmp_code')
const MPLS_TTL = fields.field('mpls_ttl')
const MPLS_LABEL = fields.field('mpls_label')
const SEGMENTS = fields.field('ipv6_routing_header_addresses')
const SEGMENTS_LEFT = fields.field('ipv6_routing_header_seg_left')
const VNI = fields.field('vni')
const LAYER_STACK = fields.field('layer_stack')
const LAYER_SIZE = fields.field('layer_size')

/** The set of those of the named fields that a frame may give, for `writeFrameFields` to leave out. */
export const frameFieldSet = fields.setOf

/** More than the fields of a frame of so many bytes take. */
export function frameFieldsBound(frameBytes: number): number {
  return 768 + 2 * frameBytes
}

/**
 * Writes the fields of a frame at `out[pos]`, but those in the set `skip`; gives the position behind them. There must be room
 * for `frameFieldsBound` bytes.
 */
export function writeFrameFields(frame: Frame, out: Buffer, pos: number, skip: number): number {
  const { buf } = frame
  if (frame.srcMac >= 0 && (skip & SRC_MAC.bit) === 0) pos = writeMac(out, pos, SRC_MAC.tag, buf, frame.srcMac)
  if (frame.dstMac >= 0 && (skip & DST_MAC.bit) === 0) pos = writeMac(out, pos, DST_MAC.tag, buf, frame.dstMac)
  if (frame.vlan > 0 && (skip & VLAN_ID.bit) === 0) pos = writeUint32Field(out, pos, VLAN_ID.tag, frame.vlan)
  if ((skip & ETYPE.bit) === 0) pos = writeUint32Field(out, pos, ETYPE.tag, frame.etype)
  if (frame.srcAddrBytes > 0 && (skip & SRC_ADDR.bit) === 0) {
    pos = copyBytesField(out, pos, SRC_ADDR.tag, buf, frame.srcAddr, frame.srcAddr + frame.srcAddrBytes)
  }
  if (frame.dstAddrBytes > 0 && (skip & DST_ADDR.bit) === 0) {
    pos = copyBytesField(out, pos, DST_ADDR.tag, buf, frame.dstAddr, frame.dstAddr + frame.dstAddrBytes)
  }
  if ((skip & PROTO.bit) === 0) pos = writeUint32Field(out, pos, PROTO.tag, frame.proto)
  if ((skip & IP_TOS.bit) === 0) pos = writeUint32Field(out, pos, IP_TOS.tag, frame.tos)
  if ((skip & IP_TTL.bit) === 0) pos = writeUint32Field(out, pos, IP_TTL.tag, frame.ttl)
  if ((skip & IP_FLAGS.bit) === 0) pos = writeUint32Field(out, pos, IP_FLAGS.tag, frame.ipFlags)
  if ((skip & FRAGMENT_ID.bit) === 0) pos = writeUint32Field(out, pos, FRAGMENT_ID.tag, frame.fragmentId)
  if ((skip & FRAGMENT_OFFSET.bit) === 0) pos = writeUint32Field(out, pos, FRAGMENT_OFFSET.tag, frame.fragmentOffset)
  if ((skip & FLOW_LABEL.bit) === 0) pos = writeUint32Field(out, pos, FLOW_LABEL.tag, frame.flowLabel)
  if ((skip & SRC_PORT.bit) === 0) pos = writeUint32Field(out, pos, SRC_PORT.tag, frame.srcPort)
  if ((skip & DST_PORT.bit) === 0) pos = writeUint32Field(out, pos, DST_PORT.tag, frame.dstPort)
  if ((skip & TCP_FLAGS.bit) === 0) pos = writeUint32Field(out, pos, TCP_FLAGS.tag, frame.tcpFlags)
  if ((skip & ICMP_TYPE.bit) === 0) pos = writeUint32Field(out, pos, ICMP_TYPE.tag, frame.icmpType)
  if ((skip & ICMP_CODE.bit) === 0) pos = writeUint32Field(out, pos, ICMP_CODE.tag, frame.icmpCode)
  if (frame.vni > 0 && (skip & VNI.bit) === 0) pos = writeUint32Field(out, pos, VNI.tag, frame.vni)
  if (frame.mplsEnd > frame.mplsStart) pos = writeLabels(frame, out, pos, skip)
  if (frame.segments >= 0) pos = writeSegments(frame, out, pos, skip)
  return frame.layers > 0 ? writeLayers(frame, out, pos, skip) : pos
}

/** The 48 bits at `at` as a number. */
export function writeMac(out: Buffer, pos: number, tag: number, buf: Buffer, at: number): number {
  return writeUint64Field(out, pos, tag, readUint16(buf, at), readUint32(buf, at + 2))
}

function writeLabels({ buf, mplsStart, mplsEnd }: Frame, out: Buffer, pos: number, skip: number): number {
  if ((skip & MPLS_LABEL.bit) === 0) {
    const lengthAt = writeTag(out, pos, MPLS_LABEL.tag)
    pos = lengthAt + 1
    for (let at = mplsStart; at < mplsEnd; at += 4) pos = writeVarint32(out, pos, readUint32(buf, at) >>> 12)
    pos = closeFrame(out, lengthAt, 1, pos)
  }
  if ((skip & MPLS_TTL.bit) === 0) {
    const lengthAt = writeTag(out, pos, MPLS_TTL.tag)
    pos = lengthAt + 1
    for (let at = mplsStart; at < mplsEnd; at += 4) pos = writeVarint32(out, pos, buf[at + 3])
    pos = closeFrame(out, lengthAt, 1, pos)
  }
  return pos
}

function writeSegments({ buf, segments, segmentCount, segmentsLeft }: Frame, out: Buffer, pos: number, skip: number): number {
  if ((skip & SEGMENTS.bit) === 0) {
    const end = segments + segmentCount * 16
    for (let at = segments; at < end; at += 16) pos = copyBytesField(out, pos, SEGMENTS.tag, buf, at, at + 16)
  }
  return (skip & SEGMENTS_LEFT.bit) === 0 ? writeUint32Field(out, pos, SEGMENTS_LEFT.tag, segmentsLeft) : pos
}

function writeLayers({ layers, layer, layerSize }: Frame, out: Buffer, pos: number, skip: number): number {
  if ((skip & LAYER_STACK.bit) === 0) {
    pos = writeTag(out, pos, LAYER_STACK.tag)
    out[pos++] = layers
    for (let i = 0; i < layers; i++) out[pos++] = STACK[layer[i]]
  }
  if ((skip & LAYER_SIZE.bit) === 0) {
    const lengthAt = writeTag(out, pos, LAYER_SIZE.tag)
    pos = lengthAt + 1
    for (let i = 0; i < layers; i++) pos = writeVarint32(out, pos, layerSize[i])
    pos = closeFrame(out, lengthAt, 1, pos)
  }
  return pos
}
