/**
 * What fills each field of a flow in each protocol, found out by decoding: of each information element a record of its own, of each version
 * of NetFlow before templates a whole record, of sFlow a sample for each record and packet.
 */
import { TUNNELS } from '../../src/decode/packet/decap.js'
import { elementName, elementOf, type ElementType } from '../../src/schema/elements.js'
import { be, type FieldSpec, ipfix, optionsTemplate10, set, template, v5, v9, variable } from '../support/build-netflow.js'
import * as layers from '../support/build-packet.js'
import * as sflow from '../support/build-sflow.js'
import type { Flow } from '../support/datagram-stream.js'
import { decode } from '../support/decode.js'

/** By field: what fills it, as people read it. */
export type Fillers = Map<string, string[]>

const NEUTRAL: FieldSpec = [148, 8] // flowId, which no field takes
const MOST_ELEMENTS = 600
/** v9 types of the ASA, from before it took IANA's. */
const ASA = [40_001, 40_002, 40_003, 40_004]
const TEMPLATE = 256
const OPTIONS = 257

const BYTES: Partial<Record<ElementType, number>> = {
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 4,
  signed32: 4,
  float64: 8,
  macAddress: 6,
  ipv4Address: 4,
  ipv6Address: 16,
  dateTimeSeconds: 4
}
/** Values that are not 1: of a type, whatever the element. */
const VALUES: Partial<Record<ElementType, Buffer>> = {
  float64: Buffer.from('3fe0000000000000', 'hex'),
  dateTimeMilliseconds: be(1_600_000_000_000, 8),
  // seconds since 1900, and their fraction
  dateTimeMicroseconds: Buffer.from('e000000000000000', 'hex'),
  dateTimeNanoseconds: Buffer.from('e000000000000000', 'hex')
}

/** Octets and lists whose length says what they are. */
const OWN_VALUES: Readonly<Partial<Record<number, Buffer>>> = {
  70: Buffer.from('064011', 'hex'), // a label stack section: label 100, bottom of the stack
  95: Buffer.from('03000050', 'hex'), // engine 3, selector 80
  // basicList: semantic allOf, of community (483) and of address (27)
  484: Buffer.from('0301e30004fbf40064', 'hex'),
  485: Buffer.from('0301e30004fbf40064', 'hex'),
  496: Buffer.from('03001b001020010db8000000000000000000000001', 'hex'),
  315: layers.packet(layers.ethernet(), layers.ipv4(), layers.tcp(1024, 443))
}

/** Numbers whose 1 says nothing. */
const CHOSEN: Readonly<Partial<Record<number, Buffer>>> = {
  32: be(0x0801, 2),
  139: be(0x8001, 2),
  197: be(0x40, 1), // do not fragment
  304: be(4, 2), // uniform probabilistic
  306: be(9, 4),
  310: be(10, 4)
}

/** Elements that say something together. */
const TOGETHER: readonly (readonly number[])[] = [
  [305, 306],
  [309, 310],
  [304, 311],
  [160, 22],
  [160, 21]
]

/** A name, and the description beside it. */
const NAMED = [82, 83]

interface Told {
  readonly spec: FieldSpec
  readonly value: Buffer
}

/** The element with a value that is not zero. */
function told(id: number): Told {
  const own = OWN_VALUES[id]
  if (own !== undefined) return { spec: [id, 0xffff], value: variable(own) }
  const type = elementOf(id, 0)?.type
  if (type === 'string') return { spec: [id, 0xffff], value: variable(Buffer.from('name')) }
  const known = CHOSEN[id] ?? (type === undefined ? undefined : VALUES[type])
  if (known !== undefined) return { spec: [id, known.length], value: known }
  const bytes = (type === undefined ? undefined : BYTES[type]) ?? (ASA.includes(id) ? (id > 40_002 ? 2 : 4) : 8)
  return { spec: [id, bytes], value: be(1, bytes) }
}

type Header = (...sets: Buffer[]) => Buffer
const IPFIX: Header = (...sets) => ipfix({ domain: 5 }, ...sets)
const V9: Header = (...sets) => v9({ domain: 5 }, ...sets)

/** The fields of a record of these elements with their values, behind what else the datagram has. */
async function fieldsOf(header: Header, all: readonly Told[], before: readonly Buffer[] = []): Promise<Flow> {
  const templates = set(header === V9 ? 0 : 2, template(TEMPLATE, [...all.map(({ spec }) => spec), NEUTRAL]))
  const data = set(TEMPLATE, ...all.map(({ value }) => value), be(1, 8))
  const { flows } = await decode([header(...before, templates, data)])
  return Object.assign({}, ...flows) as Flow
}

/** Options data: what `scope` numbers has those elements' values. */
function options(scope: Told, all: readonly Told[]): Buffer[] {
  const fields = all.map(({ spec }) => spec)
  return [set(3, optionsTemplate10(OPTIONS, [scope.spec], fields)), set(OPTIONS, scope.value, ...all.map(({ value }) => value))]
}

/** The fields that are there, or other, because of what `flow` has and `without` has not. */
function news(flow: Flow, without: Flow): string[] {
  return Object.keys(flow).filter((name) => JSON.stringify(flow[name]) !== JSON.stringify(without[name]))
}

const idsOf = (): number[] => [
  ...Array.from({ length: MOST_ELEMENTS }, (_, i) => i + 1).filter((id) => elementOf(id, 0) !== undefined),
  ...ASA
]
/** What an options record may be about, and the element of a record that refers to it: interfaces, samplers, VRFs, applications, the exporter. */
const SCOPES = [
  [10, 10],
  [10, 14],
  [48, 48],
  [302, 302],
  [234, 234],
  [234, 235],
  [95, 95],
  [144, 4]
] as const

export async function templateFillers(): Promise<{ every: string[]; elements: Fillers }> {
  const every = await fieldsOf(IPFIX, [])
  const every9 = await fieldsOf(V9, [])
  const elements: Fillers = new Map()
  const note = (fields: readonly string[], what: string): void => {
    for (const field of fields) add(elements, field, what)
  }
  const nameOf = (ids: readonly number[]): string =>
    ids.map((id) => (ASA.includes(id) ? `${id} (v9)` : `${elementName(id, 0)} (${id})`)).join(' and ')
  for (const ids of [...idsOf().map((id) => [id]), ...TOGETHER]) {
    const all = ids.map(told)
    note([...news(await fieldsOf(IPFIX, all), every), ...news(await fieldsOf(V9, all), every9)], nameOf(ids))
  }
  for (const [scopeId, recordId] of SCOPES) {
    const [scope, record] = [told(scopeId), told(recordId)]
    const without = await fieldsOf(IPFIX, [record])
    const fieldsBy = async (ids: readonly number[]): Promise<string[]> =>
      news(await fieldsOf(IPFIX, [record], options(scope, ids.map(told))), without)
    for (const ids of [...idsOf().map((id) => [id]), ...TOGETHER]) {
      if (!ids.includes(scopeId) && !ids.some((id) => ASA.includes(id))) note(await fieldsBy(ids), `options: ${nameOf(ids)}`)
    }
    const described = await fieldsBy(NAMED)
    note(
      described.filter((field) => !elements.has(field)),
      `options: ${nameOf(NAMED)}`
    )
  }
  return { every: Object.keys(every), elements }
}

/** By field, the versions whose records fill it. */
export async function legacyFillers(): Promise<Fillers> {
  const record = {
    nextHop: '192.0.2.3',
    input: 1,
    output: 2,
    packets: 3,
    bytes: 4,
    first: 5,
    last: 6,
    srcPort: 7,
    dstPort: 8,
    tcpFlags: 9,
    tos: 11,
    srcAs: 12,
    dstAs: 13,
    srcMask: 24,
    dstMask: 24
  }
  const fillers: Fillers = new Map()
  for (const version of [1, 5, 7] as const) {
    const header = { version, sequence: 1, engine: 1, sampling: 0x4064 }
    const { flows } = await decode([6, 1].map((protocol) => v5(header, { ...record, protocol })))
    for (const field of flows.flatMap((flow) => Object.keys(flow))) add(fillers, field, `v${version}`)
  }
  return fillers
}

const PACKETS = [
  [layers.ethernet(), layers.dot1q(10), layers.dot1q(20), layers.ipv4(), layers.tcp(1024, 443)],
  [layers.ethernet(), layers.mpls([100, 200]), layers.ipv4(), layers.icmp(8, 1)],
  [layers.ethernet(), layers.ipv6({ flowLabel: 5, trafficClass: 8 }), layers.segmentRouting(['2001:db8::3'], 1), layers.udp(1, 2)],
  [layers.ethernet(), layers.ipv4({ id: 7, offset: 3, flags: 1, tos: 8 }), layers.udp(53, 53)],
  [layers.ethernet(), layers.ipv4(), layers.udp(1024, 4789), layers.vxlan(5000), layers.ethernet(), layers.ipv4(), layers.tcp(1, 2)],
  [layers.ethernet(), layers.ipv4(), layers.udp(2152, 2152), layers.gtpu(7), layers.ipv4(), layers.tcp(1, 2)],
  [layers.ethernet(), layers.ipv4(), layers.gre({ key: 7 }), layers.ipv4(), layers.tcp(1, 2)]
]

const RECORDS: readonly (readonly [string, Buffer])[] = [
  ['sampled_ethernet', sflow.sampledEthernet()],
  ['sampled_ipv4', sflow.sampledIpv4()],
  ['sampled_ipv6', sflow.sampledIpv6()],
  ['extended_switch', sflow.structure(1001, layers.u32(10, 0, 20, 0))],
  ['extended_router', sflow.structure(1002, Buffer.concat([sflow.xdrAddress('192.0.2.3'), layers.u32(24, 24)]))],
  [
    'extended_gateway',
    sflow.structure(1003, Buffer.concat([sflow.xdrAddress('192.0.2.3'), layers.u32(64500, 64501, 64502, 1, 2, 1, 64503, 1, 6553600, 100)]))
  ],
  ['extended_nat', sflow.structure(1007, Buffer.concat([sflow.xdrAddress('192.0.2.3'), sflow.xdrAddress('192.0.2.4')]))],
  ['extended_nat_port', sflow.structure(1020, layers.u32(7, 8))]
]

export async function sflowFillers(): Promise<Fillers> {
  const fillers: Fillers = new Map()
  const fieldsOf = async (...records: Buffer[]): Promise<string[]> => {
    const payload = sflow.buildSflowDatagram({ samples: [sflow.flowSample({ records })] })
    const { flows } = await decode([payload])
    return flows.flatMap((flow) => Object.keys(flow))
  }
  const every = await fieldsOf()
  for (const field of every) add(fillers, field, 'every sample')
  const decapped = await decode(
    [
      sflow.buildSflowDatagram({
        samples: PACKETS.map((packet) => sflow.flowSample({ records: [sflow.rawHeader(layers.packet(...packet))] }))
      })
    ],
    {
      decap: TUNNELS
    }
  )
  const packets = await Promise.all(PACKETS.map((packet) => fieldsOf(sflow.rawHeader(layers.packet(...packet)))))
  for (const field of packets.flat()) if (!every.includes(field)) add(fillers, field, 'the sampled packet')
  for (const field of decapped.flows.flatMap((flow) => Object.keys(flow)))
    if (!every.includes(field) && !fillers.has(field)) add(fillers, field, 'the sampled packet, with -decap')
  const discarded = await decode([sflow.buildSflowDatagram({ samples: [sflow.discardedPacket()] })])
  for (const field of discarded.flows.flatMap((flow) => Object.keys(flow)))
    if (!every.includes(field)) add(fillers, field, 'discarded packets')
  for (const [name, record] of RECORDS) for (const field of await fieldsOf(record)) if (!every.includes(field)) add(fillers, field, name)
  return fillers
}

function add(fillers: Fillers, field: string, what: string): void {
  const list = fillers.get(field) ?? []
  if (!list.includes(what)) list.push(what)
  fillers.set(field, list)
}
