/** What nfdump, SiLK and goflow2 call fields, for people who come from there: the field, or the filter's word, that each means here. */
import type { FieldName } from '../flow/names.js'
import type { FilterWord } from './row.js'
import type { VirtualColumn } from './virtual.js'

type Meant = FieldName | FilterWord | VirtualColumn

const ALIASES: Readonly<Partial<Record<Meant, string>>> = {
  src_addr: 'srcip src_ip sip sa',
  dst_addr: 'dstip dst_ip dip da',
  host: 'ip',
  src_port: 'srcport sport sp',
  dst_port: 'dstport dport dp',
  src_as: 'srcas sas',
  dst_as: 'dstas das',
  as: 'asn',
  src_net: 'srcnet srcmask',
  dst_net: 'dstnet dstmask',
  src_mac: 'srcmac',
  dst_mac: 'dstmac',
  in_if: 'inif',
  out_if: 'outif',
  next_hop: 'nexthop nh nhip',
  bgp_next_hop: 'bgpnexthop bgpnext',
  exporter: 'router sensor',
  proto: 'protocol pr',
  tcp_flags: 'tcpflags flg',
  bytes: 'byt ibyt',
  packets: 'pkt ipkt pkts',
  time_flow_start_ns: 'ts stime first',
  time_flow_end_ns: 'te etime last',
  duration: 'td dur'
}

const MEANT = new Map(Object.entries(ALIASES).flatMap(([meant, words]) => words.split(' ').map((word) => [word, meant] as const)))

/** What a word of another tool means here, in either case; undefined where none has it. */
export function meantBy(word: string): string | undefined {
  return MEANT.get(word.toLowerCase())
}
