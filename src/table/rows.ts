/** Writes the header and the rows of a table whose columns and layout are known. */
import type { Appendable } from '../flow/appendable.js'
import { viewOf } from '../flow/view.js'
import { SLACK_BYTES } from '../text/digits.js'
import type { TableColumn } from './columns.js'
import type { Layout, Place } from './layout.js'
import { cutMiddle, textWidth } from './width.js'

const BLANK = 0x20
const LINE_FEED = 0x0a

export interface RowWriter {
  /** Appends the row of the message in the columns' values, which has `size` bytes. Its cells are cut where `room` is given. */
  readonly write: (output: Appendable, layout: Layout, size: number, room: number | undefined) => void
  /** Makes `widths` at least as wide as the cells of that message. */
  readonly measure: (widths: number[], size: number) => void
}

/** A writer of rows of these columns. */
export function rowWriter(columns: readonly TableColumn[]): RowWriter {
  const fixedBytes = columns.reduce((sum, { most }) => sum + most, SLACK_BYTES + 1)
  // two columns at the most show a byte of the message: that of its field, and one that only tables have
  const [first = 0, second = 0] = columns.map(({ perByte }) => perByte).sort((a, b) => b - a)
  const bytesPerByte = first + second
  let bytes: Buffer = Buffer.alloc(0)
  let out = viewOf(bytes)
  const scratch = { buf: Buffer.alloc(0), pos: 0, reserve: () => undefined }

  function use(output: Appendable): void {
    if (output.buf === bytes) return
    bytes = output.buf
    out = viewOf(bytes)
  }

  function cellWidth(from: number, end: number): number {
    for (let at = from; at < end; at++) if (bytes[at] >= 0x80) return textWidth(bytes.toString('utf8', from, end))
    return end - from
  }

  /** Cuts the cell at `bytes[from, end)`; returns its new end. */
  function cut(from: number, end: number, width: number): number {
    const text = bytes.toString('utf8', from, end)
    return from + bytes.write(cutMiddle(text, width, portLength(text)), from)
  }

  function write(output: Appendable, { places, gap, width: total }: Layout, size: number, room: number | undefined): void {
    output.reserve(fixedBytes + total + gap + size * bytesPerByte)
    use(output)
    let pos = output.pos
    let lineEnd = pos // without blanks
    // columns that cells used beyond their width, to be saved in blanks further on; and how many more they may use
    let owed = 0
    let spare = room === undefined ? Infinity : Math.max(0, room - total)
    for (let i = 0; i < places.length; i++) {
      const { column, width, right, cut: mayCut } = places[i]
      if (i > 0) pos = fill(pos, gap)
      const from = pos
      pos = columns[column].write(out, pos)
      let used = cellWidth(from, pos)
      if (used > width + spare && mayCut) {
        pos = cut(from, pos, width + spare)
        used = cellWidth(from, pos)
      }
      if (used >= width) {
        owed += used - width
        spare = Math.max(0, spare - (used - width))
        lineEnd = pos
        continue
      }
      const repaid = Math.min(owed, width - used)
      const blanks = width - used - repaid
      owed -= repaid
      spare += repaid
      if (!right) {
        if (pos > from) lineEnd = pos
        pos = fill(pos, blanks)
      } else if (pos > from) {
        // a few bytes: quicker than copyWithin
        for (let at = pos - 1; at >= from; at--) bytes[at + blanks] = bytes[at]
        fill(from, blanks)
        lineEnd = pos += blanks
      } else pos = fill(pos, blanks)
    }
    bytes[lineEnd] = LINE_FEED
    output.pos = lineEnd + 1
  }

  function fill(pos: number, blanks: number): number {
    for (const end = pos + blanks; pos < end; pos++) bytes[pos] = BLANK
    return pos
  }

  function measure(widths: number[], size: number): void {
    const needed = fixedBytes + size * bytesPerByte
    if (scratch.buf.length < needed) scratch.buf = Buffer.alloc(needed)
    use(scratch)
    columns.forEach((column, i) => {
      widths[i] = Math.max(widths[i], cellWidth(0, column.write(out, 0)))
    })
  }

  return { write, measure }
}

/** How many columns at the end of an address are its port, which is never cut: `]:443` of IPv6, `:443` of IPv4. */
function portLength(text: string): number {
  return /(?:\]|(?<=^[^:]*)):[\d.]+$/.exec(text)?.[0].length ?? 0
}

/** A cell's text with the blanks that make it as wide as its place. */
export function padded(text: string, { width, right }: Place): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)))
  return right ? blanks + text : text + blanks
}

/** The header of a table, with its line end. */
export function headerOf({ places, gap }: Layout): string {
  const cells = places.map((place) => padded(cutMiddle(place.header, place.width), place))
  return `${cells.join(' '.repeat(gap)).trimEnd()}\n`
}
