/** What flow-enrich tells at /metrics. */
import type { Metric } from '../cli/metrics.js'
import { type Lookups, RESULTS } from './lookups.js'
import type { Rewriter } from './rewrite.js'
import type { OpenSource } from './source.js'

export function metricsOf(sources: readonly OpenSource[], lookups: Lookups, { counts }: Rewriter): Metric[] {
  return [
    { name: 'flow_enrich_flows_total', type: 'counter', help: 'Flows read and written.', read: () => counts.flows },
    { name: 'flow_enrich_enriched_flows_total', type: 'counter', help: 'Flows in which something was set.', read: () => counts.enriched },
    {
      name: 'flow_enrich_errors_total',
      type: 'counter',
      help: 'Messages that are no protobuf and were passed on as they are.',
      labels: ['cause'],
      read: () => [[{ cause: 'no_protobuf' }, counts.invalid]]
    },
    {
      name: 'flow_enrich_lookups_total',
      type: 'counter',
      help: 'Addresses looked up, by database and result (hit, miss, error).',
      labels: ['database', 'result'],
      read: () =>
        sources.flatMap(({ wanted }, i) => RESULTS.map((result, j) => [{ database: wanted, result }, lookups.count(i, j)] as const))
    },
    {
      name: 'flow_enrich_cache_lookups_total',
      type: 'counter',
      help: 'Addresses asked for, by whether they were remembered.',
      labels: ['result'],
      read: () => [[{ result: 'hit' }, lookups.remembered], [{ result: 'miss' }, lookups.total - lookups.remembered]]
    },
    { name: 'flow_enrich_cache_entries', type: 'gauge', help: 'Addresses remembered.', read: () => lookups.entries },
    {
      name: 'flow_enrich_database_build_time_seconds',
      type: 'gauge',
      help: 'When the database in use was built, in seconds since 1970.',
      labels: ['database', 'type'],
      read: () => sources.map(({ wanted, database: { type, built } }) => [{ database: wanted, type }, built.getTime() / 1000] as const)
    },
    {
      name: 'flow_enrich_database_reloads_total',
      type: 'counter',
      help: 'Replaced database files, by whether they could be used.',
      labels: ['database', 'result'],
      read: () =>
        sources.flatMap(({ wanted, loads }) => [
          [{ database: wanted, result: 'ok' }, loads.done] as const,
          [{ database: wanted, result: 'failed' }, loads.failed] as const
        ])
    }
  ]
}
