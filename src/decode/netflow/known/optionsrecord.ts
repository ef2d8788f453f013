/**
 * One record of options data (RFC 7011 section 3.4.2.2, RFC 3954 section 6.1): its numbers and names that are used, and its scope.
 */
import { inputBytes, inIsZero, inU8 } from '../../memory/in.js'
import { IE } from '../wire/ie.js'
import { readNumber, readUint, type Uint64 } from '../wire/numbers.js'
import type { Template, TemplateField } from '../wire/template.js'
import { EXPORTER_ELEMENTS, readExporter } from './originalexporter.js'
import { RATE_ELEMENTS, readProbability, setRate } from './rateelements.js'
import { isNothing, type Rate, type RateScope } from './sampling.js'

/** v9's scope types are a registry of their own (RFC 3954 section 6.1). */
const V9_SCOPE = { system: 1, interface: 2, lineCard: 3, template: 5 } as const

const INTERFACES: readonly number[] = [IE.ingressInterface, IE.egressInterface, IE.ingressPhysicalInterface, IE.egressPhysicalInterface]
const VRFS: readonly number[] = [IE.ingressVRFID, IE.egressVRFID]
const NAMES: readonly number[] = [IE.interfaceName, IE.interfaceDescription, IE.VRFname, IE.applicationName]
const SAMPLERS: readonly number[] = [IE.samplerId, IE.selectorId]
/** Scopes that are about the exporter as a whole, and those that are no narrower than a domain. */
const WHOLE: readonly number[] = [IE.exportingProcessId, IE.exporterIPv4Address, IE.exporterIPv6Address]
const WIDE: readonly number[] = [...WHOLE, IE.observationDomainId, IE.meteringProcessId]

/** The numbers and names of one options record that are used; NaN where there is none. */
export interface OptionsRecord {
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

/** Reads the options record at `base` of the input, whose fields stand at the template's offsets. */
export function readOptions({ version, fields, filled, scopes, offsets, lengths }: Template, base: number): OptionsRecord {
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
  for (let index = 0; index < scopes; index++) {
    options.isWhole ||= version === 9 && fields[index].id === V9_SCOPE.system // it may have no bytes
    options.isNarrower ||= isNameless(version, fields[index], lengths[index])
  }
  for (const index of filled) {
    const { id, enterprise } = fields[index]
    const length = lengths[index]
    const at = base + offsets[index]
    const inScope = index < scopes
    if (enterprise !== 0 || length === 0) continue
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

/** Whether a scope field of so many bytes is narrower than a domain, and names nothing that records name as well. One of no bytes says nothing. */
function isNameless(version: number, { id, enterprise }: TemplateField, length: number): boolean {
  if (version === 9) return id !== V9_SCOPE.system && length > 8
  return length > 0 && (enterprise !== 0 || (!WIDE.includes(id) && (length > 8 || NAMES.includes(id))))
}

function readRate(options: OptionsRecord, id: number, at: number, length: number): void {
  const index = RATE_ELEMENTS.indexOf(id)
  options.rates ??= RATE_ELEMENTS.map(() => undefined)
  if (options.rates[index] !== undefined || length > 8) return
  const rate: Uint64 = { hi: 0, lo: 0 }
  readUint(at, length, rate)
  options.rates[index] = rate
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

/** Text up to its padding; invalid UTF-8 is replaced, because a protobuf string must not have any. */
function readName(at: number, length: number): string {
  if (inIsZero(at, length)) return ''
  let end = at
  while (end < at + length && inU8(end) !== 0) end++
  return inputBytes().toString('utf8', at, end).trim()
}

/** Its sampling rate; undefined where it has none. */
export function rateIn({ rates, probability }: OptionsRecord): Rate | undefined {
  if (rates === undefined) return undefined
  const rate: Uint64 = { hi: 0, lo: 0 }
  setRate(rate, rates, probability)
  return isNothing(rate) ? undefined : rate
}

/** What the rate is of that records name as well, the narrowest where there are several; undefined for none. */
export function rateScopeIn({ sampler, scopeTemplate, scopeLineCard, scopeInterface }: OptionsRecord): [RateScope, number] | undefined {
  const scopes: [RateScope, number][] = [
    ['samplers', sampler],
    ['templates', scopeTemplate],
    ['lineCards', scopeLineCard],
    ['interfaces', scopeInterface]
  ]
  return scopes.find(([, of]) => !Number.isNaN(of))
}

/** The exporter that observed the flows, a letter a byte; undefined where there is none. */
export const exporterIn = ({ exporters }: OptionsRecord): string | undefined => exporters?.find((address) => address !== '')
