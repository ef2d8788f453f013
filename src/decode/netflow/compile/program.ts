/**
 * The steps of a plan. A plan is a program of numbers, six a step, because a loop over a typed array is what V8 runs best:
 *
 *     op, field, tag, argument, next, bytes of the tag
 *
 * `field` is the place of an element in the template; `tag` the packed tag of the FlowMessage field to write; `next` the step to go on with
 * once this one wrote something, which is how the alternatives of a field are passed over. A step that wrote nothing is followed
 * by the one after it.
 */
import type { Placed } from '../../memory/plans.js'
import type { Compiled } from '../known/exporter.js'

export const STEP = 6

/**
 * A const enum: the switch that runs the steps needs literal numbers to become a jump table, and those of one switch in a row.
 */
export const enum Op {
  // those of most records: numbers of 1, 2, 4, 8 bytes
  u8 = 0,
  u16 = 1,
  u32 = 2,
  u64 = 3,
  /** the argument as a value */
  constant = 4,
  /** an address as it is, of 4 and of 16 bytes */
  address4 = 5,
  address6 = 6,
  // times set the flow's start (argument 0) or end (1), which the last two steps write
  uptime = 7,
  /** milliseconds since 1970 of 8 bytes */
  millis64 = 8,
  writeTime = 9,
  /** (value >>> (argument & 0xff)) & (argument >>> 8) of one byte */
  bits8 = 10,
  /** the rate that was learned or set, where it is the same for all records */
  fixedRate = 11,
  // these three mostly have nothing to do, which is seen at once
  /** the rate that was learned or set otherwise; `field` is the place in `lists` of the places, or −1, of sampler, input, output, direction, line card */
  learnedRate = 12,
  /** type and code in the destination port; `field` is the protocol, the argument the place in `lists` of source port or −1, destination port, the two
   * protocols that count, and the code's tag */
  icmpPorts = 13,
  /** argument 0: the input's, 1: the output's */
  interfaceName = 14,

  // those of few records: numbers of any length into 32 or 64 bits
  uint32 = 15,
  uint64 = 16,
  /** (value >>> (argument & 0xff)) & (argument >>> 8) */
  bits = 17,
  /** an address that is not all zero */
  realAddress = 18,
  /** the Ethernet type that goes with an IP version */
  ipVersion = 19,
  // times
  uptimeOfAnyLength = 20,
  /** IPFIX's uptimes; `field` is the place in `lists` of the uptime and, or −1, of the flow's last uptime and of the boot time */
  initUptime = 21,
  seconds = 22,
  millis = 23,
  ntpMicros = 24,
  ntpNanos = 25,
  deltaMicros = 26,
  /** `field` 1: but not before the flow's start, which is set */
  exportTime = 27,
  /** the other end of the flow, moved by the element's milliseconds or microseconds */
  durationMillis = 28,
  durationMicros = 29,
  /** the other end of the flow */
  otherEnd = 30,
  /** the record's own rate; `field` is the place in `lists` of the places of RATE_ELEMENTS */
  ownRate = 31,
  // icmp; tag is that of the type, argument that of the code
  icmpTypeCodeIPv6 = 32,
  icmpTypeCode = 33,
  /** `field` is the place in `lists` of type (v4, v6) and code (v4, v6), each a place or −1 */
  icmpApart = 34,
  // lists of places: `field` is the place in `lists`
  mpls = 35,
  /** in front of the places is how many of them are single values; those behind are lists */
  communities = 36,
  segments = 37,
  // names, as interfaceName
  vrfName = 38,
  applicationName = 39,
  /** the bytes of a section of a packet, no more than the element argument − 1 says */
  sectionBytes = 40,
  /** the fields of a packet's section; `field` is the place in `lists` of its place, the place of its exported length + 1, its link, and the sets of fields
   * that the record has itself and that mapped elements fill */
  frame = 41,
  // what a mapping file adds; argument 1: little-endian
  mappedNumber = 42,
  mappedBytes = 43,
  mappedString = 44,
  /** the address that all records of the domain have where they say none themselves */
  sampler = 45
}

/** One direction and address family of a template, compiled: the steps from `start` to `end` of the plan's code. */
export interface Program {
  readonly start: number
  readonly end: number
}

/** A template, compiled. */
export interface Plan extends Compiled, Placed {
  readonly lists: readonly Int32Array[]
  /** programs for a record of IPv4, of IPv6 and of no addresses */
  readonly forward: Programs
  /** the second message of a biflow, where the template has reverse elements */
  readonly reverse: Programs | undefined
  /** places of the elements that must not all be zero for a reverse direction to be there */
  readonly reverseCounters: Int32Array
  /** places of source and destination address */
  readonly addresses4: Int32Array
  readonly addresses6: Int32Array
  /** each record chooses its family: by its addresses, else by its Ethernet type or IP version at these places, or −1 */
  readonly familyVaries: boolean
  readonly etype: number
  readonly ipVersion: number
  /** the family of all records, or of one that tells none */
  readonly family: Family
  /** the bytes a message takes at the most beyond what its record's bytes make */
  readonly extraBytes: number
  /** and for each of those */
  readonly growth: number
  /** it writes sampler_address, record by record */
  readonly writesSampler: boolean
}

export type Family = 0 | 4 | 6
export interface Programs {
  readonly 0: Program
  readonly 4: Program
  readonly 6: Program
}
