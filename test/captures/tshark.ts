/** Reads captures through tshark's dissector of NetFlow and IPFIX, whose PDML gives the bytes of every element. */
import { spawnSync } from 'node:child_process'
import type { Element, GoldenRecord, Value } from './expected-flow.js'

/** To be given as a test's `skip`. */
export const withoutTshark: string | false = spawnSync('tshark', ['-v']).error === undefined ? false : 'no tshark'

/** tshark's names of elements, behind `cflow.`. */
const NAMES: Record<string, number> = {
  octets: 1, packets: 2, protocol: 4, tos: 5, tcpflags: 6, srcport: 7, srcaddr: 8, srcmask: 9, inputint: 10, dstport: 11, dstaddr: 12, dstmask: 13,
  outputint: 14, nexthop: 15, srcas: 16, dstas: 17, timeend: 21, timestart: 22, srcaddrv6: 27, dstaddrv6: 28, icmp_type_code_ipv4: 32,
  sampling_interval: 34, sampler_id: 48, sampler_random_interval: 50, srcmac: 56, post_dstmac: 57, vlanid: 58, post_vlanid: 59, ip_version: 60,
  direction: 61, dstmac: 80, if_name: 82, icmp_type_code_ipv6: 139, abstimestart: 152, abstimeend: 153, sys_init_time: 160, icmp_ipv6_type: 178,
  icmp_ipv6_code: 179, sampling_packet_interval: 305, sampling_packet_space: 306
} // prettier-ignore
const TEXTS = new Set([82])
const ADDRESSES = new Set([8, 12, 15, 27, 28])
/** By what a record is known as an options record; v9's scopes have numbers of their own. */
const SCOPES: Record<string, number> = { scope_system: 1, scope_interface: 2, mp_id: 143, flow_exporter: 144 }

/** Numbers that some exporter gives under a name that several elements share. */
export type Renumbered = Readonly<Record<number, number>>

/** The records of a capture's first datagrams, in their order. */
export function readTshark(file: string, datagrams: number, renumbered: Renumbered = {}): GoldenRecord[] {
  const { stdout, status, stderr } = spawnSync(
    'tshark',
    ['-r', file, '-c', String(datagrams), '-d', 'udp.port==1-65535,cflow', '-T', 'pdml'],
    {
      maxBuffer: 1 << 28,
      encoding: 'utf8'
    }
  )
  if (status !== 0) throw new Error(stderr)
  return stdout
    .split('<proto name="cflow"')
    .slice(1)
    .flatMap((datagram) => recordsOf(datagram, renumbered))
}

type Fields = Map<string, string>

/** The fields of a part of the PDML, by name without `cflow.`, as hexadecimal; the outer of nested ones first. */
function fieldsOf(pdml: string): Fields {
  return new Map([...pdml.matchAll(/<field name="cflow\.(\w+)"[^>]* value="([0-9a-fA-F]+)"/g)].map(([, name, value]) => [name, value]))
}

function recordsOf(datagram: string, renumbered: Renumbered): GoldenRecord[] {
  const [head, ...records] = datagram.split(/<field name="" show="(?:Flow \d+|pdu \d+\/\d+)"/)
  const header = fieldsOf(head)
  const number = (name: string): bigint => BigInt(`0x${header.get(name) ?? '0'}`)
  const version = Number(number('version'))
  return records.map((record) => {
    const fields = fieldsOf(record)
    const scopes = Object.entries(SCOPES).flatMap(([name, id]) => (fields.has(name) ? elementOf(id, fields.get(name)!) : []))
    return {
      type: version === 10 ? 'IPFIX' : version === 9 ? 'NETFLOW_V9' : 'NETFLOW_V5',
      exportNs: (version === 10 ? number('exporttime') : number('unix_secs')) * 1_000_000_000n + number('unix_nsecs'),
      ...(version === 10 ? {} : { uptime: number('sysuptime') }),
      sequence: Number(number('sequence')),
      domain: Number(version === 10 ? number('od_id') : number('source_id')),
      ...(scopes.length === 0 ? {} : { scopes }),
      elements: [
        ...Object.entries(NAMES).flatMap(([name, id]) => (fields.has(name) ? elementOf(renumbered[id] ?? id, fields.get(name)!) : [])),
        // v5 has its rate in the header
        ...(version === 5 ? elementOf(34, header.get('samplerate') ?? '0') : [])
      ]
    }
  })
}

function elementOf(id: number, hex: string): Element[] {
  const value: Value = ADDRESSES.has(id)
    ? Buffer.from(hex, 'hex')
    : TEXTS.has(id)
      ? Buffer.from(hex, 'hex').toString().replace(/\0+$/, '')
      : BigInt(`0x${hex}`)
  return [{ id, enterprise: 0, value }]
}
