/** The summary and the metrics of flow-agg. */
import type { Metrics } from '../cli/metrics.js'
import { others, plural } from '../cli/plural.js'
import type { Aggregation } from './aggregation.js'

/** The line at the end; what is zero is not in it. */
export function summaryOf(summing: Aggregation): string {
  const { counts, adder, placed, windows, results } = summing
  const rest = results.counts.left
  const lost = others(
    [placed.late, 'late'],
    [placed.unspread, 'not spread'],
    [adder.counters.unrated, 'without a sampling rate'],
    [counts.malformed, 'malformed'],
    [adder.overflowed, 'in the rest because there were too many groups'],
    [adder.counters.saturated + results.writer.saturated, 'stopped at 2^64 - 1'],
    [summing.uncounted, 'distinct value not counted for want of -memory', 'distinct values not counted for want of -memory'],
    [windows.early, 'window out early for want of room', 'windows out early for want of room']
  )
  const exporters = summing.exporters()
  const origin = exporters === 0 ? '' : ` of ${plural(exporters, 'exporter')}` // sums name none
  const groups = results.counts.messages - rest
  return (
    `${plural(counts.flows, 'flow')}${origin} in, ${plural(groups, 'group')} ` +
    `${rest > 0 ? `and ${plural(rest, 'rest')} ` : ''}of ${plural(results.counts.windows, 'window')} out${lost}`
  )
}

/** /metrics of flow-agg. */
export function declareMetrics({ counter, gauge }: Metrics, summing: Aggregation): void {
  const { counts, adder, placed, windows, results, budget } = summing
  counter('read_flows', 'Messages read', () => counts.flows)
  counter('late_flows', 'Flows whose window had gone out', () => placed.late)
  counter('unspread_flows', 'Flows that -spread took whole', () => placed.unspread)
  counter('unrated_flows', 'Flows without a sampling rate', () => adder.counters.unrated)
  counter('overflowed_flows', 'Flows in the rest because there were too many groups', () => adder.overflowed)
  counter('saturated', 'Products and sums that stopped at 2^64 - 1', () => adder.counters.saturated + results.writer.saturated)
  counter('errors', 'Messages left out, by cause', () => [[{ kind: 'malformed-message' }, counts.malformed]], ['kind'])
  counter('windows', 'Windows written, or parts of them', () => results.counts.windows)
  counter('early_windows', 'Windows written before their time for want of room', () => windows.early)
  counter('messages', 'Messages written', () => results.counts.messages)
  gauge('groups', 'Groups in memory', () => budget.groups)
  gauge('held_bytes', 'Memory that groups take', () => budget.bytes)
  gauge('exporters', 'Exporters that flows came from', () => summing.exporters())
}
