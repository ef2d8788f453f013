/**
 * FlowMessages as typed columns: a column for each field of the schema, null where the field is absent (zero or empty, as proto3 has it),
 * and `unknown_fields` for what has no column. Messages are read and columns filled in one pass, without an object a flow.
 *
 * A string that is no UTF-8 stands in its column with � in it, and as it came in `unknown_fields`, which has the last word.
 */
import { fieldCursor, nextField, WIRE_BYTES } from '../flow/message.js'
import { type Field, type Schema, wireTypeOf } from '../flow/proto.js'
import { ACTION, ACTION_BITS, FIRST_ACTION, QUICK_BYTES, SHORT_TAGS, SLOWLY, tagActions } from '../flow/tagactions.js'
import { bytesTo, readVarint, sevens, stopsIn } from '../flow/varint.js'
import { viewOf } from '../flow/view.js'
import { renderingOf } from '../text/values.js'
import { type ListColumn, listColumn } from './lists.js'
import { newTexts, type Texts } from './texts.js'
import { columnTypeOf } from './types.js'

/** The column of one field. */
export interface Column {
  readonly field: Field
  /** the values in `width` words each: numbers, or indexes of `texts` */
  readonly words: Uint32Array
  /** bit i & 7 of byte i >> 3: row i has a value */
  readonly valid: Uint8Array
  readonly width: 0 | 1 | 2
  /** of a column of text */
  readonly texts: Texts | undefined
  /** of a repeated field, and of bytes (a list without entries but of bytes) */
  readonly list: ListColumn | undefined
}

export interface ColumnBuilder {
  /** Adds the message at `buf[start, end)` as a row; false, and no row, where it is no protobuf. There must be room: `rows < capacity`. */
  add(buf: Buffer, start: number, end: number): boolean
  /** Adds a row that has `buf[start, end)` in `unknown_fields` and nothing else. */
  addUnknown(buf: Buffer, start: number, end: number): void
  /** Forgets all rows. */
  clear(): void
  readonly rows: number
  readonly capacity: number
  /** one for each field of the schema, in its order */
  readonly columns: readonly Column[]
  /** row by row, the fields that have no column: tags and values as they came */
  readonly unknown: ListColumn
}

/** What to do with a field. Behind its tag (tagactions.ts) the quick way does those up to TEXT. */
const KEEP = SLOWLY
const NUMBER = FIRST_ACTION
const WIDE_NUMBER = FIRST_ACTION + 1
const NAMED_NUMBER = FIRST_ACTION + 2
const TEXT = FIRST_ACTION + 3
const BINARY = FIRST_ACTION + 4
const ENTRIES = FIRST_ACTION + 5

/** Field numbers under this are looked up in an array, others in a map. */
const DIRECT_NUMBERS = 16_384

/** A builder of the schema's columns, of up to `capacity` rows. */
export function columnBuilder(schema: Schema, capacity: number): ColumnBuilder {
  const columns = schema.fields.map((field) => columnOf(field, capacity))
  const actions = Uint8Array.from(columns, actionOf)
  const wireTypes = Uint8Array.from(schema.fields, ({ type }) => wireTypeOf({ type, packed: false }))
  // a number of 32 bits is the low half of what was written, an enum too
  const isWide = Uint8Array.from(schema.fields, ({ type }) => (type === 'uint64' ? 1 : 0))
  const words = columns.map((column) => column.words)
  const valid = columns.map((column) => column.valid)
  const texts = columns.map((column) => column.texts)
  const direct = new Int16Array(DIRECT_NUMBERS).fill(-1)
  const others = new Map<number, number>()
  const quickly = tagActions(schema, (_, index) => (actions[index] <= TEXT ? actions[index] : SLOWLY))
  schema.fields.forEach(({ number }, index) => {
    if (number < DIRECT_NUMBERS) direct[number] = index
    else others.set(number, index)
  })
  let viewed: Buffer = Buffer.alloc(0)
  let view = viewOf(viewed)
  const unknown = listColumn(capacity, 0)
  const cursor = fieldCursor()
  const entry = fieldCursor()
  /** indexes of fields of the current row whose text is not all that the value is */
  const inexact = new Set<number>()

  function add(buf: Buffer, start: number, end: number): boolean {
    const row = builder.rows
    const quickEnd = Math.min(end, buf.length - QUICK_BYTES)
    cursor.pos = start
    do cursor.pos = addQuickly(buf, row, cursor.pos, quickEnd)
    while (nextField(buf, end, cursor) && addField(buf, row))
    if (cursor.pos !== end) return dropRow(row)
    if (inexact.size > 0) keepAsTheyCame(buf, row, start, end)
    builder.rows++
    return true
  }

  /** Adds the fields from `pos` on, up to one that is not as most are; returns where that is. A number may reach beyond the end of the message. */
  function addQuickly(buf: Buffer, row: number, pos: number, end: number): number {
    if (buf !== viewed) view = viewOf((viewed = buf))
    while (pos < end) {
      const tagStart = pos
      let tag = buf[pos++]
      if (tag >= 0x80) tag = (tag & 0x7f) | (buf[pos++] << 7)
      const what = tag < SHORT_TAGS ? quickly[tag] : SLOWLY
      const index = what >> ACTION_BITS
      const action = what & ACTION
      // fields without a column are kept, not skipped
      if (action < FIRST_ACTION) return tagStart
      if (action === TEXT) {
        const size = buf[pos++]
        if (size === 0 || size >= 0x80 || pos + size > end) return tagStart
        words[index][row] = exactly(index, texts[index]!.ofBytes(buf, pos, pos + size))
        mark(index, row, true)
        pos += size
      } else {
        const word = view.getInt32(pos, true)
        const stops = stopsIn(word)
        if (stops !== 0) {
          pos += bytesTo(stops)
          putNumber(action, index, row, 0, sevens(word & (stops ^ (stops - 1))))
        } else {
          if (!readVarint(buf, pos, buf.length, cursor)) return tagStart
          pos = cursor.pos
          putNumber(action, index, row, cursor.hi, cursor.lo)
        }
      }
    }
    return pos
  }

  function putNumber(action: number, index: number, row: number, hi: number, lo: number): void {
    if (isWide[index] === 0) hi = 0
    if (action === WIDE_NUMBER) {
      words[index][2 * row] = lo
      words[index][2 * row + 1] = hi
    } else if (action === NUMBER) words[index][row] = lo
    else if ((lo | hi) !== 0) words[index][row] = texts[index]!.ofNumber(hi, lo)
    mark(index, row, (lo | hi) !== 0)
  }

  /** Adds the field under the cursor; false where it is broken. */
  function addField(buf: Buffer, row: number): boolean {
    const { field } = cursor
    const index = field < DIRECT_NUMBERS ? direct[field] : (others.get(field) ?? -1)
    let action = index < 0 ? KEEP : actions[index]
    if (action !== ENTRIES && action !== KEEP && cursor.wireType !== wireTypes[index]) action = KEEP
    switch (action) {
      case NUMBER:
      case WIDE_NUMBER:
      case NAMED_NUMBER:
        putNumber(action, index, row, cursor.hi, cursor.lo)
        break
      case TEXT:
        if (cursor.end > cursor.start) words[index][row] = exactly(index, texts[index]!.ofBytes(buf, cursor.start, cursor.end))
        mark(index, row, cursor.end > cursor.start)
        break
      case BINARY:
        // a scalar that comes again takes the place of the one before
        columns[index].list!.drop(row)
        if (cursor.end > cursor.start) columns[index].list!.appendBytes(row, buf, cursor.start, cursor.end)
        mark(index, row, cursor.end > cursor.start)
        break
      case ENTRIES:
        return appendEntries(buf, row, index)
      default:
        unknown.appendBytes(row, buf, cursor.tagStart, cursor.end)
    }
    return true
  }

  function mark(index: number, row: number, isThere: boolean): void {
    if (isThere) valid[index][row >> 3] |= 1 << (row & 7)
    else valid[index][row >> 3] &= ~(1 << (row & 7))
  }

  /** The index of a text; notes the field where the text is not all that the value is. */
  function exactly(index: number, text: number): number {
    if (text >= 0) return text
    inexact.add(index)
    return ~text
  }

  /** Takes what stands under the cursor of a repeated field: an entry, or a packed run; false where that is broken. */
  function appendEntries(buf: Buffer, row: number, index: number): boolean {
    const list = columns[index].list!
    const column = texts[index]
    const { wireType, start, end } = cursor
    if (wireType === wireTypes[index]) {
      if (wireType !== WIRE_BYTES) putEntry(index, row, cursor.lo, cursor.hi)
      else if (column === undefined) list.appendBytes(row, buf, start, end)
      else list.append(row, exactly(index, column.ofBytes(buf, start, end)), 0)
      mark(index, row, true)
    } else if (wireType === WIRE_BYTES) {
      for (entry.pos = start; entry.pos < end;) {
        if (!readVarint(buf, entry.pos, end, entry)) return false
        putEntry(index, row, entry.lo, entry.hi)
        mark(index, row, true)
      }
    } else unknown.appendBytes(row, buf, cursor.tagStart, end)
    return true
  }

  function putEntry(index: number, row: number, lo: number, hi: number): void {
    if (isWide[index] === 0) hi = 0
    const column = texts[index]
    if (column === undefined) columns[index].list!.append(row, lo, hi)
    else columns[index].list!.append(row, column.ofNumber(hi, lo), 0)
  }

  /** Puts all that came of the inexact fields into `unknown_fields`. */
  function keepAsTheyCame(buf: Buffer, row: number, start: number, end: number): void {
    const numbers = new Set(Array.from(inexact, (index) => schema.fields[index].number))
    inexact.clear()
    cursor.pos = start
    while (nextField(buf, end, cursor)) {
      if (numbers.has(cursor.field)) unknown.appendBytes(row, buf, cursor.tagStart, cursor.end)
    }
  }

  function dropRow(row: number): false {
    for (let index = 0; index < columns.length; index++) {
      mark(index, row, false)
      columns[index].list?.drop(row)
    }
    unknown.drop(row)
    inexact.clear()
    return false
  }

  const builder = {
    add,
    addUnknown(buf: Buffer, start: number, end: number): void {
      unknown.appendBytes(builder.rows++, buf, start, end)
    },
    clear(): void {
      builder.rows = 0
      unknown.clear()
      for (const column of columns) {
        column.list?.clear()
        column.valid.fill(0)
        if (column.texts === undefined) continue
        column.texts.clear()
        column.words.fill(0) // no index past the texts, not even where there is no value
      }
    },
    rows: 0,
    capacity,
    columns,
    unknown
  }
  return builder
}

function columnOf(field: Field, capacity: number): Column {
  const type = columnTypeOf(field)
  const width = type === 'binary' ? 0 : type === 'uint32' || type === 'text' ? 1 : 2
  return {
    field,
    words: new Uint32Array(field.repeated ? 0 : width * capacity),
    valid: new Uint8Array((capacity + 7) >> 3),
    width,
    texts: type === 'text' ? newTexts(renderingOf(field)) : undefined,
    list: field.repeated || type === 'binary' ? listColumn(capacity, width) : undefined
  }
}

function actionOf({ field, width, texts, list }: Column): number {
  if (field.repeated) return ENTRIES
  if (list !== undefined) return BINARY
  if (texts === undefined) return width === 1 ? NUMBER : WIDE_NUMBER
  return field.type === 'bytes' || field.type === 'string' ? TEXT : NAMED_NUMBER
}
