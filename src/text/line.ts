/**
 * One flow as one line of text. JSON, text and CSV differ in what stands between the values and in how they quote strings; which
 * columns there are, in which order, and how their values look is the same.
 *
 *     line   := open (column (separator column)*)? close terminator
 *     column := key value | key list-open (value (list-separator value)*)? list-close
 */
import { fieldReader, fieldValues } from '../flow/fieldvalues.js'
import type { Appendable } from '../flow/appendable.js'
import { QUICK_BYTES } from '../flow/tagactions.js'
import { viewOf } from '../flow/view.js'
import { cellOf, cellWriter, type Style } from './cells.js'
import { CHUNK_SLACK_BYTES, chunksOf, chunkTable, writeChunk, writeChunks } from './chunks.js'
import type { Columns } from './columns.js'
import { straightWriter } from './straight.js'

/** Appends the line of a message, bounded as a FrameHandler has it; false, and nothing appended, where that is no protobuf. */
export type FlowWriter = (output: Appendable, buf: Buffer, start: number, end: number, frameStart: number) => boolean

/** After a message that could not be written straight away, so many of its kind are not tried. */
const MESSAGES_ALIKE = 100

/** Room for the line of a longer message is made only when that is known to be one; flows are a few hundred bytes. */
const MOST_STRAIGHT_BYTES = 4096

/** A writer of lines in that style, each with `terminator` behind it. */
export function lineWriter({ schema, all, listed }: Columns, style: Style, terminator: string): FlowWriter {
  const values = fieldValues(schema)
  const { set } = values
  const read = fieldReader(values)
  const cells = all.map((column) => cellOf(schema, column, style))
  const cell = cellWriter(cells, values, style)
  const { writeCell, isEmpty, emptyText } = cell
  const open = chunksOf(style.open)
  const ending = chunksOf(style.close + terminator)
  // each key with the separator in front, and once more without it, for the first column of a line; and the same with an empty value behind
  const withSeparator = (key: string): string => style.separator + key
  const keys = cells.map(({ key }) => key)
  const keyTable = chunkTable([...keys.map(withSeparator), ...keys])
  const blanks = keys.map((key, column) => key + emptyText(column))
  const blankTable = chunkTable(listed ? [...blanks.map(withSeparator), ...blanks] : [])
  const fixedBytes =
    open.size + ending.size + CHUNK_SLACK_BYTES + cells.reduce((sum, { key, most }) => sum + Buffer.byteLength(key) + most, 0)
  const bytesPerByte = Math.max(...cells.map(({ perByte }) => perByte))
  const straight = listed ? undefined : straightWriter(cells, values, cell, keyTable, style.quote === '' ? 0 : style.quote.charCodeAt(0))
  /** messages to come that are read first, by the second byte of one that had to be: the type of the flow, where flow-decode wrote it */
  const readFirst = new Uint8Array(256)
  let viewed: Buffer = Buffer.alloc(0)
  let out = viewOf(viewed)
  let inputViewed = viewed
  let input = out

  /** Makes room for the line of a message, and writes what opens it; returns the position behind that. */
  function begin(output: Appendable, messageBytes: number): number {
    output.reserve(fixedBytes + messageBytes * bytesPerByte)
    if (output.buf !== viewed) {
      viewed = output.buf
      out = viewOf(viewed)
    }
    return writeChunks(out, output.pos, open)
  }

  return (output, buf, start, end) => {
    const size = end - start
    if (straight !== undefined && size > 1 && size <= MOST_STRAIGHT_BYTES && end + QUICK_BYTES <= buf.length) {
      const type = buf[start + 1]
      if (readFirst[type] > 0) readFirst[type]--
      else {
        if (buf !== inputViewed) {
          inputViewed = buf
          input = viewOf(buf)
        }
        const pos = begin(output, size)
        const behind = straight.write(out, pos, buf, input, start, end)
        if (behind >= 0) {
          output.pos = writeChunks(out, behind, ending)
          return true
        }
        if (!straight.learn(buf, start, end)) readFirst[type] = MESSAGES_ALIKE
      }
    }
    if (!read(buf, start, end)) return false
    let pos = begin(output, size)
    let first = cells.length // keys from here on have no separator
    if (listed) {
      for (let column = 0; column < cells.length; column++) {
        if (isEmpty(column)) pos = writeChunk(out, pos, blankTable, first + column)
        else pos = writeCell(out, writeChunk(out, pos, keyTable, first + column), column)
        first = 0
      }
    } else {
      for (let word = 0; word < set.length; word++) {
        for (let bits = set[word]; bits !== 0; bits &= bits - 1) {
          const column = (word << 5) + 31 - Math.clz32(bits & -bits)
          pos = writeCell(out, writeChunk(out, pos, keyTable, first + column), column)
          first = 0
        }
      }
    }
    output.pos = writeChunks(out, pos, ending)
    return true
  }
}
