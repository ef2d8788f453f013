/** Tells by their first bytes the datagrams that flow-decode reads from other UDP. */
import { readUint16, readUint32 } from '../flow/bigendian.js'

const STUN_COOKIE = 0x2112a442

/**
 * Whether the payload `buf[start, end)` looks like NetFlow v1, v5, v7 or v9, IPFIX, or sFlow v5. The rest of it is the decoder's to judge: a
 * broken datagram is to be counted there.
 *
 *     version 1, 5, 7, 9 or 10 (2), …      NetFlow, IPFIX
 *     0 (2), version 5 (2), …              sFlow
 */
export function looksLikeFlows(buf: Buffer, start: number, end: number, srcPort: number, dstPort: number): boolean {
  if (end - start < 2) return false
  switch (readUint16(buf, start)) {
    case 0:
      return end - start >= 4 && buf[start + 2] === 0 && buf[start + 3] === 5
    case 1:
      if (end - start >= 8 && readUint32(buf, start + 4) === STUN_COOKIE) return false // a binding request (RFC 8489)
      break
    case 5:
    case 7:
    case 9:
    case 10:
      break
    default:
      return false
  }
  return !isOtherService(dstPort) && !isOtherService(srcPort)
}

/** DNS, TFTP, NetBIOS names, mDNS, LLMNR: their messages begin with a number of two bytes that may be any. */
function isOtherService(port: number): boolean {
  return port === 53 || port === 69 || port === 137 || port === 5353 || port === 5355
}
