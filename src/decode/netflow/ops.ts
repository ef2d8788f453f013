/**
 * The steps of a plan. A plan is a program of numbers, five a step, because a loop over a typed array is what V8 runs best:
 *
 *     op, field, tag, argument, next
 *
 * `field` is the place of an element in the template; `tag` the packed tag of the FlowMessage field to write; `next` the step to go on with
 * once this one wrote something, which is how the alternatives of a field are passed over. A step that wrote nothing is followed
 * by the one after it.
 */
export const STEP = 5

/** A const enum: the switch that runs the steps needs literal numbers to become a jump table. */
export const enum Op {
  // numbers of 1, 2, 4, 8 bytes, and of any length into 32 or 64 bits
  u8 = 0,
  u16 = 1,
  u32 = 2,
  u64 = 3,
  uint32 = 4,
  uint64 = 5,
  /** (value >>> (argument & 0xff)) & (argument >>> 8) */
  bits = 6,
  /** an address as it is */
  address = 7,
  /** an address that is not all zero */
  realAddress = 8,
  /** the argument as a value */
  constant = 9,
  /** the Ethernet type that goes with an IP version */
  ipVersion = 10,
  // times set the flow's start (argument 0) or end (1), which the last two steps write
  uptime = 11,
  uptimeOfAnyLength = 12,
  /** IPFIX's uptimes; `field` is the place in `lists` of the uptime and, or −1, of the flow's last uptime and of the boot time */
  initUptime = 13,
  seconds = 14,
  millis = 15,
  ntpMicros = 16,
  ntpNanos = 17,
  deltaMicros = 18,
  exportTime = 19,
  /** the other end of the flow, moved by the element's milliseconds or microseconds */
  durationMillis = 20,
  durationMicros = 21,
  /** the other end of the flow */
  otherEnd = 22,
  writeTime = 23,
  // sampling; argument: the place of the second element of a pair
  rateOfSpace = 24,
  rateOfPopulation = 25,
  /** what was learned or set: by sampler (`field`) and by interface (argument), each a place + 1 or 0 */
  learnedRate = 26,
  // icmp; tag is that of the type, argument that of the code
  icmpTypeCode = 27,
  /** in the destination port; `field` is the place in `lists` of protocol, source port or −1, destination port, and of the two protocols that count */
  icmpPorts = 28,
  /** `field` is the place in `lists` of type (v4, v6) and code (v4, v6), each a place or −1 */
  icmpApart = 29,
  // lists of places: `field` is the place in `lists`
  mpls = 30,
  /** in front of the places is how many of them are single values; those behind are lists */
  communities = 31,
  segments = 32,
  // names; argument 0: the input's, 1: the output's
  interfaceName = 33,
  vrfName = 34,
  applicationName = 35,
  /** the bytes of a section of a packet, no more than the element argument − 1 says */
  sectionBytes = 36,
  /** the fields of a packet's section that the record does not have itself: `tag` is the set to leave out, argument the link in the low byte, and
   * above it, + 1, the place of the section's exported length */
  frame = 37,
  // what a mapping file adds; argument 1: little-endian
  mappedNumber = 38,
  mappedBytes = 39,
  mappedString = 40
}

/** One direction and address family of a template, compiled. */
export interface Program {
  readonly code: Int32Array
  readonly lists: readonly Int32Array[]
}

/** A template, compiled. */
export interface Plan {
  /** programs for a record of IPv4, of IPv6 and of no addresses */
  readonly forward: Programs
  /** the second message of a biflow, where the template has reverse elements */
  readonly reverse: Programs | undefined
  /** places of the elements that must not all be zero for a reverse direction to be there */
  readonly reverseCounters: Int32Array
  /** places of the addresses by which the family is chosen; both empty where the template decides it alone */
  readonly addresses4: Int32Array
  readonly addresses6: Int32Array
  /** the family of a record in which none of those is set */
  readonly family: Family
  /** the bytes a message takes at the most beyond what its record's bytes make */
  readonly extraBytes: number
}

export type Family = 0 | 4 | 6
export interface Programs {
  readonly 0: Program
  readonly 4: Program
  readonly 6: Program
}
