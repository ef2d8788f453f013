/**
 * Which fields of a flow stand together in a template. What every flow has is always there; the rest comes in groups, each of which a
 * template has where any of its fields is set. The elements are those of the field table.
 */
import type { FieldName } from '../../flow/names.js'
import { flowMessage, schemaOf } from '../../flow/proto.js'
import { FIELDS } from '../../schema/fields.js'
import type { Exported, InformationElement } from '../../schema/row.js'

export const ALWAYS: readonly FieldName[] = [
  'time_flow_start_ns',
  'time_flow_end_ns',
  'time_received_ns',
  'bytes',
  'packets',
  'sampling_rate',
  'etype',
  'proto',
  'src_port',
  'dst_port',
  'in_if',
  'out_if',
  'ip_tos',
  'tcp_flags'
]

export const GROUPS = {
  as: ['src_as', 'dst_as', 'src_net', 'dst_net'],
  bgp: ['next_hop_as', 'bgp_communities'],
  mac: ['src_mac', 'dst_mac'],
  vlan: ['src_vlan', 'dst_vlan', 'vlan_id', 'src_customer_vlan', 'dst_customer_vlan'],
  mpls: ['mpls_label'],
  icmp: ['icmp_type', 'icmp_code'],
  packet: ['ip_ttl', 'ip_flags', 'ipv6_flow_label', 'fragment_id', 'fragment_offset'],
  exporter: ['forwarding_status', 'flow_direction', 'bi_flow_direction', 'observation_point_id'],
  vrf: ['ingress_vrf_id', 'egress_vrf_id'],
  nat: ['post_nat_src_port', 'post_nat_dst_port', 'nat_event'],
  ports: ['port_range_start', 'port_range_end', 'port_range_step', 'port_range_num_ports'],
  application: ['application_id'],
  overlay: ['vni']
} as const satisfies Record<string, readonly FieldName[]>

/** Addresses, each in a template where it is set, as the element of its own family. */
export const ADDRESSES = [
  'src_addr',
  'dst_addr',
  'next_hop',
  'bgp_next_hop',
  'post_nat_src_addr',
  'post_nat_dst_addr',
  'mpls_ip'
] as const satisfies readonly FieldName[]

/** The fields that are exported; the others are passed over. */
export const EXPORTED = schemaOf(flowMessage.fields.filter(({ name }) => FIELDS[name as FieldName].element !== undefined))

/** The index of a field in EXPORTED. */
export function fieldIndex(name: FieldName): number {
  return EXPORTED.indexOf(name)
}

/** The element of a field: of its family where there are two. Throws where it has none, a mistake of the code. */
export function exportedAs(name: FieldName, isIPv6 = false): InformationElement {
  const element: Exported | undefined = FIELDS[name].element
  if (element === undefined) throw new Error(`no element for ${name}`)
  return 'id' in element ? element : isIPv6 ? element.ipv6 : element.ipv4
}
