/** Peeling tunnels: the message is that of the packet inside, as if that alone had been sampled, with what was peeled beside it. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Tunnel, TUNNELS } from '../../../src/decode/packet/decap.js'
import { frameFieldSet } from '../../../src/decode/packet/fields.js'
import { LINK } from '../../../src/decode/packet/walk.js'
import {
  authentication,
  dot1q,
  ethernet,
  geneve,
  gre,
  gtpu,
  icmp,
  ipv4,
  ipv6,
  ipv6Options,
  mpls,
  packet,
  type PacketLayer,
  pppoe,
  raw,
  segmentRouting,
  tcp,
  teredo,
  udp,
  vxlan
} from '../../support/build-packet.js'
import type { Flow } from '../../support/datagram-stream.js'
import { frameFlow, hex } from '../../support/frame-flow.js'
import { FRAMES } from './catalogue.js'

const OUTER4 = { tunnel_src_addr: hex('198.18.0.1'), tunnel_dst_addr: hex('198.18.0.2') }
const OUTER6 = { tunnel_src_addr: hex('2001:db8:f::1'), tunnel_dst_addr: hex('2001:db8:f::2') }
const outer4 = ipv4({ src: '198.18.0.1', dst: '198.18.0.2', tos: 0xb8, ttl: 200, id: 99, flags: 2 })
const outer6 = ipv6({ src: '2001:db8:f::1', dst: '2001:db8:f::2', trafficClass: 0xb8, hopLimit: 200, flowLabel: 0x12345 })
const outerLink = [ethernet({ src: '02:00:00:00:00:0e', dst: '02:00:00:00:00:0f' }), dot1q(3999)]
const inner4 = [ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 9 }), tcp(1024, 443, { flags: 2 })]
const inner6 = [ipv6({ src: 'fd00::1', dst: 'fd00::2', hopLimit: 8 }), udp(1025, 53)]
const innerFrame = [ethernet({ src: '02:00:00:00:00:0a', dst: '02:00:00:00:00:0b' }), dot1q(7), ...inner4]

interface Case {
  /** the layers around the packet, from the link on */
  readonly around: readonly PacketLayer[]
  readonly inside: readonly PacketLayer[]
  readonly tunnel: Tunnel
  /** what the message says of the tunnel, beside its type */
  readonly fields: Flow
}

const CASES: Record<string, Case> = {
  VXLAN: { around: [outer4, udp(50000, 4789), vxlan(5001)], inside: innerFrame, tunnel: 'vxlan', fields: { ...OUTER4, vni: 5001 } },
  'Geneve with options': {
    around: [outer6, udp(50000, 6081), geneve(6001, 8)],
    inside: innerFrame,
    tunnel: 'geneve',
    fields: { ...OUTER6, vni: 6001 }
  },
  'Geneve of IP': { around: [outer6, udp(50000, 6081), geneve(6001)], inside: inner6, tunnel: 'geneve', fields: { ...OUTER6, vni: 6001 } },
  GRE: { around: [outer4, gre({ key: 7, sequence: 1 })], inside: inner6, tunnel: 'gre', fields: OUTER4 },
  'GRE and Ethernet': { around: [outer4, gre()], inside: innerFrame, tunnel: 'gre', fields: OUTER4 },
  'GRE and MPLS': { around: [outer4, gre()], inside: [mpls([17, 18]), ...inner4], tunnel: 'gre', fields: OUTER4 },
  'IPv4 in IPv4': { around: [outer4], inside: inner4, tunnel: 'ipip', fields: OUTER4 },
  'IPv6 in IPv4': { around: [outer4], inside: inner6, tunnel: 'ipip', fields: OUTER4 },
  'IPv4 in IPv6 behind options and AH': {
    around: [outer6, ipv6Options(60), authentication()],
    inside: inner4,
    tunnel: 'ipip',
    fields: OUTER6
  },
  'GTP-U': { around: [outer4, udp(2152, 2152), gtpu(0xdeadbeef)], inside: inner4, tunnel: 'gtpu', fields: { ...OUTER4, teid: 0xdeadbeef } },
  'GTP-U with an extension header': {
    around: [outer4, udp(2152, 2152), gtpu(9, { extensions: [[0x85, Buffer.from([0, 1])]] })],
    inside: inner6,
    tunnel: 'gtpu',
    fields: { ...OUTER4, teid: 9 }
  },
  SRv6: { around: [outer6, segmentRouting(['2001:db8:f::2', '2001:db8:f::3'], 1)], inside: inner4, tunnel: 'srv6', fields: OUTER6 },
  'SRv6 and Ethernet, with no header of segments': { around: [outer6], inside: innerFrame, tunnel: 'srv6', fields: OUTER6 },
  'a pseudowire with a control word': {
    around: [mpls([24001, 24002], { controlWord: true })],
    inside: innerFrame,
    tunnel: 'mpls',
    fields: {}
  },
  'a pseudowire': { around: [mpls([24001])], inside: innerFrame, tunnel: 'mpls', fields: {} },
  Teredo: { around: [outer4, udp(3544, 50000), teredo({ origin: true })], inside: inner6, tunnel: 'teredo', fields: OUTER4 }
}

/** What a frame says without the layers, which are those of the whole frame whatever is peeled. */
function withoutLayers(flow: Flow): Flow {
  return Object.fromEntries(Object.entries(flow).filter(([name]) => !name.startsWith('layer_')))
}

const LINKS: Record<string, number> = { Ethernet: LINK.ethernet, MPLS: LINK.mpls, IPv4: LINK.ip, IPv6: LINK.ip }

/** The fields of a packet alone. */
function alone(bytes: Buffer, first: string): Flow {
  return withoutLayers(frameFlow(bytes, { link: LINKS[first] }))
}

for (const [name, { around, inside, tunnel, fields }] of Object.entries(CASES)) {
  const frame = packet(...outerLink, ...around, ...inside)
  const start = frame.length - packet(...inside).length
  const plain = frameFlow(frame)
  const stack = plain.layer_stack as string[]
  const first = stack[outerLink.length + around.length]
  const layers = { layer_stack: stack, layer_size: plain.layer_size }

  test(`${name}: all fields are the inner packet's, but for the tunnel's own`, () => {
    const expected = { ...alone(frame.subarray(start), first), ...fields, tunnel_type: tunnel, ...layers }
    assert.deepEqual(frameFlow(frame, { decap: [tunnel] }), expected)
    assert.deepEqual(frameFlow(frame, { decap: TUNNELS }), expected)
  })

  test(`${name}: another tunnel's name changes nothing`, () => {
    assert.deepEqual(frameFlow(frame, { decap: TUNNELS.filter((other) => other !== tunnel) }), plain)
  })

  test(`${name}, cut at every byte: peeled only where both inner addresses are there`, () => {
    const ipAt = start + (first === 'Ethernet' ? 18 : first === 'MPLS' ? 8 : 0)
    const wholeAt = ipAt + ((frame[ipAt] ?? 0) >> 4 === 6 ? 40 : 20)
    for (let length = 0; length < frame.length; length++) {
      const cut = frame.subarray(0, length)
      const { layer_stack, layer_size, ...rest } = frameFlow(cut)
      const expected = length < wholeAt ? rest : { ...alone(cut.subarray(start), first), ...fields, tunnel_type: tunnel }
      const whole = { ...expected, ...(layer_stack === undefined ? {} : { layer_stack, layer_size }) }
      assert.deepEqual(frameFlow(cut, { decap: TUNNELS }), whole, `${length} bytes`)
    }
  })
}

test('VXLAN in GRE: peeled as far as the list goes, the ends are the outermost tunnel’s', () => {
  const frame = FRAMES['VXLAN in GRE']
  const vxlanAt = frame.length - (14 + 40 + 20)
  const greAt = vxlanAt - (20 + 8 + 8)
  const layers = { layer_stack: frameFlow(frame).layer_stack, layer_size: frameFlow(frame).layer_size }
  const both: Flow = { ...alone(frame.subarray(vxlanAt), 'Ethernet'), ...OUTER4, tunnel_type: 'gre/vxlan', ...layers }
  const one: Flow = { ...alone(frame.subarray(greAt), 'IPv4'), ...OUTER4, tunnel_type: 'gre', ...layers }
  assert.deepEqual(frameFlow(frame, { decap: ['gre', 'vxlan'] }), both)
  assert.deepEqual(frameFlow(frame, { decap: ['gre'] }), one)
  assert.equal(one.vni, 77)
  // the outermost is not listed
  assert.deepEqual(frameFlow(frame, { decap: ['vxlan'] }), frameFlow(frame))
  // the innermost packet is cut inside its IP header
  const cut = frame.subarray(0, vxlanAt + 14 + 39)
  assert.deepEqual(withoutLayers(frameFlow(cut, { decap: TUNNELS })), withoutLayers(one))
})

test('a pseudowire in GRE is two tunnels, peeled together or not at all', () => {
  const frame = packet(...outerLink, outer4, gre(), mpls([17], { controlWord: true }), ...innerFrame)
  assert.equal(frameFlow(frame, { decap: TUNNELS }).tunnel_type, 'gre/mpls')
  assert.equal(frameFlow(frame, { decap: TUNNELS }).src_addr, hex('10.0.0.1'))
  assert.deepEqual(frameFlow(frame, { decap: ['gre'] }), frameFlow(frame))
})

test('many tunnels, more than a byte can count the letters of', () => {
  const frame = packet(...Array.from({ length: 40 }, (_, i) => ipv4({ src: `10.0.0.${i}` })), udp(1, 2))
  const flow = frameFlow(frame, { link: LINK.ip, decap: ['ipip'] })
  assert.equal(flow.tunnel_type, Array(39).fill('ipip').join('/'))
  assert.equal(flow.src_addr, hex('10.0.0.39'))
  assert.equal(flow.tunnel_src_addr, hex('10.0.0.0'))
})

test('what holds no IP packet stays as it is', () => {
  const arp = packet(...outerLink, outer4, udp(50000, 4789), vxlan(5), ethernet({ type: 0x0806 }), raw(0, 1, 8, 0))
  const echo = packet(...outerLink, outer4, udp(2152, 2152), gtpu(0, { type: 1, sequence: 7 }))
  const mplsInIp = packet(...outerLink, outer4, mpls([17]), ...inner4)
  const session = packet(...outerLink, pppoe(7), outer4, icmp(8, 0))
  for (const frame of [arp, echo, mplsInIp, session]) assert.deepEqual(frameFlow(frame, { decap: TUNNELS }), frameFlow(frame))
})

test('fields that are not wanted from the outer packet, because another says them, are the inner packet’s', () => {
  const frame = packet(...outerLink, outer4, gre(), ...inner4)
  const skip = frameFieldSet(['src_addr', 'ip_tos'])
  assert.equal(frameFlow(frame, { skip }).src_addr, undefined)
  assert.equal(frameFlow(frame, { skip, decap: TUNNELS }).src_addr, hex('10.0.0.1'))
})
