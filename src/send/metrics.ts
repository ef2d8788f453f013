/** What flow-send says of its work: the summary at the end, and /metrics. */
import type { Metrics, Reading } from '../cli/metrics.js'
import { others, plural } from '../cli/plural.js'
import type { Sending } from './sending.js'
import { DROP_CAUSES, type TargetCounts } from './targetcounts.js'

/** The line at the end; of what was dropped only what is not zero. */
export function summaryOf({ kind, counts, targets }: Sending): string {
  const isFlows = kind === 'FlowMessage'
  const { messages, malformed, unwanted, exporters, closed } = counts
  const ends = targets.map(({ name, counts }) => {
    const { sent, sentFlows, dropped, droppedFlows } = counts
    const lost = isFlows ? droppedFlows : dropped
    const drops = DROP_CAUSES.map((cause) => [lost[cause], `dropped (${cause.replace('-', ' ')})`] as const)
    return `; ${name}: ${isFlows ? `${plural(sentFlows, 'flow')} in ${plural(sent, 'message')}` : sent} sent${others(...drops)}`
  })
  return (
    `${plural(messages, isFlows ? 'flow' : 'datagram')} of ${plural(exporters, 'exporter')} in` +
    others([malformed, 'malformed'], [unwanted, 'for no target'], [closed, 'silent exporter closed', 'silent exporters closed']) +
    ends.join('')
  )
}

/** /metrics of flow-send. */
export function declareMetrics({ counter, gauge }: Metrics, sending: Sending): void {
  // what is counted is only known once something came
  const of = (kind: Sending['kind'], count: 'messages' | 'unwanted') => (): number => (sending.kind === kind ? sending.counts[count] : 0)
  const byTarget = (value: (counts: TargetCounts) => number) => (): Reading =>
    sending.targets.map(({ name, counts }) => [{ target: name }, value(counts)] as const)
  const drops = (value: (counts: TargetCounts) => TargetCounts['dropped']) => (): Reading =>
    sending.targets.flatMap(({ name, counts }) => DROP_CAUSES.map((cause) => [{ target: name, cause }, value(counts)[cause]] as const))
  counter('read_datagrams', 'Datagrams read', of('Datagram', 'messages'))
  counter('read_flows', 'Flows read', of('FlowMessage', 'messages'))
  counter('errors', 'Messages left out, by cause', () => [[{ kind: 'malformed-message' }, sending.counts.malformed]], ['kind'])
  counter('unwanted_datagrams', 'Datagrams that no target allows', of('Datagram', 'unwanted'))
  counter('unwanted_flows', 'Flows that no target allows', of('FlowMessage', 'unwanted'))
  counter('exporters', 'Exporters met, those that came back after they were closed once more', () => sending.counts.exporters)
  const sent = byTarget((counts) => counts.sent)
  counter('sent_datagrams', 'Datagrams, or messages of flows, sent, by target', sent, ['target'])
  const sentBytes = byTarget((counts) => counts.sentBytes)
  counter('sent_bytes', 'Bytes of them, by target', sentBytes, ['target'])
  const sentFlows = byTarget((counts) => counts.sentFlows)
  counter('sent_flows', 'Flows sent, by target', sentFlows, ['target'])
  const dropped = drops((counts) => counts.dropped)
  counter('dropped_datagrams', 'Datagrams, or messages of flows, not sent, by target and cause', dropped, ['target', 'cause'])
  const droppedFlows = drops((counts) => counts.droppedFlows)
  counter('dropped_flows', 'Flows not sent, by target and cause', droppedFlows, ['target', 'cause'])
  const waiting = byTarget((counts) => counts.waitingBytes)
  gauge('waiting_bytes', 'Bytes that wait to be sent, by target', waiting, ['target'])
}
