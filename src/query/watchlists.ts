/** Files whose lines are values of a filter, read again when they change. */
import type { Log } from '../cli/log.js'
import type { Metrics, Reading } from '../cli/metrics.js'
import { fileIdentity, watchFile } from '../cli/watch.js'
import { type Filter, FilterError } from './filter.js'

/** Times that a file was read again, and could not be. */
export interface ListCounts {
  reloads: number
  failed: number
}

export function newListCounts(): ListCounts {
  return { reloads: 0, failed: 0 }
}

/** Has the files of the filter's lists read again when they change, as long as it `isUsed`; a broken one leaves what was there. */
export async function watchLists({ files }: Filter, counts: ListCounts, log: Log, isUsed: () => boolean = () => true): Promise<void> {
  for (const { path, reload } of files) {
    let known = await fileIdentity(path)
    const readAgain = async (): Promise<void> => {
      known = await fileIdentity(path)
      try {
        reload()
        counts.reloads++
        log.debug(`${path} was read again`)
      } catch (error) {
        if (!(error instanceof FilterError)) throw error
        counts.failed++
        log.warn(`${error.message}: going on with what it had before`)
      }
    }
    watchFile(path, () => known, readAgain, { isWanted: isUsed })
  }
}

export function declareLists({ counter }: Metrics, counts: ListCounts): void {
  const reloads = (): Reading => [
    [{ result: 'ok' }, counts.reloads],
    [{ result: 'error' }, counts.failed]
  ]
  counter('list_reloads', 'Times that a file of values changed and was read again, by result', reloads, ['result'])
}
