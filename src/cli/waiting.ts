/** What a source waits for, said to a person who may think that it does nothing. */
import tty from 'node:tty'
import type { Log } from './log.js'

const SILENCE_MS = 10_000

/** Says `what` once where stderr is a terminal and nothing has come after ten seconds. */
export function tellOfSilence(log: Log, what: string, hasCome: () => boolean): void {
  if (!tty.isatty(2)) return
  setTimeout(() => {
    if (!hasCome()) log.info(what)
  }, SILENCE_MS).unref()
}
