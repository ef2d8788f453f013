/** TCP, UDP, SCTP and ICMP. Each takes what is there of a header that was cut short: ports need its first 4 bytes. */
import { inU16, inU32, inU8 } from '../memory/in.js'
import { DST_PORT, ICMP_CODE, ICMP_TYPE, SRC_PORT, TCP_FLAGS } from './fields.js'
import { close, frame, put } from './frame.js'

/**
 * RFC 9293 section 3.1:
 *
 *     source port(2) destination port(2) sequence(4) acknowledgement(4) data offset(4 bits) flags(12 bits) window(2) checksum(2) urgent(2) options
 */
export function tcp(at: number, end: number): number {
  ports(at, end)
  if (end - at < 13) return 20
  if (end - at >= 14) put(TCP_FLAGS, inU16(at + 12) & 0x1ff)
  return Math.max(20, (inU8(at + 12) >> 4) * 4)
}

/**
 * RFC 768:
 *
 *     source port(2) destination port(2) length(2) checksum(2)
 */
export function udp(at: number, end: number): number {
  ports(at, end)
  return 8
}

/**
 * RFC 9260 section 3.1:
 *
 *     source port(2) destination port(2) verification tag(4) checksum(4)
 */
export function sctp(at: number, end: number): number {
  ports(at, end)
  return 12
}

function ports(at: number, end: number): void {
  if (end - at < 4) return
  frame.next = inU32(at) | 0
  put(SRC_PORT, inU16(at))
  put(DST_PORT, inU16(at + 2))
}

/**
 * RFC 792, RFC 4443 section 2.1:
 *
 *     type(1) code(1) checksum(2) rest(4)
 */
export function icmp(at: number, end: number): number {
  put(ICMP_TYPE, inU8(at))
  if (end - at >= 2) put(ICMP_CODE, inU8(at + 1))
  // it has no ports, whatever an exporter says beside it
  close(SRC_PORT)
  close(DST_PORT)
  return 8
}
