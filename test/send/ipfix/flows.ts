/** Flows at random, and what is to come back of a flow that was sent as IPFIX and decoded: by RFC 7012's elements, not by our code. */
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { type Flow, FlowMessage, longOf } from '../../support/datagram-stream.js'

/** A FlowMessage as protobufjs takes it, with 64-bit numbers as bigints. */
export type FlowSpec = Record<string, number | bigint | string | Buffer | (number | Buffer)[]>

/** The message alone. */
export function flowBytes(spec: FlowSpec): Buffer {
  const fields = Object.entries(spec).map(([name, value]) => [name, typeof value === 'bigint' ? longOf(value) : value])
  const writer: protobuf.Writer = FlowMessage.encode(Object.fromEntries(fields) as Record<string, unknown>)
  return Buffer.from(writer.finish())
}

/** The fields that are exported, but for addresses and names, with the largest value that comes back. */
const NUMBERS: Record<string, number | bigint> = {
  sampling_rate: 0xffff_ffff,
  bytes: 2n ** 64n - 1n,
  packets: 2n ** 64n - 1n,
  proto: 255,
  src_port: 65_535,
  dst_port: 65_535,
  in_if: 0xffff_ffff,
  out_if: 0xffff_ffff,
  ip_tos: 255,
  tcp_flags: 0x1ff,
  src_as: 0xffff_ffff,
  dst_as: 0xffff_ffff,
  next_hop_as: 0xffff_ffff,
  src_mac: 2n ** 48n - 1n,
  dst_mac: 2n ** 48n - 1n,
  dst_vlan: 4095,
  src_customer_vlan: 4095,
  dst_customer_vlan: 4095,
  icmp_type: 255,
  icmp_code: 255,
  ip_ttl: 255,
  ip_flags: 7,
  ipv6_flow_label: 0xf_ffff,
  fragment_id: 0xffff_ffff,
  fragment_offset: 0x1fff,
  forwarding_status: 255,
  flow_direction: 1,
  bi_flow_direction: 3,
  observation_point_id: 0xffff_ffff,
  ingress_vrf_id: 0xffff_ffff,
  egress_vrf_id: 0xffff_ffff,
  post_nat_src_port: 65_535,
  post_nat_dst_port: 65_535,
  nat_event: 255,
  port_range_start: 65_535,
  port_range_end: 65_535,
  port_range_step: 65_535,
  port_range_num_ports: 65_535,
  application_id: 2n ** 64n - 1n,
  vni: 0xff_ffff
}

const ip = (bytes: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((address) => {
    const copy = Buffer.from(address)
    copy[0] |= 1 // an address of zeros is none
    return copy
  })

const numbers = fc.record(
  Object.fromEntries(
    Object.entries(NUMBERS).map(([name, most]): [string, fc.Arbitrary<number | bigint>] => [
      name,
      typeof most === 'bigint' ? fc.bigInt(1n, most) : fc.integer({ min: 1, max: most })
    ])
  ),
  { requiredKeys: [] }
)
const ADDRESSES = ['next_hop', 'bgp_next_hop', 'post_nat_src_addr', 'post_nat_dst_addr']
const addresses = fc.record(Object.fromEntries(ADDRESSES.map((name) => [name, fc.oneof(ip(4), ip(16))])), { requiredKeys: [] })
const lists = fc.record(
  {
    bgp_communities: fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 40 }),
    mpls_label: fc.array(fc.integer({ min: 16, max: 0xf_ffff }), { minLength: 1, maxLength: 10 }),
    mpls_ip: fc.oneof(
      ip(4).map((one) => [one]),
      ip(16).map((one) => [one])
    )
  },
  { requiredKeys: [] }
)
const ends = fc.oneof(
  fc.record({ src_addr: ip(4), dst_addr: ip(4), etype: fc.constant(0x0800) }),
  fc.record({ src_addr: ip(16), dst_addr: ip(16), etype: fc.constant(0x86dd) }),
  fc.record({ etype: fc.integer({ min: 0x0900, max: 0xffff }) })
)
const masks = fc.record({ src_net: fc.integer({ min: 1, max: 128 }), dst_net: fc.integer({ min: 1, max: 128 }) }, { requiredKeys: [] })
const base = fc.record({
  sampler_address: fc.oneof(fc.constantFrom(Buffer.from([192, 0, 2, 1]), Buffer.from([192, 0, 2, 2])), ip(16)),
  time_received_ns: fc.bigInt(1n, 2n ** 62n),
  time_flow_start_ns: fc.bigInt(1_000_000n, 4_000_000_000n * 1_000_000_000n),
  time_flow_end_ns: fc.bigInt(1_000_000n, 4_000_000_000n * 1_000_000_000n)
})
const vlans = fc.option(fc.integer({ min: 1, max: 4095 })).map((vlan) => (vlan === null ? {} : { src_vlan: vlan, vlan_id: vlan }))
/** A flow has few of the fields that there are. */
const some = (fields: fc.Arbitrary<object>): fc.Arbitrary<object> => fc.oneof(fc.constant({}), fields)

export const anyFlow: fc.Arbitrary<FlowSpec> = fc
  .tuple(base, ends, some(numbers), some(addresses), some(lists), some(masks), some(vlans), fc.boolean())
  .map(([...parts]) => {
    const isNamed = parts.pop() as boolean
    const flow = Object.assign({}, ...(parts as object[])) as FlowSpec
    return isNamed ? { ...flow, ...namesOf(flow) } : withoutNamed(flow)
  })

/** What has a number here has a name as well, and always the same: names are told once and hold from then on. */
const NAMED = [
  ['in_if', 'in_if_name'],
  ['out_if', 'out_if_name'],
  ['ingress_vrf_id', 'ingress_vrf_name'],
  ['egress_vrf_id', 'egress_vrf_name'],
  ['application_id', 'application_name']
]

function namesOf(flow: FlowSpec): FlowSpec {
  const named: FlowSpec = {}
  for (const [of, name] of NAMED) {
    if (flow[of] === undefined) continue
    const number = of === 'application_id' ? BigInt(flow[of] as bigint) % 1000n : (flow[of] as number) % 1000
    if (BigInt(number) === 0n) continue
    named[of] = number
    named[name] = `${of.split('_')[0] === 'application' ? 'app' : of.includes('vrf') ? 'vrf' : 'ge-0/0/'}${number} é`
  }
  return named
}

/** Numbers that no other flow has a name for. */
function withoutNamed(flow: FlowSpec): FlowSpec {
  const out = { ...flow }
  for (const [of] of NAMED) {
    if (out[of] === undefined) continue
    if (of === 'application_id') out[of] = BigInt(out[of] as bigint) | 0x10000n
    else out[of] = ((out[of] as number) | 0x10000) >>> 0
  }
  return out
}

/** The fields of a flow as they come back, but for those of the decoder's own making. */
export function comesBack(spec: FlowSpec, nanoseconds: boolean): Flow {
  const out: Flow = {}
  for (const [name, value] of Object.entries(spec)) {
    if (name === 'sampler_address' || name === 'time_received_ns') continue
    if (name.startsWith('time_flow_') && !nanoseconds) out[name] = String(((value as bigint) / 1_000_000n) * 1_000_000n)
    else if (Buffer.isBuffer(value)) out[name] = value.toString('hex')
    else if (Array.isArray(value)) out[name] = value.map((item) => (Buffer.isBuffer(item) ? item.toString('hex') : item))
    else if (typeof value === 'bigint' || name === 'sampling_rate') out[name] = String(value)
    else out[name] = value
  }
  return out
}
