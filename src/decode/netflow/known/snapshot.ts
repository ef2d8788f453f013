/**
 * The state of exporters as plain data: for the file that outlives a run, and for the list of templates over HTTP.
 */
import { parseAddress } from '../../../flow/address.js'
import { elementName } from '../../../schema/elements.js'
import { addressText } from '../../../text/addresses.js'
import { domainOf, keptDomain, knownPort, WHOLE_EXPORTER } from './domain.js'
import { learn } from './entries.js'
import { type Domain, type Exporter, type Name, NAME_KINDS, type Names } from './state.js'
import { learnName } from './options.js'
import { parseRate, RATE_SCOPES, type Rate, type RateScope, rateText } from './sampling.js'
import { type Definition, definitionOf, MAX_FIELDS, openDefinition, type Template, type TemplateField } from '../wire/template.js'
import { defineTemplate, refuseTemplate } from './lifecycle.js'

export interface SavedField {
  readonly name: string
  readonly id: number
  readonly enterprise?: number
  readonly length: number
}

export interface SavedTemplate {
  readonly id: number
  readonly kind: 'data' | 'options'
  /** how many of the fields are scopes */
  readonly scopes?: number
  readonly fields: readonly SavedField[]
  /** the arrival that defined it last; this, and the others that end in At, where the exporter has several ports */
  readonly at?: number
}

const WHOLE = 'all'
type SavedName = readonly [number, string, string?]
type Pairs = readonly (readonly [number, string])[]

/** The names that rates have in the file, by their scope. */
const RATE_KEYS = {
  samplers: 'samplers',
  templates: 'templateRates',
  lineCards: 'lineCardRates',
  interfaces: 'interfaceRates'
} as const satisfies Record<RateScope, keyof SavedDomain>

/** One observation domain of a source port of an exporter, or the exporter as a whole. */
export interface SavedDomain {
  readonly exporter: string
  readonly port: number
  readonly version: number
  readonly domain: number | typeof WHOLE
  /** the last arrival from this port */
  readonly lastArrival?: number
  readonly templates: readonly SavedTemplate[]
  /** ids whose last definition could not be used */
  readonly refused?: readonly number[]
  readonly refusedAt?: readonly number[]
  /** rates in decimal digits; pairs of number and rate, or number and name */
  readonly rate?: string
  readonly samplers?: Pairs
  readonly templateRates?: Pairs
  readonly lineCardRates?: Pairs
  readonly interfaceRates?: Pairs
  readonly ratesAt?: number
  readonly systemInitMs?: number
  /** the exporter that observed its flows */
  readonly originalExporter?: string
  /** number, name, and the description of an interface where there is one */
  readonly names?: Readonly<Partial<Record<keyof Names, readonly SavedName[]>>>
  readonly namesAt?: Readonly<Partial<Record<keyof Names, number>>>
}

/** The state of an exporter's domains; empty ones are left out. */
export function* saveExporter(exporter: Exporter & { readonly name: string }): Iterable<SavedDomain> {
  const isOrdered = exporter.ports.size > 1
  for (const { domains } of exporter.ports.values()) {
    for (const domain of domains.values()) {
      const saved = saveDomain(exporter.name, domain, isOrdered)
      if (saved.templates.length > 0 || Object.keys(saved).length > (isOrdered ? LEAST_KEYS + 1 : LEAST_KEYS)) yield saved
    }
  }
}

/** Keys of a saved domain that is empty. */
const LEAST_KEYS = 5

function saveDomain(
  exporter: string,
  { version, id, port, templates, refused, rates, systemInitMs, originalExporter, names }: Domain,
  isOrdered: boolean
): SavedDomain {
  const kept: Partial<Record<keyof Names, SavedName[]>> = {}
  for (const kind of NAME_KINDS) if (names[kind].size > 0) kept[kind] = [...names[kind]].map(saveName)
  const hasNames = Object.keys(kept).length > 0
  const scoped: Partial<Record<(typeof RATE_KEYS)[RateScope], Pairs>> = {}
  for (const scope of RATE_SCOPES) if (rates[scope].size > 0) scoped[RATE_KEYS[scope]] = saveRates(rates[scope])
  return {
    exporter,
    port: port.number,
    version,
    domain: id === WHOLE_EXPORTER ? WHOLE : id,
    ...(isOrdered ? { lastArrival: port.lastArrival } : {}),
    templates: [...templates.values()].map(({ item: { template, definition, at } }) => ({
      ...saveTemplate(template ?? openDefinition(definition)),
      ...(isOrdered ? { at } : {})
    })),
    ...(refused.size === 0 ? {} : { refused: [...refused.keys()], ...(isOrdered ? { refusedAt: [...refused.values()] } : {}) }),
    ...(rates.all === undefined ? {} : { rate: rateText(rates.all) }),
    ...scoped,
    ...(isOrdered && rates.at > 0 ? { ratesAt: rates.at } : {}),
    ...(systemInitMs === 0 ? {} : { systemInitMs }),
    ...(originalExporter === '' ? {} : { originalExporter: addressText(Buffer.from(originalExporter, 'latin1')) }),
    ...(hasNames ? { names: kept, ...(isOrdered ? { namesAt: port.namesAt } : {}) } : {})
  }
}

const saveName = ([of, { text, description }]: [number, Name]): SavedName => (description === '' ? [of, text] : [of, text, description])

function saveRates(rates: ReadonlyMap<number, Rate>): [number, string][] {
  return [...rates].map(([of, rate]) => [of, rateText(rate)])
}

function saveTemplate({ id, options, scopes, fields, version }: Template): SavedTemplate {
  return {
    id,
    kind: options ? 'options' : 'data',
    ...(options ? { scopes } : {}),
    fields: fields.map(({ id: element, enterprise, length }, index) => ({
      name: version === 9 && index < scopes ? `scope${element}` : elementName(element, enterprise),
      id: element,
      ...(enterprise === 0 ? {} : { enterprise }),
      length
    }))
  }
}

/**
 * Puts a saved domain back, as if its exporter, which is returned, had just sent it. Throws an Error that says what is wrong where `saveExporter` never
 * saves such data.
 */
export function restoreDomain<E extends Exporter>(
  saved: unknown,
  exporterOf: (address: Buffer) => E,
  now: number,
  maxTemplates: number
): E {
  const fields = objectOf(saved) as Partial<SavedDomain>
  const { exporter, port = NO_PORT, version, domain: savedId, templates, refused, rate, systemInitMs, originalExporter, names } = fields
  const id = savedId === WHOLE ? WHOLE_EXPORTER : savedId
  const address = typeof exporter === 'string' ? parseAddress(exporter) : undefined
  if (address === undefined) throw new Error(`no exporter's address: ${JSON.stringify(exporter)}`)
  if (!isUint(port, NO_PORT) || !isUint(version, 10) || !isUint(id, WHOLE_EXPORTER) || !Array.isArray(templates))
    throw new Error(`no observation domain of ${String(exporter)}`)
  const restored = exporterOf(address)
  const domain = keptDomain(domainOf(knownPort(restored, port), version, id))
  for (const template of templates) defineTemplate(domain, restoreTemplate(template, version), now, maxTemplates)
  if (Array.isArray(refused)) for (const each of refused as unknown[]) if (isUint(each, 0xffff)) refuseTemplate(domain, each)
  const all = parseRate(rate)
  if (all !== undefined) ratesToSet(domain).all = all
  if (isUint(systemInitMs, Number.MAX_SAFE_INTEGER)) domain.systemInitMs = systemInitMs
  domain.originalExporter = (typeof originalExporter === 'string' ? parseAddress(originalExporter)?.toString('latin1') : undefined) ?? ''
  for (const scope of RATE_SCOPES) restoreRates(domain, scope, fields[RATE_KEYS[scope]])
  for (const kind of NAME_KINDS) restoreNames(domain, kind, names?.[kind])
  restoreOrder(domain, fields)
  return restored
}

/** The arrivals that defined each thing: the first where the file does not say. */
function restoreOrder({ port, templates, refused, rates }: Domain, saved: Partial<SavedDomain>): void {
  const at = (value: unknown): number => (isUint(value, Number.MAX_SAFE_INTEGER) ? value : 1)
  port.lastArrival = at(saved.lastArrival)
  port.exporter.arrivals = Math.max(port.exporter.arrivals, port.lastArrival)
  for (const { id, at: definedAt } of saved.templates ?? []) {
    const entry = templates.get(id)?.item
    if (entry !== undefined) entry.at = at(definedAt)
  }
  saved.refused?.forEach((id, i) => {
    if (refused.has(id)) refused.set(id, at(saved.refusedAt?.[i]))
  })
  if (rates.at > 0) rates.at = at(saved.ratesAt)
  for (const kind of NAME_KINDS) if (port.names[kind].size > 0) port.namesAt[kind] = at(saved.namesAt?.[kind])
}

/** The port of domains in a file without ports: none that sends. */
const NO_PORT = 0x10000

/** A domain's rates, into which one is to be put. */
function ratesToSet({ rates, port: { exporter } }: Domain): Domain['rates'] {
  // 0 would mean that there are none
  rates.at = Math.max(exporter.arrivals, 1)
  return rates
}

function objectOf(saved: unknown): object {
  if (typeof saved !== 'object' || saved === null) throw new Error(`no object: ${JSON.stringify(saved)}`)
  return saved
}

function restoreTemplate(saved: unknown, version: number): Definition {
  const { id, kind, scopes = 0, fields } = objectOf(saved) as Partial<SavedTemplate>
  if (
    !isUint(id, 0xffff) ||
    !Array.isArray(fields) ||
    fields.length > MAX_FIELDS ||
    !isUint(scopes, fields.length) ||
    (version !== 9 && version !== 10)
  ) {
    throw new Error(`no template: ${JSON.stringify(saved).slice(0, 80)}`)
  }
  const restored = fields.map((field): TemplateField => {
    const { id: element, enterprise = 0, length } = objectOf(field) as Partial<SavedField>
    if (!isUint(element, 0xffff) || !isUint(enterprise, 0xffffffff) || !isUint(length, 0xffff))
      throw new Error(`no field of template ${id}`)
    return { id: element, enterprise, length }
  })
  return definitionOf(version, id, restored, scopes, kind === 'options')
}

function restoreRates(domain: Domain, scope: RateScope, saved: unknown): void {
  const { exporter } = domain.port
  for (const [of, text] of pairsOf(saved)) {
    const rate = parseRate(text)
    if (rate !== undefined) learn<RateScope, Rate>(exporter, ratesToSet(domain), scope, of, rate)
  }
}

function restoreNames(domain: Domain, kind: keyof Names, saved: unknown): void {
  for (const [of, name, description] of pairsOf(saved)) {
    if (typeof name === 'string') learnName(of, name, domain, kind, typeof description === 'string' ? description : '')
  }
}

/** The entries of a saved list whose first is a number; none of anything else. */
function pairsOf(saved: unknown): [number, unknown, unknown?][] {
  if (!Array.isArray(saved)) return []
  return (saved as unknown[]).filter(
    (pair): pair is [number, unknown, unknown?] => Array.isArray(pair) && isUint(pair[0], Number.MAX_SAFE_INTEGER)
  )
}

function isUint(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}
