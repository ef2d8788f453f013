/** The contents of files of the command line, in memory: loaded at the start, and again whenever the files change. */
import { EXIT, type ExitCode, reasonOf, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import { fileIdentity, watchFile } from '../cli/watch.js'

/** Files that cannot be opened (66), or are broken (65); the message says which and where. */
export class UnusableFileError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string
  ) {
    super(message)
  }
}

/** What was loaded, and what a person should know of it. */
export interface Contents<T> {
  readonly contents: T
  /** what is odd and does no harm */
  readonly remarks?: readonly string[]
  /** why it is of no use: said at the start; a newer file of the kind is not loaded */
  readonly lack?: string
}

export interface Kept<T> {
  readonly contents: T
  readonly loads: { done: number; failed: number }
  /** Loads the files anew, and calls the `onReload` of `watch` with the new contents in place; where they are of no use, the old ones stay. */
  readonly reload: () => Promise<void>
  /** Reloads whenever a file is another. */
  readonly watch: (onReload: () => void) => void
}

/** `option` and `describe` are for messages. Throws UserError where the files are of no use. */
export async function keep<T>(
  option: string,
  paths: readonly string[],
  load: () => Promise<Contents<T>>,
  describe: (contents: T) => string,
  log: Log
): Promise<Kept<T>> {
  const identities = new Map<string, string>()
  const loads = { done: 0, failed: 0 }
  let reloading: Promise<void> | undefined
  let onReload = (): void => undefined

  async function loadNow(): Promise<Contents<T>> {
    for (const path of paths) identities.set(path, await fileIdentity(path))
    const loaded = await load()
    for (const remark of loaded.remarks ?? []) log.warn(`${option} ${remark}`)
    return loaded
  }

  async function loadFirst(): Promise<Contents<T>> {
    try {
      const loaded = await loadNow()
      if (loaded.lack !== undefined) log.warn(`${option} ${loaded.lack}`)
      return loaded
    } catch (error) {
      throw error instanceof UnusableFileError ? new UserError(error.exitCode, `${option} ${error.message}`) : error
    }
  }

  async function loadAgain(): Promise<void> {
    try {
      const { contents, lack } = await loadNow()
      if (lack !== undefined) throw new UnusableFileError(EXIT.badData, lack)
      current = contents
      loads.done++
      log.info(`${option} ${paths.join(',')} reloaded: ${describe(contents)}`)
      onReload()
    } catch (error) {
      loads.failed++
      log.warn(`${option} ${reasonOf(error)}; going on with what was loaded before, ${describe(current)}`)
    }
  }

  let { contents: current } = await loadFirst()
  const kept: Kept<T> = {
    get contents() {
      return current
    },
    loads,
    reload: () => (reloading ??= loadAgain().finally(() => (reloading = undefined))),
    watch(handler) {
      onReload = handler
      for (const path of paths) watchFile(path, () => identities.get(path) ?? '', kept.reload)
    }
  }
  return kept
}
