/** What flow-agg tells of itself: the summary at the end, and /metrics. */
import type { Metric } from '../cli/metrics.js'
import { plural } from '../cli/plural.js'
import type { Aggregation } from './aggregation.js'

/** The line at the end; what is zero is not in it. */
export function summaryOf(summing: Aggregation): string {
  const { counts, adder, placed, windows, results } = summing
  const rest = results.counts.left
  const parts: [number, string][] = [
    [placed.late, 'late'],
    [placed.unspread, 'not spread'],
    [adder.counters.unrated, 'without a sampling rate'],
    [counts.malformed, 'malformed'],
    [adder.overflowed, 'in the rest because there were too many groups'],
    [adder.counters.saturated + results.writer.saturated, 'stopped at 2^64 - 1'],
    [summing.uncounted, 'distinct values not counted for want of -memory'],
    [windows.early, 'windows out early for want of room']
  ]
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`)
  const groups = results.counts.messages - rest
  return (
    `${plural(counts.flows, 'flow')} of ${plural(summing.exporters(), 'exporter')} in, ${plural(groups, 'group')} ` +
    `${rest > 0 ? `and ${plural(rest, 'rest')} ` : ''}of ${plural(results.counts.windows, 'window')} out${told.join('')}`
  )
}

export function metricsOf(summing: Aggregation): Metric[] {
  const { counts, adder, placed, windows, results, budget } = summing
  const metric = (name: string, type: Metric['type'], help: string, read: Metric['read'], labels: readonly string[] = []): Metric => ({
    name: `flow_agg_${name}`,
    type,
    help,
    labels,
    read
  })
  return [
    metric('read_flows_total', 'counter', 'Messages read', () => counts.flows),
    metric('late_flows_total', 'counter', 'Flows whose window had gone out', () => placed.late),
    metric('unspread_flows_total', 'counter', 'Flows that -spread took whole', () => placed.unspread),
    metric('unrated_flows_total', 'counter', 'Flows that told no sampling rate', () => adder.counters.unrated),
    metric('overflowed_flows_total', 'counter', 'Flows in the rest because there were too many groups', () => adder.overflowed),
    metric(
      'saturated_total',
      'counter',
      'Products and sums that stopped at 2^64 - 1',
      () => adder.counters.saturated + results.writer.saturated
    ),
    metric('errors_total', 'counter', 'Messages left out, by cause', () => [[{ kind: 'malformed-message' }, counts.malformed]], ['kind']),
    metric('windows_total', 'counter', 'Windows written, or parts of them', () => results.counts.windows),
    metric('early_windows_total', 'counter', 'Windows written before their time for want of room', () => windows.early),
    metric('messages_total', 'counter', 'Messages written', () => results.counts.messages),
    metric('groups', 'gauge', 'Groups held', () => budget.groups),
    metric('held_bytes', 'gauge', 'Memory that groups take', () => budget.bytes),
    metric('exporters', 'gauge', 'Exporters that flows came from', () => summing.exporters())
  ]
}
