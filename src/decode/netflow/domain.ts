/**
 * What is known of an observation domain beyond its templates: what options data told of its samplers and of the names of what
 * its records number. Kept per exporter, protocol version and domain id.
 */
import type { Plan } from './ops.js'
import type { Rate } from './sampling.js'
import type { Template } from './template.js'

/** Observation domains of one exporter. */
const MAX_DOMAINS = 4096

/**
 * What one exporter's templates may take, and what else it told: bytes of memory, as measured. Who sends from made-up addresses fills
 * no more than that with each, and `-state.bytes` with all.
 */
const MOST_BYTES = 32 << 20
const DOMAIN_BYTES = 1400
const TEMPLATE_BYTES = 2400 // with its plan
const FIELD_BYTES = 100
const RATE_BYTES = 150
const NAME_BYTES = 450
/** a name is kept as text and as the two fields it fills */
const LETTER_BYTES = 6

/** Names by what they name, each ready to be copied: `in` and `out` are whole fields (tag, length, UTF-8). */
export interface Name {
  readonly text: string
  readonly in: Buffer
  readonly out: Buffer
}

/** A template in use. */
export interface TemplateEntry {
  readonly template: Template
  readonly domain: Domain
  /** compiled when the first record comes */
  plan: Plan | undefined
  /** milliseconds of the clock at which it was last defined and last used */
  definedAt: number
  usedAt: number
}

export interface Domain {
  readonly version: number
  readonly id: number
  readonly exporter: Exporter
  readonly templates: Map<number, TemplateEntry>
  /** what was told by sampler id, by interface, and for all else */
  readonly samplerRates: Map<number, Rate>
  readonly interfaceRates: Map<number, Rate>
  rate: Rate | undefined
  /** the exporter's boot in milliseconds since 1970; 0 while unknown */
  systemInitMs: number
  readonly names: Names
}

export interface Names {
  readonly interfaces: Map<number, Name>
  readonly vrfs: Map<number, Name>
  readonly applications: Map<number, Name>
}

/** What is known of one source address. */
export interface Exporter {
  /** its address, 4 or 16 bytes */
  readonly address: Buffer
  readonly domains: Map<number, Domain>
  /** the templates of all its domains, the least recently used first */
  readonly templates: Set<TemplateEntry>
  /** of all its domains, for records of a domain that told no names of its own */
  readonly names: Names
  /** the rates and names of its domains, those that were added to longest ago first */
  readonly learned: Set<Learned>
  templateBytes: number
  learnedBytes: number
  /** the rate that the user set for it */
  readonly defaultRate: Rate | undefined
}

type Learned = Map<number, Rate> | Map<number, Name>

function newNames(): Names {
  return { interfaces: new Map(), vrfs: new Map(), applications: new Map() }
}

/** `defaultRate`: 0 for none. */
export function newExporter(address: Buffer, defaultRate: number): Exporter {
  const rate = { hi: Math.floor(defaultRate / 0x1_0000_0000), lo: defaultRate >>> 0 }
  return {
    address,
    domains: new Map(),
    templates: new Set(),
    names: newNames(),
    learned: new Set(),
    templateBytes: 0,
    learnedBytes: 0,
    defaultRate: defaultRate === 0 ? undefined : rate
  }
}

export function domainKey(version: number, id: number): number {
  return version * 0x1_0000_0000 + id
}

/** What is kept of an exporter, in bytes of memory. */
export function stateBytes({ domains, templateBytes, learnedBytes }: Exporter): number {
  return domains.size * DOMAIN_BYTES + templateBytes + learnedBytes
}

/** The domain of that version and id, made when first heard of; past the bound the one that was not heard of longest is forgotten. */
export function domainOf(exporter: Exporter, version: number, id: number): Domain {
  const { domains } = exporter
  const key = domainKey(version, id)
  const known = domains.get(key)
  if (known !== undefined) {
    if (domains.size > 1) {
      domains.delete(key)
      domains.set(key, known)
    }
    return known
  }
  if (domains.size >= MAX_DOMAINS) {
    const [oldest] = domains.values()
    forgetDomain(oldest)
  }
  const domain: Domain = {
    version,
    id,
    exporter,
    templates: new Map(),
    samplerRates: new Map(),
    interfaceRates: new Map(),
    rate: undefined,
    systemInitMs: 0,
    names: newNames()
  }
  domains.set(key, domain)
  return domain
}

function forgetDomain({ exporter, version, id, templates, samplerRates, interfaceRates, names }: Domain): void {
  exporter.domains.delete(domainKey(version, id))
  for (const entry of templates.values()) forgetTemplate(exporter, entry)
  for (const map of [samplerRates, interfaceRates, names.interfaces, names.vrfs, names.applications]) {
    while (map.size > 0) forgetOldest(exporter, map)
  }
}

/** The domain 0 of the same exporter, whose options data speaks for domains that told nothing themselves. */
export function domain0Of({ exporter, version, id }: Domain): Domain | undefined {
  return id === 0 ? undefined : exporter.domains.get(domainKey(version, 0))
}

const templateBytes = ({ fields }: Template): number => TEMPLATE_BYTES + FIELD_BYTES * fields.length
const learnedBytes = (value: Rate | Name): number => ('text' in value ? NAME_BYTES + LETTER_BYTES * value.text.length : RATE_BYTES)

/** Puts a template in; gives how many others went because the exporter has more than `most`, or too large ones. */
export function keepTemplate(domain: Domain, template: Template, now: number, most: number): number {
  const { exporter } = domain
  const entry: TemplateEntry = { template, domain, plan: undefined, definedAt: now, usedAt: now }
  domain.templates.set(template.id, entry)
  exporter.templates.add(entry)
  exporter.templateBytes += templateBytes(template)
  let gone = 0
  for (const oldest of exporter.templates) {
    if (exporter.templates.size <= most && exporter.templateBytes <= MOST_BYTES) break
    forgetTemplate(exporter, oldest)
    gone++
  }
  return gone
}

export function forgetTemplate(exporter: Exporter, entry: TemplateEntry): void {
  if (exporter.templates.delete(entry)) exporter.templateBytes -= templateBytes(entry.template)
  if (entry.domain.templates.get(entry.template.id) === entry) entry.domain.templates.delete(entry.template.id)
}

/** Sets the entry of a domain's map of names or rates; past the bound of its exporter the ones that were set first go. */
export function learn<V extends Rate | Name>(exporter: Exporter, map: Map<number, V>, key: number, value: V): void {
  const before = map.get(key)
  exporter.learnedBytes += learnedBytes(value) - (before === undefined ? 0 : learnedBytes(before))
  map.set(key, value)
  exporter.learned.delete(map as Learned)
  exporter.learned.add(map as Learned)
  while (exporter.learnedBytes > MOST_BYTES) {
    const [oldest] = exporter.learned
    forgetOldest(exporter, oldest)
  }
}

function forgetOldest(exporter: Exporter, map: Learned): void {
  const [[key, value]] = map
  map.delete(key)
  if (map.size === 0) exporter.learned.delete(map)
  exporter.learnedBytes -= learnedBytes(value)
  for (const all of Object.values(exporter.names) as Map<number, Name>[]) if (all.get(key) === value) all.delete(key)
}
