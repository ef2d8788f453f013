/** What is thrown while a datagram is decoded is a mistake of this program: each is told of once, with where it came from. */
import type { Log } from '../cli/log.js'

/** Mistakes that are told of. */
const MOST_MISTAKES = 32

/** Gives what logs a thrown error, with the exporter whose datagram it cost. */
export function mistakeLog(log: Log): (error: unknown, exporter: string) => void {
  const told = new Set<string>()
  return (error, exporter) => {
    const where = placeOf(error)
    if (told.has(where) || told.size >= MOST_MISTAKES) return
    told.add(where)
    log.error(`internal error: ${where}; the datagram is lost, please report it`, { exporter })
  }
}

/** What was thrown, and the first line of our code that it came through. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const place = /\(?(?:file:\/\/)?[^\s(]*\/(src\/[^\s)]+)\)?/.exec(error.stack ?? '')?.[1]
  return place === undefined ? error.message : `${error.message} at ${place}`
}
