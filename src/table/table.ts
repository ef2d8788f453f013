/**
 * Flows as tables for people. The first rows are pending until the caller asks for the table: the widths of its columns come from them.
 * Aggregates (flow-agg's messages, which have `flows`) make tables of their own, whose first columns are what they are grouped by.
 */
import { fieldReader, fieldValues } from '../flow/fieldvalues.js'
import { type Appendable, appendText } from '../flow/appendable.js'
import type { Mapping } from '../mapping/mapping.js'
import type { FlowWriter } from '../text/line.js'
import { aggregateKeys } from './aggregates.js'
import { DEFAULT_COLUMNS, type TableColumn, tableColumns, type TableStyle } from './columns.js'
import { type Layout, layoutOf } from './layout.js'
import { headerOf, rowWriter } from './rows.js'

/** Pending rows at the most, and their bytes. */
const PENDING_ROWS = 500
const PENDING_BYTES = 4 * 1024 * 1024

export interface FlowTable {
  /** Appends the row of a message (bounds as of a FrameHandler), or keeps it pending; false where the message is no protobuf. */
  readonly row: FlowWriter
  /** Appends the pending rows; the rows that follow are appended at once. */
  readonly release: (output: Appendable) => void
  /** how many rows are pending */
  readonly pending: () => number
  /** The terminal has another width now. */
  readonly resize: (room: number) => void
}

export interface TableOptions extends TableStyle {
  /** the columns to show; undefined: those that suit the flows */
  readonly fields: readonly string[] | undefined
  /** columns of the terminal; undefined where the table goes elsewhere, and is never cut */
  readonly room: number | undefined
  /** Called once for a table of that width, for which the terminal is too narrow. */
  readonly onNarrow: (width: number, room: number) => void
}

/** Makes tables of the flows of a stream. */
export function flowTable(mapping: Mapping, options: TableOptions): FlowTable {
  const values = fieldValues(mapping.schema)
  const read = fieldReader(values)
  const { fields, onNarrow } = options
  let { room } = options
  const keys = aggregateKeys(values)
  let pending: Buffer[] = []
  let pendingBytes = 0
  let pendingAreAggregates = false
  let open: OpenTable | undefined
  let any = false
  let narrow = false
  let isResized = false

  /** Whether the message that was read last has a row in the table that is open. */
  function fits(table: OpenTable): boolean {
    return fields !== undefined || (table.isAggregate ? keys.isAggregate() && keys.areKnown() : !keys.isAggregate())
  }

  function keep(output: Appendable, buf: Buffer, start: number, end: number): void {
    const aggregate = fields === undefined && keys.isAggregate()
    if (pending.length > 0 && aggregate !== pendingAreAggregates) release(output)
    pendingAreAggregates = aggregate
    pending.push(Buffer.from(buf.subarray(start, end)))
    pendingBytes += end - start
    if (pending.length >= PENDING_ROWS || pendingBytes >= PENDING_BYTES) release(output)
  }

  function release(output: Appendable): void {
    if (pending.length === 0) return
    const rows = pending
    pending = []
    pendingBytes = 0
    open = openTable(rows)
    if (any) appendText(output, '\n')
    any = true
    showHeader(output, open)
    for (const message of rows) {
      read(message, 0, message.length)
      open.rows.write(output, open.layout, message.length, room)
    }
  }

  function openTable(rows: readonly Buffer[]): OpenTable {
    const aggregate = pendingAreAggregates
    if (aggregate) {
      for (const message of rows) {
        read(message, 0, message.length)
        keys.learn(message)
      }
    }
    const names = fields ?? (aggregate ? keys.columns() : DEFAULT_COLUMNS)
    const columns = tableColumns(mapping, values, names, { ...options, isFixed: fields !== undefined, isAggregate: aggregate })
    const all = aggregate ? keys.withOthers(columns) : columns
    const writer = rowWriter(all)
    const widths = all.map(({ minimum }) => minimum)
    for (const message of rows) {
      read(message, 0, message.length)
      writer.measure(widths, message.length)
    }
    return { isAggregate: aggregate, columns: all, widths, rows: writer, layout: layoutOf(all, widths, room), shown: '' }
  }

  function showHeader(output: Appendable, table: OpenTable): void {
    isResized = false
    const header = headerOf(table.layout)
    if (header === table.shown) return
    table.shown = header
    appendText(output, header)
    if (narrow || room === undefined || table.layout.width <= room) return
    narrow = true
    onNarrow(table.layout.width, room)
  }

  return {
    row(output, buf, start, end) {
      if (!read(buf, start, end)) return false
      if (open !== undefined && !fits(open)) open = undefined
      if (open === undefined) keep(output, buf, start, end)
      else {
        if (isResized) showHeader(output, open)
        open.rows.write(output, open.layout, end - start, room)
      }
      return true
    },
    release,
    pending: () => pending.length,
    resize(columns) {
      room = columns
      isResized = true
      if (open !== undefined) open.layout = layoutOf(open.columns, open.widths, room)
    }
  }
}

interface OpenTable {
  readonly isAggregate: boolean
  readonly columns: readonly TableColumn[]
  readonly widths: readonly number[]
  readonly rows: ReturnType<typeof rowWriter>
  layout: Layout
  /** the header that stands above the rows */
  shown: string
}
