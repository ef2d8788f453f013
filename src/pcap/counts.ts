/** What flow-pcap counts, for its metrics and its last line. */
import type { Metric } from '../cli/metrics.js'
import type { LogFields } from '../cli/log.js'
import type { Output } from '../flow/output.js'
import { SKIP_CAUSES, type SkipCause } from './packet.js'

export interface Counts {
  files: number
  /** files that are broken or could not be read */
  badFiles: number
  bytes: number
  packets: number
  datagrams: number
  /** of those, the ones of which the capture has only the beginning */
  cutDatagrams: number
  fragments: number
  skipped: Record<SkipCause, number>
}

export function newCounts(): Counts {
  const skipped = Object.fromEntries(SKIP_CAUSES.map((cause) => [cause, 0])) as Counts['skipped']
  return { files: 0, badFiles: 0, bytes: 0, packets: 0, datagrams: 0, cutDatagrams: 0, fragments: 0, skipped }
}

/** The fields of the last line: what went out, and what came in and what became of the rest where that is not zero. */
export function summaryOf(counts: Counts): LogFields {
  const { files, packets, datagrams, skipped, fragments, cutDatagrams, badFiles } = counts
  const present = (fields: Record<string, number>, least = 1): LogFields => Object.fromEntries(Object.entries(fields).filter(([, count]) => count >= least))
  return { ...present({ files }, 2), ...present({ packets }), datagrams, ...present({ ...skipped, fragments, 'cut-datagrams': cutDatagrams, 'bad-files': badFiles }) }
}

export function metricsOf(counts: Counts, output: Output): Metric[] {
  const counter = (name: string, help: string, read: Metric['read'], labels: string[] = []): Metric => ({
    name: `flow_pcap_${name}_total`,
    help,
    type: 'counter',
    labels,
    read
  })
  return [
    counter('files', 'Files begun', () => counts.files),
    counter('bad_files', 'Files that were broken or could not be read', () => counts.badFiles),
    counter('read_bytes', 'Bytes of files read', () => counts.bytes),
    counter('packets', 'Packets in captures', () => counts.packets),
    counter('fragments', 'Packets that were fragments', () => counts.fragments),
    counter('skipped_packets', 'Packets without a datagram, by cause', () => SKIP_CAUSES.map((cause) => [{ cause }, counts.skipped[cause]] as const), ['cause']),
    counter('datagrams', 'Datagrams written', () => counts.datagrams),
    counter('cut_datagrams', 'Datagrams of which the capture has only the beginning', () => counts.cutDatagrams),
    counter('written_bytes', 'Bytes written', () => output.bytesWritten)
  ]
}
