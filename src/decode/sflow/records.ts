/**
 * The records of a sample (sFlow Version 5, section 5 "Flow Data Types"; NAT, NAT ports and VNI: the further structures of sflow.org).
 *
 * They may come in any order, and which one's value counts depends on the others. So they are first found, and checked to be
 * whole; then written from where they stand.
 */
import { inU32 } from '../memory/in.js'
import { addressEnd } from './header.js'

/** Where the data of each record starts, −1 where there is none; the last of a kind counts. */
export interface Records {
  header: number
  ethernet: number
  /** what a MAC address takes in it */
  macBytes: number
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
    ethernet: -1,
    macBytes: 8,
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

const UNPADDED_ETHERNET_BYTES = 20

/** Notes the record whose data is `[at, end)` of the input, if its format (of enterprise 0) is one we know. False where it is not whole. */
export function noteRecord(format: number, at: number, end: number, records: Records): boolean {
  const size = end - at
  switch (format) {
    case 1: // raw header: protocol(4) frame length(4) stripped(4) size(4) bytes
      if (size < 16 || size - 16 < inU32(at + 12)) return false
      records.header = at
      return true
    case 2: // Ethernet: length(4) source(6, padded to 8) destination(6, padded to 8) type(4); some do not pad
      if (size < UNPADDED_ETHERNET_BYTES) return false
      records.ethernet = at
      records.macBytes = size < 24 ? 6 : 8
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
    case 1002: {
      // router: next hop(address) source mask(4) destination mask(4)
      const hopEnd = addressEnd(at, end)
      if (hopEnd < 0 || end - hopEnd < 8) return false
      records.router = at
      return true
    }
    case 1003:
      if (!isGateway(at, end)) return false
      records.gateway = at
      return true
    case 1007: {
      // NAT: source(address) destination(address)
      const sourceEnd = addressEnd(at, end)
      if (sourceEnd < 0 || addressEnd(sourceEnd, end) < 0) return false
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

/**
 *     next hop(address) AS(4) source AS(4) source peer AS(4) segments(4) segment* communities(4) community(4)* local preference(4)
 *     segment := type(4) ASes(4) AS(4)*
 *
 * The local preference is not used, and need not be there.
 */
function isGateway(at: number, end: number): boolean {
  const hopEnd = addressEnd(at, end)
  if (hopEnd < 0 || end - hopEnd < 20) return false
  let pos = hopEnd + 16
  // each segment takes bytes, so that a count out of thin air ends with the record
  for (let segments = inU32(hopEnd + 12); segments > 0; segments--) {
    if (end - pos < 8) return false
    pos += 8 + inU32(pos + 4) * 4
  }
  return end - pos >= 4 && end - pos - 4 >= inU32(pos) * 4
}
