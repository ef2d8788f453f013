/** The columns of a table of flows: what their cells show, under which header, and what becomes of them where there is little room. */
import { type FieldValues, isSet } from '../flow/fieldvalues.js'
import type { Schema } from '../flow/proto.js'
import { findColumn, type Mapping } from '../mapping/mapping.js'
import { cellOf, cellWriter, type Style } from '../text/cells.js'
import { columnsOf } from '../text/columns.js'
import { SHOW } from '../text/values.js'
import { type CellContext, type CellWrite, specialCells } from './cells.js'
import type { ColumnShape } from './layout.js'
import { SI_WIDTH } from './si.js'
import { SHOWN_GROWTH, writeShown } from './width.js'

export interface TableColumn extends ColumnShape {
  readonly name: string
  /** the least width, so that rows that come later fit as well */
  readonly minimum: number
  /** Writes the cell of the message that was read last, nothing where there is no value; returns the position behind it. */
  readonly write: CellWrite
  /** the most bytes that a cell takes: so many, and so many for each byte of the message */
  readonly most: number
  readonly perByte: number
}

/** How a table shows values. */
export type TableStyle = Pick<CellContext, 'zone' | 'isExact'>

/** Columns that only tables have, beside fields and virtual columns. */
export const TABLE_COLUMNS = ['start', 'end', 'received', 'src_addr:port', 'dst_addr:port', 'flags', 'exporter'] as const

/** What a table of flows shows if nothing else is asked for. */
export const DEFAULT_COLUMNS = [
  'start',
  'duration',
  'proto',
  'src_addr:port',
  'dst_addr:port',
  'packets',
  'bytes',
  'flags',
  'in_if',
  'out_if',
  'exporter'
] as const

/** Columns that go where there is little room, the first one first. */
const GOING = ['exporter', 'out_if', 'in_if', 'flags', 'duration']
const GOING_AGGREGATE = ['start', 'pps', 'bps']

const SHORT: Readonly<Record<string, string>> = {
  packets: 'pkts',
  duration: 'secs',
  'src_addr:port': 'src',
  'dst_addr:port': 'dst',
  src_addr: 'src',
  dst_addr: 'dst'
}

/** An address is never cut to less, nor is a text. */
const LEAST_ADDRESS = 7
const LEAST_TEXT = 3
/** `]:65535` behind an address, and `[` in front */
const PORT_BYTES = 8

const PLAIN: Style = {
  open: '',
  close: '',
  separator: ' ',
  key: () => '',
  quote: '',
  word: (name) => name,
  list: () => ({ open: '', separator: ',', close: '' }),
  writeString: writeShown
}

/** The name of a column as `-fields` may have it: a table's own, a field or a virtual one. Undefined where there is none. */
export function findTableColumn(schema: Schema, name: string): string | undefined {
  return findColumn(schema, name) ?? TABLE_COLUMNS.find((column) => column === name)
}

/** Makes the columns of these names, whose cells read `values`. Columns that `isFixed` never go. */
export function tableColumns(
  mapping: Mapping,
  values: FieldValues,
  names: readonly string[],
  { zone, isExact, isFixed, isAggregate }: TableStyle & { isFixed: boolean; isAggregate: boolean }
): TableColumn[] {
  const special = specialCells({ values, zone, isExact, isRendered: (name) => mapping.formatter.render.has(name) })
  const going = isAggregate ? GOING_AGGREGATE : GOING
  return names.map((name) => {
    const cell = special(name)
    const header = cell?.header ?? mapping.formatter.rename.get(name) ?? name
    const shape = { name, header, short: SHORT[name] ?? header, goes: isFixed ? 0 : going.indexOf(name) + 1 }
    if (cell === undefined) return { ...shape, ...plainCell(mapping, values, name) }
    const { write, kind } = cell
    return {
      ...shape,
      write,
      right: kind === 'number' || kind === 'quantity',
      minimum: kind === 'quantity' && !isExact ? SI_WIDTH : 0,
      least: kind === 'address' ? LEAST_ADDRESS : kind === 'endpoint' ? LEAST_ADDRESS + PORT_BYTES : kind === 'text' ? LEAST_TEXT : 0,
      most: 64,
      perByte: kind === 'text' ? SHOWN_GROWTH : 0
    }
  })
}

/** The cell of a field as the other formats show it, but blank where a word or an address is not set. */
function plainCell(
  mapping: Mapping,
  values: FieldValues,
  name: string
): Omit<TableColumn, keyof ColumnShape | 'name'> & Pick<ColumnShape, 'right' | 'least'> {
  const column = columnsOf(mapping, [name]).all[0]
  const cell = cellOf(mapping.schema, column, PLAIN)
  const { writeCell } = cellWriter([cell], values, PLAIN)
  const { index } = column
  const { show, isWord } = column.rendering
  const isNumber = !isWord && !column.repeated
  const isText = show === SHOW.text || column.repeated
  return {
    write: (out, pos) => (isWord && index >= 0 && !isSet(values, index) ? pos : writeCell(out, pos, 0)),
    right: isNumber,
    minimum: 0,
    least: show === SHOW.ip || show === SHOW.network ? LEAST_ADDRESS : isText ? LEAST_TEXT : 0,
    most: cell.most,
    perByte: cell.perByte
  }
}
