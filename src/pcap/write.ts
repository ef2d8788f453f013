/**
 * Datagrams as a capture file (draft-ietf-opsawg-pcap) with times in nanoseconds, big-endian, of link type LINKTYPE_RAW: packets begin at
 * their IP header.
 *
 *     file   := header (24 bytes), packet*
 *     packet := seconds (4), nanoseconds (4), captured bytes (4), bytes (4), IPv4 | IPv6, UDP, payload
 *     IPv4   := 20 bytes (RFC 791 §3.1)        IPv6 := 40 bytes (RFC 8200 §3)        UDP := 8 bytes (RFC 768)
 */
import { isMappedIPv4 } from '../flow/address.js'
import { type Datagram, newDatagram, readDatagram } from '../flow/datagram.js'
import type { FrameHandler } from '../flow/frames.js'
import { IP_PROTOCOL } from '../flow/ipprotocols.js'
import type { Appendable } from '../flow/appendable.js'
import { billionRest, splitBillion } from '../text/digits.js'

const MAGIC_NANOSECONDS = 0xa1b23c4d
const LINKTYPE_RAW = 101
const SNAPSHOT_BYTES = 262_144
const RECORD_BYTES = 16
const IPV4_BYTES = 20
const IPV6_BYTES = 40
const UDP_BYTES = 8
const HOP_LIMIT = 64
/** What the 16-bit lengths of IPv4 (header included) and IPv6 (without it) allow. */
const MAX_LENGTH = 65_535

/** The header of the file. */
export function pcapHeader(): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32BE(MAGIC_NANOSECONDS, 0)
  header.writeUInt16BE(2, 4)
  header.writeUInt16BE(4, 6)
  header.writeUInt32BE(SNAPSHOT_BYTES, 16)
  header.writeUInt32BE(LINKTYPE_RAW, 20)
  return header
}

export interface PacketCounts {
  datagrams: number
  written: number
  /** longer than a UDP packet can be */
  tooLong: number
  malformed: number
}

/** Appends each Datagram message as a packet. */
export function packetWriter(output: Appendable): { onFrame: FrameHandler; counts: PacketCounts } {
  const counts = { datagrams: 0, written: 0, tooLong: 0, malformed: 0 }
  const datagram = newDatagram()

  function onFrame(buf: Buffer, start: number, end: number): void {
    counts.datagrams++
    if (!readDatagram(buf, start, end, datagram)) counts.malformed++
    else if (writePacket(output, datagram)) counts.written++
    else counts.tooLong++
  }

  return { onFrame, counts }
}

/** False, and nothing written, where the payload is longer than a packet can carry. */
function writePacket(output: Appendable, datagram: Datagram): boolean {
  const { payloadStart, payloadEnd, srcEnd, srcStart, dstStart, dstEnd } = datagram
  const isIPv6 = srcEnd - srcStart === 16 || (srcEnd === srcStart && dstEnd - dstStart === 16)
  const udpBytes = UDP_BYTES + payloadEnd - payloadStart
  const ipBytes = isIPv6 ? IPV6_BYTES : IPV4_BYTES
  if ((isIPv6 ? 0 : ipBytes) + udpBytes > MAX_LENGTH) return false
  output.reserve(RECORD_BYTES + ipBytes + udpBytes)
  const { buf, pos } = output
  buf.writeUInt32BE(splitBillion(datagram.receivedHi, datagram.receivedLo) >>> 0, pos)
  buf.writeUInt32BE(billionRest, pos + 4)
  buf.writeUInt32BE(ipBytes + udpBytes, pos + 8)
  buf.writeUInt32BE(ipBytes + udpBytes, pos + 12)
  const ip = pos + RECORD_BYTES
  const udp = ip + ipBytes
  if (isIPv6) writeIPv6(buf, ip, datagram, udpBytes)
  else writeIPv4(buf, ip, datagram, udpBytes)
  buf.writeUInt16BE(datagram.srcPort, udp)
  buf.writeUInt16BE(datagram.dstPort, udp + 2)
  buf.writeUInt16BE(udpBytes, udp + 4)
  buf.writeUInt16BE(0, udp + 6)
  datagram.buf.copy(buf, udp + UDP_BYTES, payloadStart, payloadEnd)
  // the pseudo-header: both addresses, the length, the protocol
  const addresses = isIPv6 ? ip + 8 : ip + 12
  const sum = checksum(buf, addresses, udp + udpBytes, udpBytes + IP_PROTOCOL.udp)
  buf.writeUInt16BE(sum === 0 ? 0xffff : sum, udp + 6) // 0 would mean none
  output.pos = udp + udpBytes
  return true
}

function writeIPv4(buf: Buffer, at: number, datagram: Datagram, udpBytes: number): void {
  buf.fill(0, at, at + IPV4_BYTES)
  buf[at] = 0x45
  buf.writeUInt16BE(IPV4_BYTES + udpBytes, at + 2)
  buf[at + 8] = HOP_LIMIT
  buf[at + 9] = IP_PROTOCOL.udp
  copyAddress(buf, at + 12, 4, datagram.buf, datagram.srcStart, datagram.srcEnd)
  copyAddress(buf, at + 16, 4, datagram.buf, datagram.dstStart, datagram.dstEnd)
  buf.writeUInt16BE(checksum(buf, at, at + IPV4_BYTES, 0), at + 10)
}

function writeIPv6(buf: Buffer, at: number, datagram: Datagram, udpBytes: number): void {
  buf.fill(0, at, at + IPV6_BYTES)
  buf[at] = 0x60
  buf.writeUInt16BE(udpBytes, at + 4)
  buf[at + 6] = IP_PROTOCOL.udp
  buf[at + 7] = HOP_LIMIT
  copyAddress(buf, at + 8, 16, datagram.buf, datagram.srcStart, datagram.srcEnd)
  copyAddress(buf, at + 24, 16, datagram.buf, datagram.dstStart, datagram.dstEnd)
}

/** An address of the packet's family; the unspecified one (all zero) stays where there is none, or one of the other family. */
function copyAddress(buf: Buffer, at: number, size: number, from: Buffer, start: number, end: number): void {
  if (end - start === size) from.copy(buf, at, start, end)
  else if (size === 4 && isMappedIPv4(from, start, end)) from.copy(buf, at, end - 4, end)
}

/** The Internet checksum (RFC 1071) of `buf[start, end)` and a number. */
function checksum(buf: Buffer, start: number, end: number, more: number): number {
  let sum = more
  for (let at = start; at + 1 < end; at += 2) sum += (buf[at] << 8) | buf[at + 1]
  if ((end - start) % 2 === 1) sum += buf[end - 1] << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
