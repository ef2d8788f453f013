/**
 * The records of a flow sample (sFlow Version 5, section 5 "Flow Data Types"; sFlow NAT, sFlow Tunnel Structures and the other documents of sflow.org).
 *
 * Reading a record checks that it is whole and keeps where it stands; fields.ts takes the values when all records are known,
 * because which one counts depends on the others.
 */
import { readUint32 } from '../../flow/bigendian.js'
import { addressEnd } from './header.js'

/** Where the records of a sample stand; −1 for those that are not there. */
export interface Records {
  /** the raw header record, its protocol and the captured bytes */
  header: number
  headerProtocol: number
  headerStart: number
  headerEnd: number
  ethernet: number
  ipv4: number
  ipv6: number
  switch: number
  router: number
  gateway: number
  nat: number
  natPorts: number
  vniOut: number
  vniIn: number
}

export function newRecords(): Records {
  return {
    header: -1,
    headerProtocol: 0,
    headerStart: 0,
    headerEnd: 0,
    ethernet: -1,
    ipv4: -1,
    ipv6: -1,
    switch: -1,
    router: -1,
    gateway: -1,
    nat: -1,
    natPorts: -1,
    vniOut: -1,
    vniIn: -1
  }
}

export function clearRecords(records: Records): void {
  records.header = records.ethernet = records.ipv4 = records.ipv6 = -1
  records.switch = records.router = records.gateway = records.nat = records.natPorts = records.vniOut = records.vniIn = -1
}

/** Keeps the record at `buf[at, end)`, whose data format (enterprise 0) is `format`, if we know it. False where it is not whole. */
export function readRecord(buf: Buffer, format: number, at: number, end: number, records: Records): boolean {
  const size = end - at
  switch (format) {
    case 1: // raw header: protocol(4) frame length(4) stripped(4) size(4) bytes
      return readRawHeader(buf, at, end, records)
    case 2: // Ethernet: length(4) source(8) destination(8) type(4)
      if (size < 24) return false
      records.ethernet = at
      return true
    case 3: // IPv4: length(4) protocol(4) source(4) destination(4) source port(4) destination port(4) TCP flags(4) tos(4)
      if (size < 32) return false
      records.ipv4 = at
      return true
    case 4: // IPv6: length(4) protocol(4) source(16) destination(16) source port(4) destination port(4) TCP flags(4) priority(4)
      if (size < 56) return false
      records.ipv6 = at
      return true
    case 1001: // switch: source vlan(4) priority(4) destination vlan(4) priority(4)
      if (size < 16) return false
      records.switch = at
      return true
    case 1002: { // router: next hop(address) source mask(4) destination mask(4)
      const hopEnd = addressEnd(buf, at, end)
      if (hopEnd < 0 || end - hopEnd < 8) return false
      records.router = at
      return true
    }
    case 1003:
      if (!isGateway(buf, at, end)) return false
      records.gateway = at
      return true
    case 1007: { // NAT: source(address) destination(address)
      const sourceEnd = addressEnd(buf, at, end)
      if (sourceEnd < 0 || addressEnd(buf, sourceEnd, end) < 0) return false
      records.nat = at
      return true
    }
    case 1020: // NAT ports: source(4) destination(4)
      if (size < 8) return false
      records.natPorts = at
      return true
    case 1029: // VNI out: vni(4)
      if (size < 4) return false
      records.vniOut = at
      return true
    case 1030: // VNI in: vni(4)
      if (size < 4) return false
      records.vniIn = at
      return true
    default:
      return true
  }
}

function readRawHeader(buf: Buffer, at: number, end: number, records: Records): boolean {
  if (end - at < 16) return false
  const headerEnd = at + 16 + readUint32(buf, at + 12)
  if (headerEnd > end) return false
  records.header = at
  records.headerProtocol = readUint32(buf, at)
  records.headerStart = at + 16
  records.headerEnd = headerEnd
  return true
}

/** From the end of a gateway's next hop to its first segment, and of a segment before its ASes. */
export const GATEWAY_FIXED_BYTES = 16
export const SEGMENT_HEAD_BYTES = 8

/**
 * Whether a gateway record is whole; what follows the communities is not used.
 *
 *     next hop(address) AS(4) source AS(4) source peer AS(4) segments(4) segment* communities(4) community(4)* local preference(4)
 *     segment := type(4) ASes(4) AS(4)*
 */
function isGateway(buf: Buffer, at: number, end: number): boolean {
  const hopEnd = addressEnd(buf, at, end)
  if (hopEnd < 0 || end - hopEnd < GATEWAY_FIXED_BYTES) return false
  let pos = hopEnd + GATEWAY_FIXED_BYTES
  // each segment takes bytes, so that a count out of thin air ends at the record's end
  for (let segments = readUint32(buf, pos - 4); segments > 0; segments--) {
    if (end - pos < SEGMENT_HEAD_BYTES) return false
    pos += SEGMENT_HEAD_BYTES + readUint32(buf, pos + 4) * 4
  }
  return end - pos >= 4 && end - pos - 4 >= readUint32(buf, pos) * 4
}
