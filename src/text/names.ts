/** Numbers that have names: IP protocols, Ethernet types, ICMP types, the enums of the schema. */
import { IP_PROTOCOL } from '../flow/ipprotocols.js'
import { type Chunks, chunksOf, writeChunks } from './chunks.js'
import { writeDecimal32 } from './digits.js'

/** Names by number: `chunks[value]`; undefined where there is none. */
export interface Names {
  readonly entries: readonly (readonly [number, string])[]
  readonly chunks: readonly (Chunks | undefined)[]
  readonly longest: number
}

/** Enum values and the like are small; a number above this shows as a number. */
const MAX_NAMED = 0xffff

/** The names of numbers up to MAX_NAMED; of two of one number the last counts. */
export function namesOf(all: Iterable<readonly [number, string]>): Names {
  const entries = Array.from(all).filter(([value]) => value >= 0 && value <= MAX_NAMED)
  const chunks = new Array<Chunks | undefined>(Math.max(-1, ...entries.map(([value]) => value)) + 1).fill(undefined)
  for (const [value, name] of entries) chunks[value] = chunksOf(name)
  return { entries, chunks, longest: Math.max(0, ...entries.map(([, name]) => Buffer.byteLength(name))) }
}

/** The same names in another spelling. */
export function respelled(names: Names, spell: (name: string) => string): Names {
  return namesOf(names.entries.map(([value, name]) => [value, spell(name)] as const))
}

/** Writes the name of `value`; returns the position behind it, `pos` itself where there is none. */
export function writeName(out: DataView, pos: number, names: Names, value: number): number {
  const name = value < names.chunks.length ? names.chunks[value] : undefined
  return name === undefined ? pos : writeChunks(out, pos, name)
}

/** IANA "Assigned Internet Protocol Numbers": the names from 0 on; `-` is a number without one. */
const PROTOCOLS =
  'HOPOPT ICMP IGMP GGP IPv4 ST TCP CBT EGP IGP BBN-RCC-MON NVP-II PUP ARGUS EMCON XNET CHAOS UDP MUX DCN-MEAS HMP PRM XNS-IDP TRUNK-1 TRUNK-2 ' +
  'LEAF-1 LEAF-2 RDP IRTP ISO-TP4 NETBLT MFE-NSP MERIT-INP DCCP 3PC IDPR XTP DDP IDPR-CMTP TP++ IL IPv6 SDRP IPv6-Route IPv6-Frag IDRP RSVP GRE DSR ' +
  'BNA ESP AH I-NLSP SWIPE NARP Min-IPv4 TLSP SKIP IPv6-ICMP IPv6-NoNxt IPv6-Opts - CFTP - SAT-EXPAK KRYPTOLAN RVD IPPC - SAT-MON VISA IPCV CPNX CPHB ' +
  'WSN PVP BR-SAT-MON SUN-ND WB-MON WB-EXPAK ISO-IP VMTP SECURE-VMTP VINES IPTM NSFNET-IGP DGP TCF EIGRP OSPFIGP Sprite-RPC LARP MTP AX.25 IPIP MICP ' +
  'SCC-SP ETHERIP ENCAP - GMTP IFMP PNNI PIM ARIS SCPS QNX A/N IPComp SNP Compaq-Peer IPX-in-IP VRRP PGM - L2TP DDX IATP STP SRP UTI SMP SM PTP ' +
  'ISIS_over_IPv4 FIRE CRTP CRUDP SSCOPMCE IPLT SPS PIPE SCTP FC RSVP-E2E-IGNORE Mobility_Header UDPLite MPLS-in-IP manet HIP Shim6 WESP ROHC ' +
  'Ethernet AGGFRAG NSH Homa BIT-EMU'

export const PROTOCOL_NAMES = namesOf(
  PROTOCOLS.split(' ').flatMap((name, number) => (name === '-' ? [] : [[number, name.replaceAll('_', ' ')] as const]))
)

/** The network layers; any other type is clearer as its number. */
export const ETYPE_NAMES = namesOf([
  [0x0800, 'IPv4'],
  [0x0806, 'ARP'],
  [0x86dd, 'IPv6']
])

/** ICMP and ICMPv6 types (IANA), in the words and the spelling of goflow2 where it has them. */
const ICMP_NAMES = namesOf([
  [0, 'EchoReply'],
  [3, 'DestinationUnreachable'],
  [4, 'SourceQuench'],
  [5, 'Redirect'],
  [8, 'Echo'],
  [9, 'RouterAdvertisement'],
  [10, 'RouterSolicitation'],
  [11, 'TimeExceeded'],
  [12, 'ParameterProblem'],
  [13, 'Timestamp'],
  [14, 'TimestampReply'],
  [40, 'Photuris'],
  [42, 'ExtendedEchoRequest'],
  [43, 'ExtendedEchoReply']
])
const ICMPV6_NAMES = namesOf([
  [1, 'DestinationUnreachable'],
  [2, 'PacketTooBig'],
  [3, 'TimeExceeded'],
  [4, 'ParameterProblem'],
  [128, 'EchoRequest'],
  [129, 'EchoReply'],
  [130, 'MulticastListenerQuery'],
  [131, 'MulticastListenerReport'],
  [132, 'MulticastListenerDone'],
  [133, 'RouterSolicitation'],
  [134, 'RouterAdvertisement'],
  [135, 'NeighborSolicitation'],
  [136, 'NeighborAdvertisement'],
  [137, 'Redirect'],
  [143, 'MulticastListenerReportV2'],
  [151, 'MulticastRouterAdvertisement'],
  [152, 'MulticastRouterSolicitation'],
  [153, 'MulticastRouterTermination'],
  [160, 'ExtendedEchoRequest'],
  [161, 'ExtendedEchoReply']
])

/** Writes the name of an ICMP type under its protocol, its number where it has none, nothing for other protocols; returns the position behind it. */
export function writeIcmpName(out: DataView, pos: number, protocol: number, type: number): number {
  if (protocol !== IP_PROTOCOL.icmp && protocol !== IP_PROTOCOL.icmp6) return pos
  const end = writeName(out, pos, protocol === IP_PROTOCOL.icmp ? ICMP_NAMES : ICMPV6_NAMES, type)
  return end > pos ? end : writeDecimal32(out, pos, type)
}
