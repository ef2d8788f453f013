/**
 * What is known of an observation domain beyond its templates: what options data told of its samplers and of the names of what
 * its records number. Kept per exporter, protocol version and domain id.
 */
import type { Plan } from './ops.js'
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
  /** packets per sampled packet, by sampler id and by input interface; 0: for all else */
  readonly samplerRates: Map<number, number>
  readonly interfaceRates: Map<number, number>
  rate: number
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
  /** the rate that the user set for it, 0 for none */
  readonly defaultRate: number
}

export function newNames(): Names {
  return { interfaces: new Map(), vrfs: new Map(), applications: new Map() }
}

export function newExporter(address: Buffer, defaultRate: number): Exporter {
  return { address, domains: new Map(), templates: new Set(), names: newNames(), defaultRate }
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
    samplerRates: new Map<number, number>(),
    interfaceRates: new Map<number, number>(),
    rate: 0,
    systemInitMs: 0,
    names: newNames()
  }
  exporter.domains.set(key, domain)
  return domain
}

/** Sets a map's entry; past the bound the one that was set first goes. Whether that changed anything. */
export function learn<V>(map: Map<number, V>, key: number, value: V): boolean {
  if (map.get(key) === value) return false
  if (map.size >= MAX_LEARNED && !map.has(key)) {
    const [oldest] = map.keys()
    map.delete(oldest)
  }
  map.set(key, value)
  return true
}
