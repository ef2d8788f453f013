/**
 * Which information element fills which field of FlowMessage: the one table of NetFlow v9 and IPFIX (v9's field types
 * are the first 127 elements). v5, v1 and v7 records are laid out in the same elements (wire/legacy.ts).
 *
 * A line's `from` is an order of preference: the first element that the record has and that is not zero; but where its kind of value (rules.ts) takes
 * each element for something else, as ICMP's do.
 */
import type { FieldName } from '../../../flow/names.js'
import { IE } from '../wire/ie.js'

export type Rule =
  /** an unsigned number, of which `bits` may keep a part: [shift, mask] */
  | { to: FieldName; as?: 'uint'; from: readonly number[]; bits?: readonly [shift: number, mask: number] }
  /** deltas, and totals only where a template has no delta; of a packet's section: these elements and then its length, or one */
  | { to: FieldName; as: 'counter'; from: readonly number[]; totals: readonly number[]; section: readonly number[] | 'one' }
  /** elements of the record's address family; the other family's where it has none */
  | { to: FieldName; as: 'ofFamily'; from: readonly [ipv4: number, ipv6: number] }
  /** an address of the record's family, and of no other */
  | { to: FieldName; as: 'endpoint'; from: readonly number[] }
  | { to: FieldName; as: 'etype' | 'sampling' | 'start' | 'end' }
  /** an address that is not all zero */
  | { to: FieldName; as: 'address'; from: readonly number[] }
  /** every address, each a value of a repeated field */
  | { to: FieldName; as: 'addresses'; from: readonly number[] }
  /** type and code in one line, because one element may hold both: those of ICMP and ICMPv6 that do, then a type and a code of each */
  | { to: FieldName; as: 'icmp'; code: FieldName; from: readonly number[] }
  /** labels of a stack, one an element, top first */
  | { to: FieldName; as: 'mpls'; from: readonly number[] }
  /** single ones, and lists of these */
  | { to: FieldName; as: 'communities'; from: readonly [value: number, ...lists: number[]] }
  /** the first element that the template has, which may hold several */
  | { to: FieldName; as: 'segments'; from: readonly number[] }
  /** what options data called the thing that an element of the record numbers */
  | { to: FieldName; as: 'name'; of: NameSpace; from: readonly number[] }

export type CounterRule = Extract<Rule, { as: 'counter' }>

export type NameSpace = 'interfaceIn' | 'interfaceOut' | 'vrfIn' | 'vrfOut' | 'application'

export const SOURCE = [IE.sourceIPv4Address, IE.sourceIPv6Address]
export const DESTINATION = [IE.destinationIPv4Address, IE.destinationIPv6Address]

export const RULES: readonly Rule[] = [
  { to: 'sampling_rate', as: 'sampling' },
  { to: 'time_flow_start_ns', as: 'start' },
  { to: 'time_flow_end_ns', as: 'end' },
  {
    to: 'bytes',
    as: 'counter',
    from: [IE.octetDeltaCount, IE.postOctetDeltaCount],
    totals: [IE.octetTotalCount, IE.initiatorOctets],
    section: [IE.dataLinkFrameSize, IE.layer2packetSectionSize, IE.ipTotalLength, IE.sectionExportedOctets]
  },
  {
    to: 'packets',
    as: 'counter',
    from: [IE.packetDeltaCount, IE.postPacketDeltaCount],
    totals: [IE.packetTotalCount, IE.initiatorPackets],
    section: 'one'
  },
  { to: 'src_addr', as: 'endpoint', from: SOURCE },
  { to: 'dst_addr', as: 'endpoint', from: DESTINATION },
  { to: 'etype', as: 'etype' },
  { to: 'proto', from: [IE.protocolIdentifier] },
  { to: 'src_port', from: [IE.sourceTransportPort] },
  { to: 'dst_port', from: [IE.destinationTransportPort] },
  { to: 'in_if', from: [IE.ingressInterface, IE.ingressPhysicalInterface] },
  { to: 'out_if', from: [IE.egressInterface, IE.egressPhysicalInterface] },
  { to: 'src_mac', from: [IE.sourceMacAddress, IE.postSourceMacAddress] },
  { to: 'dst_mac', from: [IE.destinationMacAddress, IE.postDestinationMacAddress] },
  { to: 'src_vlan', from: [IE.vlanId, IE.dot1qVlanId] },
  { to: 'dst_vlan', from: [IE.postVlanId, IE.postDot1qVlanId] },
  { to: 'src_customer_vlan', from: [IE.dot1qCustomerVlanId] },
  { to: 'dst_customer_vlan', from: [IE.postDot1qCustomerVlanId] },
  { to: 'vlan_id', from: [IE.vlanId, IE.dot1qVlanId] },
  { to: 'ip_tos', from: [IE.ipClassOfService] },
  { to: 'forwarding_status', from: [IE.forwardingStatus] },
  { to: 'ip_ttl', from: [IE.minimumTTL, IE.ipTTL] },
  { to: 'ip_flags', from: [IE.fragmentFlags], bits: [5, 7] },
  { to: 'tcp_flags', from: [IE.tcpControlBits], bits: [0, 0x1ff] },
  {
    to: 'icmp_type',
    as: 'icmp',
    code: 'icmp_code',
    from: [IE.icmpTypeCodeIPv4, IE.icmpTypeCodeIPv6, IE.icmpTypeIPv4, IE.icmpCodeIPv4, IE.icmpTypeIPv6, IE.icmpCodeIPv6]
  },
  { to: 'ipv6_flow_label', from: [IE.flowLabelIPv6] },
  { to: 'fragment_id', from: [IE.fragmentIdentification] },
  { to: 'fragment_offset', from: [IE.fragmentOffset] },
  { to: 'src_as', from: [IE.bgpSourceAsNumber] },
  { to: 'dst_as', from: [IE.bgpDestinationAsNumber] },
  { to: 'next_hop', as: 'ofFamily', from: [IE.ipNextHopIPv4Address, IE.ipNextHopIPv6Address] },
  { to: 'next_hop_as', from: [IE.bgpNextAdjacentAsNumber] },
  { to: 'src_net', as: 'ofFamily', from: [IE.sourceIPv4PrefixLength, IE.sourceIPv6PrefixLength] },
  { to: 'dst_net', as: 'ofFamily', from: [IE.destinationIPv4PrefixLength, IE.destinationIPv6PrefixLength] },
  { to: 'bgp_next_hop', as: 'ofFamily', from: [IE.bgpNextHopIPv4Address, IE.bgpNextHopIPv6Address] },
  { to: 'bgp_communities', as: 'communities', from: [IE.bgpCommunity, IE.bgpSourceCommunityList, IE.bgpDestinationCommunityList] },
  { to: 'mpls_label', as: 'mpls', from: Array.from({ length: 10 }, (_, i) => IE.mplsTopLabelStackSection + i) },
  { to: 'mpls_ip', as: 'addresses', from: [IE.mplsTopLabelIPv4Address, IE.mplsTopLabelIPv6Address] },
  { to: 'observation_point_id', from: [IE.observationPointId] },
  {
    to: 'ipv6_routing_header_addresses',
    as: 'segments',
    from: [IE.srhSegmentIPv6ListSection, IE.srhSegmentIPv6BasicList, IE.srhSegmentIPv6, IE.srhIPv6Section, IE.srhActiveSegmentIPv6]
  },
  { to: 'ipv6_routing_header_seg_left', from: [IE.srhSegmentsIPv6Left] },
  { to: 'ingress_vrf_id', from: [IE.ingressVRFID] },
  { to: 'egress_vrf_id', from: [IE.egressVRFID] },
  { to: 'bi_flow_direction', from: [IE.biflowDirection] },
  { to: 'flow_direction', from: [IE.flowDirection] },
  // 40001 to 40004: v9 types of Cisco's ASA before it took IANA's
  { to: 'post_nat_src_addr', as: 'address', from: [IE.postNATSourceIPv4Address, IE.postNATSourceIPv6Address, 40001] },
  { to: 'post_nat_dst_addr', as: 'address', from: [IE.postNATDestinationIPv4Address, IE.postNATDestinationIPv6Address, 40002] },
  { to: 'post_nat_src_port', from: [IE.postNAPTSourceTransportPort, 40003] },
  { to: 'post_nat_dst_port', from: [IE.postNAPTDestinationTransportPort, 40004] },
  { to: 'nat_event', from: [IE.natEvent] },
  { to: 'port_range_start', from: [IE.portRangeStart] },
  { to: 'port_range_end', from: [IE.portRangeEnd] },
  { to: 'port_range_step', from: [IE.portRangeStepSize] },
  { to: 'port_range_num_ports', from: [IE.portRangeNumPorts] },
  { to: 'in_if_name', as: 'name', of: 'interfaceIn', from: [IE.ingressInterface, IE.ingressPhysicalInterface] },
  { to: 'out_if_name', as: 'name', of: 'interfaceOut', from: [IE.egressInterface, IE.egressPhysicalInterface] },
  { to: 'ingress_vrf_name', as: 'name', of: 'vrfIn', from: [IE.ingressVRFID] },
  { to: 'egress_vrf_name', as: 'name', of: 'vrfOut', from: [IE.egressVRFID] },
  { to: 'application_id', from: [IE.applicationId] },
  { to: 'application_name', as: 'name', of: 'application', from: [IE.applicationId] },
  { to: 'vni', from: [IE.layer2SegmentId], bits: [0, 0xffffff] }
]

/** The elements that a rule reads, but for those of sections, and those that times, rates and Ethernet types are found out from. */
export function elementsOf(rule: Rule): readonly number[] {
  if (rule.as === 'counter') return [...rule.from, ...rule.totals]
  return 'from' in rule ? rule.from : []
}
