/**
 * Options data (RFC 7011 section 3.4.2.2, RFC 3954 section 6.1). Sampling rates and names are kept for the records that refer to them; all else is
 * ignored.
 */
import { writeTag } from '../../../flow/message.js'
import type { FieldName } from '../../../flow/names.js'
import { fieldTag } from '../../../flow/proto.js'
import { writeVarint32 } from '../../../flow/varint.js'
import { inputBytes, inIsZero, inU8 } from '../../memory/in.js'
import { domainOf, keptDomain, WHOLE_EXPORTER } from './domain.js'
import { learn, tableOf } from './entries.js'
import { IE } from '../wire/ie.js'
import type { Domain, Name, Names } from './exporter.js'
import { EXPORTER_ELEMENTS, readExporter } from './originalexporter.js'
import { RATE_ELEMENTS, readProbability, setRate } from './rateelements.js'
import { isNothing, isSame, type Rate, type RateScope } from './sampling.js'
import type { Template } from '../wire/template.js'
import { readNumber, readUint, type Uint64 } from '../wire/numbers.js'

/** v9's scope types are a registry of their own (RFC 3954 section 6.1). */
const V9_SCOPE = { system: 1, interface: 2, lineCard: 3, template: 5 } as const

/** The longest name that is kept, in bytes. */
const MAX_NAME_BYTES = 255

const INTERFACES: readonly number[] = [IE.ingressInterface, IE.egressInterface, IE.ingressPhysicalInterface, IE.egressPhysicalInterface]
const VRFS: readonly number[] = [IE.ingressVRFID, IE.egressVRFID]
const SAMPLERS: readonly number[] = [IE.samplerId, IE.selectorId]
/** Scopes that are about the exporter as a whole. */
const WHOLE: readonly number[] = [IE.exportingProcessId, IE.exporterIPv4Address, IE.exporterIPv6Address]

/** The numbers and names of one options record that are used; NaN where there is none. */
interface OptionsRecord {
  sampler: number
  /** in the scope */
  scopeInterface: number
  scopeTemplate: number
  scopeLineCard: number
  /** the scope is the exporter as a whole */
  isWhole: boolean
  /** the scope is narrower than a domain, by something that records do not name */
  isNarrower: boolean
  /** an interface in scope or value, for names */
  anInterface: number
  scopeDomain: number
  vrf: number
  application: number
  systemInit: number
  /** the addresses of EXPORTER_ELEMENTS, '' where there is none; whether one is in the scope */
  exporters: string[] | undefined
  exporterInScope: boolean
  /** those of RATE_ELEMENTS, in their order */
  rates: (Rate | undefined)[] | undefined
  probability: number
  interfaceName: string
  interfaceDescription: string
  vrfName: string
  applicationName: string
}

/** Learns from the options record at `base` of the input, whose fields stand at the template's offsets. Returns whether that changed anything. */
export function learnOptions(template: Template, base: number, sender: Domain): boolean {
  const options = readOptions(template, base)
  const { port, version } = sender
  const isOwn = Number.isNaN(options.scopeDomain) || options.scopeDomain === sender.id
  const domain = isOwn ? sender : keptDomain(domainOf(port, version, options.scopeDomain))
  const isOfAll = options.isWhole && Number.isNaN(options.scopeDomain)
  const changes = [
    learnRate(options, domain),
    isOfAll && learnRate(options, keptDomain(domainOf(port, version, WHOLE_EXPORTER))),
    options.interfaceName === ''
      ? learnName(options.anInterface, options.interfaceDescription, domain, 'interfaces')
      : learnName(options.anInterface, options.interfaceName, domain, 'interfaces', options.interfaceDescription),
    learnName(options.vrf, options.vrfName, domain, 'vrfs'),
    learnName(options.application, options.applicationName, domain, 'applications'),
    learnExporter(options, domain),
    options.systemInit > 0 && options.systemInit !== domain.systemInitMs
  ]
  if (options.systemInit > 0) domain.systemInitMs = options.systemInit
  return changes.includes(true)
}

function readOptions({ version, fields, places, scopes, offsets, lengths }: Template, base: number): OptionsRecord {
  const options: OptionsRecord = {
    sampler: NaN,
    scopeInterface: NaN,
    scopeTemplate: NaN,
    scopeLineCard: NaN,
    isWhole: false,
    isNarrower: false,
    anInterface: NaN,
    scopeDomain: NaN,
    vrf: NaN,
    application: NaN,
    systemInit: NaN,
    exporters: undefined,
    exporterInScope: false,
    rates: undefined,
    probability: 0,
    interfaceName: '',
    interfaceDescription: '',
    vrfName: '',
    applicationName: ''
  }
  if (version === 9) fields.slice(0, scopes).forEach(({ id }) => (options.isWhole ||= id === V9_SCOPE.system)) // it may have no bytes
  for (const place of places) {
    const { id, enterprise } = fields[place]
    const length = lengths[place]
    const at = base + offsets[place]
    const inScope = place < scopes
    if (enterprise !== 0 || length === 0) {
      options.isNarrower ||= inScope && enterprise !== 0
      continue
    }
    if (inScope && version === 9) {
      if (length <= 8) readV9Scope(options, id, readNumber(at, length))
      continue
    }
    if (id === IE.interfaceName) options.interfaceName = readName(at, length)
    else if (id === IE.interfaceDescription) options.interfaceDescription = readName(at, length)
    else if (id === IE.VRFname) options.vrfName = readName(at, length)
    else if (id === IE.applicationName) options.applicationName = readName(at, length)
    else if (RATE_ELEMENTS.includes(id)) readRate(options, id, at, length)
    else if (EXPORTER_ELEMENTS.includes(id)) readExporterOf(options, id, at, length, inScope)
    else if (WHOLE.includes(id)) options.isWhole ||= inScope
    else if (length <= 8) readNumberField(options, id, readNumber(at, length), inScope)
  }
  return options
}

function readRate(options: OptionsRecord, id: number, at: number, length: number): void {
  const place = RATE_ELEMENTS.indexOf(id)
  options.rates ??= RATE_ELEMENTS.map(() => undefined)
  if (options.rates[place] !== undefined || length > 8) return
  const rate: Uint64 = { hi: 0, lo: 0 }
  readUint(at, length, rate)
  options.rates[place] = rate
  if (id === IE.samplingProbability) options.probability = readProbability(at, length)
}

function readV9Scope(options: OptionsRecord, type: number, value: number): void {
  if (type === V9_SCOPE.interface) options.scopeInterface = options.anInterface = value
  else if (type === V9_SCOPE.lineCard) options.scopeLineCard = value
  else if (type === V9_SCOPE.template) options.scopeTemplate = value
  else if (type !== V9_SCOPE.system) options.isNarrower = true
}

function readNumberField(options: OptionsRecord, id: number, value: number, inScope: boolean): void {
  if (SAMPLERS.includes(id)) options.sampler = value
  else if (INTERFACES.includes(id)) {
    options.anInterface = value
    if (inScope) options.scopeInterface = value
  } else if (VRFS.includes(id)) {
    options.vrf = value
    options.isNarrower ||= inScope
  } else if (id === IE.applicationId) {
    options.application = value
    options.isNarrower ||= inScope
  } else if (id === IE.systemInitTimeMilliseconds) options.systemInit = value
  else if (!inScope) return
  else if (id === IE.observationDomainId) options.scopeDomain = value
  else if (id === IE.templateId) options.scopeTemplate = value
  else if (id === IE.lineCardId) options.scopeLineCard = value
  else if (id !== IE.meteringProcessId) options.isNarrower = true
}

function readExporterOf(options: OptionsRecord, id: number, at: number, length: number, inScope: boolean): void {
  options.exporterInScope ||= inScope
  if (inScope && WHOLE.includes(id)) options.isWhole = true
  else options.isNarrower ||= inScope
  options.exporters ??= EXPORTER_ELEMENTS.map(() => '')
  options.exporters[EXPORTER_ELEMENTS.indexOf(id)] ||= readExporter(at, length)
}

/**
 * Keeps the exporter that observed the domain's flows, where the record has no narrower scope. As a scope alone it is one of many that a mediator may
 * list; beside a domain it is that domain's. Returns whether that changed anything.
 */
function learnExporter(options: OptionsRecord, domain: Domain): boolean {
  const exporter = options.exporters?.find((address) => address !== '')
  const scopes = [options.sampler, options.scopeTemplate, options.scopeLineCard, options.scopeInterface]
  if (exporter === undefined || (options.exporterInScope && Number.isNaN(options.scopeDomain))) return false
  if (options.isNarrower || !scopes.every(Number.isNaN) || domain.originalExporter === exporter) return false
  domain.originalExporter = exporter
  return true
}

/** Keeps the rate for the narrowest scope of the record: it says nothing of a wider one. Returns whether that changed anything. */
function learnRate(options: OptionsRecord, { rates, port: { exporter } }: Domain): boolean {
  if (options.rates === undefined) return false
  const rate: Uint64 = { hi: 0, lo: 0 }
  setRate(rate, options.rates, options.probability)
  if (isNothing(rate)) return false
  const scopes: [RateScope, number][] = [
    ['samplers', options.sampler],
    ['templates', options.scopeTemplate],
    ['lineCards', options.scopeLineCard],
    ['interfaces', options.scopeInterface]
  ]
  const narrowest = scopes.find(([, of]) => !Number.isNaN(of))
  if (narrowest === undefined && options.isNarrower) return false
  rates.at = exporter.arrivals
  const known = narrowest === undefined ? rates.all : rates[narrowest[0]].get(narrowest[1])
  if (known !== undefined && isSame(known, rate)) return false
  if (narrowest === undefined) rates.all = rate
  else learn<RateScope, Rate>(exporter, rates, narrowest[0], narrowest[1], rate)
  return true
}

/** Text up to its padding; invalid UTF-8 is replaced, because a protobuf string must not have any. */
function readName(at: number, length: number): string {
  if (inIsZero(at, length)) return ''
  let end = at
  while (end < at + length && inU8(end) !== 0) end++
  return inputBytes().toString('utf8', at, end).trim()
}

/** Keeps the name of a thing, and the description of an interface beside it; returns whether that changed anything. */
export function learnName(of: number, name: string, domain: Domain, kind: keyof Names, description = ''): boolean {
  if (Number.isNaN(of) || name === '') return false
  const { port } = domain
  port.namesAt[kind] = port.exporter.arrivals
  const text = cutText(name)
  const about = cutText(description)
  const known = domain.names[kind].get(of)
  if (known?.text === text && known.description === about) return false
  const fields = FIELDS_OF[kind]
  const learned: Name = { text, description: about, in: stringField(fields.in, text), out: stringField(fields.out, text) }
  if (about !== '') {
    learned.in = Buffer.concat([learned.in, stringField('in_if_description', about)])
    learned.out = Buffer.concat([learned.out, stringField('out_if_description', about)])
  }
  tableOf<keyof Names, Name>(port.exporter, port.names, kind).set(of, learned)
  learn<keyof Names, Name>(port.exporter, domain.names, kind, of, learned)
  return true
}

const FIELDS_OF: Record<keyof Names, { in: FieldName; out: FieldName }> = {
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

function stringField(name: FieldName, text: string): Buffer {
  const bytes = Buffer.from(text)
  const field = Buffer.alloc(bytes.length + 8)
  const pos = writeVarint32(field, writeTag(field, 0, fieldTag(name)), bytes.length)
  return Buffer.concat([field.subarray(0, pos), bytes])
}
