/** Layers under which another packet begins. */
import { inU16, inU32, inU8 } from '../memory/in.js'
import { TEID, VNI } from './fields.js'
import { frame, NOT_THIS_LAYER, put } from './frame.js'
import { ETHERTYPE, etypeOfIp, etypeOfPpp } from './next.js'

const CHECKSUM = 0x8000
const ROUTING = 0x4000
const KEY = 0x2000
const SEQUENCE = 0x1000
const ACKNOWLEDGEMENT = 0x0080

/**
 * RFC 2784 section 2, RFC 2890 section 2:
 *
 *     C(1 bit) R(1 bit) K(1 bit) S(1 bit) reserved(9 bits) version(3 bits) type(2) [checksum(2) offset(2)] [key(4)] [sequence(4)]
 *
 * Version 1 (PPTP, RFC 2637 section 4.1): the key is always there, an acknowledgement(4) may follow, and the payload is PPP.
 */
export function gre(at: number, end: number): number {
  if (end - at < 4) return 4
  const flags = inU16(at)
  const type = inU16(at + 2)
  let size = 4
  if ((flags & (CHECKSUM | ROUTING)) !== 0) size += 4
  if ((flags & KEY) !== 0) size += 4
  if ((flags & SEQUENCE) !== 0) size += 4
  if ((flags & 7) === 1) {
    if ((flags & ACKNOWLEDGEMENT) !== 0) size += 4
    // address and control bytes may be left out
    const ppp = at + size + (end - at >= size + 2 && inU16(at + size) === 0xff03 ? 2 : 0)
    if (end < ppp + 2) return size
    frame.next = etypeOfPpp(inU16(ppp))
    return ppp + 2 - at
  }
  // source routes (RFC 1701) are of a length that only walking them tells, and are not in use
  if ((flags & (ROUTING | 7)) === 0) frame.next = type
  return size
}

/**
 * RFC 7348 section 5:
 *
 *     flags(1) reserved(3) VNI(3) reserved(1) Ethernet
 */
export function vxlan(at: number, end: number): number {
  if ((inU8(at) & 0x08) === 0) return NOT_THIS_LAYER
  if (end - at >= 8) {
    put(VNI, inU32(at + 4) >>> 8)
    frame.next = ETHERTYPE.ethernet
  }
  return 8
}

/**
 * RFC 8926 section 3.4:
 *
 *     version(2 bits) options in 4 bytes(6 bits) flags(1) type(2) VNI(3) reserved(1) options
 */
export function geneve(at: number, end: number): number {
  if (inU8(at) >> 6 !== 0) return NOT_THIS_LAYER
  if (end - at >= 8) {
    put(VNI, inU32(at + 4) >>> 8)
    frame.next = inU16(at + 2)
  }
  return 8 + (inU8(at) & 0x3f) * 4
}

/**
 * RFC 4380 section 5.1.1: indications, whose first two bytes no IPv6 packet starts with.
 *
 *     [00 01 client id length(1) authentication length(1) client id, authentication value, nonce(8) confirmation(1)]
 *     [00 00 obfuscated port(2) obfuscated address(4)]
 *     IPv6
 */
export function teredo(at: number, end: number): number {
  let pos = at
  if (end - pos >= 4 && inU16(pos) === 1) pos += 13 + inU8(pos + 2) + inU8(pos + 3)
  if (end - pos >= 2 && inU16(pos) === 0) pos += 8
  if (pos < end && inU8(pos) >> 4 !== 6) return NOT_THIS_LAYER
  frame.next = ETHERTYPE.ipv6
  return pos - at
}

/** A packet of the user's; other messages are the protocol's own. */
const G_PDU = 255

/**
 * 3GPP TS 29.281 section 5.1, and 5.2 for extension headers. What the tunnel holds is nowhere said: IP tells itself by its version, and Ethernet is not
 * looked for.
 *
 *     version(3 bits) protocol type(1 bit) reserved(1 bit) E(1 bit) S(1 bit) PN(1 bit) message type(1) length(2) TEID(4)
 *     [sequence(2) N-PDU number(1) next extension(1) extension*] where E, S or PN is set
 *     extension := length in 4 bytes(1) content next extension(1)
 */
export function gtpu(at: number, end: number): number {
  const flags = inU8(at)
  if (flags >> 4 !== 3) return NOT_THIS_LAYER // version 1, and GTP, not GTP'
  if (end - at >= 8) put(TEID, inU32(at + 4))
  let pos = at + 8
  if ((flags & 7) !== 0) {
    pos += 4
    let hasExtension = (flags & 4) !== 0 && pos <= end && inU8(pos - 1) !== 0
    while (hasExtension && pos < end && inU8(pos) !== 0) {
      pos += inU8(pos) * 4
      hasExtension = pos <= end && inU8(pos - 1) !== 0
    }
    if (hasExtension) return Math.max(pos, end) - at // cut, or of no length: where it ends is not known
  }
  if (pos < end && inU8(at + 1) === G_PDU) frame.next = etypeOfIp(inU8(pos))
  return pos - at
}
