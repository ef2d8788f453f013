/** Tables in files of comma-separated values (RFC 4180): a header, then a row a line. */
import fs from 'node:fs'
import { CsvError, parse } from 'csv-parse'
import { nearest } from '../../cli/nearest.js'
import { EXIT, reasonOf } from '../../cli/exit.js'
import { plural } from '../../cli/plural.js'
import { UnusableFileError } from '../kept.js'

/** How the cells of a column are read. */
export interface Cell {
  /** the value as it is kept; undefined where the text, which is not empty, says none */
  readonly read: (text: string) => string | undefined
  /** what stands behind "is no" where it says none: `AS number: 64500 or AS64500 is one` */
  readonly what: string
}

/** What a table is made of: columns that must be there, and others of which at least one must be. */
export interface Shape<Key extends string, Value extends string> {
  readonly keys: readonly Key[]
  readonly values: Readonly<Record<Value, Cell>>
}

/** A cell of text as it stands. */
export const TEXT: Cell = {
  read: (text) => (Buffer.byteLength(text) <= MAX_TEXT_BYTES ? text : undefined),
  what: 'name: it has more than 255 bytes'
}
const MAX_TEXT_BYTES = 255

/** What a row may take; one that is longer is a quote that nothing closes. */
const MAX_ROW_BYTES = 64 * 1024

/** Where a cell stands, for messages. */
export interface Place {
  readonly line: number
  /** An error about the cell of that key. */
  readonly refuse: (key: string, what: string) => UnusableFileError
}

/**
 * Reads a table from its beginning to its end. `onHeader` gets the columns of values that are there; `onRow` the cells of the keys, and
 * those values in that order, an empty text where none is. Throws UnusableFileError, with file, line and column.
 */
export async function readTable<Key extends string, Value extends string>(
  path: string,
  { keys, values }: Shape<Key, Value>,
  onHeader: (columns: readonly Value[]) => void,
  onRow: (keys: readonly string[], values: readonly string[], place: Place) => void
): Promise<void> {
  let line = 1
  let nextLine = 1
  const refuse = (column: string, what: string): UnusableFileError => {
    return new UnusableFileError(EXIT.badData, `${path} line ${line}, column ${column}: ${what}`)
  }
  const wrong = (what: string): UnusableFileError => new UnusableFileError(EXIT.badData, `${path} line ${line}: ${what}`)

  let names: string[] | undefined
  let keyPlaces: number[] = []
  let valuePlaces: number[] = []
  let cells: Cell[] = []

  function readHeader(record: readonly string[]): void {
    names = record.map((name) => name.trim().toLowerCase())
    const known = [...keys, ...(Object.keys(values) as Value[])]
    names.forEach((name, i) => {
      if (!(known as string[]).includes(name)) throw wrong(unknownColumn(record[i], known))
      if (names?.indexOf(name) !== i) throw wrong(`column ${name} stands there twice`)
    })
    for (const key of keys) if (!names.includes(key)) throw wrong(`there is no column ${key}; the first line names the columns`)
    const columns = names.filter((name): name is Value => Object.hasOwn(values, name))
    if (columns.length === 0) throw wrong(`there is nothing but ${keys.join(' and ')}; columns may be ${Object.keys(values).join(', ')}`)
    keyPlaces = keys.map((key) => names?.indexOf(key) ?? 0)
    valuePlaces = columns.map((column) => names?.indexOf(column) ?? 0)
    cells = columns.map((column) => values[column])
    onHeader(columns)
  }

  function valueOf(text: string, i: number): string {
    if (text === '') return ''
    const value = cells[i].read(text)
    if (value === undefined) throw refuse(names?.[valuePlaces[i]] ?? '', `'${shortened(text)}' is no ${cells[i].what}`)
    return value
  }

  function readRecord(record: readonly string[]): void {
    line = nextLine++
    for (const cell of record) if (cell.includes('\n')) nextLine += cell.split('\n').length - 1
    if (record.length === 1 && record[0] === '') return
    if (names === undefined) readHeader(record)
    else {
      if (record.length !== names.length) throw wrong(`${plural(record.length, 'field')}, where the header has ${names.length}`)
      const found = valuePlaces.map((at, i) => valueOf(record[at], i))
      onRow(
        keyPlaces.map((at) => record[at].trim()),
        found,
        { line, refuse }
      )
    }
  }

  const file = fs.createReadStream(path)
  try {
    const records = file
      .on('error', (error) => records.destroy(error))
      .pipe(parse({ bom: true, recordDelimiter: ['\r\n', '\n', '\r'], relaxColumnCount: true, maxRecordSize: MAX_ROW_BYTES }))
    for await (const record of records) readRecord(record as string[])
  } catch (error) {
    if (error instanceof UnusableFileError) throw error
    if (error instanceof CsvError) {
      line = error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE' ? nextLine : Number(error.lines)
      throw wrong(syntaxError(error.code))
    }
    throw new UnusableFileError(EXIT.noInput, `${path} cannot be opened: ${reasonOf(error)}`)
  } finally {
    // what it is piped into does not end it where a row is wrong
    file.destroy()
  }
  if (names === undefined) throw new UnusableFileError(EXIT.badData, `${path} is empty: the first line names the columns`)
}

function unknownColumn(name: string, known: readonly string[]): string {
  const separator = name.includes(';')
    ? ': fields are separated by commas, not semicolons'
    : name.includes('\t')
      ? ': fields are separated by commas, not tabs'
      : undefined
  return `unknown column '${shortened(name)}'${separator ?? `; nearest: ${nearest(name, known)}`}`
}

function syntaxError(code: string): string {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return 'a field that begins with a quote has no quote at its end'
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a quote stands inside a field in quotes; it is written twice there, as "10"" rack"'
    default:
      return 'a quote stands inside a field without quotes; such a field is written in quotes, and the quote twice, as "10"" rack"'
  }
}

/** A file of another kind can have anything in a field. */
function shortened(text: string): string {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text
  return shown.replace(/[\u0000-\u001f\u007f]/g, '?')
}
