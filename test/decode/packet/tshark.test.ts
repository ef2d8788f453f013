/** Crafted frames, layer by layer against tshark's dissection of the same bytes. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { withoutTshark } from '../../captures/tshark.js'
import type { Flow } from '../../support/datagram-stream.js'
import { frameFlow, hex, mac } from '../../support/frame-flow.js'
import { pcap } from '../../support/pcap-writer.js'
import { FRAMES, PSEUDOWIRE } from './catalogue.js'

/** tshark's names of the layers in `frame.protocols`; those that are not here are no layers of ours. */
const LAYERS: Record<string, string> = {
  eth: 'Ethernet', vlan: 'Dot1Q', ieee8021ad: 'Dot1Q', mpls: 'MPLS', pppoes: 'PPPoE', ip: 'IPv4', ipv6: 'IPv6', tcp: 'TCP', udp: 'UDP', sctp: 'SCTP', icmp: 'ICMP', icmpv6: 'ICMPv6', gre: 'GRE', ah: 'AH',
  'ipv6.hopopts': 'IPv6HeaderOptions', 'ipv6.dstopts': 'IPv6HeaderOptions', 'ipv6.routing': 'IPv6HeaderRouting', 'ipv6.fraghdr': 'IPv6HeaderFragment',
  vxlan: 'VXLAN', geneve: 'Geneve', teredo: 'Teredo'
} // prettier-ignore

const number = (value: string): number => Number(value)

/** The layer whose field it is, tshark's name and ours, and how it says them. */
type FieldOf = readonly [layer: string, tshark: string, ours: string, read: (value: string) => string | number]

/** Of several for one of ours, the first counts whose layer is there. */
const FIELDS: readonly FieldOf[] = [
  ['eth', 'eth.src', 'src_mac', mac],
  ['eth', 'eth.dst', 'dst_mac', mac],
  ['ieee8021ad', 'ieee8021ad.id', 'vlan_id', number],
  ['vlan', 'vlan.id', 'vlan_id', number],
  ['ip', 'ip.src', 'src_addr', hex],
  ['ip', 'ip.dst', 'dst_addr', hex],
  ['ip', 'ip.dsfield', 'ip_tos', number],
  ['ip', 'ip.ttl', 'ip_ttl', number],
  ['ip', 'ip.proto', 'proto', number],
  ['ip', 'ip.id', 'fragment_id', number],
  ['ip', 'ip.flags', 'ip_flags', number],
  ['ip', 'ip.frag_offset', 'fragment_offset', number],
  ['ipv6', 'ipv6.src', 'src_addr', hex],
  ['ipv6', 'ipv6.dst', 'dst_addr', hex],
  ['ipv6', 'ipv6.tclass', 'ip_tos', number],
  ['ipv6', 'ipv6.flow', 'ipv6_flow_label', number],
  ['ipv6', 'ipv6.hlim', 'ip_ttl', number],
  ['ipv6.fraghdr', 'ipv6.fraghdr.ident', 'fragment_id', number],
  ['ipv6.fraghdr', 'ipv6.fraghdr.offset', 'fragment_offset', number],
  ['ipv6.fraghdr', 'ipv6.fraghdr.more', 'ip_flags', (value) => (value === '1' || value === 'True' ? 1 : 0)],
  ['ipv6.routing', 'ipv6.routing.segleft', 'ipv6_routing_header_seg_left', number],
  ['tcp', 'tcp.srcport', 'src_port', number],
  ['tcp', 'tcp.dstport', 'dst_port', number],
  ['tcp', 'tcp.flags', 'tcp_flags', number],
  ['udp', 'udp.srcport', 'src_port', number],
  ['udp', 'udp.dstport', 'dst_port', number],
  ['sctp', 'sctp.srcport', 'src_port', number],
  ['sctp', 'sctp.dstport', 'dst_port', number],
  ['icmp', 'icmp.type', 'icmp_type', number],
  ['icmp', 'icmp.code', 'icmp_code', number],
  ['icmpv6', 'icmpv6.type', 'icmp_type', number],
  ['icmpv6', 'icmpv6.code', 'icmp_code', number],
  ['vxlan', 'vxlan.vni', 'vni', number],
  ['geneve', 'geneve.vni', 'vni', number]
]
const LISTS: readonly FieldOf[] = [
  ['mpls', 'mpls.label', 'mpls_label', number],
  ['mpls', 'mpls.ttl', 'mpls_ttl', number],
  ['ipv6.routing', 'ipv6.routing.srh.addr', 'ipv6_routing_header_addresses', hex]
]

/** Where we say another thing on purpose. */
const DIFFERENCES: Partial<Record<string, { readonly fields: Flow; readonly reason: string }>> = {
  'AH in IPv4': { fields: { proto: 6 }, reason: 'the protocol of what is behind AH, which goes with the ports' }
}

/** For each frame its protocols, then the values of each field. */
function dissect(frames: readonly Buffer[]): string[][] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-frames-'))
  try {
    const file = path.join(folder, 'frames.pcap')
    fs.writeFileSync(file, pcap(frames.map((bytes) => ({ bytes }))))
    const columns = ['frame.protocols', ...[...FIELDS, ...LISTS].map(([, name]) => name)]
    const options = ['-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE', '-d', `mpls.label==${PSEUDOWIRE},pwethcw`]
    const { stdout, stderr, status } = spawnSync('tshark', ['-r', file, ...options, '-T', 'fields', '-E', 'separator=|', ...columns.flatMap((name) => ['-e', name])], {
      encoding: 'utf8'
    })
    assert.equal(status, 0, stderr)
    return stdout.trimEnd().split('\n').map((line) => line.split('|'))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** The protocols that are layers, without what an ICMP error quotes; and where the packet inside the outermost one begins. */
function layersOf(protocols: string): { layers: string[]; inner: number } {
  const all = protocols.split(':').filter((name) => name in LAYERS)
  const icmp = all.findIndex((name) => name === 'icmp' || name === 'icmpv6')
  const layers = icmp < 0 ? all : all.slice(0, icmp + 1)
  const isIp = (name: string): boolean => name === 'ip' || name === 'ipv6'
  const inner = layers.findIndex((name, i) => (name === 'eth' && i > 0) || (isIp(name) && layers.slice(0, i).some(isIp)))
  return { layers, inner: inner < 0 ? layers.length : inner }
}

/** What tshark reads of the outermost packet, under our names; what is zero is not there. */
function expected(outermost: readonly string[], values: readonly string[]): Flow {
  const flow: Flow = {}
  for (const [i, [layer, , ours, read]] of FIELDS.entries()) {
    if (!outermost.includes(layer) || ours in flow) continue
    const value = read(values[i].split(',')[0])
    if (value !== 0) flow[ours] = value
  }
  for (const [i, [layer, , ours, read]] of LISTS.entries()) {
    if (outermost.includes(layer)) flow[ours] = values[FIELDS.length + i].split(',').map(read)
  }
  return flow
}

const compared = new Set([...FIELDS, ...LISTS].map(([, , ours]) => ours))
const dissected = withoutTshark === false ? dissect(Object.values(FRAMES)) : []

for (const [i, [name, bytes]] of Object.entries(FRAMES).entries()) {
  const difference = DIFFERENCES[name]
  test(`${name}, as tshark has it${difference === undefined ? '' : `, but ${difference.reason}`}`, { skip: withoutTshark }, () => {
    const [protocols, ...values] = dissected[i]
    const { layers, inner } = layersOf(protocols)
    const flow = frameFlow(bytes)
    assert.deepEqual(flow.layer_stack, layers.map((layer) => LAYERS[layer]))
    // IPv6 has no field for the protocol behind its extension headers
    const ours = Object.fromEntries(Object.entries(flow).filter(([field]) => compared.has(field) && !(field === 'proto' && layers.slice(0, inner).includes('ipv6'))))
    assert.deepEqual(ours, { ...expected(layers.slice(0, inner), values), ...difference?.fields })
  })
}
