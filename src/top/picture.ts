/** A view as a picture for a terminal of a certain size. */
import type { Grouping } from '../query/aggregate.js'
import { shownText, textWidth } from '../table/width.js'
import type { EditedLine } from './editor.js'
import { groupTable, noteWords, ratesText, sparkline } from './lines.js'
import type { Picture } from './screen.js'
import type { Snapshot } from './snapshot.js'

export interface View {
  readonly snapshot: Snapshot
  readonly grouping: Grouping
  readonly windowMs: number
  /** widths of the keys, see `groupTable` */
  readonly widths: number[]
  readonly filter: string
  /** the filter as it is edited, and what is wrong with it */
  readonly edited: { readonly line: EditedLine; readonly error: { readonly error: string; readonly at: number } | undefined } | undefined
  readonly selected: number
  readonly frozen: boolean
  readonly help: boolean
  /** the input's end, in words */
  readonly ended: string | undefined
  readonly colour: boolean
}

/** What a picture needs at the least. */
const LEAST_COLUMNS = 40
const LEAST_ROWS = 8
const PROMPT = 'filter: '

const BOLD = '\x1b[1m'
const REVERSE = '\x1b[7m'
const DIM = '\x1b[2m'
const CYAN = '\x1b[36m'
const RED = '\x1b[31m'
const RESET = '\x1b[0m'

const KEYS_LINE = 's d p a c i e h group  b k f order  Enter into  / filter  ? help  q quit'
const HELP = [
  's source    d destination    h conversations    p port (either end)',
  'a AS number    c country    i interface    e exporter',
  'b by bytes    k by packets    f by flows',
  'Up, Down choose a group    Enter goes into it    Backspace goes back',
  '/ edits the filter (Enter takes it, Escape does not, empty: all flows)',
  'space stops the picture and lets it go on    q, Ctrl-C end flow-top',
  '',
  'Bytes and packets are multiplied by the sampling rate. Port, AS number, country',
  'and interface count a flow for either end.'
]

/** How many groups a terminal of so many lines shows. */
export function groupsOn(rows: number): number {
  return Math.max(1, rows - 6)
}

/** What a terminal of that size shows. */
export function pictureOf(view: View, columns: number, rows: number): Picture {
  if (columns < LEAST_COLUMNS) return { lines: [`needs ${LEAST_COLUMNS} columns`.slice(0, columns)] }
  if (rows < LEAST_ROWS) return { lines: [`needs ${LEAST_ROWS} lines`] }
  const { edited, help } = view
  const head = headLines(view, columns)
  const filter = edited === undefined ? [filterLine(view, columns)] : editorLines(edited, columns, view.colour)
  const body = help ? HELP.map((line) => clipped(line, columns)) : groupLines(view, columns)
  const lines = [...head, ...filter, ...body].slice(0, rows - 1)
  while (lines.length < rows - 1) lines.push('')
  lines.push(paint(clipped(KEYS_LINE, columns), DIM))
  return edited === undefined
    ? { lines }
    : { lines, cursor: { line: head.length, column: PROMPT.length + cursorColumn(edited.line, columns) } }
}

function headLines({ snapshot, frozen, ended, windowMs, colour }: View, columns: number): string[] {
  const rates = ratesText(snapshot.rates)
  const time = snapshot.time > 0 ? `${new Date(snapshot.time).toISOString().slice(11, 19)} UTC` : ''
  const width = columns - rates.length - time.length - 4
  const spark = sparkline(
    snapshot.history.map(({ bps }) => bps),
    width
  )
  const first =
    columns >= rates.length + time.length + 2
      ? rates + `  ${spark.padStart(Math.max(0, width))}  `.slice(0, Math.max(2, columns - rates.length - time.length)) + time
      : rates
  const marks = [...(frozen ? ['frozen'] : []), ...(ended === undefined ? [] : [ended])]
  const notes = [...marks, ...noteWords(snapshot, windowMs)].join(', ')
  const clippedFirst = clipped(first, columns)
  const painted = colour && spark !== '' ? clippedFirst.replace(spark, paint(spark, CYAN)) : clippedFirst
  return [painted, marks.length > 0 ? paint(clipped(notes, columns), BOLD) : clipped(notes, columns)]
}

function filterLine({ filter }: View, columns: number): string {
  return filter === '' ? '' : clipped(PROMPT + shownText(filter), columns)
}

/** The line that is edited, scrolled so that the cursor is on it, and under it what is wrong. */
function editorLines({ line, error }: NonNullable<View['edited']>, columns: number, colour: boolean): string[] {
  const from = scrolled(line, columns)
  const text = clipped(PROMPT + shownText(line.text.slice(from)), columns)
  if (error === undefined) return [text, '']
  const caret = Math.max(0, Math.min(columns - 2, PROMPT.length + shownWidth(line.text, from, error.at)))
  // behind the caret, or in front of it where only there is room
  const isInFront = caret + 2 + error.error.length > columns && caret > error.error.length
  const pointed = isInFront ? `${error.error} ^`.padStart(caret + 1) : `${' '.repeat(caret)}^ ${error.error}`
  return [text, colour ? paint(clipped(pointed, columns), RED) : clipped(pointed, columns)]
}

/** How many characters in front are scrolled away. */
function scrolled({ cursor }: EditedLine, columns: number): number {
  return Math.max(0, cursor - (columns - PROMPT.length - 1))
}

function cursorColumn(line: EditedLine, columns: number): number {
  return shownWidth(line.text, scrolled(line, columns), line.cursor)
}

function shownWidth(text: string, from: number, to: number): number {
  return textWidth(shownText(text.slice(from, to)))
}

function groupLines(view: View, columns: number): string[] {
  const { snapshot, grouping, widths, selected, colour, windowMs } = view
  const { header, lines } = groupTable(snapshot.rows, grouping, widths, columns)
  if (lines.length === 0) return [paint(header, BOLD), emptyLine(view, windowMs)]
  const rows = lines.map(({ text, bar }, i) => {
    if (i === selected) return paint(`${text}${bar}`.padEnd(columns - textWidth(text) + text.length), REVERSE)
    return text + (colour && bar !== '' ? paint(bar, CYAN) : bar)
  })
  const { others } = snapshot
  return [paint(header, BOLD), ...rows, ...(others > 0 ? [`   and ${others} more`] : [])]
}

function emptyLine({ snapshot, filter, ended }: View, windowMs: number): string {
  if (filter !== '') return `   no flow passes the filter in the last ${Math.round(windowMs / 1000)}s`
  return ended === undefined && snapshot.time === 0 ? '   no flows yet' : `   no flows in the last ${Math.round(windowMs / 1000)}s`
}

function paint(text: string, looks: string): string {
  return text === '' ? '' : looks + text + RESET
}

/** The front of a text that takes at most so many columns. */
function clipped(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  let width = 0
  let end = 0
  for (const character of text) {
    width += textWidth(character)
    if (width >= columns) break
    end += character.length
  }
  return `${text.slice(0, end)}…`
}
