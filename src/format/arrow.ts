/**
 * An Arrow IPC stream for programs that compute: polars, pandas, DuckDB. The columns are typed by the field table, under the names of the
 * .proto file; absent is null.
 */
import { EXIT, UserError } from '../cli/exit.js'
import { batchMaker } from '../columns/batch.js'
import { columnBuilder } from '../columns/builder.js'
import { type Arrow, arrowSchemaOf } from '../columns/types.js'
import type { Appendable } from '../flow/appendable.js'
import { type Field, schemaOf } from '../flow/proto.js'
import { chooseColumns } from './columns.js'
import { type Asked, type Format, refuseTableOptions } from './anyformat.js'

/** So many rows make a batch, or the rows that came before a pause. */
const BATCH_ROWS = 16_384

/** Throws UserError with code 64 for what it is asked and cannot do. */
export async function arrowFormat(asked: Asked): Promise<() => Format> {
  refuseTableOptions(asked)
  if (asked.terminator !== undefined) throw new UserError(EXIT.usage, '-transport.file.sep is for the other formats: arrow has no lines')
  if (!asked.toStdout) {
    throw new UserError(EXIT.usage, '-transport.file appends, and nothing can be appended to an Arrow stream: use -format arrow > FILE')
  }
  const chosen = chosenFields(asked)
  const schema = chosen === undefined ? asked.mapping.schema : schemaOf(chosen)
  const arrow = await import('apache-arrow')
  const builder = columnBuilder(schema, BATCH_ROWS)
  const arrowSchema = arrowSchemaOf(arrow, schema, chosen === undefined)
  const batchOf = batchMaker(arrow, arrowSchema, builder)
  const stream = streamWriter(arrow)
  let hasBegun = false

  function writeBatch(output: Appendable): void {
    if (builder.rows === 0 && hasBegun) return
    stream.write(output, batchOf())
    hasBegun = true
    builder.clear()
  }

  return () => ({
    row(output, buf, start, end) {
      const isRow = builder.add(buf, start, end)
      if (builder.rows === builder.capacity) writeBatch(output)
      return isRow
    },
    pause: writeBatch,
    end(output) {
      writeBatch(output) // without a flow: the schema, and a batch of no rows
      stream.end(output)
    }
  })
}

/** The fields of -fields, or of the mapping file; undefined: all, and those that have no column. */
function chosenFields({ mapping, fields }: Asked): Field[] | undefined {
  const { schema, all, listed } = chooseColumns(mapping, fields)
  if (!listed) return undefined
  return all.map(({ index, virtual, name }) => {
    if (virtual === undefined) return schema.fields[index]
    throw new UserError(
      EXIT.usage,
      `-format arrow has the fields as they are, and '${name}' is computed: compute it where the columns are read`
    )
  })
}

/** Writes the messages of a stream to whichever output they are for. */
function streamWriter(arrow: Arrow): {
  write: (output: Appendable, batch: ReturnType<ReturnType<typeof batchMaker>>) => void
  end: (output: Appendable) => void
} {
  let target: Appendable | undefined
  const sink = new arrow.AsyncByteQueue()
  // its argument stands on the memory of the columns, which is filled again
  sink.write = (bytes) => {
    if (target === undefined || !(bytes instanceof Uint8Array)) return
    target.reserve(bytes.length)
    target.buf.set(bytes, target.pos)
    target.pos += bytes.length
  }
  const writer = new arrow.RecordBatchStreamWriter({ autoDestroy: false })
  writer.reset(sink)
  return {
    write(output, batch) {
      target = output
      writer.write(batch)
    },
    end(output) {
      target = output
      writer.close()
    }
  }
}
