/** The current packet, as the layers find it in a capture, and the names of what becomes of it. */
import type { BlockHandler, BlockSize } from '../flow/blocks.js'
import type { Time } from './time.js'

/**
 * `buf[start, end)` is what was captured of a packet, `linkType` the number of its link layer (https://www.tcpdump.org/linktypes.html).
 * All are valid only during the call. False puts the packet off: the reader's `resume` hands it over again.
 */
export type PacketHandler = (linkType: number, buf: Buffer, start: number, end: number, time: Time) => boolean

/** How a format's blocks are cut and read. */
export interface CaptureFormat {
  sizeOf: BlockSize
  onBlock: BlockHandler
}

/** Why no datagram comes of a packet; the values are the label `cause` of flow_pcap_skipped_packets_total. */
export const SKIP_CAUSES = [
  'link-type', // a link layer that is not read
  'not-ip', // ARP, LLDP, …
  'not-udp', // TCP, ICMP, …
  'other-port', // UDP to none of the ports asked for
  'not-flow', // UDP whose first bytes are no protocol that flow-decode reads
  'cut', // the capture kept too little of the packet to know what it is
  'malformed', // lengths that contradict one another
  'fragment' // a fragment whose datagram never became whole
] as const
export type SkipCause = (typeof SKIP_CAUSES)[number]

/** What becomes of a packet: a datagram, nothing yet (a fragment), or the cause for which it is skipped. */
export type Verdict = 'datagram' | 'fragment' | SkipCause

/**
 * An IP packet in a buffer. A layer reads on at `payloadStart`, and leaves there what it found; the same object is filled again for the
 * next packet.
 */
export interface IpPacket {
  buf: Buffer
  /** bounds of the addresses: 4 or 16 bytes each */
  srcStart: number
  srcEnd: number
  dstStart: number
  dstEnd: number
  /** what the payload is: an IP protocol number */
  protocol: number
  payloadStart: number
  payloadEnd: number
  /** the capture has not all of the payload */
  cut: boolean
  /** this is a fragment; the next four are those of the fragment */
  fragmented: boolean
  identification: number
  fragmentOffset: number
  moreFragments: boolean
}

/** An empty one, to be filled. */
export function newIpPacket(): IpPacket {
  return {
    buf: Buffer.alloc(0),
    srcStart: 0,
    srcEnd: 0,
    dstStart: 0,
    dstEnd: 0,
    protocol: 0,
    payloadStart: 0,
    payloadEnd: 0,
    cut: false,
    fragmented: false,
    identification: 0,
    fragmentOffset: 0,
    moreFragments: false
  }
}
