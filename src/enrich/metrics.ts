/** What flow-enrich tells at /metrics. */
import type { Metric } from '../cli/metrics.js'
import type { Output } from '../flow/output.js'
import type { Lookups } from './lookups.js'
import { RESULTS } from './records.js'
import type { Rewriter } from './rewrite.js'
import type { OpenSource } from './source.js'

export function metricsOf(sources: readonly OpenSource[], lookups: Lookups, { counts }: Rewriter, output: Output): Metric[] {
  const metric = (name: string, type: Metric['type'], help: string, labels: readonly string[], read: Metric['read']): Metric => ({
    name: `flow_enrich_${name}`,
    type,
    help,
    labels,
    read
  })
  return [
    metric('flows_total', 'counter', 'Flows read, and written', [], () => counts.flows),
    metric('enriched_flows_total', 'counter', 'Flows in which something was set', [], () => counts.enriched),
    metric('errors_total', 'counter', 'Messages passed on as they came, by cause', ['kind'], () => [
      [{ kind: 'malformed-message' }, counts.malformed]
    ]),
    metric('written_bytes_total', 'counter', 'Bytes written', [], () => output.bytesWritten),
    metric('lookups_total', 'counter', 'Addresses looked up, by database and result', ['database', 'result'], () =>
      sources.flatMap(({ wanted }, i) => RESULTS.map((result, j) => [{ database: wanted, result }, lookups.count(i, j)] as const))
    ),
    metric('cache_lookups_total', 'counter', 'Addresses asked for, by whether they were remembered', ['result'], () => [
      [{ result: 'hit' }, lookups.counts.remembered],
      [{ result: 'miss' }, lookups.counts.asked - lookups.counts.remembered]
    ]),
    metric('cache_entries', 'gauge', 'Addresses remembered', [], () => lookups.counts.entries),
    metric('database_build_time_seconds', 'gauge', 'When the database in use was built, in seconds since 1970', ['database', 'type'], () =>
      sources.map(({ wanted, database: { type, built } }) => [{ database: wanted, type }, built.getTime() / 1000] as const)
    ),
    metric('database_reloads_total', 'counter', 'Database files opened again, by whether they could be used', ['database', 'result'], () =>
      sources.flatMap(({ wanted, loads }) => [
        [{ database: wanted, result: 'ok' }, loads.done] as const,
        [{ database: wanted, result: 'error' }, loads.failed] as const
      ])
    )
  ]
}
