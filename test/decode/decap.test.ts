/** -decap on whole datagrams: what stays of the sample or record, and what goes because it is of the outer packet. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { TUNNELS } from '../../src/decode/packet/decap.js'
import { be, ipfix, set, template, variable } from '../support/build-netflow.js'
import { dot1q, ethernet, gre, ipv4, ipv6, packet, tcp, udp, vxlan } from '../support/build-packet.js'
import {
  buildSflowDatagram,
  extendedGateway,
  extendedNat,
  extendedNatPort,
  extendedRouter,
  extendedSwitch,
  flowSample,
  rawHeader,
  sampledEthernet,
  sampledIpv4,
  vniOut
} from '../support/build-sflow.js'
import type { Flow } from '../support/datagram-stream.js'
import { decode } from '../support/decode.js'
import { hex, mac } from '../support/frame-flow.js'
import { runTool } from '../support/tools.js'

const inner = [
  ethernet({ src: '02:00:00:00:00:0a', dst: '02:00:00:00:00:0b' }),
  ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 9 }),
  tcp(1, 2)
]
const outer = [ethernet(), dot1q(3999), ipv4({ src: '198.18.0.1', dst: '198.18.0.2', tos: 8 }), udp(50000, 4789), vxlan(5001)]
const frame = packet(...outer, ...inner)

const INNER: Flow = {
  src_mac: mac('02:00:00:00:00:0a'),
  dst_mac: mac('02:00:00:00:00:0b'),
  etype: 0x0800,
  src_addr: hex('10.0.0.1'),
  dst_addr: hex('10.0.0.2'),
  ip_ttl: 9,
  proto: 6,
  src_port: 1,
  dst_port: 2,
  tcp_flags: 16,
  tunnel_type: 'vxlan',
  tunnel_src_addr: hex('198.18.0.1'),
  tunnel_dst_addr: hex('198.18.0.2'),
  vni: 5001,
  layer_stack: ['Ethernet', 'Dot1Q', 'IPv4', 'UDP', 'VXLAN', 'Ethernet', 'IPv4', 'TCP'],
  layer_size: [14, 4, 20, 8, 8, 14, 20, 20]
}

test('sFlow: records that describe the outer packet are left out, those of its way stay', async () => {
  const records = [
    rawHeader(frame, { frameLength: 1400 }),
    sampledEthernet(),
    sampledIpv4(),
    extendedSwitch(3999, 4000),
    extendedRouter('192.0.2.77', 24, 25),
    extendedGateway({ as: 64500, srcAs: 64501, path: [{ ases: [64511, 64512] }], communities: [7] }),
    extendedNat('192.0.2.5', '192.0.2.6'),
    extendedNatPort(5, 6),
    vniOut(77)
  ]
  const { flows } = await decode([buildSflowDatagram({ samples: [flowSample({ rate: 1000, input: 3, output: 4, records })] })], {
    decap: TUNNELS
  })
  const { type, time_received_ns, time_flow_start_ns, time_flow_end_ns, sampler_address, sequence_num, ...flow } = flows[0]
  assert.deepEqual([type, sequence_num], ['SFLOW_5', 1])
  assert.ok([time_received_ns, time_flow_start_ns, time_flow_end_ns, sampler_address].every((value) => value !== undefined))
  assert.deepEqual(flow, {
    ...INNER,
    bytes: '1400',
    packets: '1',
    sampling_rate: '1000',
    in_if: 3,
    out_if: 4,
    next_hop: hex('192.0.2.77'),
    bgp_next_hop: hex('192.0.2.253'),
    next_hop_as: 64511,
    as_path: [64511, 64512],
    bgp_communities: [7]
  })
})

/** The flow of an IPFIX record: elements with their values, the last a section of variable length. */
async function recordFlow(elements: readonly (readonly [id: number, value: Buffer])[], section: number, bytes: Buffer): Promise<Flow> {
  const layout = [...elements.map(([id, value]): [number, number] => [id, value.length]), [section, 65535] as [number, number]]
  const record = [...elements.map(([, value]) => value), variable(bytes)]
  const { flows } = await decode([ipfix({}, set(2, template(256, layout)), set(256, ...record, ...record))], { decap: TUNNELS })
  assert.deepEqual(flows[0], flows[1])
  const shared = ['type', 'time_received_ns', 'sequence_num', 'sampler_address', 'time_flow_start_ns', 'time_flow_end_ns']
  return Object.fromEntries(Object.entries(flows[0]).filter(([name]) => !shared.includes(name)))
}

const COUNTED = { packets: '1', bytes: String(frame.length) }

test('IPFIX: the sections of a frame, and of a packet from its IP header on', async () => {
  for (const section of [104, 315]) assert.deepEqual(await recordFlow([[10, be(7, 4)]], section, frame), { ...INNER, ...COUNTED, in_if: 7 })
  const fromIp = packet(ipv6({ src: '2001:db8::1' }), gre(), ...inner)
  const flow = await recordFlow([], 313, fromIp)
  assert.deepEqual([flow.tunnel_type, flow.tunnel_src_addr, flow.src_addr], ['gre', hex('2001:db8::1'), hex('10.0.0.1')])
})

test('IPFIX: what the record itself says of the outer packet is not mixed with the inner one', async () => {
  const own: [number, Buffer][] = [
    [58, be(3999, 2)],
    [56, be(0x0200000000ee, 6)],
    [8, be(0xc6120001, 4)],
    [9, be(24, 1)],
    [16, be(64500, 4)],
    [5, be(8, 1)],
    [351, be(77, 8)],
    [10, be(7, 4)],
    [239, be(1, 1)]
  ]
  assert.deepEqual(await recordFlow(own, 315, frame), { ...INNER, ...COUNTED, in_if: 7, bi_flow_direction: 1 })
  // and where nothing is peeled, the record goes before its section
  const plain = packet(...outer.slice(0, 3), udp(1, 2))
  const flow = await recordFlow(own, 315, plain)
  assert.deepEqual([flow.vlan_id, flow.src_as, flow.tunnel_type], [3999, 64500, undefined])
})

test('flow-decode -decap: a list, all, and a name that is none', async () => {
  const { stderr, code } = await runTool('flow-decode', ['-decap', 'vxlan,vxlna'], Buffer.alloc(0))
  assert.equal(code, 64)
  assert.match(stderr, /'vxlna' is no tunnel: vxlan/)
  for (const words of ['all', 'vxlan,GRE', 'gtpu, srv6'])
    assert.equal((await runTool('flow-decode', ['-decap', words], Buffer.alloc(0))).code, 0)
})
