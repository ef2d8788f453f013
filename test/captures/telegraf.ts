/**
 * Reads the goldens of telegraf's netflow input: a record a line, in Influx's line protocol.
 *
 *     line  := measurement(,tag=value)* ' ' field=value(,field=value)* [' ' time]
 *     value := digits 'u' | '"' text '"'
 */
import fs from 'node:fs'
import { addressBytes, type Element, type GoldenRecord, type Value } from './expected-flow.js'

export interface TelegrafLine {
  readonly options: boolean
  readonly type: 'NETFLOW_V9' | 'IPFIX'
  /** the values without their quotes or unit */
  readonly fields: ReadonlyMap<string, string>
}

export function readTelegraf(file: string): TelegrafLine[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      options: line.startsWith('netflow_options,'),
      type: line.includes('version=IPFIX') ? 'IPFIX' : 'NETFLOW_V9',
      fields: new Map(
        [...line.slice(line.indexOf(' ') + 1).matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\d+)u)/g)].map(([, name, text, digits]) => [
          name,
          text ?? digits
        ])
      )
    }))
}

const NAMES: Record<string, number> = {
  in_bytes: 1, in_packets: 2, protocol: 4, src_tos: 5, tcp_flags: 6, src_port: 7, dst_port: 11, vlan_src: 58, in_total_bytes: 85, in_total_packets: 86,
  flow_start_ms: 152, flow_end_ms: 153, icmp_type: 176, icmp_code: 177
} // prettier-ignore
const PROTOCOLS: Record<string, bigint> = { icmp: 1n, tcp: 6n, udp: 17n }
/** A letter each, the highest bit first, a dot where it is not set. */
const TCP_FLAGS = 'CEUAPRSF'

/** A line of a flow as a record; the times are given, so that the export's is not needed. */
export function recordOf({ type, fields }: TelegrafLine): GoldenRecord {
  return { type, exportNs: 0n, elements: [...fields].flatMap(([name, value]) => elementOf(name, value)) }
}

function elementOf(name: string, text: string): Element[] {
  const element = (id: number, value: Value, enterprise = 0): Element[] => [{ id, enterprise, value }]
  if (name === 'src' || name === 'dst') {
    const ipv6 = text.includes(':')
    return element(name === 'src' ? (ipv6 ? 27 : 8) : ipv6 ? 28 : 12, addressBytes(text, ipv6 ? 16 : 4))
  }
  const reverse = /^type_29305_(\d+)$/.exec(name)
  if (reverse !== null) return element(Number(reverse[1]), BigInt(text), 29305)
  if (!(name in NAMES)) return []
  if (name === 'protocol') return element(NAMES[name], PROTOCOLS[text])
  if (name === 'tcp_flags')
    return element(NAMES[name], BigInt(parseInt([...text].map((letter, i) => (letter === TCP_FLAGS[i] ? 1 : 0)).join(''), 2)))
  return element(NAMES[name], BigInt(text))
}
