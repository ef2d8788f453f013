/** Rows of the field table: the way through the network, the layers of a packet, and what tables say of networks and exporters. */
import { byFamily, ie, inAndOut, optionsIE, type Row, sourceAndDestination } from './row.js'
import type { FieldName } from '../flow/names.js'

export const ROUTING = {
  ...inAndOut('in_if', 'out_if', {
    kind: 'interface',
    about: 'interface (SNMP ifIndex)',
    either: 'interface',
    words: ['if'],
    element: [ie(10, 4), ie(14, 4)]
  }),
  ...inAndOut('in_if_name', 'out_if_name', {
    kind: 'text',
    about: 'interface: its name',
    of: ['in_if', 'out_if'],
    words: ['if'],
    element: [optionsIE(82, 0), optionsIE(82, 0)]
  }),
  ...inAndOut('in_if_description', 'out_if_description', {
    kind: 'text',
    about: 'interface: its description',
    of: ['in_if', 'out_if'],
    element: [optionsIE(83, 0), optionsIE(83, 0)]
  }),
  ...inAndOut('in_if_speed', 'out_if_speed', { kind: 'bitRate', about: 'interface: its speed in bits a second', of: ['in_if', 'out_if'] }),
  ...inAndOut('in_if_boundary', 'out_if_boundary', {
    kind: 'text',
    about: 'interface: the boundary that it is, as external or internal',
    of: ['in_if', 'out_if'],
    words: ['boundary']
  }),
  ...inAndOut('ingress_vrf_id', 'egress_vrf_id', { kind: 'number', about: 'VRF', words: ['vrf'], element: [ie(234, 4), ie(235, 4)] }),
  ...inAndOut('ingress_vrf_name', 'egress_vrf_name', {
    kind: 'text',
    about: 'VRF: its name',
    of: ['ingress_vrf_id', 'egress_vrf_id'],
    words: ['vrf'],
    element: [optionsIE(236, 0), optionsIE(236, 0)]
  }),
  bi_flow_direction: { kind: 'number', about: 'which side began (RFC 5103): 1 initiator, 2 reverse', element: ie(239, 1), biflow: 'keep' },
  flow_direction: { kind: 'number', about: 'where the exporter saw the flow: 0 ingress, 1 egress', element: ie(61, 1), biflow: 'drop' },
  forwarding_status: {
    kind: 'number',
    about: 'forwarding status (RFC 7270): 64 to 127 forwarded, 128 to 191 dropped',
    element: ie(89, 1),
    biflow: 'drop'
  },
  drop_reason: { kind: 'number', about: 'why the packet was dropped (sFlow)', biflow: 'drop' },

  ...sourceAndDestination('src_as', 'dst_as', {
    kind: 'as',
    about: 'AS number',
    either: 'as_number',
    words: ['as'],
    element: [ie(16, 4), ie(17, 4)]
  }),
  ...sourceAndDestination('src_net', 'dst_net', {
    kind: 'prefix',
    about: 'prefix length',
    of: ['src_addr', 'dst_addr'],
    either: 'addr_net',
    words: ['prefix'],
    element: [byFamily(ie(9, 1), ie(29, 1)), byFamily(ie(13, 1), ie(30, 1))]
  }),
  next_hop: { kind: 'address', about: 'next hop', words: ['next hop'], element: byFamily(ie(15, 4), ie(62, 16)), biflow: 'drop' },
  next_hop_as: { kind: 'as', about: 'AS number of the next hop', words: ['next hop as'], element: ie(128, 4), biflow: 'drop' },
  bgp_next_hop: {
    kind: 'address',
    about: 'BGP next hop',
    words: ['bgp next hop'],
    element: byFamily(ie(18, 4), ie(63, 16)),
    biflow: 'drop'
  },
  bgp_communities: {
    kind: 'community',
    about: 'BGP communities, each AS << 16 | value',
    words: ['community'],
    // a list of element 483
    element: ie(485, 0),
    biflow: 'drop'
  },
  as_path: { kind: 'as', about: 'AS path', words: ['as path'], biflow: 'drop' }
} satisfies Partial<Record<FieldName, Row>>

export const LAYERS = {
  mpls_ttl: { kind: 'number', about: 'TTLs of the MPLS stack', biflow: 'drop' },
  // the first of up to ten elements, one a label
  mpls_label: { kind: 'number', about: 'labels of the MPLS stack, top first', words: ['mpls'], element: ie(70, 3), biflow: 'drop' },
  mpls_ip: { kind: 'address', about: 'address of the top label', element: byFamily(ie(47, 4), ie(140, 16)), biflow: 'drop' },
  layer_stack: { kind: 'enum', about: 'layers of the sampled frame, outermost first', biflow: 'drop' },
  layer_size: { kind: 'number', about: 'bytes of each of these layers', biflow: 'drop' },
  ipv6_routing_header_addresses: { kind: 'address', about: 'segments of the IPv6 routing header', biflow: 'drop' },
  ipv6_routing_header_seg_left: { kind: 'number', about: 'segments left', biflow: 'drop' },
  tunnel_type: { kind: 'text', about: 'tunnels that were peeled off, outermost first: gre/vxlan', biflow: 'keep' },
  ...sourceAndDestination('tunnel_src_addr', 'tunnel_dst_addr', { kind: 'address', about: 'address of the outermost peeled tunnel' }),
  vni: { kind: 'number', about: 'VXLAN or Geneve network identifier', words: ['vni'], element: ie(351, 8), biflow: 'keep' },
  teid: { kind: 'number', about: 'GTP-U tunnel endpoint identifier', biflow: 'drop' },
  application_id: {
    kind: 'number',
    about: 'application: engine << 24 | selector (RFC 6759)',
    words: ['app'],
    element: ie(95, 0),
    biflow: 'keep'
  },
  application_name: {
    kind: 'text',
    about: "application's name",
    of: 'application_id',
    words: ['app'],
    element: optionsIE(96, 0),
    biflow: 'keep'
  }
} satisfies Partial<Record<FieldName, Row>>

export const ENRICHMENT = {
  ...sourceAndDestination('src_country', 'dst_country', {
    kind: 'country',
    about: 'country (ISO 3166-1)',
    either: 'country',
    words: ['country'],
    isReplaceable: true
  }),
  ...sourceAndDestination('src_as_name', 'dst_as_name', { kind: 'text', about: 'AS: its name', of: ['src_as', 'dst_as'] }),
  ...sourceAndDestination('src_city', 'dst_city', { kind: 'text', about: 'city', words: ['city'] }),
  ...sourceAndDestination('src_network', 'dst_network', {
    kind: 'text',
    about: 'network: its name',
    either: 'network',
    words: ['network']
  }),
  ...sourceAndDestination('src_role', 'dst_role', { kind: 'text', about: 'network: its role', words: ['role'] }),
  ...sourceAndDestination('src_site', 'dst_site', { kind: 'text', about: 'network: its site', words: ['site'] }),
  ...sourceAndDestination('src_region', 'dst_region', { kind: 'text', about: 'network: its region', words: ['region'] }),
  ...sourceAndDestination('src_tenant', 'dst_tenant', { kind: 'text', about: 'network: its tenant', words: ['tenant'] }),
  exporter_name: { kind: 'text', about: "exporter's name", of: 'sampler_address', words: ['exporter'], biflow: 'keep' },
  exporter_group: { kind: 'text', about: "exporter's group", biflow: 'keep' },
  exporter_role: { kind: 'text', about: "exporter's role", biflow: 'keep' },
  exporter_site: { kind: 'text', about: "exporter's site", biflow: 'keep' },
  exporter_region: { kind: 'text', about: "exporter's region", biflow: 'keep' },
  exporter_tenant: { kind: 'text', about: "exporter's tenant", biflow: 'keep' },
  community_id: { kind: 'text', about: 'Community ID of the flow (version 1, seed 0)', biflow: 'keep' }
} satisfies Partial<Record<FieldName, Row>>
