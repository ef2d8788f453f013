/** Values of fields as messages have them, made of the texts of columns. */
import type { Data, Vector } from 'apache-arrow'
import { copier } from '../flow/copy.js'
import { writeTag } from '../flow/message.js'
import type { Field } from '../flow/proto.js'
import { writeVarint32, writeVarintBig } from '../flow/varint.js'
import { textReader, type Value } from './values.js'

/** Columns that are none of ours; the message says which and why. */
export class ColumnError extends Error {}

/** What Arrow's types say of the data of lists, and of bytes and texts. */
export interface BytesData {
  readonly valueOffsets: Int32Array
  readonly values: Uint8Array
}
export const bytesOf = (column: Data): BytesData => column

/** What a tag and a number, or the length of bytes, take at the most. */
export const MAX_TAG_AND_NUMBER = 16

/** What is longer than its text is an address that begins with ::, or a text that is no UTF-8, with \ufffd for each byte. */
const MAX_ADDRESS_BYTES = 16
const MAX_REPLACED_BYTES = 3

/** The texts of a dictionary as the values that they stand for, with tags in front. */
export interface EncodedTexts {
  /** The dictionary of the current batch. */
  use(dictionary: Vector): void
  /** bytes of what `write` writes, at the most */
  readonly most: number
  write(buf: Buffer, pos: number, index: number): number
}

/** A text is encoded when a row first has it. Batches of a row group mostly bring the same dictionary again, for which that stays right. */
export function encodedTexts(field: Field, tag: number): EncodedTexts {
  const read = reader(field)
  const copy = copier()
  let current: Vector | undefined
  /** the current dictionary's texts, as they stand in Arrow's memory */
  let known = Buffer.alloc(0)
  let ends = new Int32Array(0)
  /** what is encoded: `bytes[starts[index], starts[index] + sizes[index])`, a size of 0 being none yet */
  let starts = new Int32Array(0)
  let sizes = new Int32Array(0)
  let bytes = Buffer.allocUnsafeSlow(4096)
  let used = 0

  function isKnown({ data, length }: Vector): boolean {
    if (data.length !== 1 || length + 1 !== ends.length) return false
    const { valueOffsets, values } = bytesOf(data[0] as Data)
    for (let i = 0; i <= length; i++) if (ends[i] !== valueOffsets[i]) return false
    return known.compare(values, 0, ends[length]) === 0
  }

  function learn({ data, length }: Vector): void {
    starts = new Int32Array(length)
    sizes = new Int32Array(length)
    used = 0
    texts.most = MAX_TAG_AND_NUMBER + MAX_ADDRESS_BYTES + MAX_REPLACED_BYTES * longestOf(data as readonly Data[])
    if (data.length !== 1) {
      ends = new Int32Array(0)
      return
    }
    const { valueOffsets, values } = bytesOf(data[0] as Data)
    ends = valueOffsets.slice(0, length + 1)
    known = Buffer.from(values.subarray(0, ends[length]))
  }

  function encodeText(index: number): void {
    const value = read((current!.get(index) as string | null) ?? '')
    const most = MAX_TAG_AND_NUMBER + (typeof value === 'bigint' ? 0 : value.length)
    if (used + most > bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (used + most))
      bytes.copy(larger, 0, 0, used)
      bytes = larger
    }
    starts[index] = used
    used = putValue(bytes, used, tag, value)
    sizes[index] = used - starts[index]
  }

  const texts = {
    use(dictionary: Vector): void {
      if (!isKnown(dictionary)) learn(dictionary)
      current = dictionary
    },
    most: 0,
    write(buf: Buffer, pos: number, index: number): number {
      if (sizes[index] === 0) encodeText(index)
      return copy(buf, pos, bytes, starts[index], starts[index] + sizes[index])
    }
  }
  return texts
}

/** Bytes of the longest text. */
function longestOf(parts: readonly Data[]): number {
  let longest = 0
  for (const part of parts) {
    const { valueOffsets } = bytesOf(part)
    for (let i = 0; i < part.length; i++) longest = Math.max(longest, valueOffsets[i + 1] - valueOffsets[i])
  }
  return longest
}

/** Makes values of a field's texts, with `tag` in front. */
export function encoder(field: Field, tag: number): (text: string) => Buffer {
  const read = reader(field)
  return (text) => encodeValue(tag, read(text))
}

/** Reads a field's texts. Throws ColumnError. */
function reader(field: Field): (text: string) => Value {
  const read = textReader(field)
  return (text) => {
    const value = read(text)
    if (value === undefined) throw new ColumnError(`column ${field.name} has '${text}', which is none of its values`)
    return value
  }
}

/** A value with `tag` in front, or with none (0). */
export function encodeValue(tag: number, value: Value): Buffer {
  const buf = Buffer.alloc(MAX_TAG_AND_NUMBER + (typeof value === 'bigint' ? 0 : value.length))
  return buf.subarray(0, putValue(buf, 0, tag, value))
}

/** Writes it at `pos`, where there is room; returns the position behind it. */
function putValue(buf: Buffer, pos: number, tag: number, value: Value): number {
  if (tag !== 0) pos = writeTag(buf, pos, tag)
  if (typeof value === 'bigint') return writeVarintBig(buf, pos, value)
  pos = writeVarint32(buf, pos, value.length)
  buf.set(value, pos)
  return pos + value.length
}
