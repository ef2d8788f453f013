/** Every layer of a frame: the fields that it gives, and what it says of the next. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { MAX_LAYERS } from '../../../src/decode/packet/frame.js'
import { LINK } from '../../../src/decode/packet/walk.js'
import {
  authentication,
  dot1q,
  ethernet,
  ethernetSnap,
  geneve,
  gre,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Fragment,
  ipv6Options,
  mpls,
  packet,
  type PacketLayer,
  pppoe,
  pptp,
  raw,
  sctp,
  segmentRouting,
  tcp,
  teredo,
  udp,
  vxlan
} from '../../support/build-packet.js'
import type { Flow } from '../../support/datagram-stream.js'
import { frameFlow, hex, mac } from '../../support/frame-flow.js'

const flowOf = (...layers: PacketLayer[]): Flow => frameFlow(packet(...layers))
const stackOf = (...layers: PacketLayer[]): unknown => flowOf(...layers).layer_stack

const MACS = { src_mac: mac('02:00:00:00:00:01'), dst_mac: mac('02:00:00:00:00:02') }
const IPV4 = { etype: 0x0800, src_addr: hex('192.0.2.1'), dst_addr: hex('198.51.100.2'), ip_ttl: 64 }
const IPV6 = { etype: 0x86dd, src_addr: hex('2001:db8::1'), dst_addr: hex('2001:db8::2'), ip_ttl: 64 }

test('Ethernet, IPv4 and TCP, every field', () => {
  assert.deepEqual(
    flowOf(ethernet(), ipv4({ tos: 0xb8, id: 0x1234, flags: 2, ttl: 57 }), tcp(40000, 443, { flags: 0x1b, options: 12 }), raw(1, 2, 3)),
    {
      ...MACS,
      ...IPV4,
      ip_tos: 0xb8,
      fragment_id: 0x1234,
      ip_flags: 2,
      ip_ttl: 57,
      proto: 6,
      src_port: 40000,
      dst_port: 443,
      tcp_flags: 0x1b,
      layer_stack: ['Ethernet', 'IPv4', 'TCP'],
      layer_size: [14, 20, 32]
    }
  )
})

test('Ethernet, IPv6 and UDP, every field', () => {
  assert.deepEqual(flowOf(ethernet(), ipv6({ trafficClass: 0x2e, flowLabel: 0xfedcb, hopLimit: 3 }), udp(5353, 53)), {
    ...MACS,
    ...IPV6,
    ip_tos: 0x2e,
    ipv6_flow_label: 0xfedcb,
    ip_ttl: 3,
    proto: 17,
    src_port: 5353,
    dst_port: 53,
    layer_stack: ['Ethernet', 'IPv6', 'UDP'],
    layer_size: [14, 40, 8]
  })
})

test('links other than Ethernet', () => {
  const four = packet(ipv4(), sctp(3868, 3869))
  const six = packet(ipv6(), icmpv6(135, 0))
  const sctpFlow = { ...IPV4, proto: 132, src_port: 3868, dst_port: 3869, layer_stack: ['IPv4', 'SCTP'], layer_size: [20, 12] }
  const icmpFlow = { ...IPV6, proto: 58, icmp_type: 135, layer_stack: ['IPv6', 'ICMPv6'], layer_size: [40, 8] }
  assert.deepEqual(frameFlow(four, { link: LINK.ipv4 }), sctpFlow)
  assert.deepEqual(frameFlow(four, { link: LINK.ip }), sctpFlow)
  assert.deepEqual(frameFlow(six, { link: LINK.ipv6 }), icmpFlow)
  assert.deepEqual(frameFlow(six, { link: LINK.ip }), icmpFlow)
  assert.deepEqual(frameFlow(packet(mpls([16]), ipv6(), icmpv6(135, 0)), { link: LINK.mpls }), {
    ...icmpFlow,
    mpls_label: [16],
    mpls_ttl: [64],
    layer_stack: ['MPLS', 'IPv6', 'ICMPv6'],
    layer_size: [4, 40, 8]
  })
})

test('a header of another version than was announced is none', () => {
  assert.deepEqual(frameFlow(packet(ipv6(), tcp(1, 2)), { link: LINK.ipv4 }), {})
  assert.deepEqual(flowOf(ethernet({ type: 0x86dd }), ipv4(), tcp(1, 2)), {
    ...MACS,
    etype: 0x86dd,
    layer_stack: ['Ethernet'],
    layer_size: [14]
  })
})

test('a type that nothing is known of', () => {
  assert.deepEqual(flowOf(ethernet({ type: 0x0806 }), raw(0, 1, 8, 0)), {
    ...MACS,
    etype: 0x0806,
    layer_stack: ['Ethernet'],
    layer_size: [14]
  })
})

test('IEEE 802.3: SNAP has a type, other LLC has none', () => {
  assert.deepEqual(flowOf(ethernetSnap(), ipv4(), udp(68, 67)), {
    ...MACS,
    ...IPV4,
    proto: 17,
    src_port: 68,
    dst_port: 67,
    layer_stack: ['Ethernet', 'IPv4', 'UDP'],
    layer_size: [22, 20, 8]
  })
  const bridge = packet(ethernet({ type: 38 }), raw(0x42, 0x42, 3, 0, 0, 0, 0, 0, 0, 0))
  assert.deepEqual(frameFlow(bridge), { ...MACS, layer_stack: ['Ethernet'], layer_size: [14] })
})

test('the tags that providers used of old are VLANs', () => {
  for (const tpid of [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300]) {
    const flow = flowOf(ethernet(), dot1q(7, { tpid }), ipv4(), tcp(1, 2))
    assert.deepEqual([flow.vlan_id, flow.etype, flow.dst_port], [7, 0x0800, 2], tpid.toString(16))
  }
})

test('VLAN tags to any depth: the outermost counts, even where its number is 0, and the second is the customer’s', () => {
  const flow = flowOf(ethernet(), dot1q(1505, { tpid: 0x88a8, priority: 5 }), dot1q(200, { tpid: 0x9100 }), dot1q(300), ipv4(), tcp(1, 2))
  assert.equal(flow.vlan_id, 1505)
  assert.equal(flow.src_customer_vlan, 200)
  assert.equal(flow.etype, 0x0800)
  assert.equal(flow.dst_port, 2)
  assert.deepEqual(flow.layer_stack, ['Ethernet', 'Dot1Q', 'Dot1Q', 'Dot1Q', 'IPv4', 'TCP'])
  assert.deepEqual(flow.layer_size, [14, 4, 4, 4, 20, 20])
  const prioritized = flowOf(ethernet(), dot1q(0, { priority: 7 }), dot1q(300), ipv4(), tcp(1, 2))
  assert.deepEqual([prioritized.vlan_id, prioritized.src_customer_vlan], [undefined, 300])
  assert.equal(flowOf(ethernet(), dot1q(7), ipv4(), tcp(1, 2)).src_customer_vlan, undefined)
  const inside = flowOf(ethernet(), dot1q(7), ipv4(), gre(), ethernet(), dot1q(8), dot1q(9), ipv4(), tcp(1, 2))
  assert.deepEqual([inside.vlan_id, inside.src_customer_vlan], [7, undefined])
})

test('an MPLS stack to its bottom; reserved labels do not end it', () => {
  const flow = flowOf(ethernet(), mpls([15, 24005, 7, 1048575, 0], { ttl: 255 }), ipv4(), tcp(1, 2))
  assert.deepEqual(flow.mpls_label, [15, 24005, 7, 1048575, 0])
  assert.deepEqual(flow.mpls_ttl, [255, 254, 253, 252, 251])
  assert.equal(flow.etype, 0x0800)
  assert.deepEqual(flow.layer_stack, ['Ethernet', 'MPLS', 'IPv4', 'TCP'])
  assert.deepEqual(flow.layer_size, [14, 20, 20, 20])
  assert.equal(flowOf(ethernet(), mpls([3], { etype: 0x8848 }), ipv6(), udp(1, 2)).etype, 0x86dd)
})

test('Ethernet over MPLS, with a control word and without: its packet is an inner one', () => {
  for (const controlWord of [true, false]) {
    const flow = flowOf(ethernet(), mpls([16, 17], { controlWord }), ethernet({ dst: '00:00:5e:00:53:01' }), dot1q(7), ipv4(), tcp(1, 2))
    assert.deepEqual(flow, {
      ...MACS,
      etype: 0x8847,
      mpls_label: [16, 17],
      mpls_ttl: [64, 63],
      layer_stack: ['Ethernet', 'MPLS', 'Ethernet', 'Dot1Q', 'IPv4', 'TCP'],
      layer_size: [14, controlWord ? 12 : 8, 14, 4, 20, 20]
    })
  }
})

test('a control word that counts', () => {
  const counting = raw(0, 0, 0x12, 0x34)
  assert.deepEqual(stackOf(ethernet(), mpls([16]), counting, ethernet(), dot1q(7), ipv4(), tcp(1, 2)), [
    'Ethernet',
    'MPLS',
    'Ethernet',
    'Dot1Q',
    'IPv4',
    'TCP'
  ])
})

test('Ethernet over MPLS whose addresses look like a version of IP', () => {
  assert.deepEqual(stackOf(ethernet(), mpls([16]), ethernet({ dst: '40:00:5e:00:53:01' }), ipv4(), tcp(1, 2)), [
    'Ethernet',
    'MPLS',
    'Ethernet',
    'IPv4',
    'TCP'
  ])
})

test('what is under a label and neither IP nor Ethernet', () => {
  // an associated channel (RFC 4385), and noise
  for (const bytes of [
    [0x10, 0, 0, 0x21, 0x20, 0x40, 3, 0x18],
    [0xff, 0xff, 0xff, 0xff, 0xff]
  ]) {
    assert.deepEqual(stackOf(ethernet(), mpls([16]), raw(...bytes)), ['Ethernet', 'MPLS'])
  }
})

test('PPPoE carries IP and MPLS; other PPP is not looked into', () => {
  const flow = flowOf(ethernet(), dot1q(35), pppoe(17), ipv6(), tcp(50000, 80))
  assert.equal(flow.etype, 0x86dd)
  assert.equal(flow.dst_port, 80)
  assert.deepEqual(flow.layer_stack, ['Ethernet', 'Dot1Q', 'PPPoE', 'IPv6', 'TCP'])
  assert.deepEqual(flow.layer_size, [14, 4, 8, 40, 20])
  assert.equal(flowOf(ethernet(), pppoe(1), ipv4(), udp(1, 2)).etype, 0x0800)
  assert.deepEqual(flowOf(ethernet(), pppoe(1), mpls([99]), ipv4(), udp(1, 2)).mpls_label, [99])
  const lcp = flowOf(ethernet(), pppoe(1), raw(9, 1, 0, 8, 1, 2, 3, 4))
  assert.equal(lcp.etype, 0x8864)
  assert.deepEqual(lcp.layer_stack, ['Ethernet', 'PPPoE'])
})

test('IPv4 options are skipped', () => {
  const flow = flowOf(ethernet(), ipv4({ options: 40 }), tcp(1, 2))
  assert.equal(flow.dst_port, 2)
  assert.deepEqual(flow.layer_size, [14, 60, 20])
})

test('an IPv4 header that says less than 20 bytes ends nowhere', () => {
  const bytes = packet(ethernet(), ipv4(), tcp(1, 2))
  bytes[14] = 0x44
  const flow = frameFlow(bytes)
  assert.equal(flow.src_addr, IPV4.src_addr)
  assert.equal(flow.src_port, undefined)
  assert.deepEqual(flow.layer_stack, ['Ethernet', 'IPv4'])
})

test('the first fragment of IPv4 has ports, the others have none', () => {
  const first = flowOf(ethernet(), ipv4({ id: 77, flags: 1 }), udp(53, 1024))
  assert.deepEqual([first.ip_flags, first.fragment_offset, first.fragment_id, first.src_port], [1, undefined, 77, 53])
  const second = flowOf(ethernet(), ipv4({ id: 77, offset: 185 }), udp(53, 1024))
  assert.deepEqual(
    [second.ip_flags, second.fragment_offset, second.fragment_id, second.proto, second.src_port],
    [undefined, 185, 77, 17, undefined]
  )
  assert.deepEqual(second.layer_stack, ['Ethernet', 'IPv4'])
})

test('a fragment that is not the first has no layers, whatever it carries', () => {
  for (const inner of [icmp(8, 0), gre(), ipv4(), sctp(1, 2)])
    assert.deepEqual(stackOf(ethernet(), ipv4({ offset: 1 }), inner, ipv4(), tcp(1, 2)), ['Ethernet', 'IPv4'])
})

test('the first fragment of IPv6 has ports, the others have none', () => {
  const first = flowOf(ethernet(), ipv6(), ipv6Options(0), ipv6Fragment({ id: 0xfedcba98, more: true }), udp(53, 1024))
  assert.deepEqual(
    [first.ip_flags, first.fragment_offset, first.fragment_id, first.proto, first.src_port],
    [1, undefined, 0xfedcba98, 17, 53]
  )
  assert.deepEqual(first.layer_stack, ['Ethernet', 'IPv6', 'IPv6HeaderOptions', 'IPv6HeaderFragment', 'UDP'])
  const second = flowOf(ethernet(), ipv6(), ipv6Fragment({ id: 5, offset: 1448 / 8 }), udp(53, 1024))
  assert.deepEqual(
    [second.ip_flags, second.fragment_offset, second.fragment_id, second.proto, second.src_port],
    [undefined, 181, 5, 17, undefined]
  )
  assert.deepEqual(second.layer_stack, ['Ethernet', 'IPv6', 'IPv6HeaderFragment'])
})

test('a chain of IPv6 extension headers: the protocol is what it carries', () => {
  const flow = flowOf(
    ethernet(),
    ipv6(),
    ipv6Options(0, 1),
    ipv6Options(60),
    segmentRouting(['2001:db8::5', '2001:db8::6'], 1),
    ipv6Fragment(),
    authentication(),
    ipv6Options(60, 2),
    tcp(1000, 179)
  )
  assert.equal(flow.proto, 6)
  assert.equal(flow.dst_port, 179)
  assert.deepEqual(flow.layer_stack, [
    'Ethernet',
    'IPv6',
    'IPv6HeaderOptions',
    'IPv6HeaderOptions',
    'IPv6HeaderRouting',
    'IPv6HeaderFragment',
    'AH',
    'IPv6HeaderOptions',
    'TCP'
  ])
  assert.deepEqual(flow.layer_size, [14, 40, 16, 8, 40, 8, 24, 24, 20])
})

test('no next header, and a chain that is cut before its end', () => {
  assert.equal(flowOf(ethernet(), ipv6()).proto, 59)
  assert.equal(flowOf(ethernet(), ipv6({ nextHeader: 60 })).proto, undefined)
})

test('segment routing: segments as they stand, TLVs are none', () => {
  const flow = flowOf(
    ethernet(),
    ipv6(),
    segmentRouting(['2001:db8::a', '2001:db8::b', '2001:db8::c'], 2, 16),
    ipv4({ src: '10.0.0.1' }),
    tcp(1, 2)
  )
  assert.deepEqual(flow.ipv6_routing_header_addresses, ['2001:db8::a', '2001:db8::b', '2001:db8::c'].map(hex))
  assert.equal(flow.ipv6_routing_header_seg_left, 2)
  assert.equal(flow.proto, 4)
  assert.equal(flow.src_addr, IPV6.src_addr)
  assert.deepEqual(flow.layer_size, [14, 40, 72, 20, 20])
})

test('a routing header of another type gives no segments', () => {
  const bytes = packet(ethernet(), ipv6(), segmentRouting(['2001:db8::a'], 1), udp(7, 8))
  bytes[14 + 40 + 2] = 0
  const flow = frameFlow(bytes)
  assert.equal(flow.ipv6_routing_header_addresses, undefined)
  assert.equal(flow.ipv6_routing_header_seg_left, undefined)
  assert.equal(flow.dst_port, 8)
})

test('segments are no more than the header has, and no more than was captured', () => {
  const bytes = packet(ethernet(), ipv6(), segmentRouting(['2001:db8::a', '2001:db8::b'], 1), udp(7, 8))
  bytes[14 + 40 + 4] = 200 // last entry
  assert.deepEqual(frameFlow(bytes).ipv6_routing_header_addresses, ['2001:db8::a', '2001:db8::b'].map(hex))
  assert.deepEqual(frameFlow(bytes.subarray(0, 14 + 40 + 8 + 31)).ipv6_routing_header_addresses, [hex('2001:db8::a')])
  assert.equal(frameFlow(bytes.subarray(0, 14 + 40 + 6)).ipv6_routing_header_addresses, undefined)
})

test("IPv6's extension headers are protocols without meaning in IPv4, but for AH", () => {
  for (const protocol of [43, 44, 60]) {
    const flow = flowOf(ethernet(), ipv4({ protocol }), raw(6, 0, 0, 0, 0, 0, 0, 0), tcp(1, 2))
    assert.equal(flow.proto, protocol)
    assert.equal(flow.src_port, undefined)
    assert.deepEqual(flow.layer_stack, ['Ethernet', 'IPv4'])
  }
  const flood = flowOf(ethernet(), ipv4({ protocol: 0 }), raw(6, 0, 0, 0, 0, 0, 0, 0), tcp(1, 2))
  assert.deepEqual([flood.proto, flood.src_port], [undefined, undefined])
  const secured = flowOf(ethernet(), ipv4(), authentication(), udp(500, 501))
  assert.deepEqual([secured.proto, secured.dst_port, secured.layer_stack], [17, 501, ['Ethernet', 'IPv4', 'AH', 'UDP']])
})

test('TCP: ports from 4 bytes, flags from 14, accurate ECN included', () => {
  const bytes = packet(ethernet(), ipv4(), tcp(40000, 443, { flags: 0x1c2 }))
  const cut = (left: number): Flow => frameFlow(bytes.subarray(0, 34 + left))
  assert.deepEqual([cut(3).src_port, cut(3).dst_port, cut(3).layer_size], [undefined, undefined, [14, 20, 3]])
  assert.deepEqual([cut(4).src_port, cut(4).dst_port, cut(4).tcp_flags], [40000, 443, undefined])
  assert.equal(cut(13).tcp_flags, undefined)
  assert.equal(cut(14).tcp_flags, 0x1c2)
})

test('ICMP and ICMPv6', () => {
  assert.deepEqual(flowOf(ethernet(), ipv4(), icmp(3, 13)), {
    ...MACS,
    ...IPV4,
    proto: 1,
    icmp_type: 3,
    icmp_code: 13,
    layer_stack: ['Ethernet', 'IPv4', 'ICMP'],
    layer_size: [14, 20, 8]
  })
  assert.deepEqual(flowOf(ethernet(), ipv6(), icmpv6(1, 4)), {
    ...MACS,
    ...IPV6,
    proto: 58,
    icmp_type: 1,
    icmp_code: 4,
    layer_stack: ['Ethernet', 'IPv6', 'ICMPv6'],
    layer_size: [14, 40, 8]
  })
})

test('padding behind an IP packet is not looked into', () => {
  const padding = raw(...Buffer.alloc(18, 8))
  assert.deepEqual(stackOf(ethernet(), ipv4({ protocol: 17, totalLength: 28 }), udp(1, 4789), padding), ['Ethernet', 'IPv4', 'UDP'])
  const bytes = packet(ethernet(), ipv6(), udp(1, 4789), padding)
  bytes.writeUInt16BE(8, 14 + 4)
  assert.deepEqual(frameFlow(bytes).layer_stack, ['Ethernet', 'IPv6', 'UDP'])
})

test('a length of zero (offloading), or one shorter than the header, does not end the packet', () => {
  for (const totalLength of [0, 19]) assert.equal(flowOf(ethernet(), ipv4({ totalLength }), tcp(1, 2)).dst_port, 2)
  const bytes = packet(ethernet(), ipv6(), tcp(1, 2))
  bytes.writeUInt16BE(0, 14 + 4)
  assert.equal(frameFlow(bytes).dst_port, 2)
})

test('GRE with any of checksum, key and sequence: the outer packet has the fields, the inner its layers', () => {
  const outer = { ...MACS, ...IPV4, proto: 47 }
  for (const [options, size] of [
    [{}, 4],
    [{ checksum: true }, 8],
    [{ key: 1 }, 8],
    [{ sequence: 2 }, 8],
    [{ checksum: true, key: 1, sequence: 2 }, 16]
  ] as const) {
    assert.deepEqual(flowOf(ethernet(), ipv4(), gre(options), ipv6(), tcp(1, 2)), {
      ...outer,
      layer_stack: ['Ethernet', 'IPv4', 'GRE', 'IPv6', 'TCP'],
      layer_size: [14, 20, size, 40, 20]
    })
  }
  assert.deepEqual(flowOf(ethernet(), ipv4(), gre({ key: 5 }), ethernet(), dot1q(9), ipv4(), udp(1, 2)), {
    ...outer,
    layer_stack: ['Ethernet', 'IPv4', 'GRE', 'Ethernet', 'Dot1Q', 'IPv4', 'UDP'],
    layer_size: [14, 20, 8, 14, 4, 20, 8]
  })
  assert.deepEqual(flowOf(ethernet(), ipv4(), gre(), mpls([16]), ipv4(), udp(1, 2)), {
    ...outer,
    layer_stack: ['Ethernet', 'IPv4', 'GRE', 'MPLS', 'IPv4', 'UDP'],
    layer_size: [14, 20, 4, 4, 20, 8]
  })
})

test('PPTP', () => {
  for (const [options, size] of [
    [{ sequence: 1, acknowledgement: 2 }, 20],
    [{ sequence: 1 }, 16],
    [{ sequence: 1, control: false }, 14]
  ] as const) {
    const flow = flowOf(ethernet(), ipv4(), pptp(options), ipv4({ src: '10.0.0.1' }), tcp(1, 2))
    assert.deepEqual(flow.layer_stack, ['Ethernet', 'IPv4', 'GRE', 'IPv4', 'TCP'])
    assert.deepEqual(flow.layer_size, [14, 20, size, 20, 20])
    assert.equal(flow.src_addr, IPV4.src_addr)
  }
})

test('IP in IP, and what else goes right into IP', () => {
  for (const [outer, inner, proto] of [
    [ipv4(), ipv4({ src: '10.0.0.1' }), 4],
    [ipv4(), ipv6({ src: 'fd00::1' }), 41],
    [ipv6(), ipv4({ src: '10.0.0.1' }), 4],
    [ipv6(), ipv6({ src: 'fd00::1' }), 41],
    [ipv6(), ethernet(), 143],
    [ipv4(), mpls([16]), 137]
  ] as const) {
    const flow = flowOf(ethernet(), outer, inner, ipv4({ src: '10.0.0.9' }), udp(1, 2))
    assert.deepEqual([flow.proto, flow.src_port, flow.mpls_label], [proto, undefined, undefined])
    assert.ok(flow.src_addr === IPV4.src_addr || flow.src_addr === IPV6.src_addr)
    assert.equal((flow.layer_stack as string[]).length, 5)
    assert.equal((flow.layer_stack as string[]).at(-1), 'UDP')
  }
})

test('VXLAN: the VNI and the outer packet', () => {
  const flow = flowOf(
    ethernet(),
    ipv4(),
    udp(50000, 4789),
    vxlan(0xabcdef),
    ethernet({ src: '02:00:00:00:00:99' }),
    dot1q(5),
    ipv6(),
    tcp(1, 2)
  )
  assert.deepEqual(flow, {
    ...MACS,
    ...IPV4,
    proto: 17,
    src_port: 50000,
    dst_port: 4789,
    vni: 0xabcdef,
    layer_stack: ['Ethernet', 'IPv4', 'UDP', 'VXLAN', 'Ethernet', 'Dot1Q', 'IPv6', 'TCP'],
    layer_size: [14, 20, 8, 8, 14, 4, 40, 20]
  })
})

test('the VNI of a tunnel in a tunnel is not the outer one', () => {
  assert.equal(flowOf(ethernet(), ipv4(), gre(), ipv4(), udp(1, 4789), vxlan(5), ethernet(), ipv4(), tcp(1, 2)).vni, undefined)
  assert.equal(flowOf(ethernet(), ipv4(), udp(1, 4789), vxlan(5), ethernet(), ipv4(), udp(1, 6081), geneve(6), ethernet(), ipv4()).vni, 5)
})

test('UDP to the port of VXLAN that is none', () => {
  const flow = flowOf(ethernet(), ipv4(), udp(53, 4789), raw(0, 0, 0, 0, 0, 0, 7, 0), ethernet(), ipv4())
  assert.deepEqual([flow.layer_stack, flow.vni], [['Ethernet', 'IPv4', 'UDP'], undefined])
})

test('Geneve with options, carrying Ethernet or IP', () => {
  const flow = flowOf(ethernet(), ipv6(), udp(50000, 6081), geneve(77, 12), ethernet(), ipv4(), tcp(1, 2))
  assert.equal(flow.vni, 77)
  assert.deepEqual(flow.layer_stack, ['Ethernet', 'IPv6', 'UDP', 'Geneve', 'Ethernet', 'IPv4', 'TCP'])
  assert.deepEqual(flow.layer_size, [14, 40, 8, 20, 14, 20, 20])
  assert.deepEqual(stackOf(ethernet(), ipv4(), udp(1, 6081), geneve(1), ipv4(), icmp(8, 0)), [
    'Ethernet',
    'IPv4',
    'UDP',
    'Geneve',
    'IPv4',
    'ICMP'
  ])
})

test('Teredo to its port and from it, with indications and without', () => {
  for (const [options, size] of [
    [{}, 0],
    [{ origin: true }, 8],
    [{ authenticated: true }, 18],
    [{ origin: true, authenticated: true }, 26]
  ] as const) {
    for (const ports of [udp(50000, 3544), udp(3544, 50000)]) {
      const flow = flowOf(ethernet(), ipv4(), ports, teredo(options), ipv6(), icmpv6(128, 0))
      assert.deepEqual(flow.layer_stack, ['Ethernet', 'IPv4', 'UDP', 'Teredo', 'IPv6', 'ICMPv6'])
      assert.deepEqual(flow.layer_size, [14, 20, 8, size, 40, 8])
      assert.deepEqual([flow.src_addr, flow.proto, flow.icmp_type], [IPV4.src_addr, 17, undefined])
    }
  }
  assert.deepEqual(stackOf(ethernet(), ipv4(), udp(1, 3544), raw(0xff, 0xff)), ['Ethernet', 'IPv4', 'UDP'])
})

test('layers beyond any that make sense are not looked into', () => {
  const flow = flowOf(ethernet(), ...Array.from({ length: 1000 }, (_, i) => dot1q(i)), ipv4())
  assert.equal((flow.layer_stack as string[]).length, MAX_LAYERS)
  assert.equal((flow.layer_size as number[]).length, MAX_LAYERS)
})

test('nothing captured, nothing said', () => {
  for (const link of Object.values(LINK)) assert.deepEqual(frameFlow(Buffer.alloc(0), { link }), {})
})
