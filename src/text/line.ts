/**
 * One flow as one line of text. JSON, text and CSV differ in what stands between the values and in how they quote strings; which
 * columns there are, in which order, and how their values look is the same.
 *
 *     line   := open (column (separator column)*)? close terminator
 *     column := key value | key list-open (value (list-separator value)*)? list-close
 */
import { fieldReader, fieldValues } from '../flow/fieldvalues.js'
import type { Appendable } from '../flow/appendable.js'
import { viewOf } from '../flow/view.js'
import { cellOf, cellWriter, type Style } from './cells.js'
import { CHUNK_SLACK_BYTES, chunksOf, chunkTable, writeChunk, writeChunks } from './chunks.js'
import type { Columns } from './columns.js'

/** Appends the line of a message, bounded as a FrameHandler has it; false, and nothing appended, where that is no protobuf. */
export type FlowWriter = (output: Appendable, buf: Buffer, start: number, end: number, frameStart: number) => boolean

export function lineWriter({ schema, all, listed }: Columns, style: Style, terminator: string): FlowWriter {
  const values = fieldValues(schema)
  const { set } = values
  const read = fieldReader(values)
  const cells = all.map((column) => cellOf(schema, column, style))
  const { writeCell, isEmpty, emptyText } = cellWriter(cells, values, style)
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
