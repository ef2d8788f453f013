/** TCP, UDP, SCTP and ICMP. Each takes what is there of a header that was cut short: ports need its first 4 bytes. */
import { readUint16, readUint32 } from '../../flow/bigendian.js'
import type { Frame } from './frame.js'

/**
 * RFC 9293 section 3.1:
 *
 *     source port(2) destination port(2) sequence(4) acknowledgement(4) data offset(4 bits) flags(12 bits) window(2) checksum(2) urgent(2) options
 */
export function tcp(frame: Frame, buf: Buffer, at: number, end: number): number {
  ports(frame, buf, at, end)
  if (end - at < 13) return 20
  if (!frame.inner && end - at >= 14) frame.tcpFlags = readUint16(buf, at + 12) & 0x1ff
  return Math.max(20, (buf[at + 12] >> 4) * 4)
}

/**
 * RFC 768:
 *
 *     source port(2) destination port(2) length(2) checksum(2)
 */
export function udp(frame: Frame, buf: Buffer, at: number, end: number): number {
  ports(frame, buf, at, end)
  return 8
}

/**
 * RFC 9260 section 3.1:
 *
 *     source port(2) destination port(2) verification tag(4) checksum(4)
 */
export function sctp(frame: Frame, buf: Buffer, at: number, end: number): number {
  ports(frame, buf, at, end)
  return 12
}

function ports(frame: Frame, buf: Buffer, at: number, end: number): void {
  if (end - at < 4) return
  frame.carried = readUint32(buf, at) | 0
  if (frame.inner) return
  frame.srcPort = readUint16(buf, at)
  frame.dstPort = readUint16(buf, at + 2)
}

/**
 * RFC 792, RFC 4443 section 2.1:
 *
 *     type(1) code(1) checksum(2) rest(4)
 */
export function icmp(frame: Frame, buf: Buffer, at: number, end: number): number {
  if (!frame.inner) {
    frame.icmpType = buf[at]
    if (end - at >= 2) frame.icmpCode = buf[at + 1]
  }
  return 8
}
