/** The fields that a frame gives: their tags, and a bit for each, so that a set of them is one number. */
import type { FieldName } from '../../flow/names.js'
import { fieldTag, flowMessage } from '../../flow/proto.js'

export interface FrameField {
  /** its packed tag */
  readonly tag: number
  readonly bit: number
}

/** The bits of a number, which is as many fields as a set of them can have. */
const MAX_FIELDS = 32

const names: FieldName[] = []

function field(name: FieldName): FrameField {
  if (names.length === MAX_FIELDS)
    throw new Error(`${name} is the field of a frame number ${MAX_FIELDS + 1}: a set of them has ${MAX_FIELDS} bits`)
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
export const TEID = field('teid')
export const LAYER_STACK = field('layer_stack')
export const LAYER_SIZE = field('layer_size')

const isFrameField = (name: string): name is FieldName => names.includes(name as FieldName)

/** The set of those of the named fields that a frame may give. */
export function frameFieldSet(wanted: Iterable<string>): number {
  let set = 0
  for (const name of wanted) if (isFrameField(name)) set |= 1 << names.indexOf(name)
  return set
}

/**
 * The numbers of what a message says of the outer packet where the packet inside it is reported: what frames say, and what exporters
 * say of its addresses and VLANs beside it.
 */
export const OUTER_FIELDS: ReadonlySet<number> = new Set(
  (
    [
      ...names,
      'dst_customer_vlan',
      'src_vlan',
      'dst_vlan',
      'src_net',
      'dst_net',
      'src_as',
      'dst_as',
      'mpls_ip',
      'post_nat_src_addr',
      'post_nat_dst_addr',
      'post_nat_src_port',
      'post_nat_dst_port'
    ] satisfies FieldName[]
  ).map((name) => flowMessage.field(name).number)
)
