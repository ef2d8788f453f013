/**
 * Options data: what an exporter tells of itself (RFC 7011 section 3.4.2.2, RFC 3954 section 6.1). Sampling rates and names are kept for the
 * records that refer to them; all else is passed over.
 */
import { writeTag } from '../../flow/message.js'
import { fieldTag } from '../../flow/proto.js'
import { writeVarint32 } from '../../flow/varint.js'
import { inputBytes, isZero, readUint8 } from '../input.js'
import { type Domain, domainOf, learn, type Name, type Names } from './domain.js'
import { IE } from './elements.js'
import { isNothing, isSame, type Rate, setRateOfPopulation, setRateOfSpace } from './sampling.js'
import type { Template } from './template.js'
import { readNumber, readUint, type Uint64 } from './values.js'

/** v9's scope types are a registry of their own (RFC 3954 section 6.1). */
const V9_SCOPE_INTERFACE = 2

/** The longest name that is kept, in bytes. */
const MAX_NAME_BYTES = 255

const INTERFACES: readonly number[] = [IE.ingressInterface, IE.egressInterface, IE.ingressPhysicalInterface, IE.egressPhysicalInterface]
const VRFS: readonly number[] = [IE.ingressVRFID, IE.egressVRFID]
const SAMPLERS: readonly number[] = [IE.samplerId, IE.selectorId]
const RATES: readonly number[] = [
  IE.samplingInterval,
  IE.samplerRandomInterval,
  IE.samplingPacketInterval,
  IE.samplingPacketSpace,
  IE.samplingSize,
  IE.samplingPopulation
]

/** The numbers and names of one options record that are of use; NaN where there is none. */
interface Told {
  sampler: number
  /** an interface in the scope */
  scopeInterface: number
  /** an interface in scope or value, for names */
  anInterface: number
  scopeDomain: number
  vrf: number
  application: number
  systemInit: number
  /** those of RATES, by element */
  rates: Map<number, Rate> | undefined
  interfaceName: string
  interfaceDescription: string
  vrfName: string
  applicationName: string
}

/** Learns from the options record at `base` of the input, whose fields the template's offsets and lengths give. Whether that was news. */
export function learnOptions(template: Template, base: number, sender: Domain): boolean {
  const told = readOptions(template, base)
  const domain =
    Number.isNaN(told.scopeDomain) || told.scopeDomain === sender.id ? sender : domainOf(sender.exporter, sender.version, told.scopeDomain)
  const news = [
    learnRate(told, domain),
    learnName(told.anInterface, told.interfaceName === '' ? told.interfaceDescription : told.interfaceName, domain, 'interfaces'),
    learnName(told.vrf, told.vrfName, domain, 'vrfs'),
    learnName(told.application, told.applicationName, domain, 'applications'),
    told.systemInit > 0 && told.systemInit !== domain.systemInitMs
  ]
  if (told.systemInit > 0) domain.systemInitMs = told.systemInit
  return news.includes(true)
}

function readOptions({ version, fields, places, scopes, offsets, lengths }: Template, base: number): Told {
  const told: Told = {
    sampler: NaN,
    scopeInterface: NaN,
    anInterface: NaN,
    scopeDomain: NaN,
    vrf: NaN,
    application: NaN,
    systemInit: NaN,
    rates: undefined,
    interfaceName: '',
    interfaceDescription: '',
    vrfName: '',
    applicationName: ''
  }
  for (const place of places) {
    const { id, enterprise } = fields[place]
    const length = lengths[place]
    if (enterprise !== 0 || length === 0) continue
    const at = base + offsets[place]
    const inScope = place < scopes
    if (inScope && version === 9) {
      if (id === V9_SCOPE_INTERFACE && length <= 8) told.scopeInterface = told.anInterface = readNumber(at, length)
      continue
    }
    if (id === IE.interfaceName) told.interfaceName = readName(at, length)
    else if (id === IE.interfaceDescription) told.interfaceDescription = readName(at, length)
    else if (id === IE.VRFname) told.vrfName = readName(at, length)
    else if (id === IE.applicationName) told.applicationName = readName(at, length)
    else if (length > 8) continue
    else if (RATES.includes(id)) {
      const rate: Uint64 = { hi: 0, lo: 0 }
      readUint(at, length, rate)
      told.rates ??= new Map()
      if (!told.rates.has(id)) told.rates.set(id, rate)
    } else readTold(told, id, readNumber(at, length), inScope)
  }
  return told
}

function readTold(told: Told, id: number, value: number, inScope: boolean): void {
  if (SAMPLERS.includes(id)) told.sampler = value
  else if (INTERFACES.includes(id)) {
    told.anInterface = value
    if (inScope) told.scopeInterface = value
  } else if (VRFS.includes(id)) told.vrf = value
  else if (id === IE.observationDomainId && inScope) told.scopeDomain = value
  else if (id === IE.applicationId) told.application = value
  else if (id === IE.systemInitTimeMilliseconds) told.systemInit = value
}

function learnRate(told: Told, domain: Domain): boolean {
  const rate = told.rates === undefined ? undefined : toldRate(told.rates)
  if (rate === undefined) return false
  if (!Number.isNaN(told.sampler)) return learnRateOf(domain, domain.samplerRates, told.sampler, rate)
  if (!Number.isNaN(told.scopeInterface)) return learnRateOf(domain, domain.interfaceRates, told.scopeInterface, rate)
  if (domain.rate !== undefined && isSame(domain.rate, rate)) return false
  domain.rate = rate
  return true
}

function learnRateOf({ exporter }: Domain, rates: Map<number, Rate>, of: number, rate: Rate): boolean {
  const known = rates.get(of)
  if (known !== undefined && isSame(known, rate)) return false
  learn(exporter, rates, of, rate)
  return true
}

/** The first of the ways to tell a rate that gives one. */
function toldRate(rates: ReadonlyMap<number, Rate>): Rate | undefined {
  const interval = rates.get(IE.samplingPacketInterval)
  const space = rates.get(IE.samplingPacketSpace)
  const size = rates.get(IE.samplingSize)
  const population = rates.get(IE.samplingPopulation)
  const ofSpace: Uint64 = { hi: 0, lo: 0 }
  const ofPopulation: Uint64 = { hi: 0, lo: 0 }
  if (interval !== undefined && space !== undefined) setRateOfSpace(ofSpace, interval, space)
  if (size !== undefined && population !== undefined) setRateOfPopulation(ofPopulation, size, population)
  const ways = [rates.get(IE.samplingInterval), rates.get(IE.samplerRandomInterval), space === undefined ? interval : ofSpace, ofPopulation]
  return ways.find((rate) => rate !== undefined && !isNothing(rate))
}

/** Text up to its padding; invalid UTF-8 is replaced, because a protobuf string must not have any. */
function readName(at: number, length: number): string {
  if (isZero(at, length)) return ''
  let end = at
  while (end < at + length && readUint8(end) !== 0) end++
  return inputBytes().toString('utf8', at, end).trim()
}

/** Keeps the name of a thing; whether it is a new one. */
export function learnName(of: number, name: string, domain: Domain, kind: keyof Names): boolean {
  if (Number.isNaN(of) || name === '') return false
  const text = cutText(name)
  if (domain.names[kind].get(of)?.text === text) return false
  const fields = FIELDS_OF[kind]
  const learned: Name = { text, in: stringField(fields.in, text), out: stringField(fields.out, text) }
  domain.exporter.names[kind].set(of, learned)
  learn(domain.exporter, domain.names[kind], of, learned)
  return true
}

const FIELDS_OF: Record<keyof Names, { in: string; out: string }> = {
  interfaces: { in: 'in_if_name', out: 'out_if_name' },
  vrfs: { in: 'ingress_vrf_name', out: 'egress_vrf_name' },
  applications: { in: 'application_name', out: 'application_name' }
}

function cutText(text: string): string {
  if (Buffer.byteLength(text) <= MAX_NAME_BYTES) return text
  const bytes = Buffer.from(text)
  let end = MAX_NAME_BYTES
  while ((bytes[end] & 0xc0) === 0x80) end-- // not inside a character
  return bytes.toString('utf8', 0, end)
}

function stringField(name: string, text: string): Buffer {
  const bytes = Buffer.from(text)
  const field = Buffer.alloc(bytes.length + 8)
  const pos = writeVarint32(field, writeTag(field, 0, fieldTag(name)), bytes.length)
  return Buffer.concat([field.subarray(0, pos), bytes])
}
