/** IPv4, IPv6 and what stands between IP and the transport. Each takes what is there of a header that was cut short. */
import { readUint16, readUint32 } from '../../flow/bigendian.js'
import { AH, carryProtocol, ETYPE, isExtension, NOT_THIS_LAYER, NOTHING } from './carry.js'
import type { Frame } from './frame.js'

/**
 * RFC 791 section 3.1:
 *
 *     version(4 bits) header length(4 bits) tos(1) total length(2) id(2) flags(3 bits) fragment offset(13 bits)
 *     ttl(1) protocol(1) checksum(2) source(4) destination(4) options
 */
export function ipv4(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (buf[at] >> 4 !== 4) return NOT_THIS_LAYER
  const left = end - at
  const header = (buf[at] & 0xf) * 4
  const fragment = left >= 8 ? readUint16(buf, at + 6) : 0
  if (!frame.inner) {
    frame.etype = ETYPE.ipv4
    if (left >= 2) frame.tos = buf[at + 1]
    if (left >= 6) frame.fragmentId = readUint16(buf, at + 4)
    frame.ipFlags = fragment >> 13
    frame.fragmentOffset = fragment & 0x1fff
    if (left >= 9) frame.ttl = buf[at + 8]
    if (left >= 16) setSource(frame, at + 12, 4)
    if (left >= 20) setDestination(frame, at + 16, 4)
  }
  if (left >= 10) carryIpv4Protocol(frame, buf[at + 9])
  // the payload of a fragment that is not the first is the middle of something; a header under 20 bytes ends nowhere
  if ((fragment & 0x1fff) !== 0 || header < 20) frame.carried = NOTHING
  if (left >= 4) endPayload(frame, at + readUint16(buf, at + 2), at + header, end)
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
export function ipv6(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (buf[at] >> 4 !== 6) return NOT_THIS_LAYER
  const left = end - at
  if (!frame.inner) {
    frame.etype = ETYPE.ipv6
    if (left >= 2) frame.tos = (readUint16(buf, at) >> 4) & 0xff
    if (left >= 4) frame.flowLabel = readUint32(buf, at) & 0xfffff
    if (left >= 8) frame.ttl = buf[at + 7]
    if (left >= 24) setSource(frame, at + 8, 16)
    if (left >= 40) setDestination(frame, at + 24, 16)
  }
  if (left >= 7) {
    carryProtocol(frame, buf[at + 6])
    const payload = readUint16(buf, at + 4)
    if (payload > 0) endPayload(frame, at + 40 + payload, at + 40, end)
  }
  return 40
}

function setSource(frame: Frame, at: number, bytes: number): void {
  frame.srcAddr = at
  frame.srcAddrBytes = bytes
}

function setDestination(frame: Frame, at: number, bytes: number): void {
  frame.dstAddr = at
  frame.dstAddrBytes = bytes
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
export function ipv6Options(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (end - at < 2) return 8
  carryProtocol(frame, buf[at])
  return (buf[at + 1] + 1) * 8
}

const SEGMENT_ROUTING = 4

/**
 * RFC 8200 section 4.4, RFC 8754 section 2 for type 4:
 *
 *     next header(1) length in 8 bytes after the first 8(1) type(1) segments left(1) last entry(1) flags(1) tag(2) segment(16)* TLVs
 */
export function ipv6Routing(frame: Frame, buf: Buffer, at: number, end: number): number {
  const left = end - at
  if (left < 2) return 8
  carryProtocol(frame, buf[at])
  const size = (buf[at + 1] + 1) * 8
  if (!frame.inner && left >= 5 && buf[at + 2] === SEGMENT_ROUTING) {
    frame.segmentsLeft = buf[at + 3]
    frame.segments = at + 8
    frame.segmentCount = Math.max(0, Math.min(buf[at + 4] + 1, (Math.min(size, left) - 8) >> 4))
  }
  return size
}

/**
 * RFC 8200 section 4.5:
 *
 *     next header(1) reserved(1) offset(13 bits) reserved(2 bits) more(1 bit) id(4)
 */
export function ipv6Fragment(frame: Frame, buf: Buffer, at: number, end: number): number {
  const left = end - at
  carryProtocol(frame, buf[at])
  if (left < 4) return 8
  const fragment = readUint16(buf, at + 2)
  if (!frame.inner) {
    frame.fragmentOffset = fragment >> 3
    frame.ipFlags = fragment & 7
    if (left >= 8) frame.fragmentId = readUint32(buf, at + 4)
  }
  if (fragment >> 3 !== 0) frame.carried = NOTHING
  return 8
}

/**
 * RFC 4302 section 2:
 *
 *     next header(1) length in 4 bytes after the first 8(1) reserved(2) SPI(4) sequence(4) check value
 */
export function authentication(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (end - at < 2) return 12
  carryProtocol(frame, buf[at])
  return (buf[at + 1] + 2) * 4
}
