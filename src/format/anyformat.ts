/** A format that flows are printed in. */
import { EXIT, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import type { Output } from '../flow/output.js'
import type { Mapping } from '../mapping/mapping.js'
import type { Zone } from '../table/times.js'
import type { FlowWriter } from '../text/line.js'

export interface Format {
  /** what stands at the start of each file, with its line end */
  readonly begin?: string
  /** Appends a message, at once or later. */
  readonly row: FlowWriter
  /** Appends the pending rows: messages have paused, or the first of them has waited long enough. */
  readonly pause?: (output: Output) => void
  /** Appends the pending rows at the end of input. */
  readonly end?: (output: Output) => void
}

/** What the command line asks of a format. */
export interface Asked {
  readonly mapping: Mapping
  readonly fields: readonly string[] | undefined
  /** what ends a line, where the user says so */
  readonly terminator: string | undefined
  /** of tables: all digits, and where the clock is */
  readonly isExact: boolean
  readonly zone: Zone | undefined
  /** lines go to stdout, which may be a terminal */
  readonly toStdout: boolean
  readonly log: Log
}

/** Throws UserError, 64, for options of tables alone. */
export function refuseTableOptions({ isExact, zone }: Asked): void {
  if (!isExact && zone === undefined) return
  throw new UserError(
    EXIT.usage,
    `-${isExact ? 'exact' : 'tz'} is for -format table: the other formats have all digits, and times as numbers`
  )
}
