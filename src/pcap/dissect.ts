/** From a captured frame to the UDP datagram in it. */
import { readUint16 } from '../flow/bigendian.js'
import type { Datagram } from '../flow/datagram.js'
import type { Counts } from './counts.js'
import { IP_PROTOCOL } from '../flow/ipprotocols.js'
import { mayCarryUdp, readIp, skipExtensions } from './ip.js'
import { CUT, ipStart, NOT_IP } from './link.js'
import { newIpPacket, type Verdict } from './packet.js'
import { looksLikeFlows } from './protocols.js'
import { reassembly } from './reassembly.js'
import type { Time } from './time.js'

const UDP_HEADER_BYTES = 8

export interface Dissector {
  /**
   * Looks for a datagram in the frame `buf[start, end)` of a link type, captured at `time`. With the verdict `datagram` it is in the
   * dissector's Datagram, valid until the next call.
   */
  dissect(linkType: number, buf: Buffer, start: number, end: number, time: Time): Verdict
  /** Drops the datagrams whose fragments have not all come. */
  end(): void
}

/** A dissector that picks the payloads that look like flows, or with `ports` all that are sent to one of them. Counts what has no verdict. */
export function dissector(datagram: Datagram, ports: ReadonlySet<number> | undefined, counts: Counts): Dissector {
  const ip = newIpPacket()
  const fragments = reassembly((lost) => {
    counts.skipped.fragment += lost
  })

  /** header := source port (2), destination port (2), length with the header (2), checksum (2) */
  function readUdp(time: Time): Verdict {
    const { buf, payloadStart: start } = ip
    if (ip.protocol !== IP_PROTOCOL.udp) return 'not-udp'
    if (start + UDP_HEADER_BYTES > ip.payloadEnd) return ip.cut ? 'cut' : 'malformed'
    const length = readUint16(buf, start + 4)
    const end = length === 0 ? ip.payloadEnd : start + length // zero: a jumbogram (RFC 2675 §4), or as in IP
    if (end < start + UDP_HEADER_BYTES || (end > ip.payloadEnd && !ip.cut)) return 'malformed'
    datagram.srcPort = readUint16(buf, start)
    datagram.dstPort = readUint16(buf, start + 2)
    datagram.buf = buf
    datagram.payloadStart = start + UDP_HEADER_BYTES
    datagram.payloadEnd = Math.min(end, ip.payloadEnd)
    if (ports === undefined) {
      const { payloadStart, payloadEnd, srcPort, dstPort } = datagram
      if (!looksLikeFlows(buf, payloadStart, payloadEnd, srcPort, dstPort)) return 'not-flow'
    } else if (!ports.has(datagram.dstPort)) return 'other-port'
    datagram.srcStart = isUnspecified(ip.buf, ip.srcStart, ip.srcEnd) ? ip.srcEnd : ip.srcStart
    datagram.srcEnd = ip.srcEnd
    // an unspecified one (all zero) stands for what was not known, as -w writes it
    datagram.dstStart = isUnspecified(ip.buf, ip.dstStart, ip.dstEnd) ? ip.dstEnd : ip.dstStart
    datagram.dstEnd = ip.dstEnd
    datagram.receivedHi = time.hi
    datagram.receivedLo = time.lo
    if (end > ip.payloadEnd) counts.cutDatagrams++
    return 'datagram'
  }

  return {
    dissect(linkType, buf, start, end, time) {
      const at = ipStart(linkType, buf, start, end)
      if (at < 0) return at === NOT_IP ? 'not-ip' : at === CUT ? 'cut' : 'link-type'
      let result = readIp(buf, at, end, ip)
      if (result !== 'read') return result
      if (ip.fragmented) {
        if (!mayCarryUdp(ip.protocol)) return 'not-udp'
        counts.fragments++
        if (!fragments.add(ip, time.hi * 4.294967296 + time.lo / 1e9)) return 'fragment'
        result = skipExtensions(ip)
        if (result !== 'read') return result
      }
      return readUdp(time)
    },
    end() {
      fragments.end()
    }
  }
}

function isUnspecified(buf: Buffer, start: number, end: number): boolean {
  while (start < end) if (buf[start++] !== 0) return false
  return true
}
