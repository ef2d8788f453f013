/** What flow-send tells of itself: the summary at the end, and /metrics. */
import type { Metrics, Reading } from '../cli/metrics.js'
import { plural } from '../cli/plural.js'
import { type Destination, DROP_CAUSES, type Destinations } from './destinations.js'
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

export function declareMetrics({ counter, gauge }: Metrics, { all }: Destinations, exporters: Exporters, { counts }: Relay): void {
  const byTarget = (value: (destination: Destination) => number) => (): Reading =>
    all.map((destination) => [{ target: destination.name }, value(destination)] as const)
  const drops = (): Reading =>
    all.flatMap(({ name, dropped }) => DROP_CAUSES.map((cause) => [{ target: name, cause }, dropped[cause]] as const))
  counter('read_datagrams', 'Datagrams read', () => counts.datagrams)
  counter('errors', 'Messages left out, by cause', () => [[{ kind: 'malformed-message' }, counts.malformed]], ['kind'])
  counter('unwanted_datagrams', 'Datagrams that no target allows', () => counts.unwanted)
  counter('exporters', 'Exporters met, those that came back after they were closed once more', () => exporters.counts.exporters)
  counter(
    'sent_datagrams',
    'Datagrams sent, by target',
    byTarget(({ sent }) => sent),
    ['target']
  )
  counter(
    'sent_bytes',
    'Bytes of datagrams sent, by target',
    byTarget(({ sentBytes }) => sentBytes),
    ['target']
  )
  counter('dropped_datagrams', 'Datagrams not sent, by target and cause', drops, ['target', 'cause'])
  gauge(
    'waiting_bytes',
    'Bytes that wait to be sent, by target',
    byTarget(({ waitingBytes }) => waitingBytes),
    ['target']
  )
}
