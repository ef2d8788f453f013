/** sFlow counters (CounterSample) as lines of JSON, text and CSV. */
import { appendText } from '../flow/appendable.js'
import type { FlowWriter } from '../text/line.js'
import { counterColumns, counterTree, valueAt } from '../text/countertree.js'
import { scalar, toJson, type Tree } from '../text/tree.js'
import { frameCopier } from './bin.js'
import { coloured } from './colour.js'
import { chooseCounters } from './countercolumns.js'
import { csvHeader, csvStyle } from './csv.js'
import type { Asked, Format } from './anyformat.js'
import { type FormatName, isColoured, type LineFormat } from './formats.js'

/** What makes a format of counters; it throws UserError, 64, for a counter that there is not. */
export async function counterFormat(name: FormatName): Promise<(asked: Asked) => Format> {
  return name === 'table' ? (await import('./countertable.js')).counterTableFormat : COUNTER_FORMATS[name]
}

const COUNTER_FORMATS: Readonly<Record<LineFormat, (asked: Asked) => Format>> = {
  /** One object a line: all values, or those that are asked for, null where there is none. */
  json(asked) {
    const columns = chooseCounters(asked.fields)
    const row = writerOf(asked.terminator ?? '\n', (tree) =>
      toJson(columns.length === 0 ? tree : Object.fromEntries(columns.map(({ name, path }) => [name, valueAt(tree, path) ?? null])))
    )
    return { row: isColoured(asked) ? coloured(row) : row }
  },
  /** `key=value …` */
  text({ fields, terminator = '\n' }) {
    const columns = chooseCounters(fields)
    const row = writerOf(terminator, (tree) => {
      const pairs = columns.length === 0 ? leaves(tree, '') : columns.map(({ name, path }): Leaf => [name, valueAt(tree, path) ?? ''])
      return pairs.map(([name, value]) => `${name}=${value === '' ? '' : scalar(value)}`).join(' ')
    })
    return { row }
  },
  /** A cell for each counter, empty where it has no value; all that have a field in proto/counter.proto where none is asked for. */
  csv({ fields = [], terminator = '\n' }) {
    const columns = chooseCounters(fields.length === 0 ? counterColumns() : fields)
    return {
      begin: csvHeader(columns.map(({ name }) => name)) + terminator,
      row: writerOf(terminator, (tree) => columns.map(({ path }) => csvCell(valueAt(tree, path))).join(','))
    }
  },
  bin: ({ terminator = '' }) => ({ row: frameCopier(terminator) })
}

function csvCell(value: Tree | undefined): string {
  return value === undefined ? '' : csvStyle.word(typeof value === 'string' ? value : toJson(value))
}

type Leaf = readonly [name: string, value: Tree]

/** What stands in messages goes by `message.field`; what stands in `values` has such a name already. */
function leaves(tree: Record<string, Tree>, prefix: string): Leaf[] {
  return Object.entries(tree).flatMap(([name, value]): Leaf[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leaves(value, name === 'values' ? '' : `${prefix}${name}.`)
      : [[prefix + name, value]]
  )
}

function writerOf(terminator: string, textOf: (tree: Record<string, Tree>) => string): FlowWriter {
  return (output, buf, start, end) => {
    const tree = counterTree(buf, start, end)
    if (tree === undefined) return false
    appendText(output, textOf(tree) + terminator)
    return true
  }
}
