/** Columns of texts, a row after another, of one file after another. */
import { type NumberList, numberList } from './numberlist.js'
import { textList, type Texts } from './texts.js'

export interface TextColumns<Column extends string> {
  /** The rows that follow have these columns. */
  readonly begin: (columns: readonly Column[]) => void
  /** Adds row number `row`, with its cells in the order of the columns. */
  readonly add: (row: number, cells: readonly string[]) => void
  /** the columns that there were */
  readonly names: () => Column[]
  /** The numbers of a column's texts in so many rows. */
  readonly numbers: (column: Column, rows: number) => Uint32Array
  readonly text: Texts['text']
}

/** Without a column or a row. */
export function textColumns<Column extends string>(): TextColumns<Column> {
  const texts = textList()
  const all = new Map<Column, { readonly list: NumberList; readonly numberOf: (text: string) => number }>()
  let present: { readonly list: NumberList; readonly numberOf: (text: string) => number }[] = []
  return {
    begin(columns) {
      for (const column of columns) if (!all.has(column)) all.set(column, { list: numberList(), numberOf: texts.column() })
      present = columns.map((column) => all.get(column)!)
    },
    add(row, cells) {
      for (let i = 0; i < present.length; i++) {
        const { list, numberOf } = present[i]
        fillTo(list, row)
        list.push(numberOf(cells[i]))
      }
    },
    names: () => [...all.keys()],
    numbers(column, rows) {
      const list = all.get(column)?.list ?? numberList()
      fillTo(list, rows)
      return list.numbers
    },
    text: texts.text
  }
}

/** Rows of files without the column have none. */
function fillTo(list: NumberList, length: number): void {
  while (list.length < length) list.push(0)
}
