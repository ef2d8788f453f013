/** TCP, UDP, SCTP and ICMP. Each takes what is there of a header that was cut short: ports need its first 4 bytes. */
import { readUint16, readUint32, readUint8 } from '../input.js'
import { writeUint32Field } from '../messages.js'
import { DST_PORT, ICMP_CODE, ICMP_TYPE, SRC_PORT, TCP_FLAGS } from './fields.js'
import type { Frame } from './frame.js'

/**
 * RFC 9293 section 3.1:
 *
 *     source port(2) destination port(2) sequence(4) acknowledgement(4) data offset(4 bits) flags(12 bits) window(2) checksum(2) urgent(2) options
 */
export function tcp(frame: Frame, at: number, end: number): number {
  ports(frame, at, end)
  if (end - at < 13) return 20
  if (!frame.inner && end - at >= 14 && (frame.told & TCP_FLAGS.bit) === 0) {
    frame.pos = writeUint32Field(frame.pos, TCP_FLAGS.tag, readUint16(at + 12) & 0x1ff)
    frame.told |= TCP_FLAGS.bit
  }
  return Math.max(20, (readUint8(at + 12) >> 4) * 4)
}

/**
 * RFC 768:
 *
 *     source port(2) destination port(2) length(2) checksum(2)
 */
export function udp(frame: Frame, at: number, end: number): number {
  ports(frame, at, end)
  return 8
}

/**
 * RFC 9260 section 3.1:
 *
 *     source port(2) destination port(2) verification tag(4) checksum(4)
 */
export function sctp(frame: Frame, at: number, end: number): number {
  ports(frame, at, end)
  return 12
}

function ports(frame: Frame, at: number, end: number): void {
  if (end - at < 4) return
  frame.carried = readUint32(at) | 0
  if (frame.inner) return
  const { told } = frame
  let { pos } = frame
  if ((told & SRC_PORT.bit) === 0) pos = writeUint32Field(pos, SRC_PORT.tag, readUint16(at))
  if ((told & DST_PORT.bit) === 0) pos = writeUint32Field(pos, DST_PORT.tag, readUint16(at + 2))
  frame.pos = pos
  frame.told |= SRC_PORT.bit | DST_PORT.bit
}

/**
 * RFC 792, RFC 4443 section 2.1:
 *
 *     type(1) code(1) checksum(2) rest(4)
 */
export function icmp(frame: Frame, at: number, end: number): number {
  if (!frame.inner) {
    const { told } = frame
    if ((told & ICMP_TYPE.bit) === 0) frame.pos = writeUint32Field(frame.pos, ICMP_TYPE.tag, readUint8(at))
    if (end - at >= 2 && (told & ICMP_CODE.bit) === 0) frame.pos = writeUint32Field(frame.pos, ICMP_CODE.tag, readUint8(at + 1))
    // there are none, whoever says so
    frame.told |= SRC_PORT.bit | DST_PORT.bit
  }
  return 8
}
