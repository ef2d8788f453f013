/**
 * What is known of an observation domain beyond its templates: what options data told of its samplers and of the names of what
 * its records number. Kept per exporter, protocol version and domain id.
 */
import type { Plan } from './ops.js'
import type { Rate } from './sampling.js'
import type { Template } from './template.js'

/** How many rates or names of one kind a domain keeps; an exporter that sends more has the oldest forgotten. */
export const MAX_LEARNED = 65_536

/** Observation domains of one exporter. */
const MAX_DOMAINS = 4096

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
  /** the rate that the user set for it */
  readonly defaultRate: Rate | undefined
}

export function newNames(): Names {
  return { interfaces: new Map(), vrfs: new Map(), applications: new Map() }
}

/** `defaultRate`: 0 for none. */
export function newExporter(address: Buffer, defaultRate: number): Exporter {
  const rate = { hi: Math.floor(defaultRate / 0x1_0000_0000), lo: defaultRate >>> 0 }
  return { address, domains: new Map(), templates: new Set(), names: newNames(), defaultRate: defaultRate === 0 ? undefined : rate }
}

export function domainKey(version: number, id: number): number {
  return version * 0x1_0000_0000 + id
}

/** The domain of that version and id, made when first heard of; past the bound the one that was made first is forgotten. */
export function domainOf(exporter: Exporter, version: number, id: number): Domain {
  const key = domainKey(version, id)
  const known = exporter.domains.get(key)
  if (known !== undefined) return known
  if (exporter.domains.size >= MAX_DOMAINS) {
    const [[oldest, { templates }]] = exporter.domains
    for (const entry of templates.values()) exporter.templates.delete(entry)
    exporter.domains.delete(oldest)
  }
  const domain = {
    version,
    id,
    exporter,
    templates: new Map<number, TemplateEntry>(),
    samplerRates: new Map<number, Rate>(),
    interfaceRates: new Map<number, Rate>(),
    rate: undefined,
    systemInitMs: 0,
    names: newNames()
  }
  exporter.domains.set(key, domain)
  return domain
}

/** The domain 0 of the same exporter, whose options data speaks for domains that told nothing themselves. */
export function domain0Of({ exporter, version, id }: Domain): Domain | undefined {
  return id === 0 ? undefined : exporter.domains.get(domainKey(version, 0))
}

/** Sets a map's entry; past the bound the one that was set first goes. */
export function learn<V>(map: Map<number, V>, key: number, value: V): void {
  if (map.size >= MAX_LEARNED && !map.has(key)) {
    const [oldest] = map.keys()
    map.delete(oldest)
  }
  map.set(key, value)
}
