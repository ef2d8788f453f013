/**
 * Which information element fills which field of FlowMessage: the one table of NetFlow v9 and IPFIX (element numbers: IANA's
 * IPFIX registry; v9's field types are its first 127). v5, v1 and v7 records are laid out in the same numbers (legacy.ts).
 *
 * A line's `from` is an order of preference: the first element that the record has and that is not zero.
 */
import type { FieldName } from '../../../flow/names.js'

export type Rule =
  /** an unsigned number, of which `bits` may keep a part: [shift, mask] */
  | { to: FieldName; as?: 'uint'; from: readonly number[]; bits?: readonly [shift: number, mask: number] }
  /** deltas, and totals only where a template has no delta; of a packet's section: these elements and then its length, or one */
  | { to: FieldName; as: 'counter'; from: readonly number[]; totals: readonly number[]; section: readonly number[] | 'one' }
  /** elements of the record's address family; the other family's where it has none */
  | { to: FieldName; as: 'ofFamily'; ipv4: number; ipv6: number }
  | { to: FieldName; as: 'src_addr' | 'dst_addr' | 'etype' | 'sampling' | 'start' | 'end' | 'mpls' }
  /** an address that is not all zero */
  | { to: FieldName; as: 'address'; from: readonly number[] }
  /** every address, each a value of a repeated field */
  | { to: FieldName; as: 'addresses'; from: readonly number[] }
  /** type and code in one line, because one element may hold both */
  | { to: FieldName; as: 'icmp'; code: FieldName }
  | { to: FieldName; as: 'communities'; value: number; lists: readonly number[] }
  | { to: FieldName; as: 'segments' }
  /** what options data called the thing that an element of the record numbers */
  | { to: FieldName; as: 'name'; of: NameSpace; from: readonly number[] }

export type CounterRule = Extract<Rule, { as: 'counter' }>

export type NameSpace = 'interfaceIn' | 'interfaceOut' | 'vrfIn' | 'vrfOut' | 'application'

export const RULES: readonly Rule[] = [
  { to: 'sampling_rate', as: 'sampling' },
  { to: 'time_flow_start_ns', as: 'start' },
  { to: 'time_flow_end_ns', as: 'end' },
  { to: 'bytes', as: 'counter', from: [1, 23], totals: [85, 231], section: [312, 103, 224, 410] },
  { to: 'packets', as: 'counter', from: [2, 24], totals: [86, 298], section: 'one' },
  { to: 'src_addr', as: 'src_addr' },
  { to: 'dst_addr', as: 'dst_addr' },
  { to: 'etype', as: 'etype' },
  { to: 'proto', from: [4] },
  { to: 'src_port', from: [7] },
  { to: 'dst_port', from: [11] },
  { to: 'in_if', from: [10, 252] },
  { to: 'out_if', from: [14, 253] },
  { to: 'src_mac', from: [56, 81] },
  { to: 'dst_mac', from: [80, 57] },
  { to: 'src_vlan', from: [58, 243] },
  { to: 'dst_vlan', from: [59, 254] },
  { to: 'src_customer_vlan', from: [245] },
  { to: 'dst_customer_vlan', from: [255] },
  { to: 'vlan_id', from: [58, 243] },
  { to: 'ip_tos', from: [5] },
  { to: 'forwarding_status', from: [89] },
  { to: 'ip_ttl', from: [52, 192] },
  { to: 'ip_flags', from: [197], bits: [5, 7] },
  { to: 'tcp_flags', from: [6], bits: [0, 0x1ff] },
  { to: 'icmp_type', as: 'icmp', code: 'icmp_code' },
  { to: 'ipv6_flow_label', from: [31] },
  { to: 'fragment_id', from: [54] },
  { to: 'fragment_offset', from: [88] },
  { to: 'src_as', from: [16] },
  { to: 'dst_as', from: [17] },
  { to: 'next_hop', as: 'ofFamily', ipv4: 15, ipv6: 62 },
  { to: 'next_hop_as', from: [128] },
  { to: 'src_net', as: 'ofFamily', ipv4: 9, ipv6: 29 },
  { to: 'dst_net', as: 'ofFamily', ipv4: 13, ipv6: 30 },
  { to: 'bgp_next_hop', as: 'ofFamily', ipv4: 18, ipv6: 63 },
  { to: 'bgp_communities', as: 'communities', value: 483, lists: [484, 485] },
  { to: 'mpls_label', as: 'mpls' },
  { to: 'mpls_ip', as: 'addresses', from: [47, 140] },
  { to: 'observation_point_id', from: [138] },
  { to: 'ipv6_routing_header_addresses', as: 'segments' },
  { to: 'ipv6_routing_header_seg_left', from: [498] },
  { to: 'ingress_vrf_id', from: [234] },
  { to: 'egress_vrf_id', from: [235] },
  { to: 'bi_flow_direction', from: [239] },
  { to: 'flow_direction', from: [61] },
  // 40001 to 40004: v9 types of Cisco's ASA before it took IANA's
  { to: 'post_nat_src_addr', as: 'address', from: [225, 281, 40001] },
  { to: 'post_nat_dst_addr', as: 'address', from: [226, 282, 40002] },
  { to: 'post_nat_src_port', from: [227, 40003] },
  { to: 'post_nat_dst_port', from: [228, 40004] },
  { to: 'nat_event', from: [230] },
  { to: 'port_range_start', from: [361] },
  { to: 'port_range_end', from: [362] },
  { to: 'port_range_step', from: [363] },
  { to: 'port_range_num_ports', from: [364] },
  { to: 'in_if_name', as: 'name', of: 'interfaceIn', from: [10, 252] },
  { to: 'out_if_name', as: 'name', of: 'interfaceOut', from: [14, 253] },
  { to: 'ingress_vrf_name', as: 'name', of: 'vrfIn', from: [234] },
  { to: 'egress_vrf_name', as: 'name', of: 'vrfOut', from: [235] },
  { to: 'application_id', from: [95] },
  { to: 'application_name', as: 'name', of: 'application', from: [95] },
  { to: 'vni', from: [351], bits: [0, 0xffffff] }
]

/** The elements that a rule names; those of the rules that have a name of their own, as `src_addr`, are named where they are compiled. */
export function elementsOf(rule: Rule): number[] {
  switch (rule.as) {
    case 'counter':
      return [...rule.from, ...rule.totals, ...(rule.section === 'one' ? [] : rule.section)]
    case 'ofFamily':
      return [rule.ipv4, rule.ipv6]
    case 'communities':
      return [rule.value, ...rule.lists]
    default:
      return 'from' in rule ? [...rule.from] : []
  }
}
