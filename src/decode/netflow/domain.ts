/**
 * What exporters define: templates, and what options data tells of samplers and of the names of what records number. It belongs to an
 * address, a source port, a protocol version and an observation domain, as RFC 7011 section 8 ties it to the transport session. What
 * one port of an address may use of another's is in standin.ts.
 */
import type { Plan } from './ops.js'
import { newRates, type Rate, type Rates } from './sampling.js'
import type { Template } from './template.js'

/** Source ports of one exporter that defined something. */
const MAX_PORTS = 256
/** Observation domains of one exporter. */
const MAX_DOMAINS = 4096

/**
 * What one exporter's templates may take, and what else it told: bytes of memory, as measured. Who sends from made-up addresses fills
 * no more than that with each, and `-state.bytes` with all.
 */
const MOST_BYTES = 32 << 20
const PORT_BYTES = 800
const DOMAIN_BYTES = 1800
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
  /** the exporter's datagram that defined it last */
  at: number
}

export interface Domain {
  readonly version: number
  readonly id: number
  readonly port: Port
  readonly templates: Map<number, TemplateEntry>
  /** ids whose last definition could not be used, with the exporter's datagram that it came in */
  readonly refused: Map<number, number>
  readonly rates: Rates
  /** the exporter's boot in milliseconds since 1970; 0 while unknown */
  systemInitMs: number
  readonly names: Names
}

export interface Names {
  readonly interfaces: Map<number, Name>
  readonly vrfs: Map<number, Name>
  readonly applications: Map<number, Name>
}
export const NAME_KINDS: readonly (keyof Names)[] = ['interfaces', 'vrfs', 'applications']

/** One source port of an exporter. */
export interface Port {
  readonly number: number
  readonly exporter: Exporter
  readonly domains: Map<number, Domain>
  /** of all its domains, for records of a domain that told no names of its own */
  readonly names: Names
  /** the exporter's datagram that told a name of each kind last */
  readonly namesAt: Record<keyof Names, number>
  /** the exporter's datagram that came from it last */
  heardAt: number
}

/** What is known of one source address. */
export interface Exporter {
  /** its address, 4 or 16 bytes */
  readonly address: Buffer
  /** its ports that defined something, the one heard of last at the end */
  readonly ports: Map<number, Port>
  /** the templates of all its domains, the least recently used first */
  readonly templates: Set<TemplateEntry>
  /** the rates and names of its domains, those that were added to longest ago first */
  readonly learned: Set<Learned>
  /** domains of all its ports */
  domains: number
  /** how often a domain came or went */
  changes: number
  /** datagrams that came: what is newer is told by it */
  heard: number
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
    ports: new Map(),
    templates: new Set(),
    learned: new Set(),
    domains: 0,
    changes: 0,
    heard: 0,
    templateBytes: 0,
    learnedBytes: 0,
    defaultRate: defaultRate === 0 ? undefined : rate
  }
}

/** What one version told of an exporter as a whole stands under an id that no domain has. */
export const WHOLE_EXPORTER = 0x1_0000_0000

/** Less than 2^37. */
export function domainKey(version: number, id: number): number {
  return version * 0x2_0000_0000 + id
}

/** What is kept of an exporter, in bytes of memory. */
export function stateBytes({ domains, ports, templateBytes, learnedBytes }: Exporter): number {
  return ports.size * PORT_BYTES + domains * DOMAIN_BYTES + templateBytes + learnedBytes
}

const NO_NAMES = newNames()
const NO_RATES = newRates()
const NOTHING = new Map<never, never>()

/** A port that defined nothing, and so takes no memory. */
function strangerPort(exporter: Exporter, number: number): Port {
  return { number, exporter, domains: NOTHING, names: NO_NAMES, namesAt: { interfaces: 0, vrfs: 0, applications: 0 }, heardAt: 0 }
}

/** The port that a datagram came from, with note taken that it did. */
export function hearPort(exporter: Exporter, number: number): Port {
  exporter.heard++
  const { ports } = exporter
  const known = ports.get(number)
  if (known === undefined) return strangerPort(exporter, number)
  known.heardAt = exporter.heard
  if (ports.size > 1) {
    ports.delete(number)
    ports.set(number, known)
  }
  return known
}

/** The port of that number, as it is known. */
export function knownPort(exporter: Exporter, number: number): Port {
  return exporter.ports.get(number) ?? strangerPort(exporter, number)
}

/** What the port defined in the domain of that version and id; one that defined nothing is not kept. */
export function domainOf(port: Port, version: number, id: number): Domain {
  const { domains } = port
  const key = domainKey(version, id)
  const known = domains.get(key)
  if (known !== undefined) {
    if (domains.size > 1) {
      // the one that was heard of last at the end
      domains.delete(key)
      domains.set(key, known)
    }
    return known
  }
  return { version, id, port, templates: NOTHING, refused: NOTHING, rates: NO_RATES, systemInitMs: 0, names: NO_NAMES }
}

/** The same domain where something is to be defined in it. Past the bounds of its exporter the ones that were silent longest are forgotten. */
export function keptDomain({ version, id, port: { exporter, number } }: Domain): Domain {
  const { ports } = exporter
  let port = ports.get(number)
  if (port === undefined) {
    if (ports.size >= MAX_PORTS) forgetPort(oldestPort(exporter, undefined)!)
    port = { ...strangerPort(exporter, number), domains: new Map(), names: newNames(), heardAt: exporter.heard }
    ports.set(number, port)
  }
  const key = domainKey(version, id)
  const known = port.domains.get(key)
  if (known !== undefined) return known
  if (exporter.domains >= MAX_DOMAINS) forgetOldestDomain(port)
  const domain: Domain = {
    version,
    id,
    port,
    templates: new Map(),
    refused: new Map(),
    rates: newRates(),
    systemInitMs: 0,
    names: newNames()
  }
  port.domains.set(key, domain)
  exporter.domains++
  exporter.changes++
  return domain
}

function oldestPort({ ports }: Exporter, except: Port | undefined): Port | undefined {
  for (const port of ports.values()) if (port !== except) return port
  return undefined
}

/** Makes room for one more domain of `port`. */
function forgetOldestDomain(port: Port): void {
  const { domains, exporter } = oldestPort(port.exporter, port) ?? port
  const [[key, domain]] = domains
  forgetDomain(domain)
  domains.delete(key)
  if (domains.size === 0) exporter.ports.delete(domain.port.number)
}

function forgetPort({ exporter, number, domains }: Port): void {
  for (const domain of domains.values()) forgetDomain(domain)
  exporter.ports.delete(number)
}

function forgetDomain({ port: { exporter }, templates, rates, names }: Domain): void {
  exporter.domains--
  exporter.changes++
  for (const entry of templates.values()) forgetTemplate(exporter, entry)
  const { samplers, templates: ofTemplates, lineCards, interfaces } = rates
  for (const map of [samplers, ofTemplates, lineCards, interfaces, names.interfaces, names.vrfs, names.applications]) {
    while (map.size > 0) forgetOldest(exporter, map)
  }
}

const templateBytes = ({ fields }: Template): number => TEMPLATE_BYTES + FIELD_BYTES * fields.length
const learnedBytes = (value: Rate | Name): number => ('text' in value ? NAME_BYTES + LETTER_BYTES * value.text.length : RATE_BYTES)

/** Puts a template in; gives how many others went because the exporter has more than `most`, or too large ones. */
export function keepTemplate(domain: Domain, template: Template, now: number, most: number): number {
  const { exporter } = domain.port
  const entry: TemplateEntry = { template, domain, plan: undefined, definedAt: now, usedAt: now, at: exporter.heard }
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
  for (const { names } of exporter.ports.values())
    for (const kind of NAME_KINDS) if (names[kind].get(key) === value) names[kind].delete(key)
}
