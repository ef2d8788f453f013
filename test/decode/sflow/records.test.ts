/** The records of samples: what each gives, and which counts where several could. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { dot1q, ethernet, gre, icmp, ipv4, ipv6, mpls, packet, raw, tcp, u32, udp, vxlan } from '../../support/build-packet.js'
import {
  buildSflowDatagram,
  extendedGateway,
  extendedNat,
  extendedNatPort,
  extendedRouter,
  extendedSwitch,
  flowSample,
  HEADER_PROTOCOL,
  rawHeader,
  sampledEthernet,
  sampledIpv4,
  sampledIpv6,
  structure,
  unknownStructure,
  vniIn,
  vniOut
} from '../../support/build-sflow.js'
import type { Flow } from '../../support/datagram-stream.js'
import { decode } from '../../support/decode.js'
import { hex, mac } from '../../support/frame-flow.js'

/** What the records give, apart from what any flow sample has. */
async function fieldsOf(...records: Buffer[]): Promise<Flow> {
  const bare = await decode([buildSflowDatagram({ samples: [flowSample()] })])
  const { flows, decoder } = await decode([buildSflowDatagram({ samples: [flowSample({ records })] })])
  assert.deepEqual([...decoder.counts.errors], [])
  assert.equal(flows.length, 1)
  return Object.fromEntries(Object.entries(flows[0]).filter(([name]) => !(name in bare.flows[0])))
}

const SAMPLED_V4 = {
  bytes: '100',
  src_addr: hex('192.0.2.11'),
  dst_addr: hex('192.0.2.12'),
  etype: 0x0800,
  proto: 6,
  src_port: 1024,
  dst_port: 443,
  tcp_flags: 2,
  ip_tos: 8
}
const SAMPLED_V6 = { ...SAMPLED_V4, src_addr: hex('2001:db8::11'), dst_addr: hex('2001:db8::12'), etype: 0x86dd }
const SAMPLED_MACS = { src_mac: mac('02:00:00:00:00:03'), dst_mac: mac('02:00:00:00:00:04') }
const MACS = { src_mac: mac('02:00:00:00:00:01'), dst_mac: mac('02:00:00:00:00:02') }

test('a raw header of every protocol that we read', async () => {
  const tcpInIpv4 = packet(ipv4(), tcp(1, 2))
  const expected = {
    src_addr: hex('192.0.2.1'),
    dst_addr: hex('198.51.100.2'),
    ip_ttl: 64,
    proto: 6,
    src_port: 1,
    dst_port: 2,
    tcp_flags: 16,
    etype: 0x0800
  }
  assert.deepEqual(await fieldsOf(rawHeader(packet(ethernet(), ipv4(), tcp(1, 2)), { frameLength: 64 })), {
    ...expected,
    ...MACS,
    bytes: '64',
    layer_stack: ['Ethernet', 'IPv4', 'TCP'],
    layer_size: [14, 20, 20]
  })
  assert.deepEqual(await fieldsOf(rawHeader(tcpInIpv4, { protocol: HEADER_PROTOCOL.ipv4, frameLength: 1500 })), {
    ...expected,
    bytes: '1500',
    layer_stack: ['IPv4', 'TCP'],
    layer_size: [20, 20]
  })
  assert.deepEqual(await fieldsOf(rawHeader(packet(mpls([77]), ipv4(), tcp(1, 2)), { protocol: HEADER_PROTOCOL.mpls })), {
    ...expected,
    bytes: '44',
    mpls_label: [77],
    mpls_ttl: [64],
    layer_stack: ['MPLS', 'IPv4', 'TCP'],
    layer_size: [4, 20, 20]
  })
  const six = await fieldsOf(rawHeader(packet(ipv6(), udp(3, 4)), { protocol: HEADER_PROTOCOL.ipv6 }))
  assert.deepEqual([six.src_addr, six.dst_port, six.etype], [hex('2001:db8::1'), 4, 0x86dd])
})

test('a raw header of a protocol that we do not read gives its length', async () => {
  for (const protocol of [HEADER_PROTOCOL.fddi, HEADER_PROTOCOL.ppp, 0, 0xffffffff]) {
    assert.deepEqual(await fieldsOf(rawHeader(packet(ipv4(), tcp(1, 2)), { protocol, frameLength: 333 })), { bytes: '333' })
  }
})

test('a raw header without a byte of the packet', async () => {
  assert.deepEqual(await fieldsOf(rawHeader(Buffer.alloc(0), { frameLength: 9000 })), { bytes: '9000' })
})

test('a raw header is read to its own length, not into the padding', async () => {
  const frame = packet(ethernet(), ipv4({ totalLength: 0 }), tcp(1, 2)).subarray(0, 37)
  const fields = await fieldsOf(rawHeader(frame))
  assert.deepEqual(fields.layer_size, [14, 20, 3])
  assert.equal(fields.src_port, undefined)
})

test('sampled Ethernet, IPv4 and IPv6 by themselves', async () => {
  assert.deepEqual(await fieldsOf(sampledEthernet({ length: 98, type: 0x0806 })), { ...SAMPLED_MACS, bytes: '98', etype: 0x0806 })
  assert.deepEqual(await fieldsOf(sampledIpv4()), SAMPLED_V4)
  assert.deepEqual(await fieldsOf(sampledIpv6({ protocol: 17, flags: 16, tos: 0xb8 })), {
    ...SAMPLED_V6,
    proto: 17,
    tcp_flags: 16,
    ip_tos: 0xb8
  })
})

test("the length: the raw header's, else Ethernet's, else that of IP, in whatever order they come", async () => {
  const header = rawHeader(packet(ethernet({ type: 0x88cc }), raw(1)), { frameLength: 1 })
  const lengthOf = async (...records: Buffer[]): Promise<unknown[]> => [
    (await fieldsOf(...records)).bytes,
    (await fieldsOf(...records.reverse())).bytes
  ]
  assert.deepEqual(await lengthOf(header, sampledEthernet({ length: 2 }), sampledIpv4({ length: 3 })), ['1', '1'])
  assert.deepEqual(await lengthOf(sampledEthernet({ length: 2 }), sampledIpv4({ length: 3 })), ['2', '2'])
  assert.deepEqual(await lengthOf(sampledEthernet({ length: 2 }), sampledIpv6({ length: 3 })), ['2', '2'])
})

test('sampled Ethernet and IP together', async () => {
  for (const records of [
    [sampledEthernet(), sampledIpv4()],
    [sampledIpv4(), sampledEthernet({ type: 0x8100 })]
  ]) {
    assert.deepEqual(await fieldsOf(...records), { ...SAMPLED_V4, ...SAMPLED_MACS, bytes: '64' })
  }
})

test('the header goes before the records, which fill what it does not say', async () => {
  const whole = packet(ethernet(), dot1q(5), ipv4({ tos: 0x20 }), tcp(7, 8, { flags: 0x12 }))
  const records = [sampledIpv4({ tos: 1, flags: 1 }), sampledEthernet({ type: 1 })]
  assert.deepEqual(await fieldsOf(rawHeader(whole), ...records), await fieldsOf(rawHeader(whole)))
  assert.deepEqual(await fieldsOf(...records, rawHeader(whole)), await fieldsOf(rawHeader(whole)))

  const macs = await fieldsOf(rawHeader(whole.subarray(0, 12)), ...records)
  assert.deepEqual(macs, { ...SAMPLED_V4, ...MACS, bytes: '12', tcp_flags: 1, ip_tos: 1, layer_stack: ['Ethernet'], layer_size: [12] })
  const source = await fieldsOf(rawHeader(whole.subarray(0, 18 + 16)), ...records)
  assert.deepEqual(
    [source.src_addr, source.dst_addr, source.ip_tos, source.proto, source.dst_port],
    [hex('192.0.2.1'), hex('192.0.2.12'), 0x20, 6, 443]
  )
  const ports = await fieldsOf(rawHeader(whole.subarray(0, 18 + 20 + 4)), ...records)
  assert.deepEqual([ports.src_port, ports.dst_port, ports.tcp_flags], [7, 8, 1])
})

test('an IP record of the other family than the header is of some other packet', async () => {
  const four = rawHeader(packet(ethernet(), ipv4(), gre(), ipv6(), tcp(1, 2)))
  const six = rawHeader(packet(ethernet(), ipv6()))
  assert.deepEqual(await fieldsOf(four, sampledIpv6()), await fieldsOf(four))
  assert.deepEqual(await fieldsOf(six, sampledIpv4()), await fieldsOf(six))
})

test('ports are not made up for ICMP', async () => {
  const header = rawHeader(packet(ethernet(), ipv4(), icmp(8, 0)))
  const fields = await fieldsOf(header, sampledIpv4({ protocol: 1, srcPort: 8, dstPort: 99 }))
  assert.deepEqual([fields.src_port, fields.dst_port, fields.icmp_type], [undefined, undefined, 8])
})

test('a fragment without ports in its header has those that the device knows', async () => {
  const header = rawHeader(packet(ethernet(), ipv4({ offset: 9, protocol: 6 }), raw(0, 1, 0, 2)))
  const fields = await fieldsOf(header, sampledIpv4())
  assert.deepEqual([fields.src_port, fields.dst_port], [1024, 443])
})

test('the switch', async () => {
  assert.deepEqual(await fieldsOf(extendedSwitch(10, 4095)), { src_vlan: 10, dst_vlan: 4095 })
  const tagged = await fieldsOf(rawHeader(packet(ethernet(), dot1q(7), ipv4())), extendedSwitch(10, 0))
  assert.deepEqual([tagged.vlan_id, tagged.src_vlan, tagged.dst_vlan], [7, 10, undefined])
})

test('the router, its next hop of every type', async () => {
  assert.deepEqual(await fieldsOf(extendedRouter('192.0.2.77', 24, 20)), { next_hop: hex('192.0.2.77'), src_net: 24, dst_net: 20 })
  assert.deepEqual(await fieldsOf(extendedRouter('2001:db8::77', 48, 128)), { next_hop: hex('2001:db8::77'), src_net: 48, dst_net: 128 })
  assert.deepEqual(await fieldsOf(extendedRouter('', 24, 0)), { src_net: 24 })
})

test("the gateway: every segment of the path, the last AS is the destination's, the first the next hop's", async () => {
  const gateway = extendedGateway({
    path: [{ ases: [3320, 4200000000] }, { type: 1, ases: [] }, { type: 1, ases: [1, 2] }],
    communities: [0xffffff01, 0, 65536]
  })
  assert.deepEqual(await fieldsOf(gateway), {
    bgp_next_hop: hex('192.0.2.253'),
    src_as: 64501,
    dst_as: 2,
    next_hop_as: 3320,
    as_path: [3320, 4200000000, 1, 2],
    bgp_communities: [0xffffff01, 0, 65536]
  })
})

test('the gateway without a path, without a source AS, without a next hop', async () => {
  const nextHop = hex('192.0.2.253')
  assert.deepEqual(await fieldsOf(extendedGateway({})), { bgp_next_hop: nextHop, src_as: 64501, dst_as: 64500 })
  assert.deepEqual(await fieldsOf(extendedGateway({ srcAs: 0 })), { bgp_next_hop: nextHop, src_as: 64500, dst_as: 64500 })
  assert.deepEqual(await fieldsOf(extendedGateway({ path: [{ ases: [] }] })), { bgp_next_hop: nextHop, src_as: 64501, dst_as: 64500 })
  assert.deepEqual(await fieldsOf(extendedGateway({ nextHop: '', as: 0, srcAs: 0, path: [{ ases: [9] }] })), {
    dst_as: 9,
    next_hop_as: 9,
    as_path: [9]
  })
  assert.equal((await fieldsOf(extendedGateway({ nextHop: '2001:db8::1' }))).bgp_next_hop, hex('2001:db8::1'))
})

test('a long path and many communities', async () => {
  const ases = Array.from({ length: 500 }, (_, i) => 4200000000 + i)
  const communities = Array.from({ length: 700 }, (_, i) => 0xfde80000 + i)
  const fields = await fieldsOf(extendedGateway({ path: [{ ases: ases.slice(0, 250) }, { ases: ases.slice(250) }], communities }))
  assert.deepEqual(fields.as_path, ases)
  assert.deepEqual(fields.bgp_communities, communities)
  assert.equal(fields.dst_as, 4200000499)
})

test('a gateway without the local preference at its end', async () => {
  const data = extendedGateway({ path: [{ ases: [5] }] }).subarray(8)
  assert.deepEqual((await fieldsOf(structure(1003, data.subarray(0, -4)))).as_path, [5])
})

test('NAT', async () => {
  assert.deepEqual(await fieldsOf(extendedNat('203.0.113.1', '2001:db8::5'), extendedNatPort(61000, 443)), {
    post_nat_src_addr: hex('203.0.113.1'),
    post_nat_dst_addr: hex('2001:db8::5'),
    post_nat_src_port: 61000,
    post_nat_dst_port: 443
  })
  assert.deepEqual(await fieldsOf(extendedNat('', '203.0.113.2')), { post_nat_dst_addr: hex('203.0.113.2') })
})

test('the VNI: going out, else coming in, else in the packet', async () => {
  const header = rawHeader(packet(ethernet(), ipv4(), udp(1, 4789), vxlan(30), ethernet(), ipv4()))
  const vniOf = async (...records: Buffer[]): Promise<unknown> => (await fieldsOf(...records)).vni
  assert.equal(await vniOf(vniIn(20), header, vniOut(10)), 10)
  assert.equal(await vniOf(header, vniIn(20)), 20)
  assert.equal(await vniOf(header), 30)
})

test('records of other enterprises and formats are skipped by their length', async () => {
  const skipped = [
    unknownStructure(),
    structure(1006, Buffer.alloc(5)),
    structure(1012, Buffer.alloc(8)),
    structure(4096 + 1003, Buffer.alloc(4))
  ]
  assert.deepEqual(await fieldsOf(...skipped, extendedSwitch(1, 2)), { src_vlan: 1, dst_vlan: 2 })
})

test('bytes behind what a record is known to hold', async () => {
  const longer = structure(1001, Buffer.concat([u32(1, 0, 2, 0), Buffer.alloc(40, 9)]))
  assert.deepEqual(await fieldsOf(longer, vniIn(5)), { src_vlan: 1, dst_vlan: 2, vni: 5 })
})
