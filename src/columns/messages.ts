/**
 * Rows of columns back into FlowMessages, with their lengths in front: the fields in the order of the columns, each as its number says
 * (Parquet's field id), and what `unknown_fields` has as it came, which has the last word.
 */
import type { Data, DataType, List, RecordBatch, Schema as ArrowSchema } from 'apache-arrow'
import { closeFrame, MAX_PREFIX_BYTES } from '../flow/frames.js'
import { fieldCursor, nextField, packedTag, WIRE_BYTES, WIRE_VARINT, writeTag } from '../flow/message.js'
import { type Field, flowMessage, schemaOf } from '../flow/proto.js'
import { writeVarint32, writeVarint64 } from '../flow/varint.js'
import { rowOf } from '../schema/fields.js'
import { bytesOf, ColumnError, type EncodedTexts, encodedTexts, encoder, encodeValue, MAX_TAG_AND_NUMBER } from './encoded.js'
import { type Arrow, FIELD_ID, UNKNOWN_FIELDS } from './types.js'

/** The frames of a batch's rows, valid until the next call. Throws ColumnError. */
export type BatchReader = (batch: RecordBatch) => Buffer

/** The values of a column, tags in front. */
interface Values {
  /** Writes that of a row at `pos`, and returns the position behind it. */
  write(buf: Buffer, pos: number, row: number): number
  /** the bytes that a row takes at the most, where that hangs on no row; else 0, and `mostOf` says it */
  readonly most: number
  readonly mostOf?: (row: number) => number
}

/** A column of the current batch that has values. */
interface Present {
  readonly number: number
  readonly valid: Uint8Array | undefined
  readonly values: Values
}

/** what the length of a message of 128 bytes and more takes */
const USUAL_PREFIX_BYTES = 2

/** A reader of batches of that Arrow schema. Throws ColumnError where a column is none that a field can be read from. */
export function batchReader(arrow: Arrow, { fields }: ArrowSchema): BatchReader {
  const known = fields.map(({ name, type, metadata }) =>
    name === UNKNOWN_FIELDS ? undefined : fieldOf(name, type as DataType, metadata.get(FIELD_ID))
  )
  const schema = schemaOf(known.filter((field) => field !== undefined))
  const texts = known.map((field) => (field === undefined ? undefined : encodedTexts(field, packedTagOf(field))))
  const unknownAt = fields.findIndex(({ name }) => name === UNKNOWN_FIELDS)
  const cursor = fieldCursor()
  const overridden = new Set<number>()
  let frames = Buffer.allocUnsafeSlow(1024 * 1024)

  /** The field of a column; one that the schema does not have is of the file's own schema. */
  function fieldOf(name: string, type: DataType, id: string | undefined): Field {
    const listed = arrow.DataType.isList(type)
    const item = listed ? (type as List<DataType>).valueType : type
    const isBinary = arrow.DataType.isBinary(item)
    const isText = arrow.DataType.isUtf8(item) || arrow.DataType.isDictionary(item)
    const isNumber = arrow.DataType.isInt(item) || arrow.DataType.isTimestamp(item)
    if (!isBinary && !isText && !isNumber)
      throw new ColumnError(`column ${name} is of a type that none of ours has: ${arrow.Type[item.typeId]}`)
    const field = id === undefined ? flowMessage.find(name) : flowMessage.byNumber(Number(id))
    if (field !== undefined && (field.name === name || !rowOf(field.name)?.isReplaceable)) {
      // texts are of any field
      if (field.repeated !== listed || (!isText && isBytes(field) !== isBinary))
        throw new ColumnError(`column ${name} is of a type that ${field.name} does not have`)
      return field
    }
    if (id === undefined) throw new ColumnError(`column ${name} has no field number, and is no field of FlowMessage`)
    return { name, number: Number(id), type: isBinary ? 'bytes' : isText ? 'string' : 'uint64', repeated: listed, packed: false }
  }

  function presentColumns({ data }: RecordBatch): Present[] {
    return data.children.flatMap((column, index) => {
      const field = known[index]
      if (field === undefined || column.nullCount === column.length) return []
      return [{ number: field.number, valid: bitmapOf(column), values: valuesOf(arrow, field, column, texts[index]!) }]
    })
  }

  function reserve(pos: number, size: number): void {
    if (pos + size <= frames.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * frames.length, pos + size))
    frames.copy(larger, 0, 0, pos)
    frames = larger
  }

  return (batch) => {
    const present = presentColumns(batch)
    const varying = present.flatMap(({ values }) => (values.mostOf === undefined ? [] : [values.mostOf]))
    const most = present.reduce((sum, { values }) => sum + values.most, MAX_PREFIX_BYTES)
    const unknown = unknownAt < 0 ? undefined : bytesOf(batch.data.children[unknownAt])
    let pos = 0
    for (let row = 0; row < batch.numRows; row++) {
      const from = unknown === undefined ? 0 : unknown.valueOffsets[row]
      const to = unknown === undefined ? 0 : unknown.valueOffsets[row + 1]
      if (from < to) noteOverridden(unknown!.values, from, to)
      let size = most + to - from
      for (const mostOf of varying) size += mostOf(row)
      reserve(pos, size)
      const lengthAt = pos
      pos += USUAL_PREFIX_BYTES
      for (const { number, valid, values } of present) {
        if (valid !== undefined && (valid[row >> 3] & (1 << (row & 7))) === 0) continue
        if (overridden.size > 0 && overridden.has(number)) continue
        pos = values.write(frames, pos, row)
      }
      if (from < to) frames.set(unknown!.values.subarray(from, to), pos)
      pos = closeFrame(frames, lengthAt, USUAL_PREFIX_BYTES, pos + to - from)
      overridden.clear()
    }
    return frames.subarray(0, pos)
  }

  /** Notes the fields that stand among a row's unknown fields. */
  function noteOverridden(bytes: Uint8Array, from: number, to: number): void {
    cursor.pos = from
    while (nextField(bytes, to, cursor)) {
      const field = schema.byNumber(cursor.field)
      // of another wire type it is none of the column's values
      if (field !== undefined && (field.type === 'string' ? WIRE_BYTES : -1) === cursor.wireType) overridden.add(cursor.field)
    }
  }
}

function bitmapOf({ nullCount, nullBitmap }: Data): Uint8Array | undefined {
  return nullCount === 0 ? undefined : nullBitmap
}

/** The tag in front of a single value; none (0) in a packed run. */
function packedTagOf(field: Field): number {
  if (field.repeated && field.packed && !isBytes(field)) return 0
  return packedTag(field.number, isBytes(field) ? WIRE_BYTES : WIRE_VARINT)
}

function valuesOf(arrow: Arrow, field: Field, column: Data, texts: EncodedTexts): Values {
  const single = packedTagOf(field)
  if (!field.repeated) return entriesOf(arrow, field, column, single, texts)
  const { valueOffsets } = bytesOf(column)
  const entries = entriesOf(arrow, field, column.children[0], single, texts)
  const tag = packedTag(field.number, WIRE_BYTES)
  return {
    most: 0,
    mostOf: (row) => {
      let sum = MAX_TAG_AND_NUMBER
      for (let entry = valueOffsets[row]; entry < valueOffsets[row + 1]; entry++) sum += entries.mostOf?.(entry) ?? entries.most
      return sum
    },
    write(buf, pos, row) {
      const lengthAt = single === 0 ? writeTag(buf, pos, tag) : pos
      if (single === 0) pos = lengthAt + 1
      for (let entry = valueOffsets[row]; entry < valueOffsets[row + 1]; entry++) pos = entries.write(buf, pos, entry)
      return single === 0 ? closeFrame(buf, lengthAt, 1, pos) : pos
    }
  }
}

const isBytes = ({ type }: Field): boolean => type === 'bytes' || type === 'string'

/** Single values, each behind `tag`; without one (0) as a packed run has them. */
function entriesOf(arrow: Arrow, field: Field, column: Data, tag: number, texts: EncodedTexts): Values {
  const { type } = column as { type: DataType }
  if (arrow.DataType.isDictionary(type)) {
    texts.use(column.dictionary!)
    const indexes = column.values as Int32Array
    return {
      most: texts.most,
      write: (buf, pos, row) => texts.write(buf, pos, indexes[row])
    }
  }
  if (arrow.DataType.isUtf8(type) || arrow.DataType.isBinary(type)) {
    const { valueOffsets, values } = bytesOf(column)
    const bytesAt = (row: number): Buffer =>
      Buffer.from(values.buffer, values.byteOffset + valueOffsets[row], valueOffsets[row + 1] - valueOffsets[row])
    const encode = encoder(field, tag)
    return {
      most: 0,
      mostOf: (row) => MAX_TAG_AND_NUMBER + 8 * (valueOffsets[row + 1] - valueOffsets[row]),
      write(buf, pos, row) {
        const bytes = bytesAt(row)
        const value = arrow.DataType.isBinary(type) ? encodeValue(tag, bytes) : encode(bytes.toString())
        return pos + value.copy(buf, pos)
      }
    }
  }
  const isWide = column.values instanceof BigInt64Array || column.values instanceof BigUint64Array
  const { buffer, byteOffset, length } = column.values as BigInt64Array | Uint32Array
  const words = new Uint32Array(buffer, byteOffset, isWide ? 2 * length : length)
  return {
    most: MAX_TAG_AND_NUMBER,
    write(buf, pos, row) {
      if (tag !== 0) pos = writeTag(buf, pos, tag)
      return isWide ? writeVarint64(buf, pos, words[2 * row + 1], words[2 * row]) : writeVarint32(buf, pos, words[row])
    }
  }
}
