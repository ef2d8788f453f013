/** What a layer says of the next one, and of the packet by it. */
import { frame, NOTHING } from './frame.js'

export const ETHERTYPE = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  mpls: 0x8847,
  /** Transparent Ethernet bridging: an Ethernet header follows (RFC 1701's list, RFC 7637) */
  ethernet: 0x6558
} as const

export function nextEtype(etype: number): void {
  frame.next = etype
  if (!frame.inner) frame.etype = etype
}

/** `protocol` is a next header; an extension header is not the protocol of the packet (RFC 7045). */
export function nextProtocol(protocol: number): void {
  frame.next = protocol
  if (!frame.inner && !isExtension(protocol)) frame.proto = protocol
}

export const AH = 51

/** Hop-by-hop options, routing, fragment, AH, destination options. */
export function isExtension(protocol: number): boolean {
  return protocol === 0 || protocol === 43 || protocol === 44 || protocol === AH || protocol === 60
}

/** The Ethernet type of the IP packet that starts with this byte, NOTHING where it starts none: for layers that do not say what they hold. */
export function etypeOfIp(first: number): number {
  if (first >> 4 === 6) return ETHERTYPE.ipv6
  return first >> 4 === 4 && (first & 0xf) >= 5 ? ETHERTYPE.ipv4 : NOTHING
}

/** The Ethernet type for a PPP protocol (RFC 1661, RFC 5072, RFC 3032 section 4.3), NOTHING for one that is no packet. */
export function etypeOfPpp(protocol: number): number {
  switch (protocol) {
    case 0x0021:
      return ETHERTYPE.ipv4
    case 0x0057:
      return ETHERTYPE.ipv6
    case 0x0281:
    case 0x0283:
      return ETHERTYPE.mpls
    default:
      return NOTHING
  }
}
