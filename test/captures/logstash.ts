/** Reads the goldens of logstash's netflow codec: some of a capture's records, data and options alike, by where they stand among all of them. */
import fs from 'node:fs'
import { elementNumber } from './element-numbers.js'
import { addressBytes, type Element, type GoldenRecord, type Value } from './expected-flow.js'

export interface LogstashEvent {
  /** where it stands among the records of the capture */
  readonly index: number
  readonly record: GoldenRecord
}

export interface LogstashGolden {
  /** how many data and options records there are; undefined where the golden does not say */
  readonly count: number | undefined
  readonly events: readonly LogstashEvent[]
}

interface Golden {
  expected_event_count: number | null
  expected_events: { '@timestamp': string; netflow: Record<string, unknown> }[]
  compare_decode_index_to_expected_index: [number, number][]
}

export function readLogstash(file: string): LogstashGolden {
  const golden = JSON.parse(fs.readFileSync(file, 'utf8')) as Golden
  return {
    count: golden.expected_event_count ?? undefined,
    events: golden.compare_decode_index_to_expected_index.map(([index, expected]) => ({
      index,
      record: recordOf(golden.expected_events[expected])
    }))
  }
}

const TYPES = { 5: 'NETFLOW_V5', 9: 'NETFLOW_V9', 10: 'IPFIX' } as const

/** Elements that only options records have here. */
const OPTIONS = new Set([
  'scope_system',
  'meteringProcessId',
  'exportingProcessId',
  'sampling_algorithm',
  'total_flows_exp',
  'application_description'
])

function recordOf({ '@timestamp': time, netflow }: Golden['expected_events'][number]): GoldenRecord {
  const type = TYPES[netflow.version as keyof typeof TYPES]
  const options = type !== 'NETFLOW_V5' && Object.keys(netflow).some((name) => OPTIONS.has(name))
  const exportMs = Date.parse(time)
  return {
    type,
    exportNs: BigInt(exportMs) * 1_000_000n,
    ...(type === 'IPFIX' ? {} : { sequence: netflow.flow_seq_num as number }),
    ...(options ? { scopes: [] } : {}),
    elements: Object.entries(netflow).flatMap(([name, value]) =>
      elementOf(name, name.endsWith('_switched') ? new Date(switchedAt(Date.parse(value as string), exportMs)).toISOString() : value)
    )
  }
}

const WRAP_MS = 2 ** 32
const DAY_MS = 86_400_000

/** What the codec makes of an uptime is a second late where it has to borrow one for the milliseconds, and 49.7 days where the uptime wrapped. */
function switchedAt(ms: number, exportMs: number): number {
  const late = exportMs % 1000 === 0 || ms % 1000 > exportMs % 1000
  return ms - (late ? 1000 : 0) - (ms > exportMs + DAY_MS ? WRAP_MS : 0)
}

/** The names that its v5 and v9 have; IPFIX's are IANA's. Uptimes are given as times. */
const NAMES: Record<string, number> = {
  in_bytes: 1, in_pkts: 2, protocol: 4, src_tos: 5, tcp_flags: 6, l4_src_port: 7, ipv4_src_addr: 8, src_mask: 9, input_snmp: 10, l4_dst_port: 11,
  ipv4_dst_addr: 12, dst_mask: 13, output_snmp: 14, ipv4_next_hop: 15, src_as: 16, dst_as: 17, bgp_ipv4_next_hop: 18, out_bytes: 23, out_pkts: 24,
  ipv6_src_addr: 27, ipv6_dst_addr: 28, sampling_interval: 34, flow_sampler_id: 48, ipv4_ident: 54, in_src_mac: 56, src_vlan: 58, dst_vlan: 59,
  ip_protocol_version: 60, direction: 61, in_dst_mac: 80, in_permanent_bytes: 85, forwarding_status: 89, application_id: 95, application_name: 96,
  first_switched: 152, flow_start_msec: 152, last_switched: 153, icmp_type: 176, icmp_code: 177, xlate_src_addr_ipv4: 225, xlate_dst_addr_ipv4: 226,
  xlate_src_port: 227, xlate_dst_port: 228, rev_flow_delta_bytes: 232, event_time_msec: 323
} // prettier-ignore

/** What no FlowMessage tells, and what vendors defined. */
const UNUSED =
  /^(version|flowset_id|flow_seq_num|engine_.*|flow_records|sampling_algorithm|scope_system|.*_exp|(ixia|procera|streamcore|reamcore|nprobe|viptela|nat(Inside|Outside|Sub)|sta|wtp|wlan).*|reverseIcmp.*|(in|e)gress_acl_id|fw_.*|conn_id|user(_id|name)|app_id|application_description|flow_(in)?active_timeout|.*_traffic_index|ip_dscp|ipv4_src_prefix|(tcp_src|udp_dst)_port)$/

function elementOf(name: string, value: unknown): Element[] {
  if (UNUSED.test(name)) return []
  const id = NAMES[name] ?? elementNumber(name)
  return [{ id, enterprise: 0, value: valueOf(name, value) }]
}

function valueOf(name: string, value: unknown): Value {
  if (typeof value === 'number') return BigInt(value)
  if (typeof value === 'object' && value !== null) {
    const { status, reason } = value as { status: number; reason: number }
    return BigInt((status << 6) | reason)
  }
  if (typeof value !== 'string') throw new Error(`${name}: no reading of ${JSON.stringify(value)}`)
  if (/^(.*_addr.*|.*_next_hop|.*Address)$/.test(name) && !/mac/i.test(name)) return addressBytes(value, value.includes(':') ? 16 : 4)
  if (/mac/i.test(name)) return BigInt(`0x${value.replaceAll(':', '')}`)
  if (/^\d{4}-\d\d-\d\dT/.test(value))
    return BigInt(name.endsWith('Seconds') && !name.endsWith('Milliseconds') ? Date.parse(value) / 1000 : Date.parse(value))
  if (name === 'application_id') return applicationId(value)
  return value
}

/** class..selector (RFC 6759), the selector of three bytes as Cisco sends it. */
function applicationId(text: string): bigint {
  const [engine, selector] = text.split('..').map(BigInt)
  return (engine << 24n) | selector
}
