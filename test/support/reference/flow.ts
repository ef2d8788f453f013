/**
 * The FlowMessages that a NetFlow v9 or IPFIX record is to become, worked out slowly and plainly: objects and BigInts, a line of the field table a line
 * here. The decoder is compared with it. It knows nothing of options data (test/captures/expected-flow.ts adds that) and of packets' sections.
 */
import type { Flow } from '../datagram-stream.js'
import { baseOf, type Element, type Version } from '../records.js'
import { REVERSE, reverseOf } from './biflow.js'
import { familyOf } from './family.js'
import { icmpOf } from './icmp.js'
import { communitiesOf, labelsOf, segmentsOf } from './lists.js'
import { rateOf } from './rate.js'
import { timesOf } from './times.js'
import { address, capped, counter, firstOf, isZero, number, type ReferenceHeader, type Values, valuesOf } from './values.js'

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

function fieldsOf(version: Version, values: Values, forward: Values, header: ReferenceHeader): Flow {
  const flow: Flow = {}
  const put = (name: string, value: bigint): void => {
    if (value !== 0n) flow[name] = Number(capped(value))
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
  const firstAddress = (ids: number[]): Buffer | undefined => ids.map((id) => address(values, id)).find((each) => each !== undefined)
  const firstNumber = (ids: number[]): bigint => ids.map((id) => number(values, id)).find((each) => each !== undefined) ?? 0n
  putBytes('next_hop', firstAddress(of(15, 62)))
  putBytes('bgp_next_hop', firstAddress(of(18, 63)))
  put('src_net', firstNumber(of(9, 29)))
  put('dst_net', firstNumber(of(13, 30)))

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
  putList('bgp_communities', communitiesOf(values))
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
