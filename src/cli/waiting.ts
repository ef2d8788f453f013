/** What a source waits for, for a person who may think that it does nothing. */
import tty from 'node:tty'
import type { Log } from './log.js'

const SILENCE_MS = 10_000

/** Logs `what` once where stderr is a terminal and nothing has come after ten seconds. */
export function logSilence(log: Log, what: string, hasInput: () => boolean): void {
  if (!tty.isatty(2)) return
  setTimeout(() => {
    if (!hasInput()) log.info(what)
  }, SILENCE_MS).unref()
}
