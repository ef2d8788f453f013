/**
 * A builder's rows as an Arrow IPC stream of one record batch, for a reader in this process:
 *
 *     stream  := message*                                          schema, dictionaries, record batch
 *     message := -1(4) metadata length(4) metadata body            little endian; metadata and buffers padded to 8 bytes
 *
 * apache-arrow's own writer makes a stream of the same meaning and takes several times as long: it writes the schema anew for each batch, and
 * zeros for each column that is null in every row. Here such columns share one run of zeros, and the bytes stand in one buffer.
 * (Arrow columnar format, "Serialization and interprocess communication")
 */
import type { DataType, Dictionary, List, Schema as ArrowSchema } from 'apache-arrow'
import type { BufferRegion, FieldNode } from 'apache-arrow/ipc/metadata/message'
import { byteOffsets, countBits, entryOffsets, unknownBits } from './batch.js'
import type { Column, ColumnBuilder } from './builder.js'
import type { ListColumn } from './lists.js'
import type { Texts } from './texts.js'
import type { Arrow } from './types.js'

/** apache-arrow's encoder of metadata, which its main module does not export. */
export type ArrowMetadata = typeof import('apache-arrow/ipc/metadata/message')

/** The stream of what a builder holds, valid until the next call. */
export type IpcWriter = () => Uint8Array

const PREFIX_BYTES = 8
/** What closes a stream: -1, and 0 for the length of another message. */
const END_BYTES = 8
const FIRST_BYTES = 1024 * 1024

const padded = (bytes: number): number => (bytes + 7) & ~7
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView, length = byteLength): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length)

/** The nodes and buffers of a batch, as its metadata has them, and the bytes of the buffers. */
interface Body {
  readonly nodes: FieldNode[]
  readonly regions: BufferRegion[]
  readonly parts: Uint8Array[]
  size: number
}

/** A writer for batches of `schema`, which is that of the builder's columns and of unknown fields (types.ts: arrowSchemaOf). */
export function ipcWriter(arrow: Arrow, metadata: ArrowMetadata, schema: ArrowSchema, builder: ColumnBuilder): IpcWriter {
  const { BufferRegion, DictionaryBatch, FieldNode, Message, RecordBatch } = metadata
  const { columns, unknown } = builder
  const types = schema.fields.map((field): DataType => field.type as DataType)
  const head = arrow.tableToIPC(new arrow.Table(schema), 'stream').subarray(0, -END_BYTES)
  /** of 64 bits for each row, or of an offset more than there are rows */
  const zeros = new Uint8Array(8 * (builder.capacity + 1))
  const emptyDictionaries = new Map<number, Uint8Array>()
  let out = Buffer.alloc(FIRST_BYTES)
  let pos = 0

  function newBody(): Body {
    return { nodes: [], regions: [], parts: [], size: 0 }
  }

  function put(body: Body, bytes: Uint8Array): void {
    body.regions.push(new BufferRegion(body.size, bytes.length))
    body.parts.push(bytes)
    body.size += padded(bytes.length)
  }

  /** Zeros, which stand at the start of a record batch's body. */
  function putZeros(body: Body, length: number): void {
    body.regions.push(new BufferRegion(0, length))
  }

  function putNode(body: Body, rows: number, nulls: number, valid: Uint8Array): void {
    body.nodes.push(new FieldNode(rows, nulls))
    if (nulls === 0) putZeros(body, 0)
    else if (nulls === rows) putZeros(body, (rows + 7) >> 3)
    else put(body, valid.subarray(0, (rows + 7) >> 3))
  }

  function putColumn(body: Body, column: Column, type: DataType, rows: number): void {
    const { valid, list, texts, words, width } = column
    const nulls = rows - countBits(valid, rows)
    putNode(body, rows, nulls, valid)
    if (nulls === rows) putNothing(body, type, rows, width)
    else if (list === undefined) put(body, bytesOf(words, 4 * width * rows))
    else if (!column.field.repeated) putBytes(body, byteOffsets(list, rows), list)
    else {
      put(body, bytesOf(list.offsets(rows)))
      body.nodes.push(new FieldNode(list.count, 0))
      putZeros(body, 0)
      if (width > 0) put(body, bytesOf(list.words, 4 * width * list.count))
      else putBytes(body, entryOffsets(list), list)
    }
    if (texts !== undefined) putDictionary((arrow.DataType.isList(type) ? (type as List<DataType>).valueType : type) as Dictionary, texts)
  }

  /** The buffers of a column without values. */
  function putNothing(body: Body, type: DataType, rows: number, width: number): void {
    if (arrow.DataType.isList(type)) {
      putZeros(body, 4 * (rows + 1))
      body.nodes.push(new FieldNode(0, 0))
      putZeros(body, 0)
      if (width === 0) putZeros(body, 4)
      putZeros(body, 0)
    } else if (width === 0) {
      putZeros(body, 4 * (rows + 1))
      putZeros(body, 0)
    } else putZeros(body, 4 * width * rows)
  }

  function putBytes(body: Body, offsets: Int32Array, { bytes }: ListColumn): void {
    put(body, bytesOf(offsets))
    put(body, bytes.subarray(0, offsets[offsets.length - 1]))
  }

  function putUnknown(body: Body, rows: number): void {
    const offsets = byteOffsets(unknown, rows)
    const valid = unknownBits(offsets, rows)
    putNode(body, rows, rows - countBits(valid, rows), valid)
    putBytes(body, offsets, unknown)
  }

  /** Writes the texts as a message of their own, which stands in front of the record batch. */
  function putDictionary({ id }: Dictionary, { size, offsets, bytes }: Texts): void {
    const empty = size === 0 ? emptyDictionaries.get(id) : undefined
    if (empty !== undefined) {
      append(empty)
      return
    }
    const start = pos
    const body = newBody()
    body.nodes.push(new FieldNode(size, 0))
    putZeros(body, 0)
    put(body, bytesOf(offsets, 4 * (size + 1)))
    put(body, bytes.subarray(0, offsets[size]))
    const batch = new RecordBatch(size, body.nodes, body.regions, null)
    putMessage(Message.encode(Message.from(new DictionaryBatch(batch, id), body.size)), body)
    if (size === 0) emptyDictionaries.set(id, Uint8Array.from(out.subarray(start, pos)))
  }

  function putMessage(encoded: Uint8Array, { parts }: Body): void {
    const length = padded(encoded.length)
    reserve(PREFIX_BYTES)
    out.writeInt32LE(-1, pos)
    out.writeInt32LE(length, pos + 4)
    pos += PREFIX_BYTES
    append(encoded)
    for (const part of parts) append(part)
  }

  /** Appends bytes, and zeros up to a multiple of 8. */
  function append(bytes: Uint8Array): void {
    reserve(padded(bytes.length))
    out.set(bytes, pos)
    out.fill(0, pos + bytes.length, pos + padded(bytes.length))
    pos += padded(bytes.length)
  }

  function reserve(size: number): void {
    if (pos + size <= out.length) return
    const larger = Buffer.alloc(Math.max(2 * out.length, pos + size))
    out.copy(larger, 0, 0, pos)
    out = larger
  }

  return () => {
    const { rows } = builder
    pos = 0
    append(head)
    const body = newBody()
    body.parts.push(zeros)
    body.size = zeros.length
    columns.forEach((column, index) => {
      putColumn(body, column, types[index], rows)
    })
    putUnknown(body, rows)
    putMessage(Message.encode(Message.from(new RecordBatch(rows, body.nodes, body.regions, null), body.size)), body)
    return out.subarray(0, pos)
  }
}
