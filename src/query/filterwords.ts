/** The words of the filter language and the fields that each is about. */
import type { VirtualColumn } from '../schema/virtual.js'
import type { FieldName } from '../flow/names.js'
import type { Field } from '../flow/proto.js'

/** What a value has to be. */
export type Kind =
  | 'address'
  | 'number'
  | 'counter'
  | 'port'
  | 'as'
  | 'proto'
  | 'etype'
  | 'dscp'
  | 'flags'
  | 'mac'
  | 'community'
  | 'natevent'
  | 'time'
  | 'enum'
  | 'text'
  | 'country'

/** Fields that one kind of value is compared with. A name that the schema does not have is left out. */
export interface Target {
  readonly kind: Kind
  /** of a source and a destination, or of the way in and the way out */
  readonly ends?: readonly [string, string]
  readonly one?: string
  /** flow-agg's key for either end */
  readonly either?: string
  /** one more, where no direction is given */
  readonly also?: string
  /** the value stands so many bits from the lowest */
  readonly shift?: number
}

export interface Word {
  /** what the directions of the word are: src and dst, or in and out */
  readonly axis?: 'src' | 'in'
  /** a value goes to the first of these whose kind takes it */
  readonly targets: readonly Target[]
  /** the IP protocol that it is about */
  readonly implies?: number
  /** may stand without a value: set and not zero */
  readonly alone?: true
}

const HOST: Word = { axis: 'src', targets: [{ kind: 'address', ends: ['src_addr', 'dst_addr'], either: 'addr' }] }
const PORT: Word = { axis: 'src', targets: [{ kind: 'port', ends: ['src_port', 'dst_port'], either: 'port' }] }
const ETHERTYPE: Word = one('etype', 'etype')

export const WORDS: Readonly<Record<string, Word>> = {
  host: HOST,
  net: HOST,
  addr: HOST,
  port: PORT,
  portrange: PORT,
  ethertype: ETHERTYPE,
  proto: one('proto', 'proto'),
  as: { axis: 'src', targets: [{ kind: 'as', ends: ['src_as', 'dst_as'], either: 'as_number' }] },
  country: { axis: 'src', targets: [{ kind: 'country', ends: ['src_country', 'dst_country'], either: 'country' }] },
  city: ofEnds('city'),
  network: { axis: 'src', targets: [{ kind: 'text', ends: ['src_network', 'dst_network'], either: 'network' }] },
  role: ofEnds('role'),
  site: ofEnds('site'),
  region: ofEnds('region'),
  tenant: ofEnds('tenant'),
  prefix: { axis: 'src', targets: [{ kind: 'number', ends: ['src_net', 'dst_net'], either: 'addr_net' }] },
  mac: { axis: 'src', targets: [{ kind: 'mac', ends: ['src_mac', 'dst_mac'], either: 'mac' }] },
  vlan: { axis: 'src', targets: [{ kind: 'number', ends: ['src_vlan', 'dst_vlan'], also: 'vlan_id' }], alone: true },
  exporter: {
    targets: [
      { kind: 'address', one: 'sampler_address' },
      { kind: 'text', one: 'exporter_name' }
    ]
  },
  domain: one('number', 'observation_domain_id'),
  type: one('enum', 'type'),
  if: {
    axis: 'in',
    targets: [
      { kind: 'number', ends: ['in_if', 'out_if'], either: 'interface' },
      { kind: 'text', ends: ['in_if_name', 'out_if_name'] }
    ]
  },
  vrf: {
    axis: 'in',
    targets: [
      { kind: 'number', ends: ['ingress_vrf_id', 'egress_vrf_id'] },
      { kind: 'text', ends: ['ingress_vrf_name', 'egress_vrf_name'] }
    ]
  },
  boundary: { axis: 'in', targets: [{ kind: 'text', ends: ['in_if_boundary', 'out_if_boundary'] }] },
  'next hop': one('address', 'next_hop'),
  'bgp next hop': one('address', 'bgp_next_hop'),
  'next hop as': one('as', 'next_hop_as'),
  'as path': one('as', 'as_path'),
  community: one('community', 'bgp_communities'),
  flags: one('flags', 'tcp_flags'),
  bytes: { ...one('counter', 'bytes'), alone: true },
  packets: { ...one('counter', 'packets'), alone: true },
  flows: { ...one('counter', 'flows'), alone: true },
  rate: { ...one('counter', 'sampling_rate'), alone: true },
  tos: one('number', 'ip_tos'),
  dscp: { targets: [{ kind: 'dscp', one: 'ip_tos', shift: 2 }] },
  ttl: one('number', 'ip_ttl'),
  'icmp type': { ...one('number', 'icmp_type'), implies: 1 },
  'icmp code': { ...one('number', 'icmp_code'), implies: 1 },
  'icmp6 type': { ...one('number', 'icmp_type'), implies: 58 },
  'icmp6 code': { ...one('number', 'icmp_code'), implies: 58 },
  mpls: { ...one('number', 'mpls_label'), alone: true },
  vni: { ...one('number', 'vni'), alone: true },
  'nat event': one('natevent', 'nat_event'),
  app: {
    targets: [
      { kind: 'number', one: 'application_id' },
      { kind: 'text', one: 'application_name' }
    ]
  },
  start: one('time', 'time_flow_start_ns'),
  end: one('time', 'time_flow_end_ns'),
  received: one('time', 'time_received_ns')
}

/** What `nat` makes of host, net, addr and port. */
export const NAT_HOST: Word = { axis: 'src', targets: [{ kind: 'address', ends: ['post_nat_src_addr', 'post_nat_dst_addr'] }] }
export const NAT_PORT: Word = { axis: 'src', targets: [{ kind: 'port', ends: ['post_nat_src_port', 'post_nat_dst_port'] }] }

/** Values that are worked out of several fields (text/virtual.ts). */
export const RATIOS: Readonly<Record<string, { readonly column: VirtualColumn; readonly fields: readonly FieldName[] }>> = {
  duration: { column: 'duration', fields: ['time_flow_start_ns', 'time_flow_end_ns'] },
  bps: { column: 'bps', fields: ['time_flow_start_ns', 'time_flow_end_ns', 'bytes'] },
  pps: { column: 'pps', fields: ['time_flow_start_ns', 'time_flow_end_ns', 'packets'] },
  bpp: { column: 'bpp', fields: ['bytes', 'packets'] }
}

/** Words that are true or false by themselves. */
export const TRAITS = ['fragment', 'dropped'] as const
export type Trait = (typeof TRAITS)[number]

/** Words of protocols, and the number that they are of `proto` or `etype`. */
export const PROTOCOLS: Readonly<Record<string, readonly ['proto' | 'etype', number]>> = {
  tcp: ['proto', 6],
  udp: ['proto', 17],
  icmp: ['proto', 1],
  icmp6: ['proto', 58],
  gre: ['proto', 47],
  esp: ['proto', 50],
  sctp: ['proto', 132],
  arp: ['etype', 0x0806],
  ip4: ['etype', 0x0800],
  ipv4: ['etype', 0x0800],
  ip6: ['etype', 0x86dd],
  ipv6: ['etype', 0x86dd]
}

/** Words that begin a primitive: all of them, for what is offered in place of an unknown one. */
export const ALL_WORDS: readonly string[] = [...Object.keys(WORDS), ...Object.keys(RATIOS), ...TRAITS, ...Object.keys(PROTOCOLS)]

export function isWord(word: string): boolean {
  return Object.hasOwn(WORDS, word) || Object.hasOwn(RATIOS, word) || (TRAITS as readonly string[]).includes(word)
}

/** A field by its own name: what its values are written like. */
export function wordOfField({ name, type }: Field): Word {
  return { ...one(kindOfField(name, type), name), alone: true }
}

function kindOfField(name: string, type: Field['type']): Kind {
  const word = Object.values(WORDS).find(({ targets: [{ one, ends, either, also, shift }] }) => {
    return shift === undefined && [one, either, also, ...(ends ?? [])].includes(name)
  })
  const [{ kind }] = word?.targets ?? NAT_PORT.targets
  if (type === 'enum') return 'enum'
  if (type === 'string') return name.endsWith('country') ? 'country' : 'text'
  if (type === 'bytes') return 'address'
  if (word !== undefined && kind !== 'text' && kind !== 'flags') return kind
  if (name.startsWith('post_nat_') && name.endsWith('_port')) return 'port'
  if (name === 'tcp_flags') return 'number'
  return type === 'uint64' ? 'counter' : 'number'
}

function one(kind: Kind, field: string): Word {
  return { targets: [{ kind, one: field }] }
}

function ofEnds(what: string): Word {
  return { axis: 'src', targets: [{ kind: 'text', ends: [`src_${what}`, `dst_${what}`] }] }
}
