/** The formats there are: a row each. */
import tty from 'node:tty'
import { EXIT, UserError } from '../cli/exit.js'
import { lineWriter } from '../text/line.js'
import { frameCopier } from './bin.js'
import { coloured } from './colour.js'
import { chooseColumns } from './columns.js'
import { csvHeader, csvStyle } from './csv.js'
import { type Asked, type Format, refuseTableOptions } from './anyformat.js'
import { jsonStyle } from './json.js'
import { textStyle } from './text.js'

export const FORMAT_NAMES = ['json', 'text', 'csv', 'table', 'bin'] as const
export type FormatName = (typeof FORMAT_NAMES)[number]
/** A table needs much more than a line: it is loaded when one is asked for. */
export type LineFormat = Exclude<FormatName, 'table'>

/** What makes a format of flows; it throws UserError with code 64 for what it is asked and cannot do. */
export async function flowFormat(name: FormatName): Promise<(asked: Asked) => Format> {
  return name === 'table' ? (await import('./table.js')).tableFormat : FORMATS[name]
}

const FORMATS: Readonly<Record<LineFormat, (asked: Asked) => Format>> = {
  json(asked): Format {
    refuseTableOptions(asked)
    const row = lineWriter(columnsOf(asked), jsonStyle, asked.terminator ?? '\n')
    return { row: isColoured(asked) ? coloured(row) : row }
  },
  text(asked): Format {
    refuseTableOptions(asked)
    return { row: lineWriter(columnsOf(asked), textStyle, asked.terminator ?? '\n') }
  },
  csv(asked): Format {
    refuseTableOptions(asked)
    const terminator = asked.terminator ?? '\n'
    const columns = columnsOf(asked)
    return {
      begin: csvHeader(columns.all.map(({ name }) => name)) + terminator,
      row: lineWriter({ ...columns, listed: true }, csvStyle, terminator)
    }
  },
  bin(asked): Format {
    refuseTableOptions(asked)
    if (asked.fields !== undefined) throw new UserError(EXIT.usage, '-fields is not for bin, which passes every flow on as it came')
    return { row: frameCopier(asked.terminator ?? '') }
  }
}

/** JSON to a terminal has colours, unless NO_COLOR is set. */
export function isColoured({ toStdout }: Asked): boolean {
  return toStdout && tty.isatty(1) && process.env.NO_COLOR === undefined
}

function columnsOf({ mapping, fields }: Asked): ReturnType<typeof chooseColumns> {
  return chooseColumns(mapping, fields)
}
