/** IPv4, IPv6 and what stands between IP and the transport. Each takes what is there of a header that was cut short. */
import { inU16, inU32, inU8 } from '../memory/in.js'
import { outInput } from '../memory/out.js'
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
import { close, frame, isOpen, NOT_THIS_LAYER, NOTHING, put, putBytes } from './frame.js'
import { AH, ETHERTYPE, isExtension, nextProtocol } from './next.js'

/**
 * RFC 791 section 3.1:
 *
 *     version(4 bits) header length(4 bits) tos(1) total length(2) id(2) flags(3 bits) fragment offset(13 bits)
 *     ttl(1) protocol(1) checksum(2) source(4) destination(4) options
 */
export function ipv4(at: number, end: number): number {
  if (inU8(at) >> 4 !== 4) return NOT_THIS_LAYER
  const left = end - at
  const header = (inU8(at) & 0xf) * 4
  const fragment = left >= 8 ? inU16(at + 6) : 0
  if (!frame.inner) {
    frame.etype = ETHERTYPE.ipv4
    if (left >= 2) put(IP_TOS, inU8(at + 1))
    if (left >= 6) put(FRAGMENT_ID, inU16(at + 4))
    if (fragment !== 0) {
      put(IP_FLAGS, fragment >> 13)
      put(FRAGMENT_OFFSET, fragment & 0x1fff)
    }
    if (left >= 9) put(IP_TTL, inU8(at + 8))
    if (left >= 16) putBytes(SRC_ADDR, at + 12, at + 16)
    if (left >= 20) putBytes(DST_ADDR, at + 16, at + 20)
  }
  if (left >= 10) nextIpv4Protocol(inU8(at + 9))
  // the payload of a fragment that is not the first is the middle of something; a header under 20 bytes ends nowhere
  if ((fragment & 0x1fff) !== 0 || header < 20) frame.next = NOTHING
  if (left >= 4) endPayload(at + inU16(at + 2), at + header, end)
  return header < 20 ? 20 : header
}

/** IPv4 has one extension header, AH; the numbers of IPv6's are protocols of no meaning, as floods have them. */
function nextIpv4Protocol(protocol: number): void {
  if (protocol === AH || !isExtension(protocol)) nextProtocol(protocol)
  else if (!frame.inner) frame.proto = protocol
}

/**
 * RFC 8200 section 3:
 *
 *     version(4 bits) traffic class(8 bits) flow label(20 bits) payload length(2) next header(1) hop limit(1) source(16) destination(16)
 */
export function ipv6(at: number, end: number): number {
  if (inU8(at) >> 4 !== 6) return NOT_THIS_LAYER
  const left = end - at
  if (!frame.inner) {
    frame.etype = ETHERTYPE.ipv6
    if (left >= 2) put(IP_TOS, (inU16(at) >> 4) & 0xff)
    if (left >= 4) put(FLOW_LABEL, inU32(at) & 0xfffff)
    if (left >= 8) put(IP_TTL, inU8(at + 7))
    if (left >= 24) putBytes(SRC_ADDR, at + 8, at + 24)
    if (left >= 40) putBytes(DST_ADDR, at + 24, at + 40)
  }
  if (left >= 7) {
    nextProtocol(inU8(at + 6))
    const payload = inU16(at + 4)
    if (payload > 0) endPayload(at + 40 + payload, at + 40, end)
  }
  return 40
}

/** Ends the frame where the IP packet ends (Ethernet pads short ones), unless that length makes no sense (offloading leaves it zero). */
function endPayload(packetEnd: number, headerEnd: number, end: number): void {
  if (packetEnd < end && packetEnd >= headerEnd) frame.end = packetEnd
}

/**
 * Hop-by-hop and destination options (RFC 8200 sections 4.3 and 4.6):
 *
 *     next header(1) length in 8 bytes after the first 8(1) options
 */
export function ipv6Options(at: number, end: number): number {
  if (end - at < 2) return 8
  nextProtocol(inU8(at))
  return (inU8(at + 1) + 1) * 8
}

const SEGMENT_ROUTING = 4

/**
 * RFC 8200 section 4.4, RFC 8754 section 2 for type 4:
 *
 *     next header(1) length in 8 bytes after the first 8(1) type(1) segments left(1) last entry(1) flags(1) tag(2) segment(16)* TLVs
 */
export function ipv6Routing(at: number, end: number): number {
  const left = end - at
  if (left < 2) return 8
  nextProtocol(inU8(at))
  const size = (inU8(at + 1) + 1) * 8
  if (left >= 5 && isSegmentRouting(at, left)) {
    put(SEGMENTS_LEFT, inU8(at + 3))
    putSegments(at + 8, Math.min(inU8(at + 4) + 1, (Math.min(size, left) - 8) >> 4))
  }
  return size
}

/** Whether the routing header at `at`, of which so many bytes are there, is one of segments. */
export function isSegmentRouting(at: number, left: number): boolean {
  return left >= 3 && inU8(at + 2) === SEGMENT_ROUTING
}

function putSegments(start: number, count: number): void {
  if (!isOpen(SEGMENTS)) return
  for (let i = 0, at = start; i < count; i++, at += 16) frame.pos = outInput(frame.pos, SEGMENTS.tag, at, at + 16)
  close(SEGMENTS)
}

/**
 * RFC 8200 section 4.5:
 *
 *     next header(1) reserved(1) offset(13 bits) reserved(2 bits) more(1 bit) id(4)
 */
export function ipv6Fragment(at: number, end: number): number {
  const left = end - at
  nextProtocol(inU8(at))
  if (left < 4) return 8
  const fragment = inU16(at + 2)
  put(FRAGMENT_OFFSET, fragment >> 3)
  put(IP_FLAGS, fragment & 7)
  if (left >= 8) put(FRAGMENT_ID, inU32(at + 4))
  if (fragment >> 3 !== 0) frame.next = NOTHING
  return 8
}

/**
 * RFC 4302 section 2:
 *
 *     next header(1) length in 4 bytes after the first 8(1) reserved(2) SPI(4) sequence(4) check value
 */
export function authentication(at: number, end: number): number {
  if (end - at < 2) return 12
  nextProtocol(inU8(at))
  return (inU8(at + 1) + 2) * 4
}
