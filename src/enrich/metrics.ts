/** The metrics of flow-enrich. */
import type { Metrics } from '../cli/metrics.js'
import type { Output } from '../flow/output.js'
import type { Lookups } from './lookups.js'
import { RESULTS } from './records.js'
import type { Rewriter } from './rewrite.js'
import type { LookupCount, Tables } from './tables.js'

/** /metrics of flow-enrich. */
export function declareMetrics(
  { counter, gauge }: Metrics,
  { all, databases }: Tables,
  lookupCounts: () => readonly LookupCount[],
  lookups: Lookups | undefined,
  { counts }: Rewriter,
  output: Output
): void {
  const cache = lookups?.counts ?? { asked: 0, remembered: 0, entries: 0 }
  counter('flows', 'Flows read, and written', () => counts.flows)
  counter('enriched_flows', 'Flows in which something was set', () => counts.enriched)
  counter('errors', 'Messages passed on as they came, by cause', () => [[{ kind: 'malformed-message' }, counts.malformed]], ['kind'])
  counter('written_bytes', 'Bytes written', () => output.bytesWritten)
  counter(
    'lookups',
    'Lookups of addresses, exporters and interfaces, by table and result',
    () => lookupCounts().flatMap(({ of, ...ends }) => RESULTS.map((result) => [{ database: of, result }, ends[result]] as const)),
    ['database', 'result']
  )
  counter(
    'cache_lookups',
    'Addresses asked for, by whether they were remembered',
    () => [
      [{ result: 'hit' }, cache.remembered],
      [{ result: 'miss' }, cache.asked - cache.remembered]
    ],
    ['result']
  )
  gauge('cache_entries', 'Addresses remembered', () => cache.entries)
  gauge(
    'database_build_time_seconds',
    'When the database in use was built, in seconds since 1970',
    () => databases.map(({ name, kept }) => [{ database: name, type: kept.contents.type }, kept.contents.built.getTime() / 1000] as const),
    ['database', 'type']
  )
  counter(
    'database_reloads',
    'Databases and tables loaded again, by whether they could be used',
    () =>
      all.flatMap(({ name, kept }) => [
        [{ database: name, result: 'ok' }, kept.loads.done] as const,
        [{ database: name, result: 'error' }, kept.loads.failed] as const
      ]),
    ['database', 'result']
  )
}
