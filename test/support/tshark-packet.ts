/** Packets as tshark dissects them, under FlowMessage's names. */
import type { Flow } from './datagram-stream.js'
import { hex, mac } from './frame-flow.js'

/** tshark's names of the layers in `frame.protocols`; those that are not here are no layers of ours. */
const LAYERS: Record<string, string> = {
  eth: 'Ethernet', vlan: 'Dot1Q', ieee8021ad: 'Dot1Q', mpls: 'MPLS', pppoes: 'PPPoE', ip: 'IPv4', ipv6: 'IPv6', tcp: 'TCP', udp: 'UDP', sctp: 'SCTP', icmp: 'ICMP', icmpv6: 'ICMPv6', gre: 'GRE', ah: 'AH',
  'ipv6.hopopts': 'IPv6HeaderOptions', 'ipv6.dstopts': 'IPv6HeaderOptions', 'ipv6.routing': 'IPv6HeaderRouting', 'ipv6.fraghdr': 'IPv6HeaderFragment',
  vxlan: 'VXLAN', geneve: 'Geneve', teredo: 'Teredo', gtp: 'GTPU'
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
  ['geneve', 'geneve.vni', 'vni', number],
  ['gtp', 'gtp.teid', 'teid', number]
]
const LISTS: readonly FieldOf[] = [
  ['mpls', 'mpls.label', 'mpls_label', number],
  ['mpls', 'mpls.ttl', 'mpls_ttl', number],
  ['ipv6.routing', 'ipv6.routing.srh.addr', 'ipv6_routing_header_addresses', hex]
]

/** tshark's names of all fields that are compared. */
export const PACKET_FIELDS: readonly string[] = [...FIELDS, ...LISTS].map(([, name]) => name)

/** Ours. */
const CUSTOMER_VLAN = 'src_customer_vlan'
const COMPARED = new Set([CUSTOMER_VLAN, ...[...FIELDS, ...LISTS].map(([, , ours]) => ours)])

/** The ids of the VLAN tags of these layers, outermost first: tshark tells those of each kind of tag apart. */
function vlansOf(layers: readonly string[], valuesOf: (name: string) => readonly string[]): number[] {
  const seen: Record<string, number> = { vlan: 0, ieee8021ad: 0 }
  return layers.filter((layer) => layer in seen).map((layer) => Number(valuesOf(`${layer}.id`)[seen[layer]++]))
}

/** The protocols that are layers, without what an ICMP error quotes; and where the packet inside the outermost one begins. */
function layersOf(protocols: readonly string[]): { layers: string[]; inner: number } {
  const all = protocols.filter((name) => name in LAYERS)
  const icmp = all.findIndex((name) => name === 'icmp' || name === 'icmpv6')
  const layers = icmp < 0 ? all : all.slice(0, icmp + 1)
  const isIp = (name: string): boolean => name === 'ip' || name === 'ipv6'
  const inner = layers.findIndex((name, i) => (name === 'eth' && i > 0) || (isIp(name) && layers.slice(0, i).some(isIp)))
  return { layers, inner: inner < 0 ? layers.length : inner }
}

/** Those of the innermost packet and of the outermost tunnel's ends that tshark reads of a frame in which all tunnels are peeled. */
export function innermostFields(protocols: readonly string[], valuesOf: (name: string) => readonly string[]): Flow {
  const { layers, inner } = layersOf(protocols)
  let begin = inner
  layers.forEach((name, i) => {
    if (
      i > begin &&
      (name === 'eth' || ((name === 'ip' || name === 'ipv6') && layers.slice(begin, i).some((of) => of === 'ip' || of === 'ipv6')))
    )
      begin = i
  })
  const innermost = layers.slice(begin)
  const flow: Flow = {}
  for (const [layer, name, ours, read] of FIELDS) {
    const value = valuesOf(name).at(-1)
    if (!innermost.includes(layer) || ours in flow || value === undefined || ours === 'proto' || ours === 'vni' || ours === 'teid') continue
    if (read(value) !== 0 && read(value) !== '0') flow[ours] = read(value)
  }
  const outerIp = layers.slice(0, inner).find((name) => name === 'ip' || name === 'ipv6')
  if (outerIp !== undefined) {
    flow.tunnel_src_addr = hex(valuesOf(`${outerIp}.src`)[0])
    flow.tunnel_dst_addr = hex(valuesOf(`${outerIp}.dst`)[0])
  }
  return flow
}

/** Whether there is a packet in the outermost one. */
export function hasInnerPacket(protocols: readonly string[]): boolean {
  const { layers, inner } = layersOf(protocols)
  return inner < layers.length
}

/** Our fields of a packet: all layers, and what tshark reads of the outermost packet; what is zero is not there. */
export function packetFields(protocols: readonly string[], valuesOf: (name: string) => readonly string[]): Flow {
  const { layers, inner } = layersOf(protocols)
  const outermost = layers.slice(0, inner)
  const flow: Flow = layers.length === 0 ? {} : { layer_stack: layers.map((layer) => LAYERS[layer]) }
  for (const [layer, name, ours, read] of FIELDS) {
    const [value] = valuesOf(name)
    if (!outermost.includes(layer) || ours in flow || (value as string | undefined) === undefined) continue
    if (read(value) !== 0 && read(value) !== '0') flow[ours] = read(value)
  }
  const [, customer] = vlansOf(outermost, valuesOf)
  if (customer > 0) flow[CUSTOMER_VLAN] = customer
  for (const [layer, name, ours, read] of LISTS) {
    if (outermost.includes(layer)) flow[ours] = valuesOf(name).map(read)
  }
  return flow
}

/** Those of our fields that `packetFields` gives: without the protocol of IPv6, which tshark has no one field for. */
export function comparedFields(flow: Flow): Flow {
  return Object.fromEntries(
    Object.entries(flow).filter(([name]) => name === 'layer_stack' || (COMPARED.has(name) && !(name === 'proto' && flow.etype === 0x86dd)))
  )
}
