/**
 * One flow as one line of text. JSON, text and CSV differ in what stands between the values and in how they quote strings; which
 * columns there are, in which order, and how their values look is the same.
 *
 *     line   := open (column (separator column)*)? close terminator
 *     column := key value | key list-open (value (list-separator value)*)? list-close
 */
import { entryCursor, fieldReader, type FieldValues, fieldValues, firstEntry, isSet, nextEntry } from '../fieldvalues.js'
import type { Appendable } from '../output.js'
import type { Schema } from '../schema.js'
import { writeNetwork } from './addresses.js'
import { type Chunks, chunksOf, writeChunks } from './chunks.js'
import type { Column, Columns } from './columns.js'
import { SLACK_BYTES, writeDecimal64 } from './digits.js'
import { respelled, writeIcmpName } from './names.js'
import { type Rendering, SHOW, writeBytes, writeNumber } from './values.js'

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

/** Writes the string `buf[start, end)` with its quotes, whatever bytes it is made of; gives the position behind it. */
export type StringWriter = (out: DataView, pos: number, buf: Buffer, start: number, end: number, inList: boolean) => number

/** The most that one byte of a string becomes: \u001b. */
const STRING_GROWTH = 6
/** Beside a value: quotes, separators, brackets. */
const AROUND_BYTES = 8

/** A writer's work on a string of its own. */
export function asString(write: StringWriter): (text: string) => string {
  return (text) => {
    const bytes = Buffer.from(text)
    const out = Buffer.alloc(bytes.length * STRING_GROWTH + AROUND_BYTES + SLACK_BYTES)
    return out.toString('utf8', 0, write(viewOf(out), 0, bytes, 0, bytes.length, false))
  }
}

const viewOf = (buf: Buffer): DataView => new DataView(buf.buffer, buf.byteOffset, buf.length)

/** Appends the line of a message, bounded as a FrameHandler has it; false, and nothing appended, where that is no protobuf. */
export type FlowWriter = (output: Appendable, buf: Buffer, start: number, end: number, frameStart: number) => boolean

export function lineWriter({ schema, all, listed }: Columns, style: Style, terminator: string): FlowWriter {
  const values = fieldValues(schema)
  const { set } = values
  const read = fieldReader(values)
  const cells = all.map((column) => cellOf(schema, column, style))
  const keys = keyTable(cells, style.separator)
  const writeCell = cellWriter(cells, values, style)
  const open = chunksOf(style.open)
  const ending = chunksOf(style.close + terminator)
  const fixedBytes = open.size + ending.size + SLACK_BYTES + cells.reduce((sum, { key, most }) => sum + Buffer.byteLength(key) + most, 0)
  const bytesPerByte = Math.max(...cells.map(({ perByte }) => perByte))
  let viewed: Buffer = Buffer.alloc(0)
  let out = viewOf(viewed)

  return (output, buf, start, end) => {
    if (!read(buf, start, end)) return false
    output.reserve(fixedBytes + (end - start) * bytesPerByte)
    if (output.buf !== viewed) {
      viewed = output.buf
      out = viewOf(viewed)
    }
    let pos = writeChunks(out, output.pos, open)
    // the first column has no separator in front
    let key = keys.withoutSeparator
    if (listed) {
      for (let column = 0; column < cells.length; column++) {
        pos = writeCell(out, writeKey(out, pos, keys, key + column), column)
        key = 0
      }
    } else {
      for (let word = 0; word < set.length; word++) {
        for (let bits = set[word]; bits !== 0; bits &= bits - 1) {
          const column = (word << 5) + 31 - Math.clz32(bits & -bits)
          pos = writeCell(out, writeKey(out, pos, keys, key + column), column)
          key = 0
        }
      }
    }
    output.pos = writeChunks(out, pos, ending)
    return true
  }
}

/** The keys of all columns, with the separator and from `withoutSeparator` on once more without it, as `Chunks` of one width side by side. */
interface KeyTable {
  readonly words: Float64Array
  readonly width: number
  readonly sizes: Uint32Array
  readonly withoutSeparator: number
}

function keyTable(cells: readonly Cell[], separator: string): KeyTable {
  const chunks = [...cells.map(({ key }) => chunksOf(separator + key)), ...cells.map(({ key }) => chunksOf(key))]
  const width = Math.max(...chunks.map(({ words }) => words.length))
  const words = new Float64Array(width * chunks.length)
  chunks.forEach((chunk, i) => {
    words.set(chunk.words, i * width)
  })
  return { words, width, sizes: Uint32Array.from(chunks, ({ size }) => size), withoutSeparator: cells.length }
}

function writeKey(out: DataView, pos: number, { words, width, sizes }: KeyTable, key: number): number {
  const size = sizes[key]
  for (let from = key * width, to = 0; to < size; to += 8) out.setFloat64(pos + to, words[from++], true)
  return pos + size
}

/** A column made ready to be written; one literal makes them all, so that they share a hidden class. */
interface Cell extends Rendering {
  readonly place: number
  readonly repeated: boolean
  readonly isBytes: boolean
  /** what stands in front of the value, an opening quote too */
  readonly key: string
  readonly quoted: boolean
  readonly listOpen: Chunks
  readonly listSeparator: Chunks
  readonly listClose: Chunks
  /** the place of the address that a network is the prefix of */
  readonly addressPlace: number
  /** bytes that the column takes at the most: so many, and so many more for each byte of the message */
  readonly most: number
  readonly perByte: number
}

const ADDRESS_OF: Readonly<Record<string, string>> = { src_net: 'src_addr', dst_net: 'dst_addr' }

function cellOf(schema: Schema, { name, place, isBytes, repeated, rendering }: Column, style: Style): Cell {
  const { show, isWord } = rendering
  // a string brings its own
  const quote = isWord && show !== SHOW.text ? style.quote : ''
  const list = style.list(show === SHOW.text)
  const most = rendering.most + AROUND_BYTES
  return {
    show,
    isWord,
    names: respelled(rendering.names, style.word),
    place,
    repeated,
    isBytes,
    key: style.key(name) + (repeated ? list.open : quote),
    quoted: quote !== '',
    listOpen: chunksOf(quote),
    listSeparator: chunksOf(list.separator + quote),
    listClose: chunksOf(list.close),
    addressPlace: show === SHOW.network ? schema.fields.indexOf(schema.field(ADDRESS_OF[schema.fields[place].name])) : -1,
    most,
    perByte: (isBytes ? STRING_GROWTH : 0) + (repeated ? most : 0)
  }
}

/** Writes the value of a column, or its values, and what closes them; gives the position behind it. */
type CellWriter = (out: DataView, pos: number, column: number) => number

/** How the value of a column is written, the frequent ones first. */
const DECIMAL = 0
const ADDRESS = 1
const ANY = 2
const LIST = 3

function cellWriter(cells: readonly Cell[], values: FieldValues, style: Style): CellWriter {
  const { lo, hi, start, end, schema } = values
  const places = Int16Array.from(cells, ({ place }) => place)
  const kinds = Uint8Array.from(cells, ({ show, repeated, isBytes, quoted }) => (repeated ? LIST : isBytes ? (show === SHOW.ip ? ADDRESS : ANY) : show === SHOW.decimal && !quoted ? DECIMAL : ANY))
  const { writeString } = style
  const quote = style.quote === '' ? 0 : style.quote.charCodeAt(0)
  const entries = entryCursor()
  const protocol = schema.fields.indexOf(schema.field('proto'))
  const icmpType = schema.fields.indexOf(schema.field('icmp_type'))

  const numberAt = (place: number): number => (isSet(values, place) ? lo[place] : 0)

  /** A value without its opening quote, which the key has. */
  function writeValue(out: DataView, pos: number, cell: Cell, valueHi: number, valueLo: number, from: number, to: number): number {
    const { show } = cell
    if (cell.isBytes) {
      if (show === SHOW.text) return writeString(out, pos, values.buf, from, to, cell.repeated)
      pos = writeBytes(out, pos, cell, values.buf, from, to)
    } else if (show === SHOW.decimal) pos = writeDecimal64(out, pos, valueHi, valueLo)
    else if (show === SHOW.icmp) pos = writeIcmpName(out, pos, numberAt(protocol), numberAt(icmpType))
    else if (show === SHOW.network) {
      const address = cell.addressPlace
      const known = isSet(values, address)
      pos = writeNetwork(out, pos, values.buf, known ? start[address] : 0, known ? end[address] : 0, valueLo)
    } else pos = writeNumber(out, pos, cell, valueHi, valueLo)
    if (cell.quoted) out.setUint8(pos++, quote)
    return pos
  }

  function writeList(out: DataView, pos: number, cell: Cell): number {
    if (isSet(values, cell.place)) {
      firstEntry(values, cell.place, entries)
      for (let any = false; nextEntry(values, cell.place, entries); any = true) {
        pos = writeChunks(out, pos, any ? cell.listSeparator : cell.listOpen)
        pos = writeValue(out, pos, cell, entries.hi, entries.lo, entries.start, entries.end)
      }
    }
    return writeChunks(out, pos, cell.listClose)
  }

  return (out, pos, column) => {
    const place = places[column]
    const kind = kinds[column]
    if (place < 0 || !isSet(values, place)) {
      if (kind === LIST) return writeList(out, pos, cells[column])
      return writeValue(out, pos, cells[column], 0, 0, 0, 0)
    }
    if (kind === DECIMAL) return writeDecimal64(out, pos, hi[place], lo[place])
    if (kind === LIST) return writeList(out, pos, cells[column])
    return writeValue(out, pos, cells[column], hi[place], lo[place], start[place], end[place])
  }
}
