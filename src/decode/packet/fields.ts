/** The fields that a frame gives: their tags, and a bit for each, so that a set of them is one number. */
import type { FieldName } from '../../flow/names.js'
import { fieldTag } from '../../flow/proto.js'

const names: string[] = []

function field(name: FieldName): { readonly tag: number; readonly bit: number } {
  names.push(name)
  return { tag: fieldTag(name), bit: 1 << (names.length - 1) }
}

export const SRC_MAC = field('src_mac')
export const DST_MAC = field('dst_mac')
export const VLAN_ID = field('vlan_id')
export const CUSTOMER_VLAN = field('src_customer_vlan')
export const MPLS_LABEL = field('mpls_label')
export const MPLS_TTL = field('mpls_ttl')
export const ETYPE = field('etype')
export const SRC_ADDR = field('src_addr')
export const DST_ADDR = field('dst_addr')
export const PROTO = field('proto')
export const IP_TOS = field('ip_tos')
export const IP_TTL = field('ip_ttl')
export const IP_FLAGS = field('ip_flags')
export const FRAGMENT_ID = field('fragment_id')
export const FRAGMENT_OFFSET = field('fragment_offset')
export const FLOW_LABEL = field('ipv6_flow_label')
export const SEGMENTS = field('ipv6_routing_header_addresses')
export const SEGMENTS_LEFT = field('ipv6_routing_header_seg_left')
export const SRC_PORT = field('src_port')
export const DST_PORT = field('dst_port')
export const TCP_FLAGS = field('tcp_flags')
export const ICMP_TYPE = field('icmp_type')
export const ICMP_CODE = field('icmp_code')
export const VNI = field('vni')
export const LAYER_STACK = field('layer_stack')
export const LAYER_SIZE = field('layer_size')

/** The set of those of the named fields that a frame may give. */
export function frameFieldSet(wanted: Iterable<string>): number {
  let set = 0
  for (const name of wanted) if (names.includes(name)) set |= 1 << names.indexOf(name)
  return set
}
