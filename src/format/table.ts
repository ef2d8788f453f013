/** `-format table`: tables for people, which wait a moment for the first rows to see how wide the columns are. */
import tty from 'node:tty'
import { EXIT, UserError } from '../cli/exit.js'
import { columnNames, type Mapping, unknownField } from '../mapping/mapping.js'
import { withoutPresets } from '../mapping/presets.js'
import { findTableColumn, TABLE_COLUMNS } from '../table/columns.js'
import { flowTable } from '../table/table.js'
import type { Asked, Format } from './anyformat.js'

/** Throws UserError, 64, for a column that there is not, and for a separator. */
export function tableFormat({ mapping, fields, terminator, isExact, zone = 'utc', toStdout, log }: Asked): Format {
  if (terminator !== undefined) throw new UserError(EXIT.usage, '-transport.file.sep is for the other formats: a table has lines')
  const terminal = toStdout && tty.isatty(1) ? process.stdout : undefined
  const table = flowTable(mapping, {
    zone,
    isExact,
    fields:
      fields === undefined || fields.length === 0
        ? undefined
        : [...new Set(withoutPresets(fields, mapping.schema).map((name) => knownColumn(mapping, name)))],
    room: terminal?.columns,
    onNarrow(width, room) {
      log.warn(`the table is ${width} columns wide and the terminal ${room}, so lines wrap: a wider one, or fewer -fields, would do`)
    }
  })
  terminal?.on('resize', () => {
    table.resize(terminal.columns)
  })
  return { row: table.row, pause: table.release, end: table.release }
}

function knownColumn({ schema }: Mapping, name: string): string {
  const found = findTableColumn(schema, name)
  if (found === undefined)
    throw new UserError(EXIT.usage, `-fields: ${unknownField(name, [...TABLE_COLUMNS, ...columnNames(schema)])}; -fields help lists all`)
  return found
}
