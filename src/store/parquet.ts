/** Flows as a Parquet file, a row group at a time: through typed columns (src/columns) and parquet-wasm. */
import type { RecordBatch, WriterProperties } from 'parquet-wasm'
import { type ColumnBuilder, columnBuilder } from '../columns/builder.js'
import { ipcWriter } from '../columns/ipc.js'
import { arrowSchemaOf, columnTypeOf } from '../columns/types.js'
import type { FieldName } from '../flow/names.js'
import type { Schema } from '../flow/proto.js'
import { readVarint } from '../flow/varint.js'
import type { Part } from './part.js'
import type { FlowWriter } from './windowfile.js'

/** Rows that become columns together: what a window hands over at once (storing.ts) mostly has fewer, and is not cut in two. */
const BATCH_ROWS = 16_384
/** Rows of a row group: compressed, it stays in memory until it is whole; whoever reads one takes a kilobyte a row for it. */
const GROUP_ROWS = 65_536
/** Rows of a file: what its end has to tell of its row groups is in memory until then, 50 KB of each. */
const FILE_ROWS = 256 * GROUP_ROWS
const CREATED_BY = 'flow-pipeline'

type ParquetWasm = typeof import('parquet-wasm')

export type ParquetWriters = (part: Part) => FlowWriter

/** Loads what writes Parquet, and returns a maker of writers for files of these fields. */
export async function loadParquet(schema: Schema): Promise<ParquetWriters> {
  const [arrow, metadata, parquet] = await Promise.all([
    import('apache-arrow'),
    import('apache-arrow/ipc/metadata/message'),
    import('parquet-wasm')
  ])
  const builder = columnBuilder(schema, BATCH_ROWS)
  const ipc = ipcWriter(arrow, metadata, arrowSchemaOf(arrow, schema), builder)

  /** The builder's rows in parquet-wasm's memory. */
  function takeBatch(): RecordBatch {
    const table = parquet.Table.fromIPCStream(ipc())
    const batch = table.recordBatch(0)!
    table.free()
    builder.clear()
    return batch
  }

  return (part) => {
    const batches = handedOver<RecordBatch>()
    const written = pump()
    let rows = 0
    // `write` and `end` throw it
    written.catch(() => undefined)

    async function pump(): Promise<void> {
      const properties = propertiesOf(parquet, schema)
      const bytes = (await parquet.transformParquetStream(batches.stream, properties)) as ReadableStream<Uint8Array>
      for await (const chunk of bytes) await part.append(chunk)
    }

    async function hand(batch: RecordBatch): Promise<void> {
      await Promise.race([batches.push(batch), written])
    }

    return {
      async write(frames) {
        for (let pos = 0; pos < frames.length;) {
          pos = addRows(builder, frames, pos)
          rows += builder.rows
          await hand(takeBatch())
        }
      },
      isFull: () => rows >= FILE_ROWS,
      async end() {
        batches.end()
        await written
      }
    }
  }
}

/** Makes rows of the frames from `pos` on, as many as there is room for; returns the position behind them. */
function addRows(builder: ColumnBuilder, frames: Buffer, pos: number): number {
  const cursor = { pos, lo: 0, hi: 0 }
  while (cursor.pos < frames.length && builder.rows < builder.capacity) {
    readVarint(frames, cursor.pos, frames.length, cursor)
    const end = cursor.pos + cursor.lo
    if (!builder.add(frames, cursor.pos, end)) builder.addUnknown(frames, cursor.pos, end)
    cursor.pos = end
  }
  return cursor.pos
}

/** Fields that nearly every flow has, of many values: no reader could pass over a row group by their statistics. */
const NEARLY_ALWAYS: ReadonlySet<string> = new Set<FieldName>([
  ...(['type', 'sequence_num', 'bytes', 'packets', 'etype', 'proto', 'in_if', 'out_if', 'ip_tos', 'tcp_flags'] as const),
  ...(['src_addr', 'dst_addr', 'src_port', 'dst_port', 'src_as', 'dst_as', 'src_net', 'dst_net'] as const)
])

/**
 * zstd; a dictionary for texts alone, since numbers take less time, and no more room, without; times as differences. Statistics cost time where
 * there are values; readers pass by them over row groups of other times, and over columns that are null (footer.ts).
 */
function propertiesOf(
  { Compression, Encoding, EnabledStatistics, WriterPropertiesBuilder }: ParquetWasm,
  schema: Schema
): WriterProperties {
  let properties = new WriterPropertiesBuilder()
    .setCreatedBy(CREATED_BY)
    .setCompression(Compression.ZSTD)
    .setMaxRowGroupSize(GROUP_ROWS)
    .setDictionaryEnabled(false)
    .setStatisticsEnabled(EnabledStatistics.Chunk)
  for (const field of schema.fields) {
    if (field.repeated) continue
    if (NEARLY_ALWAYS.has(field.name)) properties = properties.setColumnStatisticsEnabled(field.name, EnabledStatistics.None)
    const type = columnTypeOf(field)
    if (type === 'time') properties = properties.setColumnEncoding(field.name, Encoding.DELTA_BINARY_PACKED)
    if (type === 'text') properties = properties.setColumnDictionaryEnabled(field.name, true)
  }
  return properties.build()
}

/** A stream of what is pushed; a push is done when the stream wants more. */
function handedOver<T>(): { readonly stream: ReadableStream<T>; push(item: T): Promise<void>; end(): void } {
  let controller: ReadableStreamDefaultController<T>
  let wanted: (() => void) | undefined
  const stream = new ReadableStream<T>({
    start(itsController) {
      controller = itsController
    },
    pull() {
      wanted?.()
    }
  })
  return {
    stream,
    push(item) {
      const read = new Promise<void>((resolve) => (wanted = resolve))
      controller.enqueue(item)
      return read
    },
    end() {
      controller.close()
    }
  }
}
