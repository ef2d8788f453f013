/** The table of layers. A new one is a function that reads its header, and a line here. */
import type { StackName } from '../../flow/names.js'
import { flowMessage } from '../../flow/proto.js'
import { authentication, ipv4, ipv6, ipv6Fragment, ipv6Options, ipv6Routing } from './ip.js'
import { dot1q, ethernet, mpls, pppoe } from './ethernet.js'
import type { Frame } from './frame.js'
import { icmp, sctp, tcp, udp } from './transport.js'
import { geneve, gre, teredo, vxlan } from './tunnels.js'

/**
 * Reads the header at `[at, end)` of the input, of which at least one byte is there but any part may be missing: writes the fields of the
 * outermost packet (`frame.inner` false) at `frame.pos` of the messages, and puts what comes next into `frame.carried` in the terms of the
 * layer's `carries`. Gives the header's size, which may be more than is there, or NOT_THIS_LAYER.
 */
export type LayerFunction = (frame: Frame, at: number, end: number) => number

/** The numbers in which a layer tells what it carries. */
export type Carries = 'nothing' | 'etype' | 'protocol' | 'udp' | 'tcp'

export interface Layer {
  readonly name: string
  /** its name in FlowMessage's LayerStack */
  readonly stack: StackName
  /** where it stands in a packet: a layer under one of a higher level begins another packet, and so does a second one of IP */
  readonly level: number
  readonly parse: LayerFunction
  readonly carries: Carries
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

export const LAYERS: readonly Layer[] = [
  { name: 'ethernet', stack: 'Ethernet', level: LINK, parse: ethernet, carries: 'etype', etypes: [0x6558], protocols: [143] },
  { name: 'dot1q', stack: 'Dot1Q', level: SHIM, parse: dot1q, carries: 'etype', etypes: [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300] },
  { name: 'mpls', stack: 'MPLS', level: SHIM, parse: mpls, carries: 'etype', etypes: [0x8847, 0x8848], protocols: [137] },
  { name: 'pppoe', stack: 'PPPoE', level: SHIM, parse: pppoe, carries: 'etype', etypes: [0x8864] },
  { name: 'ipv4', stack: 'IPv4', level: IP, parse: ipv4, carries: 'protocol', etypes: [0x0800], protocols: [4] },
  { name: 'ipv6', stack: 'IPv6', level: IP, parse: ipv6, carries: 'protocol', etypes: [0x86dd], protocols: [41] },
  { name: 'ipv6-opts', stack: 'IPv6HeaderOptions', level: EXTENSION, parse: ipv6Options, carries: 'protocol', protocols: [0, 60] },
  { name: 'ipv6-route', stack: 'IPv6HeaderRouting', level: EXTENSION, parse: ipv6Routing, carries: 'protocol', protocols: [43] },
  { name: 'ipv6-frag', stack: 'IPv6HeaderFragment', level: EXTENSION, parse: ipv6Fragment, carries: 'protocol', protocols: [44] },
  { name: 'ah', stack: 'AH', level: EXTENSION, parse: authentication, carries: 'protocol', protocols: [51] },
  { name: 'tcp', stack: 'TCP', level: TRANSPORT, parse: tcp, carries: 'tcp', protocols: [6] },
  { name: 'udp', stack: 'UDP', level: TRANSPORT, parse: udp, carries: 'udp', protocols: [17] },
  { name: 'sctp', stack: 'SCTP', level: TRANSPORT, parse: sctp, carries: 'nothing', protocols: [132] },
  { name: 'icmp', stack: 'ICMP', level: TRANSPORT, parse: icmp, carries: 'nothing', protocols: [1] },
  { name: 'ipv6-icmp', stack: 'ICMPv6', level: TRANSPORT, parse: icmp, carries: 'nothing', protocols: [58] },
  { name: 'gre', stack: 'GRE', level: TRANSPORT, parse: gre, carries: 'etype', protocols: [47] },
  { name: 'teredo-dst', stack: 'Teredo', level: TUNNEL, parse: teredo, carries: 'etype', udpDst: [3544], udpSrc: [3544] },
  { name: 'geneve', stack: 'Geneve', level: TUNNEL, parse: geneve, carries: 'etype', udpDst: [6081] },
  { name: 'vxlan', stack: 'VXLAN', level: TUNNEL, parse: vxlan, carries: 'etype', udpDst: [4789] }
]

/** No layer, in the tables below and in ports; a layer's id is its place in LAYERS plus 1. */
export const NO_LAYER = 0

/** The id of a layer by its name. Throws where there is none. */
export function layerId(name: string): number {
  const index = LAYERS.findIndex((layer) => layer.name === name)
  if (index < 0) throw new Error(`no layer ${name}`)
  return index + 1
}

/** The functions by layer id. */
export const PARSE: readonly LayerFunction[] = [() => 0, ...LAYERS.map(({ parse }) => parse)]

/** Whether the second of two layers, by id, begins another packet inside the first. */
export function beginsPacket(outer: number, layer: number): boolean {
  return LEVEL[layer] <= LEVEL[outer] && (LEVEL[layer] !== LEVEL[outer] || LEVEL[layer] === IP)
}
const LEVEL = Uint8Array.of(0, ...LAYERS.map(({ level }) => level))

const STACK_NUMBERS = new Map([...flowMessage.field('layer_stack').names!].map(([value, name]) => [name, value]))
/** FlowMessage's LayerStack by layer id; all are of one byte as a varint. */
export const STACK = Uint8Array.of(0, ...LAYERS.map(({ stack }) => STACK_NUMBERS.get(stack)!))

/** What a layer carries, by its id, in numbers. */
export const CARRIES_ETYPE = 1
export const CARRIES_PROTOCOL = 2
export const CARRIES_UDP = 3
export const CARRIES_TCP = 4
const CARRIES_NUMBERS: Record<Carries, number> = {
  nothing: 0,
  etype: CARRIES_ETYPE,
  protocol: CARRIES_PROTOCOL,
  udp: CARRIES_UDP,
  tcp: CARRIES_TCP
}
export const CARRIES = Uint8Array.of(0, ...LAYERS.map(({ carries }) => CARRIES_NUMBERS[carries]))

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
