/** Layers under IP: Ethernet, VLAN tags, MPLS, PPPoE. Each takes what is there of a header that was cut short. */
import { readUint16, readUint32, readUint8 } from '../input.js'
import { closeLength, writeTag, writeUint32Field, writeUint64Field, writeVarint32 } from '../messages.js'
import { carryEtype, ETHERTYPE, etypeOfPpp, NOTHING } from './carry.js'
import { CUSTOMER_VLAN, DST_MAC, MPLS_LABEL, MPLS_TTL, SRC_MAC, VLAN_ID } from './fields.js'
import type { Frame } from './frame.js'

/**
 *     destination(6) source(6) type-or-length
 */
export function ethernet(frame: Frame, at: number, end: number): number {
  if (!frame.inner) {
    const { told } = frame
    if (end - at >= 6 && (told & DST_MAC.bit) === 0) {
      frame.pos = writeMac(frame.pos, DST_MAC.tag, at)
      frame.told |= DST_MAC.bit
    }
    if (end - at >= 12 && (told & SRC_MAC.bit) === 0) {
      frame.pos = writeMac(frame.pos, SRC_MAC.tag, at + 6)
      frame.told |= SRC_MAC.bit
    }
  }
  return 12 + typeOrLength(frame, at + 12, end)
}

/** The 48 bits at `at` as a number. */
export function writeMac(pos: number, tag: number, at: number): number {
  return writeUint64Field(pos, tag, readUint16(at), readUint32(at + 2))
}

/**
 *     priority(3 bits) drop(1 bit) vlan(12 bits) type-or-length
 */
export function dot1q(frame: Frame, at: number, end: number): number {
  if (!frame.inner && end - at >= 2) writeVlan(frame, readUint16(at) & 0xfff)
  return 2 + typeOrLength(frame, at + 2, end)
}

/** The outermost tag is the provider's where there are two (IEEE 802.1ad), the second its customer's. */
function writeVlan(frame: Frame, id: number): void {
  frame.vlans++
  if (frame.vlans > 2) return
  const { tag, bit } = frame.vlans === 1 ? VLAN_ID : CUSTOMER_VLAN
  if ((frame.told & bit) === 0) frame.pos = writeUint32Field(frame.pos, tag, id)
}

/** Below this the two bytes are the length of an IEEE 802.3 frame. */
const LEAST_TYPE = 0x0600

/**
 *     type-or-length := type(2) | length(2) aa aa 03 00 00 00 type(2) | length(2) other LLC
 *
 * Gives the bytes it takes.
 */
function typeOrLength(frame: Frame, at: number, end: number): number {
  if (end - at < 2) return 2
  const type = readUint16(at)
  if (type >= LEAST_TYPE) {
    carryEtype(frame, type)
    return 2
  }
  if (!isSnap(at + 2, end)) return 2
  carryEtype(frame, readUint16(at + 8))
  return 10
}

/** LLC with SNAP whose protocol is an Ethernet type (RFC 1042). */
function isSnap(at: number, end: number): boolean {
  return end - at >= 8 && readUint16(at) === 0xaaaa && readUint8(at + 2) === 3 && readUint16(at + 3) === 0 && readUint8(at + 5) === 0
}

/**
 * RFC 3032 section 2.1, and RFC 4385 section 3 for the control word of a pseudowire:
 *
 *     entry* [control word: 0(4 bits) flags, fragment, length(12 bits) sequence(2)]
 *     entry := label(20 bits) class(3 bits) bottom of stack(1 bit) ttl(1)
 */
export function mpls(frame: Frame, at: number, end: number): number {
  let pos = at
  let bottom = false
  while (!bottom && end - pos >= 4) {
    bottom = (readUint8(pos + 2) & 1) !== 0
    pos += 4
  }
  if (!frame.inner && pos > at) writeLabels(frame, at, pos)
  if (!bottom) return end - at
  if (pos >= end) return pos - at
  // nothing tells what is under the last label but the bytes themselves, which is how routers balance load too
  const nibble = readUint8(pos) >> 4
  if (nibble === 4 && (readUint8(pos) & 0xf) >= 5) carryEtype(frame, ETHERTYPE.ipv4)
  else if (nibble === 6) carryEtype(frame, ETHERTYPE.ipv6)
  else if (nibble === 0 && hasControlWord(pos, end)) {
    frame.carried = ETHERTYPE.ethernet
    pos += 4
  } else if (nibble !== 1 && isEthernet(pos, end)) frame.carried = ETHERTYPE.ethernet
  return pos - at
}

function writeLabels(frame: Frame, start: number, end: number): void {
  const { told } = frame
  let { pos } = frame
  if ((told & MPLS_LABEL.bit) === 0) {
    const lengthAt = writeTag(pos, MPLS_LABEL.tag)
    pos = lengthAt + 1
    for (let at = start; at < end; at += 4) pos = writeVarint32(pos, readUint32(at) >>> 12)
    pos = closeLength(lengthAt, 1, pos)
  }
  if ((told & MPLS_TTL.bit) === 0) {
    const lengthAt = writeTag(pos, MPLS_TTL.tag)
    pos = lengthAt + 1
    for (let at = start; at < end; at += 4) pos = writeVarint32(pos, readUint8(at + 3))
    pos = closeLength(lengthAt, 1, pos)
  }
  frame.pos = pos
}

/** Whether Ethernet follows behind a control word: that is four zeros where nobody counts. An address of Ethernet without one may start with a zero, too. */
function hasControlWord(at: number, end: number): boolean {
  if (end - at > 4 && readUint32(at) === 0) return true
  return !isEthernet(at, end) && isEthernet(at + 4, end)
}

/** Whether these bytes look like Ethernet: there is a type that one meets, or the LLC of a bridge protocol or SNAP. */
function isEthernet(at: number, end: number): boolean {
  if (end - at < 14) return false
  switch (readUint16(at + 12)) {
    case 0x0800:
    case 0x0806:
    case 0x8100:
    case 0x86dd:
    case 0x8809:
    case 0x8847:
    case 0x8848:
    case 0x8863:
    case 0x8864:
    case 0x888e:
    case 0x88a8:
    case 0x88cc:
    case 0x88e5:
    case 0x88f7:
    case 0x8902:
    case 0x9000:
    case 0x9100:
    case 0x9200:
    case 0x9300:
      return true
    default:
      return end - at >= 17 && readUint16(at + 12) < LEAST_TYPE && (readUint16(at + 14) === 0x4242 || isSnap(at + 14, end))
  }
}

/**
 * RFC 2516 section 4:
 *
 *     version, type(1) code(1) session(2) length(2) PPP protocol(2)
 */
export function pppoe(frame: Frame, at: number, end: number): number {
  if (end - at >= 8) {
    const etype = etypeOfPpp(readUint16(at + 6))
    if (etype !== NOTHING) carryEtype(frame, etype)
  }
  return 8
}
