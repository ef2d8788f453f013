/** The cells of a line: the values of a column with what a format puts around them. */
import { entryCursor, type FieldValues, firstEntry, isSet, nextEntry } from '../flow/fieldvalues.js'
import type { Schema } from '../flow/proto.js'
import { rowOf } from '../schema/fields.js'
import { viewOf } from '../flow/view.js'
import { writeIPv4, writeIPv6, writeNetwork } from './addresses.js'
import { type Chunks, chunksOf, writeChunks } from './chunks.js'
import type { Column } from './columns.js'
import { SLACK_BYTES, writeDecimal64 } from './digits.js'
import { respelled, writeName } from './names.js'
import { type Rendering, SHOW, writeBytes, writeNumber } from './values.js'
import type { VirtualColumn } from '../schema/virtual.js'
import { virtualColumns } from './virtual.js'

/** What a format puts around and between values. */
export interface Style {
  readonly open: string
  readonly close: string
  /** between columns: one byte */
  readonly separator: string
  /** what stands in front of a column's value */
  readonly key: (name: string) => string
  /** around a word, as opposed to a number: '"', or nothing */
  readonly quote: string
  /** how the name of a number is spelled between the quotes */
  readonly word: (name: string) => string
  /** around the values of a list, of strings or of others */
  readonly list: (ofStrings: boolean) => { readonly open: string; readonly separator: string; readonly close: string }
  readonly writeString: StringWriter
}

/** Writes the string `buf[start, end)` with its quotes, whatever bytes it is made of; returns the position behind it. */
export type StringWriter = (out: DataView, pos: number, buf: Buffer, start: number, end: number, inList: boolean) => number

/** The most that one byte of a string becomes: \u001b. */
const STRING_GROWTH = 6
/** Beside a value: quotes, separators, brackets. */
const AROUND_BYTES = 8

/** A column made ready to be written; one literal makes them all, so that they share a hidden class. */
export interface Cell extends Rendering {
  readonly index: number
  readonly repeated: boolean
  readonly isBytes: boolean
  readonly virtual: VirtualColumn | undefined
  /** what stands in front of the value, an opening quote or bracket too */
  readonly key: string
  readonly quoted: boolean
  /** in a list: in front of the first entry and of the others, and behind the last */
  readonly beforeFirst: Chunks
  readonly beforeNext: Chunks
  readonly afterLast: Chunks
  /** the index of the address that a network is the prefix of */
  readonly addressIndex: number
  /** bytes that the column takes at the most: so many, and so many more for each byte of the message */
  readonly most: number
  readonly perByte: number
  /** a field of the user's own is the bytes of an element, whose text zeros may pad */
  readonly mayBePadded: boolean
}

/** A column in that style. */
export function cellOf(schema: Schema, { name, index, isBytes, repeated, rendering, virtual }: Column, style: Style): Cell {
  const { show, isWord } = rendering
  // a string brings its own
  const quote = isWord && show !== SHOW.text ? style.quote : ''
  const list = style.list(show === SHOW.text)
  const most = rendering.most + AROUND_BYTES
  return {
    show,
    isWord,
    names: respelled(rendering.names, style.word),
    mayBePadded: rowOf(name) === undefined,
    index,
    repeated,
    isBytes,
    virtual,
    key: style.key(name) + (repeated ? list.open : quote),
    quoted: quote !== '',
    beforeFirst: chunksOf(quote),
    beforeNext: chunksOf(list.separator + quote),
    afterLast: chunksOf(list.close),
    addressIndex: show === SHOW.network ? indexOfAddress(schema, index) : -1,
    most,
    perByte: (isBytes ? STRING_GROWTH : 0) + (repeated ? most : 0)
  }
}

/** The index of the address whose prefix length is field `index`. */
function indexOfAddress(schema: Schema, index: number): number {
  const address = rowOf(schema.fields[index].name)?.of
  return address === undefined ? -1 : schema.indexOf(address)
}

/** Where the zeros begin that pad a text to the length of its template's field. */
function withoutPadding(buf: Buffer, start: number, end: number): number {
  while (end > start && buf[end - 1] === 0) end--
  return end
}

/** Writes columns of the message that was read last. */
export interface CellWriter {
  /** Writes the value of a column, or its values, and what closes them, behind the key; returns the position behind it. */
  readonly writeCell: (out: DataView, pos: number, column: number) => number
  /** Whether the column has no value, and shows the same in every such message. */
  readonly isEmpty: (column: number) => boolean
  /** What it shows then, behind the key. */
  readonly emptyText: (column: number) => string
}

/** How the value of a column is written. */
const DECIMAL = 0
const LIST = 1
/** made of other fields too */
const COMPOSED = 2
const ADDRESS = 3
const NAME = 4
const OTHER = 5

/** A writer of these cells for the messages in `values`. */
export function cellWriter(cells: readonly Cell[], values: FieldValues, style: Style): CellWriter {
  const { lo, hi, start, end } = values
  const indexes = Int16Array.from(cells, ({ index }) => index)
  const kinds = Uint8Array.from(cells, ({ show, repeated, isBytes, quoted }) => {
    if (repeated) return LIST
    if (show >= SHOW.network) return COMPOSED
    if (show === SHOW.ip && isBytes) return ADDRESS
    if (!isBytes && (show === SHOW.name || show === SHOW.enum || show === SHOW.etype)) return NAME
    return show === SHOW.decimal && !isBytes && !quoted ? DECIMAL : OTHER
  })
  const { writeString } = style
  const quote = style.quote === '' ? 0 : style.quote.charCodeAt(0)
  const entries = entryCursor()
  const virtuals = virtualColumns(values)

  /** A value without its opening quote, which the key has. */
  function writeValue(out: DataView, pos: number, cell: Cell, valueHi: number, valueLo: number, from: number, to: number): number {
    const { show } = cell
    if (cell.isBytes) {
      if (show === SHOW.text)
        return writeString(out, pos, values.buf, from, cell.mayBePadded ? withoutPadding(values.buf, from, to) : to, cell.repeated)
      pos = writeBytes(out, pos, cell, values.buf, from, to)
    } else if (show === SHOW.decimal) pos = writeDecimal64(out, pos, valueHi, valueLo)
    else if (cell.virtual !== undefined) pos = virtuals.write(out, pos, cell.virtual)
    else if (show === SHOW.network) {
      const address = cell.addressIndex
      const known = isSet(values, address)
      pos = writeNetwork(out, pos, values.buf, known ? start[address] : 0, known ? end[address] : 0, valueLo)
    } else pos = writeNumber(out, pos, cell, valueHi, valueLo)
    if (cell.quoted) out.setUint8(pos++, quote)
    return pos
  }

  function writeList(out: DataView, pos: number, cell: Cell): number {
    if (isSet(values, cell.index)) {
      firstEntry(values, cell.index, entries)
      for (let any = false; nextEntry(values, cell.index, entries); any = true) {
        pos = writeChunks(out, pos, any ? cell.beforeNext : cell.beforeFirst)
        pos = writeValue(out, pos, cell, entries.hi, entries.lo, entries.start, entries.end)
      }
    }
    return writeChunks(out, pos, cell.afterLast)
  }

  function writeCell(out: DataView, pos: number, column: number): number {
    const index = indexes[column]
    const kind = kinds[column]
    if (kind === LIST) return writeList(out, pos, cells[column])
    if (index < 0 || !isSet(values, index)) return writeValue(out, pos, cells[column], 0, 0, 0, 0)
    if (kind === DECIMAL) return writeDecimal64(out, pos, hi[index], lo[index])
    if (kind === NAME) {
      const end = hi[index] === 0 ? writeName(out, pos, cells[column].names, lo[index]) : pos
      if (end > pos) {
        if (quote !== 0) out.setUint8(end, quote)
        return quote === 0 ? end : end + 1
      }
    }
    const from = start[index]
    const size = end[index] - from
    if (kind === ADDRESS && (size === 4 || size === 16)) {
      pos = size === 4 ? writeIPv4(out, pos, values.buf, from) : writeIPv6(out, pos, values.buf, from)
      if (quote !== 0) out.setUint8(pos++, quote)
      return pos
    }
    return writeValue(out, pos, cells[column], hi[index], lo[index], from, from + size)
  }

  return {
    writeCell,
    isEmpty: (column) => kinds[column] !== COMPOSED && !isSet(values, indexes[column]),
    emptyText(column) {
      const out = Buffer.alloc(cells[column].most + SLACK_BYTES)
      return out.toString('utf8', 0, writeCell(viewOf(out), 0, column))
    }
  }
}

/** A string writer's work as a string of its own. */
export function asString(write: StringWriter): (text: string) => string {
  return (text) => {
    const bytes = Buffer.from(text)
    const out = Buffer.alloc(bytes.length * STRING_GROWTH + AROUND_BYTES + SLACK_BYTES)
    return out.toString('utf8', 0, write(viewOf(out), 0, bytes, 0, bytes.length, false))
  }
}
