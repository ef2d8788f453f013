/** The counts of flow-decode, its metrics and its summary. */
import { type Distribution, distribution, type Metrics, type Reading } from '../cli/metrics.js'
import { plural } from '../cli/plural.js'
import type { Protocol } from '../flow/protocol.js'
import { ERROR_KINDS, type ErrorKind } from './decoding.js'
import type { Exporters } from './exporters.js'
import type { HeldSets } from './netflow/known/held.js'
import type { NetflowCounts } from './netflow/known/definitions.js'

const DELAY_BOUNDS = [0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600]
const DECODING_BOUNDS = [1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 1e-2]

/** What is no datagram of a protocol that we know. */
export const UNKNOWN = 'unknown'
/** What a datagram counts as: a name of FlowType, or unknown. */
export type DatagramType = Protocol['type'] | typeof UNKNOWN

export interface Counts {
  datagrams: number
  bytes: number
  /** frames of the stream that were no datagram */
  badFrames: number
  readonly byType: Record<DatagramType, number>
  readonly errors: Map<ErrorKind, number>
  /** errors of exporters that were forgotten since */
  readonly forgottenErrors: Map<ErrorKind, number>
  /** seconds from export to receipt */
  readonly delay: Distribution
  /** seconds that one datagram took */
  readonly decoding: Distribution
}

/** All of them zero. */
export function newCounts(): Counts {
  return {
    datagrams: 0,
    bytes: 0,
    badFrames: 0,
    byType: { SFLOW_5: 0, NETFLOW_V1: 0, NETFLOW_V5: 0, NETFLOW_V7: 0, NETFLOW_V9: 0, IPFIX: 0, unknown: 0 },
    errors: new Map(),
    forgottenErrors: new Map(),
    delay: distribution(DELAY_BOUNDS),
    decoding: distribution(DECODING_BOUNDS)
  }
}

/** Adds to the count of a key. */
export function add<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

export interface Counted {
  readonly counts: Counts
  readonly exporters: Exporters
  readonly held: HeldSets
  readonly netflow: NetflowCounts
  /** FlowMessages written; undefined where datagrams are shown as they are */
  readonly flows: () => number | undefined
  readonly counterSamples: () => number
}

/** Units missing in the sequence numbers of all exporters. */
export function missing({ exporters }: Counted): number {
  let units = exporters.forgotten.missing
  for (const { sequences } of exporters.all()) units += sequences.missing
  return units
}

/** /metrics of flow-decode. */
export function declareMetrics({ counter, gauge, histogram }: Metrics, counted: Counted): void {
  const { counts, exporters, held, netflow } = counted
  counter('datagrams', 'Datagrams read, by protocol', () => datagramsByType(counts), ['protocol'])
  counter('bytes', 'Bytes of the datagrams read', () => counts.bytes)
  counter('flows', 'FlowMessages written', () => counted.flows() ?? 0)
  counter('counter_samples', 'sFlow counter samples read', counted.counterSamples)
  counter('errors', 'What was wrong with datagrams, by kind and exporter', () => errorsByExporter(counted), ['kind', 'exporter'])
  counter('bad_frames', 'Messages of the input that were no datagram', () => counts.badFrames)
  const datagrams = (): Reading => byExporter(counted, 'datagrams')
  counter('exporter_datagrams', 'Datagrams read, by exporter', datagrams, ['exporter'])
  counter('exporter_flows', 'FlowMessages written, by exporter', () => byExporter(counted, 'flows'), ['exporter'])
  counter('missing', 'Sequence numbers that never came, by exporter, in units of the protocol', () => byExporter(counted, 'missing'), [
    'exporter'
  ])
  counter('restarts', 'Restarts of exporters, seen in their sequence numbers', () => byExporter(counted, 'restarts'), ['exporter'])
  counter('templates_received', 'Template definitions received', () => netflow.templates)
  counter('templates_evicted', 'Templates forgotten because their exporter has more than it may', () => netflow.templatesEvicted)
  counter('withdrawals', 'Template withdrawals, which are ignored over UDP', () => netflow.withdrawals)
  counter('options_records', 'Options records read', () => netflow.optionsRecords)
  counter('unknown_sets', 'Sets of an id that has no meaning', () => netflow.unknownSets)
  counter('exporters_evicted', 'Exporters forgotten because there were more than may be', () => exporters.evicted)
  gauge('exporters', 'Exporters known', () => exporters.size)
  gauge('templates', 'Templates kept', () => {
    let templates = 0
    for (const exporter of exporters.all()) templates += exporter.templates.size
    return templates
  })
  gauge('state_bytes', 'Memory of the state of exporters, roughly', () => exporters.bytes)
  gauge('held_bytes', 'Bytes of data sets held until their template comes', () => held.bytes)
  histogram('delay_seconds', 'From the export of a datagram to its receipt', () => counts.delay)
  histogram('decoding_seconds', 'Time to decode a datagram', () => counts.decoding)
}

function* datagramsByType({ byType }: Counts): Iterable<readonly [Record<string, string>, number]> {
  for (const [protocol, value] of Object.entries(byType)) if (value > 0) yield [{ protocol }, value]
}

/** The counts of exporters without a label, and of those that were forgotten, stand under `other`. */
function* byExporter({ exporters }: Counted, what: keyof Exporters['forgotten']): Iterable<readonly [Record<string, string>, number]> {
  let other = exporters.forgotten[what]
  for (const exporter of exporters.all()) {
    const count = what === 'missing' || what === 'restarts' ? exporter.sequences[what] : exporter[what]
    if (exporter.labelled) yield [{ exporter: exporter.name }, count]
    else other += count
  }
  if (other > 0) yield [{ exporter: 'other' }, other]
}

function* errorsByExporter({ counts, exporters }: Counted): Iterable<readonly [Record<string, string>, number]> {
  const other = new Map(counts.forgottenErrors)
  for (const { name, errors, labelled: own } of exporters.all()) {
    for (const [kind, value] of errors ?? []) {
      if (own) yield [{ kind, exporter: name }, value]
      else add(other, kind, value)
    }
  }
  for (const [kind, value] of other) yield [{ kind, exporter: 'other' }, value]
}

/** The last line of a run: datagrams in, flows and what became of them, errors. */
export function summaryOf(counted: Counted, fate: 'out' | 'looked at' = 'out'): string {
  const { counts, netflow } = counted
  const flows = counted.flows()
  const parts = [`${plural(counts.datagrams, 'datagram')} in${flows === undefined ? '' : `, ${plural(flows, 'flow')} ${fate}`}`]
  if (netflow.optionsRecords > 0) parts.push(plural(netflow.optionsRecords, 'options record'))
  if (counted.counterSamples() > 0) parts.push(plural(counted.counterSamples(), 'counter sample'))
  for (const kind of ERROR_KINDS) {
    const count = counts.errors.get(kind)
    if (count !== undefined) parts.push(`${count} ${kind}`)
  }
  if (counts.badFrames > 0) parts.push(plural(counts.badFrames, 'bad frame'))
  const lost = missing(counted)
  if (lost > 0) parts.push(`${lost} missing by sequence number`)
  return parts.join(', ')
}
