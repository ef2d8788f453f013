/** What a report knows of one exporter, protocol and domain. */
import type { ErrorKind } from '../decoding.js'
import type { Definition } from '../netflow/wire/template.js'
import { newSequences, type Sequences } from '../sequence.js'

/** A template id, whose definition belongs to the session that it came in: a port, or a connection (RFC 7011 section 8). */
export interface SeenTemplate {
  /** the last one, of any session */
  definition: Definition
  /** the last one of each session; that which was defined last at the end */
  readonly sessions: Map<string, Definition>
  sent: number
  /** how often it came with another layout in one session */
  redefined: number
}

export interface Section {
  readonly exporter: string
  /** a value of FlowType */
  readonly protocol: string
  /** the observation domain; of v5 and v7 the engine, of sFlow the agent and its sub-agent */
  readonly domain: string
  datagrams: number
  /** the first and the last receipt: seconds since 1970 */
  first: number
  last: number
  /** what the protocol's sequence number counts: flows, datagrams or records */
  units: number
  readonly sequences: Sequences
  readonly templates: Map<number, SeenTemplate>
  /** data sets of options templates */
  optionsSets: number
  /** data sets that came before a template of that id */
  readonly waiting: Map<number, number>
  /** data sets that waited for a template which came */
  waited: number
  counterSamples: number
  flows: number
  /** seconds from export to receipt: the least and the most; Infinity, −Infinity where the protocol has no time */
  leastDelay: number
  mostDelay: number
  /** flows by their sampling rate; 0: none is known */
  readonly rates: Map<number, number>
  /** interfaces of flows, and those of them with a name */
  readonly interfaces: Set<number>
  readonly named: Set<number>
  /** flows without counters that are events, of a NAT or of a firewall: a session that began, ended or was refused */
  natEvents: number
  firewallEvents: number
  /** flows that end before they start, other than events that count nothing, and the longest: seconds */
  backwards: number
  empty: number
  longest: number
  /** of the exporter, whatever its domain; they stand in its first section */
  errors: ReadonlyMap<ErrorKind, number>
}

/** Nothing was seen of it yet. */
export function newSection(exporter: string, protocol: string, domain: string): Section {
  return {
    exporter,
    protocol,
    domain,
    datagrams: 0,
    first: Infinity,
    last: -Infinity,
    units: 0,
    sequences: newSequences(),
    templates: new Map(),
    optionsSets: 0,
    waiting: new Map(),
    waited: 0,
    counterSamples: 0,
    flows: 0,
    leastDelay: Infinity,
    mostDelay: -Infinity,
    rates: new Map(),
    interfaces: new Set(),
    named: new Set(),
    natEvents: 0,
    firewallEvents: 0,
    backwards: 0,
    empty: 0,
    longest: 0,
    errors: new Map()
  }
}

/** The flows that nobody sampled or counted. */
export const eventsOf = ({ natEvents, firewallEvents }: Section): number => natEvents + firewallEvents

/** What its sequence number counts. */
export function unitsOf({ protocol }: Section): string {
  return protocol === 'IPFIX' ? 'record' : protocol === 'NETFLOW_V9' || protocol === 'SFLOW_5' ? 'datagram' : 'flow'
}

/** Whether its exporter defines templates. */
export function hasTemplates({ protocol }: Section): boolean {
  return protocol === 'NETFLOW_V9' || protocol === 'IPFIX'
}

/** The part of what the sequence number counts that never came: 0 to 1. */
export function lossOf({ sequences, units }: Section): number {
  return sequences.missing === 0 ? 0 : sequences.missing / (sequences.missing + units)
}

/** By how many seconds the exporter's clock is off: behind where it is more than 0. The time that a datagram takes on its way counts as a part of it. */
export function skewOf({ leastDelay, mostDelay }: Section): number | undefined {
  if (leastDelay === Infinity) return undefined
  return leastDelay > 0 ? leastDelay : mostDelay < 0 ? mostDelay : 0
}
