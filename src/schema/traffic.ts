/** Rows of the field table: who exported a flow, how much it was, and between which ends. */
import { byFamily, ie, optionsIE, type Row, sourceAndDestination } from './row.js'
import type { FieldName } from '../flow/names.js'

export const TRAFFIC = {
  type: { kind: 'enum', about: 'the protocol that the flow was exported in', words: ['type'], biflow: 'keep' },
  time_received_ns: { kind: 'time', about: 'when the datagram arrived', words: ['received'], element: ie(258, 8), biflow: 'keep' },
  sequence_num: { kind: 'number', about: 'sequence number of the datagram', biflow: 'keep' },
  sampling_rate: {
    kind: 'number',
    about: 'one packet in so many was looked at; absent: not known',
    words: ['rate'],
    element: ie(34, 4),
    biflow: 'keep'
  },
  sampler_address: {
    kind: 'address',
    about: 'the exporter, or the sFlow agent',
    words: ['exporter'],
    element: byFamily(optionsIE(130, 4), optionsIE(131, 16)),
    biflow: 'keep'
  },
  observation_domain_id: { kind: 'number', about: 'observation domain (NetFlow v9: source id)', words: ['domain'], biflow: 'keep' },
  observation_point_id: { kind: 'number', about: 'observation point', element: ie(138, 8), biflow: 'keep' },

  time_flow_start_ns: { kind: 'time', about: 'when the first packet was seen', words: ['start'], element: ie(152, 8), biflow: 'keep' },
  time_flow_end_ns: { kind: 'time', about: 'when the last packet was seen', words: ['end'], element: ie(153, 8), biflow: 'keep' },
  bytes: { kind: 'counter', about: 'bytes, as counted: not multiplied by the sampling rate', element: ie(1, 8), biflow: 'drop' },
  packets: { kind: 'counter', about: 'packets, as counted: not multiplied by the sampling rate', element: ie(2, 8), biflow: 'drop' },

  ...sourceAndDestination('src_addr', 'dst_addr', {
    kind: 'address',
    about: 'address',
    either: 'addr',
    words: ['host'],
    element: [byFamily(ie(8, 4), ie(27, 16)), byFamily(ie(12, 4), ie(28, 16))]
  }),
  ...sourceAndDestination('src_port', 'dst_port', {
    kind: 'port',
    about: 'port',
    either: 'port',
    words: ['port'],
    element: [ie(7, 2), ie(11, 2)]
  }),
  ...sourceAndDestination('src_mac', 'dst_mac', {
    kind: 'mac',
    about: 'MAC address',
    either: 'mac',
    words: ['mac'],
    element: [ie(56, 6), ie(80, 6)]
  }),
  ...sourceAndDestination('src_vlan', 'dst_vlan', { kind: 'number', about: 'VLAN', words: ['vlan'], element: [ie(58, 2), ie(59, 2)] }),
  ...sourceAndDestination('src_customer_vlan', 'dst_customer_vlan', {
    kind: 'number',
    about: 'VLAN of the customer, the second tag',
    element: [ie(245, 2), ie(255, 2)]
  }),
  // which of two tags is the outermost depends on where the packet was seen
  vlan_id: { kind: 'number', about: 'VLAN of the outermost tag', words: ['vlan'], element: ie(243, 2), biflow: 'keep' },

  etype: { kind: 'etype', about: 'Ethernet type of the network layer', words: ['ethertype'], element: ie(256, 2), biflow: 'keep' },
  proto: { kind: 'protocol', about: 'IP protocol', words: ['proto'], element: ie(4, 1), biflow: 'keep' },
  ip_tos: { kind: 'number', about: 'IPv4 TOS or IPv6 traffic class: DSCP and ECN', words: ['tos'], element: ie(5, 1), biflow: 'drop' },
  ip_ttl: { kind: 'number', about: 'TTL or hop limit', words: ['ttl'], element: ie(192, 1), biflow: 'drop' },
  // in the upper three bits of the element
  ip_flags: {
    kind: 'number',
    about: 'flags of the IPv4 header: 2 do not fragment, 1 more fragments',
    element: ie(197, 1),
    biflow: 'drop'
  },
  tcp_flags: { kind: 'tcpFlags', about: 'TCP flags of all packets, or-ed', words: ['flags'], element: ie(6, 2), biflow: 'drop' },
  icmp_type: {
    kind: 'number',
    about: 'ICMP or ICMPv6 type',
    words: ['icmp type'],
    element: byFamily(ie(176, 1), ie(178, 1)),
    biflow: 'drop'
  },
  icmp_code: {
    kind: 'number',
    about: 'ICMP or ICMPv6 code',
    words: ['icmp code'],
    element: byFamily(ie(177, 1), ie(179, 1)),
    biflow: 'drop'
  },
  ipv6_flow_label: { kind: 'number', about: 'IPv6 flow label', element: ie(31, 4), biflow: 'drop' },
  fragment_id: { kind: 'number', about: 'fragment identification', element: ie(54, 4), biflow: 'drop' },
  fragment_offset: { kind: 'number', about: 'fragment offset, in units of 8 bytes', element: ie(88, 2), biflow: 'drop' },

  ...sourceAndDestination('post_nat_src_addr', 'post_nat_dst_addr', {
    kind: 'address',
    about: 'address after NAT',
    words: ['nat host'],
    element: [byFamily(ie(225, 4), ie(281, 16)), byFamily(ie(226, 4), ie(282, 16))]
  }),
  ...sourceAndDestination('post_nat_src_port', 'post_nat_dst_port', {
    kind: 'port',
    about: 'port after NAT',
    words: ['nat port'],
    element: [ie(227, 2), ie(228, 2)]
  }),
  nat_event: {
    kind: 'natEvent',
    about: 'NAT event (IANA natEvent: 1 create, 2 delete …)',
    words: ['nat event'],
    element: ie(230, 1),
    biflow: 'keep'
  },
  port_range_start: { kind: 'port', about: 'first port of the block that a NAT gave out', element: ie(361, 2), biflow: 'keep' },
  port_range_end: { kind: 'port', about: 'last port of the block', element: ie(362, 2), biflow: 'keep' },
  port_range_step: { kind: 'number', about: 'step between ports of the block', element: ie(363, 2), biflow: 'keep' },
  port_range_num_ports: { kind: 'number', about: 'ports of the block', element: ie(364, 2), biflow: 'keep' }
} satisfies Partial<Record<FieldName, Row>>
