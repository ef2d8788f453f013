/** What flow-pcap counts, for its metrics and its last line. */
import type { Metrics, Reading } from '../cli/metrics.js'
import { others, plural } from '../cli/plural.js'
import type { Output } from '../flow/output.js'
import { SKIP_CAUSES, type SkipCause } from './packet.js'
import type { ReplayOptions } from './replay.js'

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

/** All of them zero. */
export function newCounts(): Counts {
  const skipped = Object.fromEntries(SKIP_CAUSES.map((cause) => [cause, 0])) as Counts['skipped']
  return { files: 0, badFiles: 0, bytes: 0, packets: 0, datagrams: 0, cutDatagrams: 0, fragments: 0, skipped }
}

/** The last line: what came in (packets of captures, files of all else) and went out, and what became of the rest where that is not zero. */
export function summaryOf(
  { files, packets, fragments, datagrams, skipped, cutDatagrams, badFiles }: Counts,
  kind: ReplayOptions['kind']
): string {
  const skips = SKIP_CAUSES.map((cause) => [skipped[cause], cause] as const)
  return (
    `${kind === 'capture' ? plural(packets, 'packet') : plural(files, 'file')} in${others([fragments, 'of them a fragment', 'of them fragments'])}, ` +
    `${plural(datagrams, 'datagram')} out${others(...skips, [cutDatagrams, 'cut short'], [badFiles, 'bad file', 'bad files'])}`
  )
}

/** /metrics of flow-pcap. */
export function declareMetrics({ counter }: Metrics, counts: Counts, output: Output): void {
  const skipped = (): Reading => SKIP_CAUSES.map((cause) => [{ cause }, counts.skipped[cause]] as const)
  counter('files', 'Files begun', () => counts.files)
  counter('bad_files', 'Files that were broken or could not be read', () => counts.badFiles)
  counter('read_bytes', 'Bytes of files read', () => counts.bytes)
  counter('packets', 'Packets in captures', () => counts.packets)
  counter('fragments', 'Packets that were fragments', () => counts.fragments)
  counter('skipped_packets', 'Packets without a datagram, by cause', skipped, ['cause'])
  counter('datagrams', 'Datagrams written', () => counts.datagrams)
  counter('cut_datagrams', 'Datagrams of which the capture has only the beginning', () => counts.cutDatagrams)
  counter('written_bytes', 'Bytes written', () => output.bytesWritten)
}
