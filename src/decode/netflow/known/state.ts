/**
 * The state of exporters: their templates, and from options data their sampling rates and the names of interfaces, VRFs and applications. It belongs
 * to an address, a source port, a protocol version and an observation domain, as RFC 7011 section 8 ties it to the transport session. standin.ts says
 * what one port of an address may use of another's.
 *
 * Addresses may be forged, and there may be many: what most exporters do not have takes no memory until they have it.
 */
import type { Queue, QueueNode } from '../../queue.js'
import type { Rate, Rates, RateTables } from './sampling.js'
import type { Definition, Template } from '../wire/template.js'

/** A name, ready to be copied: `in` and `out` are whole fields (tag, length, UTF-8), followed by that of an interface's description where there is one. */
export interface Name {
  readonly text: string
  readonly description: string
  in: Buffer
  out: Buffer
}

/** A template that is kept. */
export interface TemplateEntry {
  readonly definition: Definition
  readonly domain: Domain
  /** opened when the first records come that are read by it: those of options data, and in raw output all */
  template: Template | undefined
  /** memory that it is charged for */
  bytes: number
  /** milliseconds of the clock at which it was last defined and last used */
  definedAt: number
  usedAt: number
  /** the arrival that defined it last */
  at: number
}

export interface Domain {
  readonly version: number
  readonly id: number
  readonly port: Port
  readonly templates: Map<number, QueueNode<TemplateEntry>>
  /** ids whose last definition could not be used, with the arrival of that definition */
  refused: Map<number, number>
  readonly rates: Rates
  /** the exporter's boot in milliseconds since 1970; 0 while unknown */
  systemInitMs: number
  /** the address of the exporter that observed its flows, where this one exports for another (a letter a byte); else '' */
  originalExporter: string
  readonly names: Names
  /** what was found for its records, and the exporter's `changes` then */
  optionsData: OptionsData | undefined
  optionsDataAt: number
}

export interface Names {
  interfaces: Map<number, Name>
  vrfs: Map<number, Name>
  applications: Map<number, Name>
}
export const NAME_KINDS: readonly (keyof Names)[] = ['interfaces', 'vrfs', 'applications']

/** One source port of an exporter. */
export interface Port {
  readonly number: number
  readonly exporter: Exporter
  readonly domains: Map<number, Domain>
  /** of all its domains, for records of a domain without names of its own */
  readonly names: Names
  /** the last arrival with a name of each kind */
  readonly namesAt: Record<keyof Names, number>
  /** the last arrival from it */
  lastArrival: number
}

/** The state of one source address. */
export interface Exporter {
  /** its address: 0, 4 or 16 bytes, a letter a byte */
  readonly address: string
  /** its ports that defined something, the one that sent last at the end */
  readonly ports: Map<number, Port>
  /** the templates of all its domains, the least recently used first */
  readonly templates: Queue<TemplateEntry>
  /** the rates and names of its domains, those that were added to longest ago first; undefined while there are none */
  learned: Set<Learned> | undefined
  /** domains of all its ports */
  domains: number
  /** ids that are refused in all of them */
  refused: number
  /** how often a domain, or a table of one, came or went */
  changes: number
  /** its datagrams so far. A datagram's number among them, its arrival, dates what it defined. */
  arrivals: number
  templateBytes: number
  learnedBytes: number
  /** the rate that the user set for it */
  readonly defaultRate: Rate | undefined
}

export type Learned = Map<number, Rate> | Map<number, Name>

/** Where a name of one kind is looked for. */
export interface NameTables {
  /** of the record's domain, and of all domains of its port */
  readonly own: ReadonlyMap<number, Name>
  readonly port: ReadonlyMap<number, Name>
  /** of other ports, where its own has none of that kind: they have to agree */
  readonly others: readonly ReadonlyMap<number, Name>[]
}

/** The options data that counts for the records of a domain. */
export interface OptionsData {
  readonly rates: RateTables
  readonly interfaces: NameTables
  readonly vrfs: NameTables
  readonly applications: NameTables
}
