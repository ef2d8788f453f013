/** IPv4 (RFC 791) and IPv6 (RFC 8200) down to the transport layer. */
import { readUint16, readUint32 } from '../flow/bigendian.js'
import { IP_PROTOCOL } from '../flow/ipprotocols.js'
import type { IpPacket } from './packet.js'

const FRAGMENT = 44
const AUTHENTICATION = 51
/** Hop-by-hop, routing, authentication, destination options, mobility, HIP, Shim6: headers that a transport layer may stand behind. */
const EXTENSIONS = [0, 43, AUTHENTICATION, 60, 135, 139, 140]
const isExtension = new Uint8Array(256)
for (const protocol of EXTENSIONS) isExtension[protocol] = 1

/** Whether a fragment of this protocol may be one of a UDP datagram's. */
export function mayCarryUdp(protocol: number): boolean {
  return protocol === IP_PROTOCOL.udp || isExtension[protocol] === 1
}

export type IpResult = 'read' | 'cut' | 'malformed'

/** Reads the IP packet at `buf[start, end)`, where at least its first byte is, into `ip`; the payload of a fragment is as it is on the wire. */
export function readIp(buf: Buffer, start: number, end: number, ip: IpPacket): IpResult {
  ip.buf = buf
  ip.fragmented = false
  return buf[start] >>> 4 === 4 ? readIpv4(buf, start, end, ip) : readIpv6(buf, start, end, ip)
}

/**
 *     header := version and header length in words (1), tos (1), total length (2), identification (2), flags and fragment offset (2),
 *               ttl (1), protocol (1), checksum (2), source (4), destination (4), options
 */
function readIpv4(buf: Buffer, start: number, end: number, ip: IpPacket): IpResult {
  if (start + 20 > end) return 'cut'
  const headerBytes = (buf[start] & 0x0f) * 4
  const totalBytes = readUint16(buf, start + 2)
  if (headerBytes < 20 || (totalBytes < headerBytes && totalBytes !== 0)) return 'malformed'
  if (start + headerBytes > end) return 'cut'
  const flags = readUint16(buf, start + 6)
  ip.srcStart = start + 12
  ip.srcEnd = ip.dstStart = start + 16
  ip.dstEnd = start + 20
  ip.protocol = buf[start + 9]
  ip.payloadStart = start + headerBytes
  // the length is zero where the capturing host left the cutting into packets to its network card
  bound(ip, totalBytes === 0 ? end : start + totalBytes, end)
  if ((flags & 0x3fff) !== 0) setFragment(ip, readUint16(buf, start + 4), (flags & 0x1fff) * 8, (flags & 0x2000) !== 0)
  return ip.protocol === AUTHENTICATION ? skipExtensions(ip) : 'read'
}

/** header := version, class and flow label (4), payload length (2), next header (1), hop limit (1), source (16), destination (16) */
function readIpv6(buf: Buffer, start: number, end: number, ip: IpPacket): IpResult {
  if (start + 40 > end) return 'cut'
  const payloadBytes = readUint16(buf, start + 4)
  ip.srcStart = start + 8
  ip.srcEnd = ip.dstStart = start + 24
  ip.dstEnd = ip.payloadStart = start + 40
  ip.protocol = buf[start + 6]
  // zero: a jumbogram (RFC 2675), or as in IPv4
  bound(ip, payloadBytes === 0 ? end : start + 40 + payloadBytes, end)
  return skipExtensions(ip)
}

/** The payload ends where the header says, as far as that was captured; what follows in the frame is padding. */
function bound(ip: IpPacket, packetEnd: number, end: number): void {
  ip.cut = packetEnd > end
  ip.payloadEnd = ip.cut ? end : packetEnd
}

function setFragment(ip: IpPacket, identification: number, offset: number, more: boolean): void {
  ip.fragmented = true
  ip.identification = identification
  ip.fragmentOffset = offset
  ip.moreFragments = more
}

/**
 * Steps over the headers between IP and the transport layer, to the transport layer's or, in a fragment, past the fragment header.
 *
 *     extension      := next header (1), length in units of 8 bytes without the first (1), …
 *     fragment       := next header (1), reserved (1), offset in units of 8 bytes (13 bits), 0 (2 bits), more (1 bit), identification (4)
 *     authentication := next header (1), length in units of 4 bytes without the first 8 (1), …                 (RFC 4302)
 */
export function skipExtensions(ip: IpPacket): IpResult {
  const { buf, payloadEnd } = ip
  while (!ip.fragmented) {
    const pos = ip.payloadStart
    if (isExtension[ip.protocol] === 1) {
      if (pos + 2 > payloadEnd) return short(ip)
      ip.payloadStart = pos + (ip.protocol === AUTHENTICATION ? (buf[pos + 1] + 2) * 4 : (buf[pos + 1] + 1) * 8)
    } else if (ip.protocol === FRAGMENT) {
      if (pos + 8 > payloadEnd) return short(ip)
      ip.payloadStart = pos + 8
      const bits = readUint16(buf, pos + 2)
      // offset 0 and no more: a whole packet all the same (RFC 6946)
      if ((bits & 0xfff9) !== 0) setFragment(ip, readUint32(buf, pos + 4), bits & 0xfff8, (bits & 1) !== 0)
    } else break
    if (ip.payloadStart > payloadEnd) return short(ip)
    ip.protocol = buf[pos]
  }
  return 'read'
}

/** What a header that does not end inside the packet means. */
function short(ip: IpPacket): IpResult {
  return ip.cut ? 'cut' : 'malformed'
}
