/**
 * What exporters told, as plain data: for the file that outlives a run and for the list of templates over HTTP.
 */
import { parseAddress } from '../../flow/address.js'
import { type Domain, domainOf, type Exporter, learn, type Names } from './domain.js'
import { elementName } from './element-names.js'
import { learnName } from './options.js'
import { parseRate, type Rate, rateText } from './sampling.js'
import { MAX_FIELDS, makeTemplate, type Template, type TemplateField } from './template.js'
import { defineTemplate } from './templates.js'

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
}

/** One observation domain of an exporter. */
export interface SavedDomain {
  readonly exporter: string
  readonly version: number
  readonly domain: number
  readonly templates: readonly SavedTemplate[]
  /** rates in decimal digits; pairs of number and rate, or number and name */
  readonly rate?: string
  readonly samplers?: readonly (readonly [number, string])[]
  readonly interfaceRates?: readonly (readonly [number, string])[]
  readonly systemInitMs?: number
  readonly names?: Readonly<Partial<Record<keyof Names, readonly (readonly [number, string])[]>>>
}

const NAME_KINDS: readonly (keyof Names)[] = ['interfaces', 'vrfs', 'applications']

/** The state of an exporter's domains; those that told nothing are left out. */
export function* saveExporter(exporter: Exporter & { readonly name: string }): Iterable<SavedDomain> {
  for (const domain of exporter.domains.values()) {
    const names: Partial<Record<keyof Names, [number, string][]>> = {}
    for (const kind of NAME_KINDS) {
      if (domain.names[kind].size > 0) names[kind] = [...domain.names[kind]].map(([of, { text }]) => [of, text])
    }
    const saved: SavedDomain = {
      exporter: exporter.name,
      version: domain.version,
      domain: domain.id,
      templates: [...domain.templates.values()].map(({ template }) => saveTemplate(template)),
      ...(domain.rate === undefined ? {} : { rate: rateText(domain.rate) }),
      ...(domain.samplerRates.size === 0 ? {} : { samplers: saveRates(domain.samplerRates) }),
      ...(domain.interfaceRates.size === 0 ? {} : { interfaceRates: saveRates(domain.interfaceRates) }),
      ...(domain.systemInitMs === 0 ? {} : { systemInitMs: domain.systemInitMs }),
      ...(Object.keys(names).length === 0 ? {} : { names })
    }
    if (saved.templates.length > 0 || Object.keys(saved).length > 4) yield saved
  }
}

function saveRates(rates: ReadonlyMap<number, Rate>): [number, string][] {
  return [...rates].map(([of, rate]) => [of, rateText(rate)])
}

function saveTemplate({ id, options, scopes, fields, version }: Template): SavedTemplate {
  return {
    id,
    kind: options ? 'options' : 'data',
    ...(options ? { scopes } : {}),
    fields: fields.map(({ id: element, enterprise, length }, place) => ({
      name: version === 9 && place < scopes ? `scope${element}` : elementName(element, enterprise),
      id: element,
      ...(enterprise === 0 ? {} : { enterprise }),
      length
    }))
  }
}

/**
 * Puts a saved domain back, as if its exporter, which is given, had just told it. Throws an Error with what is wrong where the data is not what
 * `saveExporter` gave.
 */
export function restoreDomain<E extends Exporter>(
  saved: unknown,
  exporterOf: (address: Buffer) => E,
  now: number,
  maxTemplates: number
): E {
  const {
    exporter,
    version,
    domain: id,
    templates,
    rate,
    samplers,
    interfaceRates,
    systemInitMs,
    names
  } = objectOf(saved) as Partial<SavedDomain>
  const address = typeof exporter === 'string' ? parseAddress(exporter) : undefined
  if (address === undefined) throw new Error(`no exporter's address: ${JSON.stringify(exporter)}`)
  if (!isUint(version, 10) || !isUint(id, 0xffffffff) || !Array.isArray(templates))
    throw new Error(`no observation domain of ${String(exporter)}`)
  const restored = exporterOf(address)
  const domain = domainOf(restored, version, id)
  for (const template of templates) defineTemplate(domain, restoreTemplate(template, version), now, maxTemplates)
  domain.rate = parseRate(rate)
  if (isUint(systemInitMs, Number.MAX_SAFE_INTEGER)) domain.systemInitMs = systemInitMs
  restoreRates(domain, domain.samplerRates, samplers)
  restoreRates(domain, domain.interfaceRates, interfaceRates)
  for (const kind of NAME_KINDS) restoreNames(domain, kind, names?.[kind])
  return restored
}

function objectOf(saved: unknown): object {
  if (typeof saved !== 'object' || saved === null) throw new Error(`no object: ${JSON.stringify(saved)}`)
  return saved
}

function restoreTemplate(saved: unknown, version: number): Template {
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
  // no definition as it came: the first one that does come replaces it
  const template = makeTemplate(version, id, restored, scopes, kind === 'options', Buffer.alloc(0))
  if (template.leastBytes === 0) throw new Error(`template ${id} has records of no bytes`)
  return template
}

function restoreRates({ exporter }: Domain, rates: Map<number, Rate>, saved: unknown): void {
  for (const [of, text] of pairsOf(saved)) {
    const rate = parseRate(text)
    if (rate !== undefined) learn(exporter, rates, of, rate)
  }
}

function restoreNames(domain: Domain, kind: keyof Names, saved: unknown): void {
  for (const [of, name] of pairsOf(saved)) if (typeof name === 'string') learnName(of, name, domain, kind)
}

/** The pairs of a saved list whose first is a number; none of anything else. */
function pairsOf(saved: unknown): [number, unknown][] {
  if (!Array.isArray(saved)) return []
  return (saved as unknown[]).filter((pair): pair is [number, unknown] => Array.isArray(pair) && isUint(pair[0], Number.MAX_SAFE_INTEGER))
}

function isUint(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}
