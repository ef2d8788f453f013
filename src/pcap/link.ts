/**
 * Link layers: where in a captured frame its IP packet starts. Link types are those of the capture formats
 * (https://www.tcpdump.org/linktypes.html).
 */
import { readUint16, readUint32 } from '../flow/bigendian.js'

const LINKTYPE_NULL = 0
const LINKTYPE_ETHERNET = 1
const LINKTYPE_PPP = 9
const LINKTYPE_RAW_BSD = 12
const LINKTYPE_RAW_OPENBSD = 14
const LINKTYPE_PPP_HDLC = 50
const LINKTYPE_RAW = 101
const LINKTYPE_LOOP = 108
const LINKTYPE_LINUX_SLL = 113
const LINKTYPE_IPV4 = 228
const LINKTYPE_IPV6 = 229
const LINKTYPE_NFLOG = 239
const LINKTYPE_LINUX_SLL2 = 276

const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_VLAN = 0x8100
const ETHERTYPE_IPV6 = 0x86dd
const ETHERTYPE_MPLS = 0x8847
const ETHERTYPE_MPLS_UPSTREAM = 0x8848
const ETHERTYPE_PPPOE = 0x8864
const ETHERTYPE_PROVIDER_VLAN = 0x88a8
/** What providers used for their tags before 802.1ad. */
const ETHERTYPE_OLD_PROVIDER_VLAN = 0x9100
const ETHERTYPE_OLD_PROVIDER_VLAN_2 = 0x9200
const ETHERTYPE_OLD_PROVIDER_VLAN_3 = 0x9300
/** Up to here the field is an 802.3 length. */
const ETHERTYPE_LENGTH_MAX = 1500

const PPP_IPV4 = 0x0021
const PPP_IPV6 = 0x0057

const NO_BYTES = Buffer.alloc(0)

/** What `ipStart` returns instead of a position. */
export const NOT_IP = -1
export const CUT = -2
const UNKNOWN_LINK_TYPE = -3

/** The position of the IP packet in the frame `buf[start, end)`; else NOT_IP, CUT (its headers are not all there) or UNKNOWN_LINK_TYPE. */
export function ipStart(linkType: number, buf: Buffer, start: number, end: number): number {
  switch (linkType) {
    case LINKTYPE_ETHERNET:
      return afterEthernet(buf, start, end)
    case LINKTYPE_LINUX_SLL:
      // packet type (2), ARPHRD (2), address length (2), address (8), ethertype (2)
      return start + 16 > end ? CUT : afterEtherType(buf, start + 16, end, readUint16(buf, start + 14))
    case LINKTYPE_LINUX_SLL2:
      // ethertype (2), reserved (2), interface (4), ARPHRD (2), packet type (1), address length (1), address (8)
      return start + 20 > end ? CUT : afterEtherType(buf, start + 20, end, readUint16(buf, start))
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      return afterFamily(buf, start, end)
    case LINKTYPE_RAW:
    case LINKTYPE_RAW_BSD:
    case LINKTYPE_RAW_OPENBSD:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
      return ipAt(buf, start, end)
    case LINKTYPE_PPP:
    case LINKTYPE_PPP_HDLC:
      return afterPpp(buf, start, end)
    case LINKTYPE_NFLOG:
      return afterNflog(buf, start, end)
    default:
      return UNKNOWN_LINK_TYPE
  }
}

/** Whether `ipStart` reads that link type. */
export function isKnownLinkType(linkType: number): boolean {
  return ipStart(linkType, NO_BYTES, 0, 0) !== UNKNOWN_LINK_TYPE
}

/** Ethernet := destination (6), source (6), ethertype (2) */
function afterEthernet(buf: Buffer, start: number, end: number): number {
  return start + 14 > end ? CUT : afterEtherType(buf, start + 14, end, readUint16(buf, start + 12))
}

/**
 *     VLAN tag := priority and id (2), ethertype (2)
 *     MPLS     := (label (20 bits), class (3 bits), bottom of stack (1 bit), ttl (1))*
 *     PPPoE    := version and type (1), code (1), session (2), length (2), PPP protocol (2)
 *     LLC/SNAP := aa aa 03 00 00 00, ethertype (2)        in the place of an ethertype: an 802.3 length
 *
 * What follows MPLS does not say what it is (RFC 4928 §3): IP by its version, or a pseudowire's control word (4), which starts with a zero
 * nibble, and Ethernet (RFC 4385, RFC 4448).
 */
function afterEtherType(buf: Buffer, pos: number, end: number, etherType: number): number {
  for (;;) {
    switch (etherType) {
      case ETHERTYPE_IPV4:
      case ETHERTYPE_IPV6:
        return ipAt(buf, pos, end)
      case ETHERTYPE_VLAN:
      case ETHERTYPE_PROVIDER_VLAN:
      case ETHERTYPE_OLD_PROVIDER_VLAN:
      case ETHERTYPE_OLD_PROVIDER_VLAN_2:
      case ETHERTYPE_OLD_PROVIDER_VLAN_3:
        if (pos + 4 > end) return CUT
        etherType = readUint16(buf, pos + 2)
        pos += 4
        break
      case ETHERTYPE_MPLS:
      case ETHERTYPE_MPLS_UPSTREAM:
        do {
          if (pos + 4 > end) return CUT
          pos += 4
        } while ((buf[pos - 2] & 1) === 0)
        if (pos >= end) return CUT
        if (buf[pos] >>> 4 !== 0) return ipAt(buf, pos, end)
        if (pos + 18 > end) return CUT
        etherType = readUint16(buf, pos + 16)
        pos += 18
        break
      case ETHERTYPE_PPPOE: {
        if (pos + 8 > end) return CUT
        const protocol = readUint16(buf, pos + 6)
        return protocol === PPP_IPV4 || protocol === PPP_IPV6 ? ipAt(buf, pos + 8, end) : NOT_IP
      }
      default:
        if (etherType > ETHERTYPE_LENGTH_MAX) return NOT_IP
        if (pos + 8 > end) return CUT
        if (readUint32(buf, pos) !== 0xaaaa0300 || readUint16(buf, pos + 4) !== 0) return NOT_IP
        etherType = readUint16(buf, pos + 6)
        if (etherType <= ETHERTYPE_LENGTH_MAX) return NOT_IP
        pos += 8
    }
  }
}

/**
 * The address family (4) of BSD loopbacks, in the byte order of the machine that captured (NULL) or the network's (LOOP): a small number,
 * so that its position shows the byte order. 2 is IPv4 everywhere; IPv6 is 24, 28 or 30 on the BSDs and macOS, 10 on Linux, 23 on Windows.
 */
function afterFamily(buf: Buffer, start: number, end: number): number {
  if (start + 4 > end) return CUT
  const family = buf[start] === 0 ? buf[start + 3] : buf[start]
  switch (family) {
    case 2:
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
      return ipAt(buf, start + 4, end)
    default:
      return NOT_IP
  }
}

/**
 *     PPP        := [address ff, control 03], protocol (2, or 1 if that is odd: RFC 1661 §2, §6.5), packet
 *     Cisco HDLC := address 0f or 8f, control 00, ethertype (2), packet
 */
function afterPpp(buf: Buffer, start: number, end: number): number {
  if (start + 4 > end) return CUT
  if ((buf[start] === 0x0f || buf[start] === 0x8f) && buf[start + 1] === 0) {
    return afterEtherType(buf, start + 4, end, readUint16(buf, start + 2))
  }
  const pos = buf[start] === 0xff && buf[start + 1] === 0x03 ? start + 2 : start
  const isShort = (buf[pos] & 1) === 1
  const protocol = isShort ? buf[pos] : readUint16(buf, pos)
  return protocol === PPP_IPV4 || protocol === PPP_IPV6 ? ipAt(buf, pos + (isShort ? 1 : 2), end) : NOT_IP
}

const NFLOG_PAYLOAD = 9
/** Attributes of netfilter's log have small numbers: the position of their bytes shows the byte order. */
const NFLOG_MOST_TYPE = 0xff

/**
 *     NFLOG     := address family (1), version 0 (1), resource (2), attribute*
 *     attribute := length (2, with these four bytes), type (2), value, padding to 4        in the byte order of the machine that captured
 */
function afterNflog(buf: Buffer, start: number, end: number): number {
  if (start + 8 > end) return CUT
  if (buf[start + 1] !== 0) return NOT_IP
  const isBig = readUint16(buf, start + 6) <= NFLOG_MOST_TYPE
  const read = (at: number): number => (isBig ? readUint16(buf, at) : buf[at] | (buf[at + 1] << 8))
  for (let pos = start + 4; pos + 4 <= end;) {
    const length = read(pos)
    if (length < 4) return NOT_IP
    if (read(pos + 2) === NFLOG_PAYLOAD) return ipAt(buf, pos + 4, end)
    pos += length + 3 - ((length + 3) % 4)
  }
  return CUT
}

function ipAt(buf: Buffer, pos: number, end: number): number {
  if (pos >= end) return CUT
  const version = buf[pos] >>> 4
  return version === 4 || version === 6 ? pos : NOT_IP
}
