/**
 * What the FlowMessages of a record must be, said a second time and as plainly as can be: from what others decoded, element by element, with
 * no regard to speed. NetFlow v9 and IPFIX; v5 records are given by the same elements.
 */
import assert from 'node:assert/strict'
import { parseAddress } from '../../src/flow/address.js'
import type { Flow } from '../support/datagram-stream.js'

/** A number, text, or the bytes of an address or of anything else. */
export type Value = bigint | string | Buffer

export interface Element {
  readonly id: number
  /** 0: IANA's */
  readonly enterprise: number
  readonly value: Value
}

export interface GoldenRecord {
  readonly type: 'NETFLOW_V5' | 'NETFLOW_V9' | 'IPFIX'
  readonly exportNs: bigint
  /** milliseconds; none in IPFIX */
  readonly uptime?: bigint
  readonly sequence?: number
  readonly domain?: number
  /** of options records; data records have none */
  readonly scopes?: readonly Element[]
  readonly elements: readonly Element[]
}

/** What options records told of a domain. */
interface Learned {
  readonly samplers: Map<bigint, bigint>
  readonly interfaces: Map<bigint, bigint>
  rate: bigint
  bootMs: bigint
  readonly interfaceNames: Map<bigint, string>
  readonly interfaceDescriptions: Map<bigint, string>
  readonly vrfNames: Map<bigint, string>
  readonly applicationNames: Map<bigint, string>
}

export interface Expectations {
  /** The messages of a record, in their order; none for an options record, which is remembered. */
  readonly flowsOf: (record: GoldenRecord) => Flow[]
}

const REVERSE = 29305
const MS = 1_000_000n
const SECOND = 1_000_000_000n
const WRAP_MS = 1n << 32n
const DAY_MS = 86_400_000n
const NTP_EPOCH = 2_208_988_800n

export function expectations(): Expectations {
  const domains = new Map<number, Learned>()

  function learnedOf(domain = 0): Learned {
    let learned = domains.get(domain)
    if (learned === undefined) {
      learned = {
        samplers: new Map(),
        interfaces: new Map(),
        rate: 0n,
        bootMs: 0n,
        interfaceNames: new Map(),
        interfaceDescriptions: new Map(),
        vrfNames: new Map(),
        applicationNames: new Map()
      }
      domains.set(domain, learned)
    }
    return learned
  }

  return {
    flowsOf(record) {
      if (record.scopes !== undefined) {
        const scope = record.type === 'IPFIX' ? record.scopes.find(({ id }) => id === 149)?.value : undefined
        learn(learnedOf(typeof scope === 'bigint' ? Number(scope) : record.domain), record)
        return []
      }
      const of = learnedOf(record.domain)
      const zero = record.domain === 0 ? undefined : domains.get(0)
      const others = [...domains.values()]
      const forward = flowOf(record, record.elements, of, zero, others)
      const back = reversed(record.elements)
      return back === undefined ? [forward] : [forward, flowOf(record, back, of, zero, others)]
    }
  }
}

/** The first value of an element that is a number. */
const numberOf = (elements: readonly Element[], id: number, enterprise = 0): bigint | undefined => {
  const value = elements.find((element) => element.id === id && element.enterprise === enterprise)?.value
  return typeof value === 'bigint' ? value : undefined
}

function learn(learned: Learned, { type, scopes = [], elements }: GoldenRecord): void {
  // v9's scopes are numbered in a registry of their own: 2 is an interface
  const scopeInterface =
    type === 'IPFIX' ? [10, 14, 252, 253].map((id) => numberOf(scopes, id)).find((value) => value !== undefined) : numberOf(scopes, 2)
  const all = type === 'IPFIX' ? [...scopes, ...elements] : elements
  const number = (id: number): bigint | undefined => numberOf(all, id)
  const rate = rateOf(all)
  const sampler = number(48) ?? number(302)
  if (rate !== 0n) {
    if (sampler !== undefined) learned.samplers.set(sampler, rate)
    else if (scopeInterface !== undefined) learned.interfaces.set(scopeInterface, rate)
    else learned.rate = rate
  }
  learned.bootMs = number(160) ?? learned.bootMs
  const name = (id: number): string => {
    const value = all.find((element) => element.id === id)?.value
    return typeof value === 'string' ? value : ''
  }
  const remember = (names: Map<bigint, string>, of: bigint | undefined, text: string): void => {
    if (of !== undefined && text !== '') names.set(of, text)
  }
  const interfaceIndex = scopeInterface ?? number(10) ?? number(14) ?? number(252) ?? number(253)
  remember(learned.interfaceNames, interfaceIndex, name(82) || name(83))
  // a description is what stands beside a name; alone it is the name
  if (name(82) !== '') remember(learned.interfaceDescriptions, interfaceIndex, name(83))
  remember(learned.vrfNames, number(234) ?? number(235), name(236))
  remember(learned.applicationNames, number(95), name(96))
}

/** What elements tell of sampling: 1 packet in so many, 0 where they tell nothing. */
function rateOf(elements: readonly Element[]): bigint {
  const number = (id: number): bigint => numberOf(elements, id) ?? 0n
  const rounded = (dividend: bigint, divisor: bigint): bigint => (2n * dividend + divisor) / (2n * divisor)
  if (number(34) > 0n) return number(34)
  if (number(50) > 0n) return number(50)
  if (number(305) > 0n) {
    const space = numberOf(elements, 306)
    if (space === undefined) return number(305)
    return space === 0n ? 1n : rounded(number(305) + space, number(305))
  }
  return number(309) > 0n ? rounded(number(310), number(309)) : 0n
}

/** The elements as the other direction of a biflow sees them (RFC 5103); undefined where nothing came back. */
function reversed(elements: readonly Element[]): Element[] | undefined {
  const own = elements.filter(({ enterprise }) => enterprise === REVERSE).map((element) => ({ ...element, enterprise: 0 }))
  for (const [forward, reverse] of [
    [231, 232],
    [298, 299]
  ]) {
    const [here, there] = [numberOf(elements, forward), numberOf(elements, reverse)]
    if (here !== undefined && there !== undefined) own.push({ id: forward, enterprise: 0, value: there })
  }
  const counters = [1, 2, 23, 24, 85, 86, 231, 298]
  if (!own.some(({ id, value }) => counters.includes(id) && value !== 0n)) return undefined
  const pairs = [[7, 11], [8, 12], [27, 28], [9, 13], [29, 30], [10, 14], [252, 253], [16, 17], [56, 80], [81, 57]] // prettier-ignore
  const swap = new Map(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]))
  const others = elements
    .filter(({ id, enterprise }) => enterprise === 0 && ![...counters, 6, 232, 299].includes(id))
    .map((element) => ({ ...element, id: swap.get(element.id) ?? element.id }))
  return [...own, ...others.filter(({ id }) => !own.some((element) => element.id === id))]
}

function flowOf(
  record: GoldenRecord,
  elements: readonly Element[],
  learned: Learned,
  domain0: Learned | undefined,
  all: readonly Learned[]
): Flow {
  const flow: Flow = {}
  const value = (id: number): Value | undefined => elements.find((element) => element.id === id && element.enterprise === 0)?.value
  const number = (id: number): bigint | undefined => numberOf(elements, id)
  const first = (...ids: number[]): bigint => ids.map((id) => number(id) ?? 0n).find((each) => each > 0n) ?? 0n
  const uint32 = (name: string, each: bigint): void => {
    if (each > 0n) flow[name] = Number(each > 0xffffffffn ? 0xffffffffn : each)
  }
  const uint64 = (name: string, each: bigint): void => {
    if (each > 0n) flow[name] = String(each)
  }
  const text = (name: string, each: string | undefined): void => {
    if (each !== undefined) flow[name] = each
  }
  const isSet = (each: Value | undefined): each is Buffer => Buffer.isBuffer(each) && each.some((byte) => byte !== 0)

  flow.type = record.type
  uint32('sequence_num', BigInt(record.sequence ?? 0))
  uint32('observation_domain_id', BigInt(record.domain ?? 0))

  // the family is that of both addresses together; IPv6 where both families have one
  const has6 = [27, 28].map(value)
  const has4 = [8, 12].map(value)
  const known = (values: (Value | undefined)[]): boolean => values.some((each) => Buffer.isBuffer(each))
  const family = has6.some(isSet) ? 6 : has4.some(isSet) ? 4 : known(has6) ? (known(has4) ? 0 : 6) : known(has4) ? 4 : 0
  const ofFamily = (id4: number, id6: number): Value | undefined => (family === 6 ? (value(id6) ?? value(id4)) : (value(id4) ?? value(id6)))
  if (family !== 0) {
    const [source, destination] = family === 6 ? has6 : has4
    if (Buffer.isBuffer(source)) flow.src_addr = source.toString('hex')
    if (Buffer.isBuffer(destination)) flow.dst_addr = destination.toString('hex')
  }
  const version = family === 0 ? number(60) : BigInt(family)
  uint32('etype', version === 4n ? 0x0800n : version === 6n ? 0x86ddn : (number(256) ?? 0n))
  for (const [name, id4, id6] of [
    ['next_hop', 15, 62],
    ['bgp_next_hop', 18, 63]
  ] as const) {
    const address = ofFamily(id4, id6)
    if (Buffer.isBuffer(address)) flow[name] = address.toString('hex')
  }
  for (const [name, id4, id6] of [
    ['src_net', 9, 29],
    ['dst_net', 13, 30]
  ] as const) {
    const mask = ofFamily(id4, id6)
    if (typeof mask === 'bigint') uint32(name, mask)
  }

  const counter = (name: string, deltas: number[], totals: number[]): void => {
    const total = totals.map(number).find((each) => each !== undefined) ?? 0n
    uint64(name, deltas.some((id) => number(id) !== undefined) ? first(...deltas) : total)
  }
  counter('bytes', [1, 23], [85, 231])
  counter('packets', [2, 24], [86, 298])

  const [start, end] = timesOf(record, elements, learned)
  uint64('time_flow_start_ns', start)
  uint64('time_flow_end_ns', end)

  const input = first(10, 252)
  const output = first(14, 253)
  for (const [name, ...ids] of [
    ['proto', 4], ['src_port', 7], ['dst_port', 11], ['in_if', 10, 252], ['out_if', 14, 253], ['src_vlan', 58, 243], ['dst_vlan', 59, 254],
    ['vlan_id', 58, 243], ['ip_tos', 5], ['forwarding_status', 89], ['ip_ttl', 52, 192], ['ipv6_flow_label', 31], ['fragment_id', 54],
    ['fragment_offset', 88], ['src_as', 16], ['dst_as', 17], ['next_hop_as', 128], ['observation_point_id', 138], ['ingress_vrf_id', 234],
    ['egress_vrf_id', 235], ['bi_flow_direction', 239], ['flow_direction', 61], ['post_nat_src_port', 227], ['post_nat_dst_port', 228],
    ['nat_event', 230], ['port_range_start', 361], ['port_range_end', 362], ['port_range_step', 363], ['port_range_num_ports', 364],
    ['src_customer_vlan', 245], ['dst_customer_vlan', 255], ['ipv6_routing_header_seg_left', 498]
  ] as const) uint32(name, first(...ids)) // prettier-ignore
  uint32('tcp_flags', first(6) & 0x1ffn)
  uint32('ip_flags', (first(197) >> 5n) & 7n)
  uint32('vni', first(351) & 0xffffffn)
  uint64('src_mac', first(56, 81))
  uint64('dst_mac', first(80, 57))
  uint64('application_id', first(95))

  const icmp = number(32) ?? number(139)
  const apart = [176, 177, 178, 179].some((id) => number(id) !== undefined)
  const isIcmp = number(4) === 1n || number(4) === 58n
  const both = first(32, 139) || (!apart && isIcmp && first(7) === 0n ? first(11) : 0n)
  // ICMPv6's type 0 is reserved: IOS-XR has the type in the low byte
  const isBareType = first(32) === 0n && (first(139) !== 0n || number(4) === 58n) && both < 256n
  uint32('icmp_type', icmp === undefined && apart ? first(176, 178) : isBareType ? both : both >> 8n)
  uint32('icmp_code', icmp === undefined && apart ? first(177, 179) : isBareType ? 0n : both & 0xffn)

  const rates = [
    rateOf(elements),
    learned.samplers.get(number(48) ?? number(302) ?? -1n) ?? 0n,
    learned.interfaces.get(number(10) ?? number(252) ?? -1n) ?? 0n,
    learned.rate,
    domain0?.samplers.get(number(48) ?? number(302) ?? -1n) ?? 0n,
    domain0?.rate ?? 0n
  ]
  uint64('sampling_rate', rates.find((rate) => rate > 0n) ?? 0n)

  const labels: number[] = []
  for (const { id, value: entry } of elements) {
    if (id < 70 || id > 79 || !isSet(entry)) continue
    labels.push((entry[0] << 12) | (entry[1] << 4) | (entry[2] >> 4))
    if ((entry[2] & 1) === 1) break
  }
  if (labels.length > 0) flow.mpls_label = labels
  const top = [47, 140].map(value).filter(isSet)
  if (top.length > 0) flow.mpls_ip = top.map((address) => address.toString('hex'))
  for (const [name, ...ids] of [
    ['post_nat_src_addr', 225, 281],
    ['post_nat_dst_addr', 226, 282]
  ] as const) {
    const address = ids.map(value).find(isSet)
    if (address !== undefined) flow[name] = address.toString('hex')
  }

  const nameOf = (
    kind: 'interfaceNames' | 'interfaceDescriptions' | 'vrfNames' | 'applicationNames',
    of: bigint | undefined
  ): string | undefined =>
    of === undefined ? undefined : [learned, ...all].map((each) => each[kind].get(of)).find((each) => each !== undefined)
  text('in_if_name', nameOf('interfaceNames', input))
  text('out_if_name', nameOf('interfaceNames', output))
  text('in_if_description', nameOf('interfaceDescriptions', input))
  text('out_if_description', nameOf('interfaceDescriptions', output))
  text('ingress_vrf_name', nameOf('vrfNames', number(234)))
  text('egress_vrf_name', nameOf('vrfNames', number(235)))
  text('application_name', nameOf('applicationNames', number(95)))
  return flow
}

/** Start and end in nanoseconds since 1970. */
function timesOf({ type, exportNs, uptime }: GoldenRecord, elements: readonly Element[], learned: Learned): [bigint, bigint] {
  const number = (id: number): bigint | undefined => numberOf(elements, id)
  const scaled = (id: number, unit: bigint): bigint | undefined => {
    const value = number(id)
    return value === undefined || value === 0n ? undefined : value * unit
  }
  const ntp = (id: number, step: bigint): bigint | undefined => {
    const value = number(id)
    if (value === undefined || value === 0n) return undefined
    const seconds = value >> 32n
    const nanos = ((value & 0xffffffffn) * SECOND * 2n + (step << 32n)) / (step << 33n) // rounded to `step`
    return (seconds - NTP_EPOCH + (seconds < NTP_EPOCH ? WRAP_MS : 0n)) * SECOND + nanos * step
  }
  const before = (id: number): bigint | undefined => {
    const value = number(id)
    return value === undefined ? undefined : exportNs - value * 1000n
  }
  const last = number(21)
  const switched = (id: number): bigint | undefined => {
    const value = number(id)
    if (value === undefined) return undefined
    if (type !== 'IPFIX') {
      const age = BigInt.asUintN(32, (uptime ?? 0n) - value)
      return exportNs - (age > WRAP_MS - DAY_MS ? age - WRAP_MS : age) * MS
    }
    const boot = number(160) ?? learned.bootMs
    if (boot > 0n) {
      const time = boot + value
      const wraps = Math.round(Number(exportNs / MS - time) / Number(WRAP_MS))
      return (time + BigInt(wraps) * WRAP_MS) * MS
    }
    return id === 21 || last === undefined ? exportNs : exportNs - BigInt.asUintN(32, last - value) * MS
  }
  const observed = scaled(322, SECOND) ?? scaled(323, MS) ?? ntp(324, 1000n) ?? ntp(325, 1n)
  const started = ntp(156, 1n) ?? ntp(154, 1000n) ?? scaled(152, MS) ?? scaled(150, SECOND) ?? before(158) ?? switched(22)
  const ended = ntp(157, 1n) ?? ntp(155, 1000n) ?? scaled(153, MS) ?? scaled(151, SECOND) ?? before(159) ?? switched(21) ?? observed
  const micros = number(162)
  const millis = number(161)
  const duration = micros !== undefined ? micros * 1000n : millis !== undefined ? millis * MS : undefined
  if (started === undefined && ended === undefined) return [exportNs, exportNs]
  if (started === undefined) return [duration === undefined ? ended! : ended! - duration, ended!]
  if (ended === undefined) return [started, duration !== undefined ? started + duration : started > exportNs ? started : exportNs]
  return [started, ended]
}

/** A FlowMessage without what a golden cannot know: who sent it, and when it came. */
export function withoutReceipt(flow: Flow): Flow {
  return Object.fromEntries(Object.entries(flow).filter(([name]) => name !== 'time_received_ns' && name !== 'sampler_address'))
}

/** An address of `length` bytes as an element of that family holds it: ::ffff:a.b.c.d stays 16 bytes long. */
export function addressBytes(text: string, length: 4 | 16): Buffer {
  const bytes = parseAddress(text) ?? assert.fail(`no address: ${text}`)
  return bytes.length === length ? Buffer.from(bytes) : Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), bytes])
}

/** Asserts that the flows are those, and tells of all that differ by field, not only of the first. */
export function assertFlows(actual: readonly Flow[], expected: readonly Flow[], what: string): void {
  const differences = new Map<string, string[]>()
  for (let i = 0; i < Math.min(actual.length, expected.length); i++) {
    for (const name of new Set([...Object.keys(actual[i]), ...Object.keys(expected[i])])) {
      const [is, should] = [JSON.stringify(actual[i][name]), JSON.stringify(expected[i][name])]
      if (is !== should) differences.set(name, [...(differences.get(name) ?? []), `flow ${i}: ${is} for ${should}`])
    }
  }
  const lines = [...differences].map(([name, all]) => `${name}: ${all.length} differ, ${all.slice(0, 3).join(', ')}`)
  assert.deepEqual(lines, [], what)
  assert.equal(actual.length, expected.length, `${what}: how many`)
}
