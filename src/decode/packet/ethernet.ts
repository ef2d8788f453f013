/** Layers under IP: Ethernet, VLAN tags, MPLS, PPPoE. Each takes what is there of a header that was cut short. */
import { inU16, inU32, inU8 } from '../memory/in.js'
import { closeLength, outTag, outVarint32 } from '../memory/out.js'
import { CUSTOMER_VLAN, DST_MAC, type FrameField, MPLS_LABEL, MPLS_TTL, SRC_MAC, VLAN_ID } from './fields.js'
import { close, frame, isOpen, NOTHING, put, putMac } from './frame.js'
import { ETHERTYPE, etypeOfIp, etypeOfPpp, nextEtype } from './next.js'

/**
 *     destination(6) source(6) type-or-length
 */
export function ethernet(at: number, end: number): number {
  if (end - at >= 6) putMac(DST_MAC, at)
  if (end - at >= 12) putMac(SRC_MAC, at + 6)
  return 12 + typeOrLength(at + 12, end)
}

/**
 *     priority(3 bits) drop(1 bit) vlan(12 bits) type-or-length
 *
 * The outermost tag is the provider's where there are two (IEEE 802.1ad), the second its customer's.
 */
export function dot1q(at: number, end: number): number {
  if (!frame.inner && end - at >= 2) {
    frame.vlans++
    if (frame.vlans <= 2) put(frame.vlans === 1 ? VLAN_ID : CUSTOMER_VLAN, inU16(at) & 0xfff)
  }
  return 2 + typeOrLength(at + 2, end)
}

/** Below this the two bytes are the length of an IEEE 802.3 frame. */
const LEAST_TYPE = 0x0600

/**
 *     type-or-length := type(2) | length(2) aa aa 03 00 00 00 type(2) | length(2) other LLC
 *
 * Returns the bytes it takes.
 */
function typeOrLength(at: number, end: number): number {
  if (end - at < 2) return 2
  const type = inU16(at)
  if (type >= LEAST_TYPE) {
    nextEtype(type)
    return 2
  }
  if (!isSnap(at + 2, end)) return 2
  nextEtype(inU16(at + 8))
  return 10
}

/** LLC with SNAP whose protocol is an Ethernet type (RFC 1042). */
function isSnap(at: number, end: number): boolean {
  return end - at >= 8 && inU16(at) === 0xaaaa && inU8(at + 2) === 3 && inU16(at + 3) === 0 && inU8(at + 5) === 0
}

/**
 * RFC 3032 section 2.1, and RFC 4385 section 3 for the control word of a pseudowire:
 *
 *     entry* [control word: 0(4 bits) flags, fragment, length(12 bits) sequence(2)]
 *     entry := label(20 bits) class(3 bits) bottom of stack(1 bit) ttl(1)
 */
export function mpls(at: number, end: number): number {
  let pos = at
  let bottom = false
  while (!bottom && end - pos >= 4) {
    bottom = (inU8(pos + 2) & 1) !== 0
    pos += 4
  }
  if (pos > at) {
    putEntries(MPLS_LABEL, at, pos, label)
    putEntries(MPLS_TTL, at, pos, ttl)
  }
  if (!bottom) return end - at
  if (pos >= end) return pos - at
  // nothing says what is under the last label but the bytes themselves, which is how routers balance load too
  const etype = etypeOfIp(inU8(pos))
  const nibble = inU8(pos) >> 4
  if (etype !== NOTHING) nextEtype(etype)
  else if (nibble === 0 && hasControlWord(pos, end)) {
    frame.next = ETHERTYPE.ethernet
    pos += 4
  } else if (nibble !== 1 && isEthernet(pos, end)) frame.next = ETHERTYPE.ethernet
  return pos - at
}

const label = (at: number): number => inU32(at) >>> 12
const ttl = (at: number): number => inU8(at + 3)

/** What `of` reads from each entry of the label stack at `[start, end)`, as packed numbers. */
function putEntries(field: FrameField, start: number, end: number, of: (at: number) => number): void {
  if (!isOpen(field)) return
  const lengthAt = outTag(frame.pos, field.tag)
  let pos = lengthAt + 1
  for (let at = start; at < end; at += 4) pos = outVarint32(pos, of(at))
  frame.pos = closeLength(lengthAt, 1, pos)
  close(field)
}

/** Whether Ethernet follows behind a control word: that is four zeros where nobody counts. An address of Ethernet without one may start with a zero, too. */
function hasControlWord(at: number, end: number): boolean {
  if (end - at > 4 && inU32(at) === 0) return true
  return !isEthernet(at, end) && isEthernet(at + 4, end)
}

/** Whether these bytes look like Ethernet: there is a type that one meets, or the LLC of a bridge protocol or SNAP. */
function isEthernet(at: number, end: number): boolean {
  if (end - at < 14) return false
  switch (inU16(at + 12)) {
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
      return end - at >= 17 && inU16(at + 12) < LEAST_TYPE && (inU16(at + 14) === 0x4242 || isSnap(at + 14, end))
  }
}

/**
 * RFC 2516 section 4:
 *
 *     version, type(1) code(1) session(2) length(2) PPP protocol(2)
 */
export function pppoe(at: number, end: number): number {
  if (end - at >= 8) {
    const etype = etypeOfPpp(inU16(at + 6))
    if (etype !== NOTHING) nextEtype(etype)
  }
  return 8
}
