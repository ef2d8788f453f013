/** An error thrown while a datagram is decoded is a mistake of this program: each is logged once, with the line that it came from. */
import type { Log } from '../cli/log.js'

/** Mistakes that are logged. */
const MOST_MISTAKES = 32

/** Returns the function that logs a thrown error, with the exporter whose datagram it cost. */
export function mistakeLog(log: Log): (error: unknown, exporter: string) => void {
  const logged = new Set<string>()
  return (error, exporter) => {
    const where = lineOf(error)
    if (logged.has(where) || logged.size >= MOST_MISTAKES) return
    logged.add(where)
    log.error(`internal error: ${where}; the datagram is lost, please report it`, { exporter })
  }
}

/** The error, and the first line of our code in its trace. */
function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const line = /\(?(?:file:\/\/)?[^\s(]*\/(src\/[^\s)]+)\)?/.exec(error.stack ?? '')?.[1]
  return line === undefined ? error.message : `${error.message} at ${line}`
}
