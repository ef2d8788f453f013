/** Reads sFlow datagrams through tshark's dissector. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ethernet, ipv4, packet, udp } from '../support/build-packet.js'
import type { Flow } from '../support/datagram-stream.js'
import { hex, mac } from '../support/frame-flow.js'
import { payload, pcap } from '../support/pcap-writer.js'
import { packetFields } from '../support/tshark-packet.js'

/** tshark's name and ours, and how it says them. */
type FieldOf = readonly [tshark: string, ours: string, read: (value: string) => string | number]

/** Fields that stand once in a sample. */
const FIELDS: readonly FieldOf[] = [
  ['sflow.flow_sample.sampling_rate', 'sampling_rate', String],
  ['sflow_245.header.frame_length', 'bytes', String],
  ['sflow_245.vlan.in', 'src_vlan', Number],
  ['sflow_245.vlan.out', 'dst_vlan', Number],
  ['sflow_245.nexthop.src_mask', 'src_net', Number],
  ['sflow_245.nexthop.dst_mask', 'dst_net', Number]
]

/** What sampled Ethernet and IPv4 records say; flags and tos it reads from the wrong byte. */
const RECORD_FIELDS: readonly FieldOf[] = [
  ['sflow_245.ip.length', 'bytes', String],
  ['sflow_245.ethernet.length', 'bytes', String],
  ['sflow_245.ethernet.source_mac_address', 'src_mac', mac],
  ['sflow_245.ethernet.destination_mac_address', 'dst_mac', mac],
  ['sflow_245.ipv4_src', 'src_addr', hex],
  ['sflow_245.ipv4_dst', 'dst_addr', hex],
  ['sflow.ip_protocol', 'proto', Number],
  ['sflow_245.ip.source_port', 'src_port', Number],
  ['sflow.ip.destination_port', 'dst_port', Number]
]

type Values = Map<string, string[]>

/** Every value of every field in a part of the PDML, in its order. */
function valuesIn(pdml: string): Values {
  const values: Values = new Map()
  for (const [, name, show] of pdml.matchAll(/<field name="([^"]+)"[^>]* show="([^"]*)"/g))
    values.set(name, [...(values.get(name) ?? []), show])
  return values
}

function fieldsOf(fields: readonly FieldOf[], values: Values): Flow {
  const flow: Flow = {}
  for (const [name, ours, read] of fields) {
    const value = values.get(name)?.[0]
    if (value !== undefined && read(value) !== 0 && read(value) !== '0') flow[ours] = read(value)
  }
  return flow
}

export interface DissectedSamples {
  /** FlowMessage's fields of the flow samples; only those that tshark tells of */
  flows: Flow[]
  counterSamples: number
}

/** Dissects these datagrams, whatever they came in. */
export function readSflow(payloads: readonly Buffer[]): DissectedSamples {
  const dissected: DissectedSamples = { flows: [], counterSamples: 0 }
  for (const datagram of dissect(payloads)) readDatagram(datagram, dissected)
  return dissected
}

/** The records of the counter samples in these datagrams: what tshark calls each field, and the value. A record that it does not know ends a sample: it reads on from there as if the record had no bytes. */
export function readSflowCounters(payloads: readonly Buffer[]): Map<string, string>[] {
  return dissect(payloads).flatMap((datagram) =>
    datagram
      .split(/<field name="" show="(?=[^"]* sample, seq )/)
      .slice(1)
      .filter((sample) => /^(Expanded c|C)ounters/.test(sample))
      .map((sample) => new Map([...valuesIn(sample.split('show="Unknown sample format"')[0])].map(([name, [value]]) => [name, value])))
  )
}

/** tshark's PDML of each datagram. */
function dissect(payloads: readonly Buffer[]): string[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-sflow-'))
  try {
    const file = path.join(folder, 'datagrams.pcap')
    fs.writeFileSync(file, pcap(payloads.map((bytes) => ({ bytes: packet(ethernet(), ipv4(), udp(6343, 6343), payload(bytes)) }))))
    const { stdout, status, stderr } = spawnSync('tshark', ['-r', file, '-d', 'udp.port==6343,sflow', '-T', 'pdml'], {
      maxBuffer: 1 << 28,
      encoding: 'utf8'
    })
    if (status !== 0) throw new Error(stderr)
    return stdout
      .split('<proto name="sflow"')
      .slice(1)
      .map((datagram) => datagram.split('</packet>')[0])
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

function readDatagram(pdml: string, dissected: DissectedSamples): void {
  const [head, ...samples] = pdml.split(/<field name="" show="(?=[^"]* sample, seq )/)
  const header = valuesIn(head)
  const [agent] = header.get('sflow_245.agent') ?? header.get('sflow_245.agent.v6')!
  for (const sample of samples) {
    if (/^(Expanded c|C)ounters/.test(sample)) dissected.counterSamples++
    else
      dissected.flows.push({
        sequence_num: Number(header.get('sflow_245.sequence_number')![0]),
        sampler_address: hex(agent),
        ...sampleFields(sample)
      })
  }
}

function sampleFields(pdml: string): Flow {
  const values = valuesIn(pdml)
  const protocols = [...pdml.matchAll(/<proto name="([^"]+)"/g)].map(([, name]) => name)
  return {
    ...fieldsOf(RECORD_FIELDS, values),
    ...fieldsOf(FIELDS, values),
    ...interfaceFields(values),
    ...routeFields(values),
    ...packetFields(protocols, (name) => values.get(name) ?? [])
  }
}

/** Compact samples have one field for the input, expanded ones a format and a value. */
function interfaceFields(values: Values): Flow {
  const number = (name: string): number => Number(values.get(name)?.[0] ?? 0)
  const input = number('sflow.flow_sample.input_interface') || number('sflow.flow_sample.input_interface_value')
  const output = number('sflow.flow_sample.output_interface_format') === 0 ? number('sflow.flow_sample.output_interface_value') : 0
  const isReal = (ifIndex: number): boolean => ifIndex !== 0 && ifIndex !== 0x3fffffff
  return { ...(isReal(input) ? { in_if: input } : {}), ...(isReal(output) ? { out_if: output } : {}) }
}

/** The router's next hop and the gateway's have one name, and so have the ASes of a path and the communities that follow them. */
function routeFields(values: Values): Flow {
  const [nextHop] = [...(values.get('sflow_245.nexthop') ?? []), ...(values.get('sflow_245.nexthop.v6') ?? [])]
  const hasRouter = values.has('sflow_245.nexthop.src_mask')
  const ases = values.get('sflow_245.dstAS') ?? []
  const path = ases.slice(0, ases.length - Number(values.get('sflow_245.communityEntries')?.[0] ?? 0)).map(Number)
  return { ...(hasRouter ? { next_hop: hex(nextHop) } : {}), ...(path.length > 0 ? { as_path: path, next_hop_as: path[0] } : {}) }
}
