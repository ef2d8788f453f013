/** What flow-send tells of itself: the summary at the end, and /metrics. */
import type { Metric } from '../cli/metrics.js'
import { plural } from '../cli/plural.js'
import { DROP_CAUSES, type Destinations } from './destinations.js'
import type { Exporters } from './exporters.js'
import type { Relay } from './relay.js'

/** The line at the end; of what was dropped only what is not zero. */
export function summaryOf({ all }: Destinations, { counts: { exporters, closed } }: Exporters, { counts }: Relay): string {
  const targets = all.map(({ name, sent, dropped }) => {
    const drops = DROP_CAUSES.filter((cause) => dropped[cause] > 0).map(
      (cause) => `, ${dropped[cause]} dropped (${cause.replace('-', ' ')})`
    )
    return `; ${name}: ${sent} sent${drops.join('')}`
  })
  return (
    `${plural(counts.datagrams, 'datagram')} of ${plural(exporters, 'exporter')} in` +
    `${counts.malformed > 0 ? `, ${counts.malformed} malformed` : ''}${counts.unwanted > 0 ? `, ${counts.unwanted} for no target` : ''}` +
    `${closed > 0 ? `, ${plural(closed, 'silent exporter')} closed` : ''}${targets.join('')}`
  )
}

export function metricsOf({ all }: Destinations, exporters: Exporters, { counts }: Relay): Metric[] {
  const metric = (name: string, type: Metric['type'], help: string, labels: readonly string[], read: Metric['read']): Metric => ({
    name: `flow_send_${name}`,
    type,
    help,
    labels,
    read
  })
  return [
    metric('read_datagrams_total', 'counter', 'Datagrams read', [], () => counts.datagrams),
    metric('errors_total', 'counter', 'Messages left out, by cause', ['kind'], () => [[{ kind: 'malformed-message' }, counts.malformed]]),
    metric('unwanted_datagrams_total', 'counter', 'Datagrams that no target allows', [], () => counts.unwanted),
    metric(
      'exporters_total',
      'counter',
      'Exporters met, those that came back after they were closed once more',
      [],
      () => exporters.counts.exporters
    ),
    metric('sent_datagrams_total', 'counter', 'Datagrams sent, by target', ['target'], () =>
      all.map(({ name, sent }) => [{ target: name }, sent] as const)
    ),
    metric('sent_bytes_total', 'counter', 'Bytes of datagrams sent, by target', ['target'], () =>
      all.map(({ name, sentBytes }) => [{ target: name }, sentBytes] as const)
    ),
    metric('dropped_datagrams_total', 'counter', 'Datagrams not sent, by target and cause', ['target', 'cause'], () =>
      all.flatMap(({ name, dropped }) => DROP_CAUSES.map((cause) => [{ target: name, cause }, dropped[cause]] as const))
    ),
    metric('waiting_bytes', 'gauge', 'Bytes that wait to be sent, by target', ['target'], () =>
      all.map(({ name, waitingBytes }) => [{ target: name }, waitingBytes] as const)
    )
  ]
}
