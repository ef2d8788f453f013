/** Layers under IP: Ethernet, VLAN tags, MPLS, PPPoE. Each takes what is there of a header that was cut short. */
import { readUint16, readUint32 } from '../../flow/bigendian.js'
import { closeFrame } from '../../flow/frames.js'
import { writeTag, writeUint32Field, writeUint64Field } from '../../flow/message.js'
import { writeVarint32 } from '../../flow/varint.js'
import { carryEtype, ETHERTYPE, etypeOfPpp, NOTHING } from './carry.js'
import { DST_MAC, MPLS_LABEL, MPLS_TTL, SRC_MAC, VLAN_ID } from './fields.js'
import type { Frame } from './frame.js'

/**
 *     destination(6) source(6) type-or-length
 */
export function ethernet(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (!frame.inner) {
    const { out, told } = frame
    if (end - at >= 6 && (told & DST_MAC.bit) === 0) {
      frame.pos = writeMac(out, frame.pos, DST_MAC.tag, buf, at)
      frame.told |= DST_MAC.bit
    }
    if (end - at >= 12 && (told & SRC_MAC.bit) === 0) {
      frame.pos = writeMac(out, frame.pos, SRC_MAC.tag, buf, at + 6)
      frame.told |= SRC_MAC.bit
    }
  }
  return 12 + typeOrLength(frame, buf, at + 12, end)
}

/** The 48 bits at `at` as a number. */
export function writeMac(out: Buffer, pos: number, tag: number, buf: Buffer, at: number): number {
  return writeUint64Field(out, pos, tag, readUint16(buf, at), readUint32(buf, at + 2))
}

/**
 *     priority(3 bits) drop(1 bit) vlan(12 bits) type-or-length
 */
export function dot1q(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (!frame.inner && (frame.told & VLAN_ID.bit) === 0 && end - at >= 2) {
    frame.pos = writeUint32Field(frame.out, frame.pos, VLAN_ID.tag, readUint16(buf, at) & 0xfff)
    frame.told |= VLAN_ID.bit
  }
  return 2 + typeOrLength(frame, buf, at + 2, end)
}

/** Below this the two bytes are the length of an IEEE 802.3 frame. */
const LEAST_TYPE = 0x0600

/**
 *     type-or-length := type(2) | length(2) aa aa 03 00 00 00 type(2) | length(2) other LLC
 *
 * Gives the bytes it takes.
 */
function typeOrLength(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (end - at < 2) return 2
  const type = readUint16(buf, at)
  if (type >= LEAST_TYPE) {
    carryEtype(frame, type)
    return 2
  }
  if (!isSnap(buf, at + 2, end)) return 2
  carryEtype(frame, readUint16(buf, at + 8))
  return 10
}

/** LLC with SNAP whose protocol is an Ethernet type (RFC 1042). */
function isSnap(buf: Buffer, at: number, end: number): boolean {
  return end - at >= 8 && readUint16(buf, at) === 0xaaaa && buf[at + 2] === 3 && readUint16(buf, at + 3) === 0 && buf[at + 5] === 0
}

/**
 * RFC 3032 section 2.1, and RFC 4385 section 3 for the control word of a pseudowire:
 *
 *     entry* [control word: 0(4 bits) flags, fragment, length(12 bits) sequence(2)]
 *     entry := label(20 bits) class(3 bits) bottom of stack(1 bit) ttl(1)
 */
export function mpls(frame: Frame, buf: Buffer, at: number, end: number): number {
  let pos = at
  let bottom = false
  while (!bottom && end - pos >= 4) {
    bottom = (buf[pos + 2] & 1) !== 0
    pos += 4
  }
  if (!frame.inner && pos > at) writeLabels(frame, buf, at, pos)
  if (!bottom) return end - at
  if (pos >= end) return pos - at
  // nothing tells what is under the last label but the bytes themselves, which is how routers balance load too
  const nibble = buf[pos] >> 4
  if (nibble === 4 && (buf[pos] & 0xf) >= 5) carryEtype(frame, ETHERTYPE.ipv4)
  else if (nibble === 6) carryEtype(frame, ETHERTYPE.ipv6)
  else if (nibble === 0 && hasControlWord(buf, pos, end)) {
    frame.carried = ETHERTYPE.ethernet
    pos += 4
  } else if (nibble !== 1 && isEthernet(buf, pos, end)) frame.carried = ETHERTYPE.ethernet
  return pos - at
}

function writeLabels(frame: Frame, buf: Buffer, start: number, end: number): void {
  const { out, told } = frame
  let { pos } = frame
  if ((told & MPLS_LABEL.bit) === 0) {
    const lengthAt = writeTag(out, pos, MPLS_LABEL.tag)
    pos = lengthAt + 1
    for (let at = start; at < end; at += 4) pos = writeVarint32(out, pos, readUint32(buf, at) >>> 12)
    pos = closeFrame(out, lengthAt, 1, pos)
  }
  if ((told & MPLS_TTL.bit) === 0) {
    const lengthAt = writeTag(out, pos, MPLS_TTL.tag)
    pos = lengthAt + 1
    for (let at = start; at < end; at += 4) pos = writeVarint32(out, pos, buf[at + 3])
    pos = closeFrame(out, lengthAt, 1, pos)
  }
  frame.pos = pos
}

/** Whether Ethernet follows behind a control word: that is four zeros where nobody counts. An address of Ethernet without one may start with a zero, too. */
function hasControlWord(buf: Buffer, at: number, end: number): boolean {
  if (end - at > 4 && readUint32(buf, at) === 0) return true
  return !isEthernet(buf, at, end) && isEthernet(buf, at + 4, end)
}

/** Whether these bytes look like Ethernet: there is a type that one meets, or the LLC of a bridge protocol or SNAP. */
function isEthernet(buf: Buffer, at: number, end: number): boolean {
  if (end - at < 14) return false
  switch (readUint16(buf, at + 12)) {
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
      return true
    default:
      return end - at >= 17 && readUint16(buf, at + 12) < LEAST_TYPE && (readUint16(buf, at + 14) === 0x4242 || isSnap(buf, at + 14, end))
  }
}

/**
 * RFC 2516 section 4:
 *
 *     version, type(1) code(1) session(2) length(2) PPP protocol(2)
 */
export function pppoe(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (end - at >= 8) {
    const etype = etypeOfPpp(readUint16(buf, at + 6))
    if (etype !== NOTHING) carryEtype(frame, etype)
  }
  return 8
}
