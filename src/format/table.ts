/** `-format table`: tables for people, which wait a moment for the first rows to see how wide the columns are. */
import tty from 'node:tty'
import { EXIT, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import type { Output } from '../flow/output.js'
import { columnNames, type Mapping, unknownField } from '../mapping/mapping.js'
import { findTableColumn, TABLE_COLUMNS } from '../table/columns.js'
import { flowTable } from '../table/table.js'
import type { Zone } from '../table/times.js'
import type { Format } from './format.js'

/** The first rows are written after a pause of so many milliseconds, or so long after the first of them. */
const PAUSE_MS = 200
const LONGEST_WAIT_MS = 1000

export interface TableFormat {
  readonly fields: readonly string[] | undefined
  readonly isExact: boolean
  readonly zone: Zone
  /** the table goes to stdout, which may be a terminal */
  readonly toStdout: boolean
}

/** Throws UserError, 64, for a column that there is not. */
export function tableFormat(mapping: Mapping, { fields, isExact, zone, toStdout }: TableFormat, log: Log): Format {
  const terminal = toStdout && tty.isatty(1) ? process.stdout : undefined
  const table = flowTable(mapping, {
    zone,
    isExact,
    fields: fields === undefined || fields.length === 0 ? undefined : [...new Set(fields.map((name) => knownColumn(mapping, name)))],
    room: terminal?.columns,
    onNarrow(width, room) {
      log.warn(`the table is ${width} columns wide and the terminal ${room}, so lines wrap: a wider one, or fewer -fields, would do`)
    }
  })
  terminal?.on('resize', () => {
    table.resize(terminal.columns)
  })
  let output: Output | undefined
  let firstHeld = 0
  let lastHeld = 0
  let timer: NodeJS.Timeout | undefined

  /** Writes what is held once it has waited long enough. */
  function wait(): void {
    timer = undefined
    if (output === undefined || table.held() === 0) return
    const now = performance.now()
    const left = Math.min(lastHeld + PAUSE_MS, firstHeld + LONGEST_WAIT_MS) - now
    if (left > 0) timer = setTimeout(wait, left)
    else {
      table.release(output)
      output.commit()
    }
  }

  return {
    begin(to) {
      output = to
    },
    row(to, buf, start, end, frameStart) {
      const before = table.held()
      const written = table.row(to, buf, start, end, frameStart)
      if (table.held() > 0) {
        lastHeld = performance.now()
        if (before === 0) firstHeld = lastHeld
        timer ??= setTimeout(wait, PAUSE_MS)
      }
      return written
    },
    end(to) {
      clearTimeout(timer)
      table.release(to)
    }
  }
}

function knownColumn({ schema }: Mapping, name: string): string {
  const found = findTableColumn(schema, name)
  if (found === undefined) throw new UserError(EXIT.usage, `-fields: ${unknownField(name, [...TABLE_COLUMNS, ...columnNames(schema)])}`)
  return found
}
