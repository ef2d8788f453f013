/** Lists of columns that have a name. */
import type { FieldName } from '../flow/names.js'
import type { Schema } from '../flow/proto.js'

/** The keys of goflow2's JSON without a mapping file, in its order, which is that of its FlowMessage. */
const GOFLOW2: readonly FieldName[] = [
  'type',
  'time_received_ns',
  'sequence_num',
  'sampling_rate',
  'sampler_address',
  'time_flow_start_ns',
  'time_flow_end_ns',
  'bytes',
  'packets',
  'src_addr',
  'dst_addr',
  'etype',
  'proto',
  'src_port',
  'dst_port',
  'in_if',
  'out_if',
  'src_mac',
  'dst_mac',
  'src_vlan',
  'dst_vlan',
  'vlan_id',
  'ip_tos',
  'forwarding_status',
  'ip_ttl',
  'ip_flags',
  'tcp_flags',
  'icmp_type',
  'icmp_code',
  'ipv6_flow_label',
  'fragment_id',
  'fragment_offset',
  'src_as',
  'dst_as',
  'next_hop',
  'next_hop_as',
  'src_net',
  'dst_net',
  'bgp_next_hop',
  'bgp_communities',
  'as_path',
  'mpls_ttl',
  'mpls_label',
  'mpls_ip',
  'observation_domain_id',
  'observation_point_id',
  'layer_stack',
  'layer_size',
  'ipv6_routing_header_addresses',
  'ipv6_routing_header_seg_left'
]

/** The names, with `goflow2` and `all` as what they stand for: goflow2's keys, and every field of the schema. */
export function withoutPresets(names: readonly string[], { fields }: Schema): string[] {
  return names.flatMap((name): readonly string[] =>
    name === 'goflow2' ? GOFLOW2 : name === 'all' ? fields.map((field) => field.name) : [name]
  )
}
