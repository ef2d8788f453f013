/** What flow-enrich tells at /metrics. */
import type { Metrics } from '../cli/metrics.js'
import type { Output } from '../flow/output.js'
import type { Lookups } from './lookups.js'
import { RESULTS } from './records.js'
import type { Rewriter } from './rewrite.js'
import type { OpenSource } from './source.js'

export function declareMetrics(
  { counter, gauge }: Metrics,
  sources: readonly OpenSource[],
  lookups: Lookups,
  { counts }: Rewriter,
  output: Output
): void {
  counter('flows', 'Flows read, and written', () => counts.flows)
  counter('enriched_flows', 'Flows in which something was set', () => counts.enriched)
  counter('errors', 'Messages passed on as they came, by cause', () => [[{ kind: 'malformed-message' }, counts.malformed]], ['kind'])
  counter('written_bytes', 'Bytes written', () => output.bytesWritten)
  counter(
    'lookups',
    'Addresses looked up, by database and result',
    () => sources.flatMap(({ wanted }, i) => RESULTS.map((result, j) => [{ database: wanted, result }, lookups.count(i, j)] as const)),
    ['database', 'result']
  )
  counter(
    'cache_lookups',
    'Addresses asked for, by whether they were remembered',
    () => [
      [{ result: 'hit' }, lookups.counts.remembered],
      [{ result: 'miss' }, lookups.counts.asked - lookups.counts.remembered]
    ],
    ['result']
  )
  gauge('cache_entries', 'Addresses remembered', () => lookups.counts.entries)
  gauge(
    'database_build_time_seconds',
    'When the database in use was built, in seconds since 1970',
    () => sources.map(({ wanted, database: { type, built } }) => [{ database: wanted, type }, built.getTime() / 1000] as const),
    ['database', 'type']
  )
  counter(
    'database_reloads',
    'Database files opened again, by whether they could be used',
    () =>
      sources.flatMap(({ wanted, loads }) => [
        [{ database: wanted, result: 'ok' }, loads.done] as const,
        [{ database: wanted, result: 'error' }, loads.failed] as const
      ]),
    ['database', 'result']
  )
}
