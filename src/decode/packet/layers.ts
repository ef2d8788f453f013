/** The table of layers. A new one is its name in src/schema/layers.ts, a function that reads its header, and a row here. */
import type { StackName } from '../../flow/names.js'
import { flowMessage } from '../../flow/proto.js'
import { LAYER_NAMES, type LayerName } from '../../schema/layers.js'
import { dot1q, ethernet, mpls, pppoe } from './ethernet.js'
import type { LayerFunction } from './frame.js'
import { authentication, ipv4, ipv6, ipv6Fragment, ipv6Options, ipv6Routing } from './ip.js'
import { icmp, sctp, tcp, udp } from './transport.js'
import { geneve, gre, gtpu, teredo, vxlan } from './tunnels.js'

/** The numbers in which a layer says what follows. */
type NextAs = 'etype' | 'protocol' | 'udp' | 'tcp' | 'nothing'

interface Layer {
  /** its name in FlowMessage's LayerStack */
  readonly stack: StackName
  /** where it stands in a packet: a layer under one of a higher level begins another packet, and so does a second one of IP */
  readonly level: number
  readonly parse: LayerFunction
  readonly next: NextAs
  /** the numbers by which others say that it follows */
  readonly etypes?: readonly number[]
  readonly protocols?: readonly number[]
  /** UDP ports, as destination or as source */
  readonly udpDst?: readonly number[]
  readonly udpSrc?: readonly number[]
}

const LINK = 1
const SHIM = 2
const IP = 3
const EXTENSION = 4
const TRANSPORT = 5
const TUNNEL = 6

const TABLE: Readonly<Record<LayerName, Layer>> = {
  ethernet: { stack: 'Ethernet', level: LINK, parse: ethernet, next: 'etype', etypes: [0x6558], protocols: [143] },
  dot1q: { stack: 'Dot1Q', level: SHIM, parse: dot1q, next: 'etype', etypes: [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300] },
  mpls: { stack: 'MPLS', level: SHIM, parse: mpls, next: 'etype', etypes: [0x8847, 0x8848], protocols: [137] },
  pppoe: { stack: 'PPPoE', level: SHIM, parse: pppoe, next: 'etype', etypes: [0x8864] },
  ipv4: { stack: 'IPv4', level: IP, parse: ipv4, next: 'protocol', etypes: [0x0800], protocols: [4] },
  ipv6: { stack: 'IPv6', level: IP, parse: ipv6, next: 'protocol', etypes: [0x86dd], protocols: [41] },
  'ipv6-opts': { stack: 'IPv6HeaderOptions', level: EXTENSION, parse: ipv6Options, next: 'protocol', protocols: [0, 60] },
  'ipv6-route': { stack: 'IPv6HeaderRouting', level: EXTENSION, parse: ipv6Routing, next: 'protocol', protocols: [43] },
  'ipv6-frag': { stack: 'IPv6HeaderFragment', level: EXTENSION, parse: ipv6Fragment, next: 'protocol', protocols: [44] },
  ah: { stack: 'AH', level: EXTENSION, parse: authentication, next: 'protocol', protocols: [51] },
  tcp: { stack: 'TCP', level: TRANSPORT, parse: tcp, next: 'tcp', protocols: [6] },
  udp: { stack: 'UDP', level: TRANSPORT, parse: udp, next: 'udp', protocols: [17] },
  sctp: { stack: 'SCTP', level: TRANSPORT, parse: sctp, next: 'nothing', protocols: [132] },
  icmp: { stack: 'ICMP', level: TRANSPORT, parse: icmp, next: 'nothing', protocols: [1] },
  'ipv6-icmp': { stack: 'ICMPv6', level: TRANSPORT, parse: icmp, next: 'nothing', protocols: [58] },
  gre: { stack: 'GRE', level: TRANSPORT, parse: gre, next: 'etype', protocols: [47] },
  'teredo-dst': { stack: 'Teredo', level: TUNNEL, parse: teredo, next: 'etype', udpDst: [3544], udpSrc: [3544] },
  geneve: { stack: 'Geneve', level: TUNNEL, parse: geneve, next: 'etype', udpDst: [6081] },
  vxlan: { stack: 'VXLAN', level: TUNNEL, parse: vxlan, next: 'etype', udpDst: [4789] },
  gtpu: { stack: 'GTPU', level: TUNNEL, parse: gtpu, next: 'etype', udpDst: [2152] }
}

/** No layer, in the tables below and in ports; a layer's id is its index in LAYER_NAMES plus 1. */
export const NO_LAYER = 0

const LAYERS = LAYER_NAMES.map((name) => TABLE[name])

export function layerId(name: LayerName): number {
  return LAYER_NAMES.indexOf(name) + 1
}

/** The functions by layer id. */
export const PARSE: readonly LayerFunction[] = [() => 0, ...LAYERS.map(({ parse }) => parse)]

/** Whether the second of two layers, by id, begins another packet inside the first. */
export function beginsPacket(outer: number, layer: number): boolean {
  return LEVEL[layer] <= LEVEL[outer] && (LEVEL[layer] !== LEVEL[outer] || LEVEL[layer] === IP)
}
const LEVEL = Uint8Array.of(0, ...LAYERS.map(({ level }) => level))

const STACK_NUMBERS = new Map([...flowMessage.field('layer_stack').names!].map(([value, name]) => [name, value]))
/** FlowMessage's LayerStack by layer id; each takes one byte as a varint. */
export const STACK = Uint8Array.of(0, ...LAYERS.map(({ stack }) => stackNumber(stack)))

function stackNumber(stack: StackName): number {
  const number = STACK_NUMBERS.get(stack)!
  if (number > 0x7f)
    throw new Error(`LayerStack's ${stack} has the number ${number}: the frame's layers are written in a byte each, up to 127`)
  return number
}

/** In which numbers a layer says what follows, by its id. */
export const NEXT_IS_ETYPE = 1
export const NEXT_IS_PROTOCOL = 2
export const NEXT_IS_UDP_PORT = 3
export const NEXT_IS_TCP_PORT = 4
const NEXT_AS: Readonly<Record<NextAs, number>> = {
  nothing: 0,
  etype: NEXT_IS_ETYPE,
  protocol: NEXT_IS_PROTOCOL,
  udp: NEXT_IS_UDP_PORT,
  tcp: NEXT_IS_TCP_PORT
}
export const NEXT = Uint8Array.of(0, ...LAYERS.map(({ next }) => NEXT_AS[next]))

/** Layer ids by Ethernet type and by IP protocol. */
export const BY_ETYPE = new Uint8Array(0x10000)
export const BY_PROTOCOL = new Uint8Array(0x100)
LAYERS.forEach((layer, index) => {
  for (const etype of layer.etypes ?? []) BY_ETYPE[etype] = index + 1
  for (const protocol of layer.protocols ?? []) BY_PROTOCOL[protocol] = index + 1
})

/** Layer ids by port. */
export interface Ports {
  readonly udpDst: Uint8Array
  readonly udpSrc: Uint8Array
  readonly tcpDst: Uint8Array
  readonly tcpSrc: Uint8Array
}

/** The ports of the table, to which others may be added. */
export function knownPorts(): Ports {
  const ports = {
    udpDst: new Uint8Array(0x10000),
    udpSrc: new Uint8Array(0x10000),
    tcpDst: new Uint8Array(0x10000),
    tcpSrc: new Uint8Array(0x10000)
  }
  LAYERS.forEach((layer, index) => {
    for (const port of layer.udpDst ?? []) ports.udpDst[port] = index + 1
    for (const port of layer.udpSrc ?? []) ports.udpSrc[port] = index + 1
  })
  return ports
}
