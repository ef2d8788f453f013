/** The columns of a builder as an Arrow record batch, without a copy. */
import type { Data, DataType, Int, List, RecordBatch, Schema as ArrowSchema, TypeMap } from 'apache-arrow'
import type { Column, ColumnBuilder } from './builder.js'
import type { ListColumn } from './lists.js'
import type { Texts } from './texts.js'
import type { Arrow } from './types.js'

/** Makes record batches of a builder's rows. A batch stands on the builder's memory: it is valid until the next `add` or `clear`. */
export type BatchMaker = () => RecordBatch

/** A maker of batches of `schema`, which is that of the builder's columns, with unknown fields or without (types.ts: arrowSchemaOf). */
export function batchMaker(arrow: Arrow, schema: ArrowSchema, builder: ColumnBuilder): BatchMaker {
  const { columns, unknown } = builder
  const types = schema.fields.map((field): DataType => field.type as DataType)
  const struct = new arrow.Struct(schema.fields)

  function dataOf(column: Column, type: DataType, rows: number): Data {
    const { valid } = column
    const nulls = rows - countBits(valid, rows)
    const base = { type, length: rows, nullCount: nulls, nullBitmap: nulls === 0 ? undefined : valid.subarray(0, (rows + 7) >> 3) }
    const { list, texts } = column
    if (list !== undefined && column.field.repeated) {
      const child = entriesOf(column, list, (type as List<DataType>).valueType)
      return arrow.makeData({ ...base, valueOffsets: list.offsets(rows), child } as never)
    }
    if (list !== undefined) return arrow.makeData({ ...base, valueOffsets: byteOffsets(list, rows), data: list.bytes } as never)
    return numbersOf(base, column.words, texts)
  }

  function entriesOf(column: Column, list: ListColumn, type: DataType): Data {
    const base = { type, length: list.count, nullCount: 0 }
    if (column.width > 0) return numbersOf(base, list.words, column.texts)
    return arrow.makeData({ ...base, valueOffsets: entryOffsets(list), data: list.bytes } as never)
  }

  function numbersOf(base: { type: DataType; length: number }, words: Uint32Array, texts: Texts | undefined): Data {
    if (texts !== undefined) {
      const data = new Int32Array(words.buffer, words.byteOffset, base.length)
      return arrow.makeData({ ...base, data, dictionary: new arrow.Vector([textsData(texts)]) } as never)
    }
    return arrow.makeData({ ...base, data: valuesOf(base.type, words, base.length) as unknown } as never)
  }

  /** The words as the array that the type wants, low half first as Arrow has it. */
  function valuesOf(type: DataType, words: Uint32Array, length: number): TypeMap[keyof TypeMap]['TArray'] {
    if (arrow.DataType.isTimestamp(type)) return new BigInt64Array(words.buffer, words.byteOffset, length)
    if (type.typeId === arrow.Type.Int && (type as Int).bitWidth === 64) {
      return new BigUint64Array(words.buffer, words.byteOffset, length)
    }
    return words.subarray(0, length)
  }

  function textsData({ size, offsets, bytes }: Texts): Data {
    const valueOffsets = offsets.subarray(0, size + 1)
    return arrow.makeData({ type: new arrow.Utf8(), length: size, nullCount: 0, valueOffsets, data: bytes.subarray(0, offsets[size]) })
  }

  function unknownData(type: DataType, rows: number): Data {
    const valueOffsets = byteOffsets(unknown, rows)
    const valid = unknownBits(valueOffsets, rows)
    const nullCount = rows - countBits(valid, rows)
    return arrow.makeData({ type, length: rows, nullCount, nullBitmap: valid, valueOffsets, data: unknown.bytes } as never)
  }

  return () => {
    const { rows } = builder
    const children = columns.map((column, index) => dataOf(column, types[index], rows))
    if (types.length > columns.length) children.push(unknownData(types[columns.length], rows))
    return new arrow.RecordBatch(schema, arrow.makeData({ type: struct, length: rows, nullCount: 0, children }))
  }
}

/** Where the bytes of each row stand. */
export function byteOffsets(list: ListColumn, rows: number): Int32Array {
  return list.offsets(rows).map((entries) => (entries === 0 ? 0 : list.ends[entries - 1]))
}

/** Where the bytes of each entry stand. */
export function entryOffsets({ count, ends }: ListColumn): Int32Array {
  const offsets = new Int32Array(count + 1)
  offsets.set(ends.subarray(0, count), 1)
  return offsets
}

/** The rows that have unknown fields, a bit each, are those that have bytes. */
export function unknownBits(offsets: Int32Array, rows: number): Uint8Array {
  const valid = new Uint8Array((rows + 7) >> 3)
  for (let row = 0; row < rows; row++) if (offsets[row + 1] > offsets[row]) valid[row >> 3] |= 1 << (row & 7)
  return valid
}

const BITS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

/** How many of the first `rows` bits are set; those behind are not. */
export function countBits(bits: Uint8Array, rows: number): number {
  let count = 0
  for (let i = 0; i < (rows + 7) >> 3; i++) count += BITS[bits[i]]
  return count
}
