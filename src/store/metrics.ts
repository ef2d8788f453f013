/** The summary and the metrics of flow-store. */
import type { Metrics } from '../cli/metrics.js'
import { plural } from '../cli/plural.js'
import type { Disk } from './disk.js'
import type { Retention } from './retention.js'
import type { Storing } from './storing.js'

/** The line at the end; what is zero is not in it. */
export function summaryOf({ counts }: Storing, retention: Retention): string {
  const parts: [number, string][] = [
    [counts.late, 'late'],
    [counts.refused, 'refused: older than -keep'],
    [counts.malformed, 'malformed']
  ]
  const lost = parts.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`)
  const { removed } = retention.counts
  return (
    `${plural(counts.flows, 'flow')} in, ${counts.stored} in ${plural(counts.files, 'file')} of ${plural(counts.bytes, 'byte')}${lost.join('')}` +
    (removed === 0 ? '' : `; ${plural(removed, 'old file')} removed`)
  )
}

/** /metrics of flow-store. */
export function declareMetrics(
  { counter, gauge }: Metrics,
  { counts, windows, unfinished }: Storing,
  retention: Retention,
  disk: Disk
): void {
  counter('read_flows', 'Messages read', () => counts.flows)
  counter('stored_flows', 'Flows in files that are whole', () => counts.stored)
  counter('late_flows', 'Flows whose window had been done', () => counts.late)
  counter('refused_flows', 'Flows of a window that is older than -keep', () => counts.refused)
  counter('errors', 'Messages left out, by cause', () => [[{ kind: 'malformed-message' }, counts.malformed]], ['kind'])
  counter('files', 'Files written', () => counts.files)
  counter('bytes', 'Bytes of the files written', () => counts.bytes)
  counter('removed_files', 'Files removed by -keep and -max-size', () => retention.counts.removed)
  counter('full_disk', 'Times that there was no space left', () => disk.full)
  gauge('open_windows', 'Windows that are open', () => windows.open)
  gauge('open_flows', 'Flows that are in no whole file yet', unfinished)
}
