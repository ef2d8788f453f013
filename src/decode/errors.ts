/** What was wrong with datagrams: counted by kind, also by exporter, and logged, unless there were too many of late. */
import type { Log } from '../cli/log.js'
import { add, type Counts } from './counts.js'
import type { ErrorKind } from './decoding.js'
import type { KnownExporter } from './exporters.js'
import { mistakeLog } from './mistakes.js'
import { mutedLog } from './mutedlog.js'

/** `exporter` is its address as text. */
export type OnError = (exporter: string, kind: ErrorKind) => void

export interface DatagramErrors {
  count(exporter: KnownExporter, kind: ErrorKind, detail: string): void
  /** Counts an error that was thrown: a mistake of this program. */
  countThrown(exporter: KnownExporter, error: unknown): void
  /** Logs that a limit made something of that exporter be forgotten. */
  warn(exporter: KnownExporter, message: string): void
  /** Counts the errors of an exporter that is forgotten among those of all forgotten ones. */
  forget(exporter: KnownExporter): void
  /** Logs how many lines were muted. */
  end(): void
}

/** `lines` log lines an interval of `intervalMs`, of the clock that `now` reads. `onError` is called with each that is counted. */
export function datagramErrors(
  counts: Counts,
  log: Log,
  lines: number,
  intervalMs: number,
  now: () => number,
  onError: OnError = () => undefined
): DatagramErrors {
  const muted = mutedLog(log, lines, intervalMs, now)
  const logMistake = mistakeLog(log)

  function count(exporter: KnownExporter, kind: ErrorKind, detail: string): void {
    add(counts.errors, kind)
    exporter.errors ??= new Map()
    add(exporter.errors, kind)
    onError(exporter.name, kind)
    muted.warn(detail, { kind, exporter: exporter.name })
  }

  return {
    count,
    countThrown(exporter, error) {
      count(exporter, 'internal', 'a mistake of flow-decode cost a datagram')
      logMistake(error, exporter.name)
    },
    warn(exporter, message) {
      muted.warn(message, { exporter: exporter.name })
    },
    forget({ errors }) {
      for (const [kind, value] of errors ?? []) add(counts.forgottenErrors, kind, value)
    },
    end() {
      muted.end()
    }
  }
}
