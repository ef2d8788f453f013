/** Distinguishes the datagrams that flow-decode reads from other UDP. */
import { readUint32 } from '../flow/bigendian.js'
import { protocolOf, SFLOW_5 } from '../flow/protocol.js'

const STUN_COOKIE = 0x2112a442

/**
 * Whether the payload `buf[start, end)` looks like NetFlow v1, v5, v7 or v9, IPFIX, or sFlow v5. The rest of it is the decoder's to judge: a
 * broken datagram is to be counted there.
 */
export function looksLikeFlows(buf: Buffer, start: number, end: number, srcPort: number, dstPort: number): boolean {
  const protocol = protocolOf(buf, start, end)
  if (protocol === undefined) return false
  if (protocol === SFLOW_5) return true
  if (protocol.version === 1 && end - start >= 8 && readUint32(buf, start + 4) === STUN_COOKIE) return false // a binding request (RFC 8489)
  return !isOtherService(dstPort) && !isOtherService(srcPort)
}

/** DNS, TFTP, NetBIOS names, mDNS, LLMNR: their messages begin with a number of two bytes that may be any. */
function isOtherService(port: number): boolean {
  return port === 53 || port === 69 || port === 137 || port === 5353 || port === 5355
}
