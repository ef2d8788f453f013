/** IPv4, IPv6 and what stands between IP and the transport. Each takes what is there of a header that was cut short. */
import { readUint16, readUint32, readUint8 } from '../input.js'
import { copyBytesField, writeUint32Field } from '../messages.js'
import { AH, carryProtocol, ETHERTYPE, isExtension, NOT_THIS_LAYER, NOTHING } from './carry.js'
import {
  DST_ADDR,
  FLOW_LABEL,
  FRAGMENT_ID,
  FRAGMENT_OFFSET,
  IP_FLAGS,
  IP_TOS,
  IP_TTL,
  SEGMENTS,
  SEGMENTS_LEFT,
  SRC_ADDR
} from './fields.js'
import type { Frame } from './frame.js'

/**
 * RFC 791 section 3.1:
 *
 *     version(4 bits) header length(4 bits) tos(1) total length(2) id(2) flags(3 bits) fragment offset(13 bits)
 *     ttl(1) protocol(1) checksum(2) source(4) destination(4) options
 */
export function ipv4(frame: Frame, at: number, end: number): number {
  if (readUint8(at) >> 4 !== 4) return NOT_THIS_LAYER
  const left = end - at
  const header = (readUint8(at) & 0xf) * 4
  const fragment = left >= 8 ? readUint16(at + 6) : 0
  if (!frame.inner) {
    const { told } = frame
    let { pos } = frame
    frame.etype = ETHERTYPE.ipv4
    if (left >= 2 && (told & IP_TOS.bit) === 0) pos = writeUint32Field(pos, IP_TOS.tag, readUint8(at + 1))
    if (left >= 6 && (told & FRAGMENT_ID.bit) === 0) pos = writeUint32Field(pos, FRAGMENT_ID.tag, readUint16(at + 4))
    if (fragment !== 0) {
      if ((told & IP_FLAGS.bit) === 0) pos = writeUint32Field(pos, IP_FLAGS.tag, fragment >> 13)
      if ((told & FRAGMENT_OFFSET.bit) === 0) pos = writeUint32Field(pos, FRAGMENT_OFFSET.tag, fragment & 0x1fff)
    }
    if (left >= 9 && (told & IP_TTL.bit) === 0) pos = writeUint32Field(pos, IP_TTL.tag, readUint8(at + 8))
    frame.pos = pos
    if (left >= 2) frame.told |= IP_TOS.bit
    writeAddresses(frame, at + 12, 4, end)
  }
  if (left >= 10) carryIpv4Protocol(frame, readUint8(at + 9))
  // the payload of a fragment that is not the first is the middle of something; a header under 20 bytes ends nowhere
  if ((fragment & 0x1fff) !== 0 || header < 20) frame.carried = NOTHING
  if (left >= 4) endPayload(frame, at + readUint16(at + 2), at + header, end)
  return header < 20 ? 20 : header
}

/** IPv4 has one extension header, AH; the numbers of IPv6's are protocols of no meaning, as floods have them. */
function carryIpv4Protocol(frame: Frame, protocol: number): void {
  if (protocol === AH || !isExtension(protocol)) carryProtocol(frame, protocol)
  else if (!frame.inner) frame.proto = protocol
}

/**
 * RFC 8200 section 3:
 *
 *     version(4 bits) traffic class(8 bits) flow label(20 bits) payload length(2) next header(1) hop limit(1) source(16) destination(16)
 */
export function ipv6(frame: Frame, at: number, end: number): number {
  if (readUint8(at) >> 4 !== 6) return NOT_THIS_LAYER
  const left = end - at
  if (!frame.inner) {
    const { told } = frame
    let { pos } = frame
    frame.etype = ETHERTYPE.ipv6
    if (left >= 2 && (told & IP_TOS.bit) === 0) pos = writeUint32Field(pos, IP_TOS.tag, (readUint16(at) >> 4) & 0xff)
    if (left >= 4 && (told & FLOW_LABEL.bit) === 0) pos = writeUint32Field(pos, FLOW_LABEL.tag, readUint32(at) & 0xfffff)
    if (left >= 8 && (told & IP_TTL.bit) === 0) pos = writeUint32Field(pos, IP_TTL.tag, readUint8(at + 7))
    frame.pos = pos
    if (left >= 2) frame.told |= IP_TOS.bit
    writeAddresses(frame, at + 8, 16, end)
  }
  if (left >= 7) {
    carryProtocol(frame, readUint8(at + 6))
    const payload = readUint16(at + 4)
    if (payload > 0) endPayload(frame, at + 40 + payload, at + 40, end)
  }
  return 40
}

/** Source and destination, of which each has so many bytes. */
function writeAddresses(frame: Frame, source: number, bytes: number, end: number): void {
  const { told } = frame
  const destination = source + bytes
  if (destination > end) return
  let { pos } = frame
  if ((told & SRC_ADDR.bit) === 0) pos = copyBytesField(pos, SRC_ADDR.tag, source, destination)
  frame.told |= SRC_ADDR.bit
  if (destination + bytes <= end) {
    if ((told & DST_ADDR.bit) === 0) pos = copyBytesField(pos, DST_ADDR.tag, destination, destination + bytes)
    frame.told |= DST_ADDR.bit
  }
  frame.pos = pos
}

/** Ends the frame where the IP packet ends (Ethernet pads short ones), unless that length makes no sense (offloading leaves it zero). */
function endPayload(frame: Frame, packetEnd: number, headerEnd: number, end: number): void {
  if (packetEnd < end && packetEnd >= headerEnd) frame.end = packetEnd
}

/**
 * Hop-by-hop and destination options (RFC 8200 sections 4.3 and 4.6):
 *
 *     next header(1) length in 8 bytes after the first 8(1) options
 */
export function ipv6Options(frame: Frame, at: number, end: number): number {
  if (end - at < 2) return 8
  carryProtocol(frame, readUint8(at))
  return (readUint8(at + 1) + 1) * 8
}

const SEGMENT_ROUTING = 4

/**
 * RFC 8200 section 4.4, RFC 8754 section 2 for type 4:
 *
 *     next header(1) length in 8 bytes after the first 8(1) type(1) segments left(1) last entry(1) flags(1) tag(2) segment(16)* TLVs
 */
export function ipv6Routing(frame: Frame, at: number, end: number): number {
  const left = end - at
  if (left < 2) return 8
  carryProtocol(frame, readUint8(at))
  const size = (readUint8(at + 1) + 1) * 8
  if (!frame.inner && left >= 5 && readUint8(at + 2) === SEGMENT_ROUTING) {
    const segments = at + 8
    writeSegments(frame, segments, segments + 16 * Math.min(readUint8(at + 4) + 1, (Math.min(size, left) - 8) >> 4), readUint8(at + 3))
  }
  return size
}

function writeSegments(frame: Frame, start: number, end: number, segmentsLeft: number): void {
  const { told } = frame
  let { pos } = frame
  if ((told & SEGMENTS_LEFT.bit) === 0) pos = writeUint32Field(pos, SEGMENTS_LEFT.tag, segmentsLeft)
  if ((told & SEGMENTS.bit) === 0) {
    for (let at = start; at < end; at += 16) pos = copyBytesField(pos, SEGMENTS.tag, at, at + 16)
  }
  frame.pos = pos
  frame.told |= SEGMENTS_LEFT.bit | SEGMENTS.bit
}

/**
 * RFC 8200 section 4.5:
 *
 *     next header(1) reserved(1) offset(13 bits) reserved(2 bits) more(1 bit) id(4)
 */
export function ipv6Fragment(frame: Frame, at: number, end: number): number {
  const left = end - at
  carryProtocol(frame, readUint8(at))
  if (left < 4) return 8
  const fragment = readUint16(at + 2)
  if (!frame.inner) {
    const { told } = frame
    let { pos } = frame
    if ((told & FRAGMENT_OFFSET.bit) === 0) pos = writeUint32Field(pos, FRAGMENT_OFFSET.tag, fragment >> 3)
    if ((told & IP_FLAGS.bit) === 0) pos = writeUint32Field(pos, IP_FLAGS.tag, fragment & 7)
    if ((told & FRAGMENT_ID.bit) === 0 && left >= 8) pos = writeUint32Field(pos, FRAGMENT_ID.tag, readUint32(at + 4))
    frame.pos = pos
    frame.told |= FRAGMENT_OFFSET.bit | IP_FLAGS.bit | FRAGMENT_ID.bit
  }
  if (fragment >> 3 !== 0) frame.carried = NOTHING
  return 8
}

/**
 * RFC 4302 section 2:
 *
 *     next header(1) length in 4 bytes after the first 8(1) reserved(2) SPI(4) sequence(4) check value
 */
export function authentication(frame: Frame, at: number, end: number): number {
  if (end - at < 2) return 12
  carryProtocol(frame, readUint8(at))
  return (readUint8(at + 1) + 2) * 4
}
