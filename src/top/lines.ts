/** The parts of a picture as lines of text: head, history, groups. */
import type { Grouping } from '../query/aggregate.js'
import type { Counter } from '../query/counters.js'
import { type ColumnShape, type Layout, layoutOf } from '../table/layout.js'
import { headerOf, padded } from '../table/rows.js'
import { SI_WIDTH, siText } from '../table/si.js'
import { cutMiddle, shownText, textWidth } from '../table/width.js'
import type { Rates } from './window.js'
import type { Row, Snapshot } from './snapshot.js'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█']
const LEVELS = '▁▂▃▄▅▆▇█'
const BAR = 'bar'
const BAR_WIDTH = 10
const WIDEST_BAR = 30
const LEAST_KEY = 7
/** `100.0%` */
const SHARE_WIDTH = 6

/** A part of 1 as a bar of so many columns. */
function barOf(part: number, width: number): string {
  const eighths = Math.round(Math.min(1, part) * width * 8)
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]
}

/** Values as one character each, the highest as a full block, the last `width` of them. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = width > 0 ? values.slice(-width) : []
  const most = Math.max(0, ...shown)
  return shown.map((value) => (value <= 0 ? ' ' : LEVELS[Math.min(7, Math.floor((8 * value) / most))])).join('')
}

function percentOf(part: number): string {
  return `${(100 * part).toFixed(1)}%`
}

/** `1.23G bit/s  456k packets/s  12.3k flows/s` */
export function ratesText({ bps, pps, fps }: Rates): string {
  return `${siText(bps).padStart(SI_WIDTH)} bit/s ${siText(pps).padStart(SI_WIDTH)} packets/s ${siText(fps).padStart(SI_WIDTH)} flows/s`
}

/** What a snapshot is of, and what is to be known of its rates. */
export function noteWords(snapshot: Snapshot, windowMs: number): string[] {
  const { covered, exporters, unrated, long } = snapshot
  const seconds = (ms: number): string => `${Math.round(ms / 1000)}s`
  return [
    covered < windowMs * 0.95 ? `last ${seconds(covered)} of ${seconds(windowMs)}` : `last ${seconds(windowMs)}`,
    // such a flow counts as a whole where it came in
    ...(long ? ['by time of export'] : []),
    exporters === 1 ? '1 exporter' : `${siText(exporters)} exporters`,
    ...(unrated > 0 ? [`${unrated === 1 ? '1 flow' : `${siText(unrated)} flows`} without a rate`] : [])
  ]
}

/** The table of groups. */
export interface GroupTable {
  readonly header: string
  /** a line for each row; the bar, which may be coloured, by itself */
  readonly lines: readonly { readonly text: string; readonly bar: string }[]
}

/** `widths` are those of the widest keys so far, and are made wider by wider ones, so that columns do not jump from one picture to the next. */
export function groupTable(rows: readonly Row[], grouping: Grouping, widths: number[], room: number | undefined): GroupTable {
  const number = (header: string, short: string, goes: number): ColumnShape => ({ header, short, right: true, goes, least: 0 })
  const ordered = (order: Counter, header: string): string => (grouping.order === order ? `${header}▼` : header)
  const shapes: ColumnShape[] = [
    number('#', '#', 0),
    ...grouping.parts.map(({ field }) => ({ header: field.name, short: field.name, right: false, goes: 0, least: LEAST_KEY })),
    number(ordered('bytes', 'bit/s'), 'bit/s', 0),
    number(ordered('packets', 'pkt/s'), 'pkt/s', 3),
    number(ordered('flows', 'flow/s'), 'fl/s', 2),
    number('share', 'share', 0),
    { header: '', short: '', right: false, goes: 1, least: 0 }
  ]
  const cells = rows.map(({ keys, bps, pps, fps, share }, i) => [
    String(i + 1),
    ...keys.map((key) => (key === '' ? '-' : shownText(key))),
    siText(bps),
    siText(pps),
    siText(fps),
    percentOf(share)
  ])
  grouping.parts.forEach((_, i) => {
    widths[i] = cells.reduce((most, row) => Math.max(most, textWidth(row[i + 1])), widths[i] ?? 0)
  })
  const least = [Math.max(2, String(rows.length).length), ...widths, SI_WIDTH, SI_WIDTH, SI_WIDTH, SHARE_WIDTH, BAR_WIDTH]
  const layout = layoutOf(shapes, least, room)
  const bar = layout.places.at(-1)?.column === shapes.length - 1 ? BAR : ''
  const spare = room === undefined ? 0 : Math.min(WIDEST_BAR - BAR_WIDTH, Math.max(0, room - layout.width))
  return {
    header: headerOf(layout).trimEnd(),
    lines: rows.map(({ share }, i) => ({ text: rowText(layout, cells[i]), bar: bar === '' ? '' : barOf(share, BAR_WIDTH + spare) }))
  }
}

/** All cells but the bar, with the gap in front of it. */
function rowText({ places, gap }: Layout, cells: readonly string[]): string {
  let text = ''
  for (const place of places) {
    if (place.column >= cells.length) break
    text += padded(cutMiddle(cells[place.column], place.width), place) + ' '.repeat(gap)
  }
  return text
}
