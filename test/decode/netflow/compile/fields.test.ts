/** The field table, line by line: what each element of NetFlow v9 and IPFIX becomes, and which one counts where several could. */
import test from 'node:test'
import type { Flow } from '../../../support/datagram-stream.js'
import { addr, assertFlow, type Element, hex, raw, reverse, uint, vary, VERSIONS } from '../../../support/records.js'

const IPV4 = { etype: 0x0800 }
const IPV6 = { etype: 0x86dd }

type Case = readonly [elements: readonly Element[], expected: Flow]

/** A line of the table where one element alone fills one field. */
const plain = (name: string, id: number, length: number, value: number): [string, Case[]] => [
  `${name}: ${id}`,
  [
    [[uint(id, value, length)], { [name]: value }],
    [[uint(id, 0, length)], {}]
  ]
]

/** A line with an order of preference: the first that is not zero, in whatever order the template has them. */
const ordered = (
  name: string,
  ids: readonly number[],
  length: number,
  more: (id: number, value: number) => Flow = () => ({})
): [string, Case[]] => {
  const cases: Case[] = []
  ids.forEach((id, i) => {
    const value = 0x21 + i
    const all = ids.map((other, j) => uint(other, j < i ? 0 : 0x21 + j, length))
    const expected = (elements: readonly Element[]): Flow => ({
      [name]: value,
      ...(Object.assign({}, ...elements.map((element) => more(element.id, Number(element.bytes.readUIntBE(0, length))))) as Flow)
    })
    cases.push([[uint(id, value, length)], expected([uint(id, value, length)])])
    cases.push([all, expected(all)], [[...all].reverse(), expected(all)])
  })
  return [`${name}: ${ids.join(', else ')}`, cases]
}

const LINES: [string, Case[]][] = [
  [
    'src_addr and dst_addr: 8 and 12, 27 and 28; the family gives etype',
    [
      [[addr(8, '192.0.2.1')], { src_addr: hex('192.0.2.1'), ...IPV4 }],
      [[addr(12, '198.51.100.1')], { dst_addr: hex('198.51.100.1'), ...IPV4 }],
      [[addr(12, '198.51.100.1'), addr(8, '192.0.2.1')], { src_addr: hex('192.0.2.1'), dst_addr: hex('198.51.100.1'), ...IPV4 }],
      [[addr(27, '2001:db8::1'), addr(28, '2001:db8::2')], { src_addr: hex('2001:db8::1'), dst_addr: hex('2001:db8::2'), ...IPV6 }]
    ]
  ],
  [
    'etype: of the addresses, else 256, else 60',
    [
      [[uint(60, 4, 1)], IPV4],
      [[uint(60, 6, 1)], IPV6],
      [[uint(256, 0x0806, 2)], { etype: 0x0806 }],
      [[uint(256, 0x0806, 2), uint(60, 6, 1)], { etype: 0x0806 }],
      [[uint(256, 0, 2), uint(60, 6, 1)], IPV6],
      [[uint(60, 0, 1), uint(256, 0x8847, 2)], { etype: 0x8847 }],
      [[uint(60, 5, 1), uint(256, 0x8847, 2)], { etype: 0x8847 }],
      [[uint(60, 6, 1), uint(256, 0x86dd, 2), addr(8, '192.0.2.1')], { src_addr: hex('192.0.2.1'), ...IPV4 }]
    ]
  ],
  [
    'bytes: 1, else 23, else 85, else 231',
    [
      [[uint(1, 1500)], { bytes: '1500' }],
      [[uint(23, 1501)], { bytes: '1501' }],
      [[uint(85, 1502, 8)], { bytes: '1502' }],
      [[uint(231, 1503, 8)], { bytes: '1503' }],
      [[uint(231, 4), uint(85, 3), uint(23, 2), uint(1, 1)], { bytes: '1' }],
      [[uint(231, 4), uint(85, 3), uint(23, 2), uint(1, 0)], { bytes: '2' }]
    ]
  ],
  [
    'packets: 2, else 24, else 86, else 298',
    [
      [[uint(2, 15)], { packets: '15' }],
      [[uint(24, 16)], { packets: '16' }],
      [[uint(86, 17, 8)], { packets: '17' }],
      [[uint(298, 18, 8)], { packets: '18' }],
      [[uint(298, 4), uint(86, 3), uint(24, 2), uint(2, 1)], { packets: '1' }],
      [[uint(298, 4), uint(86, 3), uint(24, 2), uint(2, 0)], { packets: '2' }]
    ]
  ],
  plain('proto', 4, 1, 17),
  plain('src_port', 7, 2, 443),
  plain('dst_port', 11, 2, 50_000),
  ordered('in_if', [10, 252], 4),
  ordered('out_if', [14, 253], 4),
  [
    'src_mac: 56, else 81',
    [
      [[raw(56, '0200 5e00 5301')], { src_mac: String(0x0200_5e00_5301) }],
      [[raw(81, '0200 5e00 5302')], { src_mac: String(0x0200_5e00_5302) }],
      [[raw(81, '0200 5e00 5302'), raw(56, 'ffff ffff fffe')], { src_mac: '281474976710654' }],
      [[raw(56, '0000 0000 0000'), raw(81, '0200 5e00 5302')], { src_mac: String(0x0200_5e00_5302) }]
    ]
  ],
  [
    'dst_mac: 80, else 57',
    [
      [[raw(80, '0200 5e00 5301')], { dst_mac: String(0x0200_5e00_5301) }],
      [[raw(57, '0200 5e00 5302')], { dst_mac: String(0x0200_5e00_5302) }],
      [[raw(57, '0200 5e00 5302'), raw(80, 'ffff ffff ffff')], { dst_mac: '281474976710655' }],
      [[raw(80, '0000 0000 0000'), raw(57, '0200 5e00 5302')], { dst_mac: String(0x0200_5e00_5302) }]
    ]
  ],
  [
    'src_vlan and vlan_id: 58, else 243',
    [
      [[uint(58, 100, 2)], { src_vlan: 100, vlan_id: 100 }],
      [[uint(243, 200, 2)], { src_vlan: 200, vlan_id: 200 }],
      [[uint(243, 200, 2), uint(58, 100, 2)], { src_vlan: 100, vlan_id: 100 }],
      [[uint(58, 0, 2), uint(243, 200, 2)], { src_vlan: 200, vlan_id: 200 }]
    ]
  ],
  ordered('dst_vlan', [59, 254], 2),
  plain('ip_tos', 5, 1, 0xb8),
  plain('forwarding_status', 89, 1, 0x82),
  plain('forwarding_status', 89, 4, 64),
  ordered('ip_ttl', [52, 192], 1),
  [
    'ip_flags: 197 >> 5',
    [
      [[uint(197, 0x40, 1)], { ip_flags: 2 }],
      [[uint(197, 0xff, 1)], { ip_flags: 7 }],
      [[uint(197, 0x1f, 1)], {}]
    ]
  ],
  [
    'tcp_flags: 6, of two bytes the low nine bits',
    [
      [[uint(6, 0x1b, 1)], { tcp_flags: 0x1b }],
      [[uint(6, 0xff, 1)], { tcp_flags: 0xff }],
      [[uint(6, 0x5112, 2)], { tcp_flags: 0x112 }],
      [[uint(6, 0xf000, 2)], {}]
    ]
  ],
  plain('ipv6_flow_label', 31, 4, 0xfffff),
  plain('ipv6_flow_label', 31, 3, 0xabcde),
  plain('fragment_id', 54, 4, 0xfedcba98),
  plain('fragment_offset', 88, 2, 1480),
  plain('src_as', 16, 2, 64_512),
  plain('src_as', 16, 4, 4_200_000_000),
  plain('dst_as', 17, 4, 4_200_000_001),
  [
    'next_hop: 15, 62',
    [
      [[addr(15, '192.0.2.254')], { next_hop: hex('192.0.2.254') }],
      [[addr(62, '2001:db8::fe')], { next_hop: hex('2001:db8::fe') }]
    ]
  ],
  plain('next_hop_as', 128, 4, 65_551),
  plain('src_net', 9, 1, 24),
  plain('src_net', 29, 1, 64),
  plain('dst_net', 13, 1, 25),
  plain('dst_net', 30, 1, 48),
  [
    'bgp_next_hop: 18, 63',
    [
      [[addr(18, '192.0.2.253')], { bgp_next_hop: hex('192.0.2.253') }],
      [[addr(63, '2001:db8::fd')], { bgp_next_hop: hex('2001:db8::fd') }]
    ]
  ],
  [
    'mpls_ip: 47, 140',
    [
      [[addr(47, '192.0.2.3')], { mpls_ip: [hex('192.0.2.3')] }],
      [[addr(140, '2001:db8::3'), addr(47, '192.0.2.3')], { mpls_ip: [hex('192.0.2.3'), hex('2001:db8::3')] }],
      [[addr(140, '2001:db8::3'), addr(47, '0.0.0.0')], { mpls_ip: [hex('2001:db8::3')] }],
      [[addr(140, '::'), addr(47, '0.0.0.0')], {}]
    ]
  ],
  plain('observation_point_id', 138, 4, 77),
  plain('ipv6_routing_header_seg_left', 498, 1, 3),
  plain('ingress_vrf_id', 234, 4, 0x6000_0001),
  plain('egress_vrf_id', 235, 4, 0x6000_0002),
  plain('bi_flow_direction', 239, 1, 1),
  plain('flow_direction', 61, 1, 1),
  [
    'post_nat_src_addr: 225, 281; post_nat_dst_addr: 226, 282',
    [
      [
        [addr(225, '203.0.113.1'), addr(226, '203.0.113.2')],
        { post_nat_src_addr: hex('203.0.113.1'), post_nat_dst_addr: hex('203.0.113.2') }
      ],
      [
        [addr(281, '2001:db8::a'), addr(282, '2001:db8::b')],
        { post_nat_src_addr: hex('2001:db8::a'), post_nat_dst_addr: hex('2001:db8::b') }
      ],
      [
        [addr(225, '0.0.0.0'), addr(281, '2001:db8::a'), addr(226, '203.0.113.2'), addr(282, '::')],
        { post_nat_src_addr: hex('2001:db8::a'), post_nat_dst_addr: hex('203.0.113.2') }
      ],
      [[addr(225, '0.0.0.0'), addr(226, '0.0.0.0')], {}]
    ]
  ],
  plain('post_nat_src_port', 227, 2, 1024),
  plain('post_nat_dst_port', 228, 2, 8080),
  plain('nat_event', 230, 1, 4),
  plain('port_range_start', 361, 2, 1024),
  plain('port_range_end', 362, 2, 2047),
  plain('port_range_step', 363, 2, 1),
  plain('port_range_num_ports', 364, 2, 1024),
  plain('src_customer_vlan', 245, 2, 100),
  plain('dst_customer_vlan', 255, 2, 200),
  [
    'application_id: 95, up to eight bytes',
    [
      [[raw(95, '0300 0050')], { application_id: String(0x0300_0050) }],
      [[raw(95, '1400 0000 0901 02ff')], { application_id: String(0x1400_0000_0901_02ffn) }],
      [[raw(95, '0102 0304 0506 0708 09')], {}]
    ]
  ],
  [
    'vni: the low 24 bits of 351',
    [
      [[raw(351, '0100 0000 0000 1388')], { vni: 5000 }],
      [[raw(351, 'ffff ffff ffff ffff')], { vni: 0xffffff }],
      [[raw(351, '0100 0000 ff00 0000')], {}],
      [[uint(351, 5000, 4)], { vni: 5000 }]
    ]
  ]
]

/** Elements whose length says what they are; the others are tried in variable length too. */
const ADDRESSES = [8, 12, 27, 28, 15, 62, 18, 63, 47, 140, 225, 226, 281, 282]

for (const [line, cases] of LINES) {
  test(line, async () => {
    for (const [elements, expected] of cases) {
      for (const version of VERSIONS) await assertFlow(version, elements, expected)
      await assertFlow(
        10,
        elements.map((element) => (ADDRESSES.includes(element.id) ? element : vary(element))),
        expected
      )
    }
  })
}

test('the header gives the sequence number and the observation domain', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [uint(4, 6, 1)], { proto: 6 }, { sequence: 0xffff_fffe, domain: 0x8000_0001 })
    await assertFlow(version, [uint(4, 6, 1)], { proto: 6 }, { sequence: 0, domain: 0 })
  }
})

test('elements that fill nothing are passed over, whatever their number and enterprise', async () => {
  const strangers = [uint(3, 5), raw(210, '010203'), raw(33333, 'ffff'), uint(32000, 9, 7), raw(0, 'aa')]
  for (const version of VERSIONS)
    await assertFlow(version, [...strangers.filter(({ id }) => version === 9 || id < 32768), uint(4, 6, 1)], { proto: 6 })
  await assertFlow(10, [{ ...uint(4, 17, 1), enterprise: 9 }, uint(4, 6, 1), reverse(uint(33, 1, 1))], { proto: 6 })
})

test('an enterprise element never counts as the element of the same number', async () => {
  for (const id of [1, 2, 4, 7, 10, 34, 58, 89, 95, 153])
    await assertFlow(10, [{ ...uint(id, 6, 4), enterprise: 9 }, uint(5, 8, 1)], { ip_tos: 8 })
})

test('types of version 9 above 32767 have no enterprise number behind them', async () => {
  await assertFlow(9, [uint(0x8004, 17, 1), uint(39_001, 1), uint(4, 6, 1)], { proto: 6 })
})
