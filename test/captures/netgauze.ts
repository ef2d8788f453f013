/** Reads the goldens of netgauze: a full decode of each datagram as a line of JSON, elements by IANA's names and values by their meaning. */
import fs from 'node:fs'
import { elementNumber } from './element-numbers.js'
import { addressBytes, type Element, type GoldenRecord, type Value } from './expected-flow.js'

/** A template: its id, how many of its fields are scopes (undefined: a data template), and the fields' elements and lengths. */
export interface GoldenTemplate {
  readonly domain: number | string
  readonly id: number
  readonly scopes: number | undefined
  readonly fields: readonly { id: number; length: number }[]
}

export interface GoldenDatagram {
  readonly sequence: number
  readonly domain: number | string
  readonly templates: readonly GoldenTemplate[]
  readonly records: readonly GoldenRecord[]
}

interface Specifier {
  element_id: string
  length: number
}
interface Template {
  id: number
  scope_field_specifiers?: Specifier[]
  field_specifiers: Specifier[]
}
type Fields = Record<string, unknown>[]
interface Message {
  version: number
  sys_up_time?: number
  unix_time?: string
  export_time?: string
  sequence_number: number
  source_id?: number
  observation_domain_id?: number
  sets: {
    Template?: Template[]
    OptionsTemplate?: Template[]
    Data?: { id: number; records: { scope_fields: Fields; fields: Fields }[] }
  }[]
}

export function readNetgauze(file: string): GoldenDatagram[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => datagramOf(Object.values(JSON.parse(line) as Record<string, Message>)[0]))
}

function datagramOf(message: Message): GoldenDatagram {
  const ipfix = message.version === 10
  const domain = (ipfix ? message.observation_domain_id : message.source_id)!
  const templates: GoldenTemplate[] = []
  const records: GoldenRecord[] = []
  for (const { Template: data, OptionsTemplate: options, Data } of message.sets) {
    for (const { id, scope_field_specifiers: scopes, field_specifiers: fields } of [...(data ?? []), ...(options ?? [])]) {
      templates.push({
        domain,
        id,
        scopes: scopes?.length,
        fields: [...(scopes ?? []), ...fields].map(({ element_id: name, length }) => ({ id: elementNumber(name), length }))
      })
    }
    for (const { scope_fields: scopes, fields } of Data?.records ?? []) {
      records.push({
        type: ipfix ? 'IPFIX' : 'NETFLOW_V9',
        exportNs: nanoseconds(ipfix ? message.export_time! : message.unix_time!),
        ...(message.sys_up_time === undefined ? {} : { uptime: BigInt(message.sys_up_time) }),
        sequence: message.sequence_number,
        domain,
        ...(scopes.length === 0 ? {} : { scopes: elementsOf(scopes) }),
        elements: elementsOf(fields)
      })
    }
  }
  return { sequence: message.sequence_number, domain, templates, records }
}

function elementsOf(fields: Fields): Element[] {
  return fields.flatMap((field) =>
    Object.entries(field).map(([name, value]) => ({ id: elementNumber(name), enterprise: 0, value: valueOf(name, value) }))
  )
}

const nanoseconds = (time: string): bigint => BigInt(Date.parse(time)) * 1_000_000n

const PROTOCOLS: Record<string, bigint> = { ICMP: 1n, IPv4: 4n, TCP: 6n, UDP: 17n, IPv6: 41n, IPv6ICMP: 58n, VRRP: 112n }
/** A bit each, from the lowest. */
const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR']
/** Status in the two high bits and reason in the others (RFC 7270 section 4.12). */
const STATUS: Record<string, bigint> = { Unknown: 0n, Forwarded: 64n, Dropped: 128n, Consumed: 192n }
const REASONS: Record<string, bigint> = { 'Forwarded Unknown': 0n, 'Consumed Forus': 3n }
const TEXTS = new Set(['VRFname', 'interfaceName', 'interfaceDescription', 'samplerName', 'selectorName'])
/** Names of things that no FlowMessage tells. */
const UNUSED = new Set(['flowEndReason', 'mplsTopLabelType', 'selectorAlgorithm'])

function valueOf(name: string, value: unknown): Value {
  if (typeof value === 'number') return BigInt(value)
  if (Array.isArray(value)) {
    const bytes = Buffer.from(value as number[])
    return name.endsWith('MacAddress') ? BigInt(`0x${bytes.toString('hex')}`) : bytes
  }
  if (typeof value === 'string') {
    if (TEXTS.has(name) || UNUSED.has(name)) return value
    if (name.endsWith('IPv4Address')) return addressBytes(value, 4)
    if (name.endsWith('IPv6Address')) return addressBytes(value, 16)
    if (name.endsWith('Milliseconds')) return BigInt(Date.parse(value))
    if (name === 'protocolIdentifier' && value in PROTOCOLS) return PROTOCOLS[value]
    if (name === 'flowDirection') return value === 'ingress' ? 0n : 1n
  }
  if (typeof value === 'object' && value !== null) {
    if (name === 'tcpControlBits')
      return TCP_FLAGS.reduce((bits, flag, i) => bits + ((value as Record<string, boolean>)[flag] ? 1n << BigInt(i) : 0n), 0n)
    const [[kind, what]] = Object.entries(value as Record<string, string | number>)
    if (name === 'forwardingStatus') return STATUS[kind] + REASONS[`${kind} ${what}`]
    if (kind === 'Unassigned') return BigInt(what)
  }
  throw new Error(`${name}: no reading of ${JSON.stringify(value)}`)
}
