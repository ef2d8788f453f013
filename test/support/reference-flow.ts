/**
 * The FlowMessages that a NetFlow v9 or IPFIX record is to become, worked out slowly and plainly: objects and BigInts, a line of the field table a line
 * here. The decoder is compared with it. It knows nothing of options data (test/captures/expected-flow.ts adds that) and of packets' sections.
 */
import type { Header9 } from './build-netflow.js'
import type { Flow } from './datagram-stream.js'
import { baseOf, type Element, type Version } from './records.js'

const UINT64_MAX = 2n ** 64n - 1n
const UINT32_MAX = 2n ** 32n - 1n
const REVERSE = 29305

/** The values that one direction of a record has for an element. */
type Values = (id: number) => Buffer[]

/** The header of a record's datagram; `nanos` are beside the seconds. */
export type ReferenceHeader = Required<Pick<Header9, 'uptime' | 'seconds' | 'sequence' | 'domain'>> & { readonly nanos?: number }

/** The messages that the record becomes: one, or two of a biflow. */
export function referenceFlows(version: Version, elements: readonly Element[], header: ReferenceHeader): Flow[] {
  const of = (id: number, enterprise = 0): Buffer[] => valuesOf(elements, id, enterprise)
  const forward: Values = (id) => of(id)
  const base = Object.entries(baseOf(version, header)).filter(([name]) => !name.startsWith('time_flow_'))
  const flow = (values: Values): Flow => ({ ...Object.fromEntries(base), ...fieldsOf(version, values, forward, header) })
  const isBiflow =
    elements.some((each) => each.enterprise === REVERSE) ||
    (of(231).length > 0 && of(232).length > 0) ||
    (of(298).length > 0 && of(299).length > 0)
  const backward = reverseOf(of)
  const hasBackward =
    isBiflow && [counter(backward, [1, 23], [85, 231]), counter(backward, [2, 24], [86, 298])].some((value) => value !== 0n)
  return hasBackward ? [flow(forward), flow(backward)] : [flow(forward)]
}

function valuesOf(elements: readonly Element[], id: number, enterprise = 0): Buffer[] {
  return elements.filter((each) => each.id === id && (each.enterprise ?? 0) === enterprise && isUsed(each)).map(({ bytes }) => bytes)
}

/** The sampling rate that the elements of a record, or of an options record, say; 0 for none. */
export function referenceRate(elements: readonly Element[]): bigint {
  return rateOf((id) => valuesOf(elements, id))
}

/** An element of no bytes is none; one of variable length is there even where it is empty. */
const isUsed = ({ bytes, variable }: Element): boolean => bytes.length > 0 || variable !== undefined

const SWAPS: [number, number][] = [
  [8, 12],
  [27, 28],
  [7, 11],
  [9, 13],
  [29, 30],
  [16, 17],
  [10, 14],
  [252, 253],
  [56, 80],
  [81, 57],
  [58, 59],
  [243, 254],
  [245, 255],
  [234, 235],
  [225, 226],
  [281, 282],
  [227, 228],
  [40001, 40002],
  [40003, 40004]
]
const COUNTERS = [1, 2, 23, 24, 85, 86]
/** tos, flags, flow label, ttl, fragment, direction, forwarding status; ICMP; next hops, BGP, MPLS and segment routing */
const OF_FORWARD = [
  ...[5, 6, 31, 52, 54, 61, 88, 89, 192, 197],
  ...[32, 139, 176, 177, 178, 179],
  ...[15, 62, 18, 63, 128, 47, 140, 483, 484, 485],
  ...[70, 71, 72, 73, 74, 75, 76, 77, 78, 79],
  ...[494, 495, 496, 497, 498, 499]
]
const STARTS = [156, 154, 152, 150, 158, 22]
const ENDS = [157, 155, 153, 151, 159, 21, 325, 324, 323, 322]
const DURATIONS = [162, 161]

function reverseOf(of: (id: number, enterprise?: number) => Buffer[]): Values {
  const has = (ids: number[]): boolean => ids.some((id) => of(id, REVERSE).length > 0)
  const ownStart = has(STARTS) || (has(ENDS) && has(DURATIONS))
  const ownEnd = has(ENDS) || (has(STARTS) && has(DURATIONS))
  return (id) => {
    const own = of(id, REVERSE)
    if (own.length > 0) return own
    if ((STARTS.includes(id) && ownStart) || (ENDS.includes(id) && ownEnd)) return []
    if (id === 231 || id === 298) return of(id + 1)
    if (COUNTERS.includes(id) || OF_FORWARD.includes(id)) return []
    const pair = SWAPS.find((each) => each.includes(id))
    return of(pair === undefined ? id : pair[0] === id ? pair[1] : pair[0])
  }
}

/** The first value of an element that is a number. */
function number(values: Values, id: number): bigint | undefined {
  const bytes = values(id).find(({ length }) => length >= 1 && length <= 8)
  return bytes === undefined ? undefined : BigInt(`0x${bytes.toString('hex')}`)
}

function address(values: Values, id: number): Buffer | undefined {
  return values(id).find(({ length }) => length === 4 || length === 16)
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0)

/** The first of the elements that has a number other than zero; 0 where none has. */
function firstOf(values: Values, ids: readonly number[]): bigint {
  for (const id of ids) {
    const value = number(values, id)
    if (value !== undefined && value !== 0n) return value
  }
  return 0n
}

function counter(values: Values, deltas: readonly number[], totals: readonly number[]): bigint {
  if (deltas.some((id) => number(values, id) !== undefined)) return firstOf(values, deltas)
  return totals.map((id) => number(values, id)).find((value) => value !== undefined) ?? 0n
}

function fieldsOf(version: Version, values: Values, forward: Values, header: ReferenceHeader): Flow {
  const flow: Flow = {}
  const put = (name: string, value: bigint): void => {
    if (value !== 0n) flow[name] = Number(value > UINT32_MAX ? UINT32_MAX : value)
  }
  const putWide = (name: string, value: bigint): void => {
    if (value !== 0n) flow[name] = String(value)
  }
  const putBytes = (name: string, value: Buffer | undefined): void => {
    if (value !== undefined) flow[name] = value.toString('hex')
  }
  const putList = (name: string, list: (string | number)[]): void => {
    if (list.length > 0) flow[name] = list
  }

  const [start, end] = timesOf(version, values, header)
  putWide('time_flow_start_ns', start)
  putWide('time_flow_end_ns', end)
  putWide('sampling_rate', rateOf(values))
  putWide('bytes', counter(values, [1, 23], [85, 231]))
  putWide('packets', counter(values, [2, 24], [86, 298]))

  const family = familyOf(forward)
  const of = (id4: number, id6: number): [number, number] => (family === 16 ? [id6, id4] : [id4, id6])
  const addressOf = (id4: number, id6: number): Buffer | undefined => [id4, id6].flatMap(values).find(({ length }) => length === family)
  if (family !== 0) {
    putBytes('src_addr', addressOf(8, 27))
    putBytes('dst_addr', addressOf(12, 28))
  }
  const ipVersion = number(values, 60)
  put(
    'etype',
    family === 4
      ? 0x0800n
      : family === 16
        ? 0x86ddn
        : firstOf(values, [256]) || (ipVersion === 4n ? 0x0800n : ipVersion === 6n ? 0x86ddn : 0n)
  )
  putBytes(
    'next_hop',
    of(15, 62)
      .map((id) => address(values, id))
      .find((each) => each !== undefined)
  )
  putBytes(
    'bgp_next_hop',
    of(18, 63)
      .map((id) => address(values, id))
      .find((each) => each !== undefined)
  )
  put(
    'src_net',
    of(9, 29)
      .map((id) => number(values, id))
      .find((each) => each !== undefined) ?? 0n
  )
  put(
    'dst_net',
    of(13, 30)
      .map((id) => number(values, id))
      .find((each) => each !== undefined) ?? 0n
  )

  for (const [name, ...ids] of NUMBERS) put(name, firstOf(values, ids))
  for (const [name, ...ids] of WIDE_NUMBERS) putWide(name, firstOf(values, ids))
  put('ip_flags', ((number(values, 197) ?? 0n) >> 5n) & 7n)
  put('tcp_flags', (number(values, 6) ?? 0n) & 0x1ffn)
  put('vni', (number(values, 351) ?? 0n) & 0xffffffn)
  const [icmpType, icmpCode] = icmpOf(values, values !== forward)
  put('icmp_type', icmpType)
  put('icmp_code', icmpCode)

  putList('mpls_label', labelsOf(values))
  putList(
    'mpls_ip',
    [47, 140]
      .map((id) => address(values, id))
      .filter((each) => each !== undefined && !isZero(each))
      .map((each) => each!.toString('hex'))
  )
  const communities = [
    ...values(483)
      .filter(({ length }) => length >= 1 && length <= 8)
      .map((bytes) => BigInt(`0x${bytes.toString('hex')}`))
      .filter((value) => value !== 0n),
    ...[484, 485]
      .flatMap(values)
      .flatMap((bytes) =>
        bytes.toString('hex', 1, 5) === '01e30004' ? pieces(bytes.subarray(5), 4).map((each) => BigInt(each.readUInt32BE())) : []
      )
  ]
  putList(
    'bgp_communities',
    communities.map((value) => Number(value > UINT32_MAX ? UINT32_MAX : value))
  )
  putList('ipv6_routing_header_addresses', segmentsOf(values))
  const nat = (ids: number[]): Buffer | undefined =>
    ids.map((id) => address(values, id)).find((each) => each !== undefined && !isZero(each))
  putBytes('post_nat_src_addr', nat([225, 281, 40001]))
  putBytes('post_nat_dst_addr', nat([226, 282, 40002]))
  return flow
}

const NUMBERS: [string, ...number[]][] = [
  ['proto', 4],
  ['src_port', 7],
  ['dst_port', 11],
  ['in_if', 10, 252],
  ['out_if', 14, 253],
  ['src_vlan', 58, 243],
  ['dst_vlan', 59, 254],
  ['vlan_id', 58, 243],
  ['ip_tos', 5],
  ['forwarding_status', 89],
  ['ip_ttl', 52, 192],
  ['ipv6_flow_label', 31],
  ['fragment_id', 54],
  ['fragment_offset', 88],
  ['src_as', 16],
  ['dst_as', 17],
  ['next_hop_as', 128],
  ['observation_point_id', 138],
  ['ipv6_routing_header_seg_left', 498],
  ['ingress_vrf_id', 234],
  ['egress_vrf_id', 235],
  ['bi_flow_direction', 239],
  ['flow_direction', 61],
  ['post_nat_src_port', 227, 40003],
  ['post_nat_dst_port', 228, 40004],
  ['nat_event', 230],
  ['port_range_start', 361],
  ['port_range_end', 362],
  ['port_range_step', 363],
  ['port_range_num_ports', 364],
  ['src_customer_vlan', 245],
  ['dst_customer_vlan', 255]
]
const WIDE_NUMBERS: [string, ...number[]][] = [
  ['src_mac', 56, 81],
  ['dst_mac', 80, 57],
  ['application_id', 95]
]

/** The bytes of an address of the record's family; 0 for no family. */
function familyOf(values: Values): 0 | 4 | 16 {
  const pair = (length: number): Buffer[] =>
    [
      [8, 27],
      [12, 28]
    ].flatMap((ids) =>
      ids
        .flatMap(values)
        .filter((each) => each.length === length)
        .slice(0, 1)
    )
  const [ipv4, ipv6] = [pair(4), pair(16)]
  if (!ipv6.every(isZero)) return 16
  if (!ipv4.every(isZero)) return 4
  const etype = number(values, 256) ?? 0n
  if (etype !== 0n) return etype === 0x0800n ? 4 : etype === 0x86ddn ? 16 : 0
  const version = number(values, 60)
  if (version === 4n || version === 6n) return version === 4n ? 4 : 16
  if ((ipv4.length === 0) === (ipv6.length === 0)) return 0
  return ipv4.length === 0 ? 16 : 4
}

function rateOf(values: Values): bigint {
  const rounded = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : (2n * a + b) / (2n * b))
  const [interval, random, n, m, size, population] = [34, 50, 305, 306, 309, 310].map((id) => number(values, id))
  const algorithm = number(values, 304)
  const ofSpace = n === undefined || n === 0n || m === undefined ? 0n : rounded(n + m, n)
  const ofPopulation = size === undefined || population === undefined ? 0n : rounded(population, size)
  const rates = [
    algorithm === 3n ? ofPopulation : ofSpace,
    algorithm === 3n ? ofSpace : ofPopulation,
    interval ?? 0n,
    random ?? 0n,
    m === undefined ? (n ?? 0n) : 0n
  ]
  const rate = rates.find((each) => each !== 0n) ?? 0n
  return rate > UINT64_MAX ? UINT64_MAX : rate
}

/** A number without a type is one. */
const ofIcmp6 = (both: bigint): [bigint, bigint] => (both < 256n ? [both, 0n] : [both >> 8n, both & 0xffn])

function icmpOf(values: Values, isReverse: boolean): [type: bigint, code: bigint] {
  const capped = (value: bigint): bigint => (value > UINT32_MAX ? UINT32_MAX : value)
  for (const id of [32, 139]) {
    const both = capped(number(values, id) ?? 0n)
    if (both !== 0n) return id === 139 ? ofIcmp6(both) : [both >> 8n, both & 0xffn]
  }
  if ([176, 177, 178, 179].some((id) => number(values, id) !== undefined)) return [firstOf(values, [176, 178]), firstOf(values, [177, 179])]
  const protocol = number(values, 4)
  const port = capped(number(values, 11) ?? 0n)
  if (isReverse || (number(values, 7) ?? 0n) !== 0n) return [0n, 0n]
  return protocol === 1n ? [port >> 8n, port & 0xffn] : protocol === 58n ? ofIcmp6(port) : [0n, 0n]
}

function labelsOf(values: Values): number[] {
  const labels: number[] = []
  for (let id = 70; id <= 79; id++) {
    const bytes = values(id).at(0)
    if (bytes === undefined || bytes.length < 3 || isZero(bytes.subarray(0, 3))) continue
    const entry = bytes.readUIntBE(0, 3)
    labels.push(entry >> 4)
    if (entry % 2 === 1) break
  }
  return labels
}

/** The whole pieces of so many bytes. */
function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

function segmentsOf(values: Values): string[] {
  const forms = [
    values(497).flatMap((bytes) => pieces(bytes, 16)),
    values(496).flatMap((bytes) => (bytes.toString('hex', 1, 5) === '01ee0010' ? pieces(bytes.subarray(5), 16) : [])),
    values(494).flatMap((bytes) => pieces(bytes, 16)),
    values(499).flatMap((bytes) => (bytes.length < 8 ? [] : pieces(bytes.subarray(8), 16).slice(0, bytes[4] + 1))),
    values(495).flatMap((bytes) => pieces(bytes, 16))
  ]
  const filled = forms.map((segments) => segments.filter((segment) => !isZero(segment)))
  return (filled.find((segments) => segments.length > 0) ?? []).map((segment) => segment.toString('hex'))
}

const SECOND = 1_000_000_000n
const WRAP = 2n ** 32n
const DAY = 86_400_000n

function timesOf(version: Version, values: Values, header: ReferenceHeader): [start: bigint, end: bigint] {
  const exported = BigInt(header.seconds) * SECOND + BigInt(header.nanos ?? 0)
  const clamp = (time: bigint): bigint => (time < 0n ? 0n : time > UINT64_MAX ? UINT64_MAX : time)
  const since = (id: number, unit: bigint): bigint | undefined => {
    const value = number(values, id)
    return value === undefined || value === 0n ? undefined : clamp(value * unit)
  }
  const ntp = (id: number, step: bigint): bigint | undefined => {
    const bytes = values(id).find(({ length }) => length === 8)
    if (bytes === undefined || isZero(bytes)) return undefined
    const [seconds, fraction] = [BigInt(bytes.readUInt32BE(0)), BigInt(bytes.readUInt32BE(4))]
    const epoch = 2_208_988_800n
    const perSecond = SECOND / step
    return (seconds - epoch + (seconds < epoch ? WRAP : 0n)) * SECOND + ((2n * fraction * perSecond + WRAP) / (2n * WRAP)) * step
  }
  const before = (id: number): bigint | undefined => {
    const value = number(values, id)
    return value === undefined ? undefined : clamp(exported - value * 1000n)
  }
  /** How long before `now` the uptime `then` was; up to a day after it is after it. */
  const age = (now: bigint, then: bigint): bigint => {
    const back = (((now - then) % WRAP) + WRAP) % WRAP
    return back > WRAP - DAY ? back - WRAP : back
  }
  const uptime = (id: number): bigint | undefined => {
    const value = number(values, id)
    if (value === undefined) return undefined
    if (version === 9) return clamp(exported - age(BigInt(header.uptime), value) * 1_000_000n)
    const capped = (other: bigint): bigint => (other > UINT32_MAX ? UINT32_MAX : other)
    const boot = number(values, 160) ?? 0n
    if (boot !== 0n) {
      const time = boot + capped(value)
      const near = BigInt(header.seconds) * 1000n
      const off = (((near - time) % WRAP) + WRAP) % WRAP
      return clamp((near - (off < WRAP / 2n ? off : off - WRAP)) * 1_000_000n)
    }
    const last = number(values, 21)
    return id === 21 || last === undefined ? exported : clamp(exported - age(capped(last), capped(value)) * 1_000_000n)
  }
  const first = (times: (() => bigint | undefined)[]): bigint | undefined => {
    for (const time of times) {
      const value = time()
      if (value !== undefined) return value
    }
    return undefined
  }
  const start = first([
    () => ntp(156, 1n),
    () => ntp(154, 1000n),
    () => since(152, 1_000_000n),
    () => since(150, SECOND),
    () => before(158),
    () => uptime(22)
  ])
  const end = first([
    () => ntp(157, 1n),
    () => ntp(155, 1000n),
    () => since(153, 1_000_000n),
    () => since(151, SECOND),
    () => before(159),
    () => uptime(21),
    () => ntp(325, 1n),
    () => ntp(324, 1000n),
    () => since(323, 1_000_000n),
    () => since(322, SECOND)
  ])
  const micros = number(values, 162)
  const millis = number(values, 161)
  const duration = micros !== undefined ? micros * 1000n : millis !== undefined ? millis * 1_000_000n : undefined
  if (start !== undefined) return [start, end ?? (duration !== undefined ? clamp(start + duration) : start > exported ? start : exported)]
  const ended = end ?? exported
  return [duration === undefined ? ended : clamp(ended - duration), ended]
}
