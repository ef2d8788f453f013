/**
 * Which columns of a Parquet file have a value at all, as its footer says: most of a store's have none, and what reads them all the same takes
 * half of the time and of the memory of reading.
 *
 *     file          := … footer length(4) "PAR1"                       little endian
 *     footer        := struct { 4: list of row groups }
 *     row group     := struct { 1: list of column chunks }
 *     column chunk  := struct { 3: struct { 3: list of names, 5: values, 12: struct { 3: nulls } } }
 *
 * (parquet.thrift) in Thrift's compact protocol:
 *
 *     struct        := field* 0
 *     field         := (step << 4 | type) value                        its number is step more than that of the field before
 *                    | type number as zigzag varint, value
 *     list, set     := (size << 4 | type) value* | (0xf << 4 | type) size as varint, value*
 *     binary        := length as varint, bytes
 *     16, 32, 64    := zigzag varint
 *     boolean       := in a field, its type (1, 2); in a list, a byte
 */
import type { FileHandle } from 'node:fs/promises'
import { readVarint } from '../flow/varint.js'

const TAIL_BYTES = 8
const MAGIC = 'PAR1'
/** Footers of more are left to what reads the file. */
const MOST_BYTES = 64 * 1024 * 1024
/** Structs in structs; the footer has no more than seven. */
const MOST_DEEP = 16

const TYPE = { true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, set: 10, struct: 12 } as const

/** A struct by the numbers of its fields, a list, a number, bytes. */
type Thrift = Map<number, Thrift> | Thrift[] | number | Buffer

/** The names of the top columns that have a value in some row; undefined where the footer does not tell that of all of them. */
export async function columnsWithValues(handle: FileHandle): Promise<string[] | undefined> {
  try {
    const footer = await readFooter(handle)
    return footer === undefined ? undefined : namesOf(read(footer))
  } catch (error) {
    // what reads the file says what is wrong with it
    if (error instanceof RangeError || (error instanceof Error && 'syscall' in error)) return undefined
    throw error
  }
}

async function readFooter(handle: FileHandle): Promise<Buffer | undefined> {
  const { size } = await handle.stat()
  const tail = Buffer.alloc(TAIL_BYTES)
  if (size < TAIL_BYTES) return undefined
  await handle.read(tail, 0, TAIL_BYTES, size - TAIL_BYTES)
  const length = tail.readUInt32LE(0)
  if (tail.toString('latin1', 4) !== MAGIC || length > MOST_BYTES || length > size - TAIL_BYTES) return undefined
  const footer = Buffer.alloc(length)
  await handle.read(footer, 0, length, size - TAIL_BYTES - length)
  return footer
}

function namesOf(footer: Thrift | undefined): string[] | undefined {
  const names = new Set<string>()
  for (const group of listOf(fieldOf(footer, 4))) {
    for (const chunk of listOf(fieldOf(group, 1))) {
      const column = fieldOf(chunk, 3)
      const [name] = listOf(fieldOf(column, 3))
      if (!(name instanceof Buffer)) return undefined
      const nulls = fieldOf(fieldOf(column, 12), 3)
      if (nulls === undefined || nulls !== fieldOf(column, 5)) names.add(name.toString())
    }
  }
  return [...names]
}

const fieldOf = (struct: Thrift | undefined, number: number): Thrift | undefined => (struct instanceof Map ? struct.get(number) : undefined)
const listOf = (list: Thrift | undefined): Thrift[] => (Array.isArray(list) ? list : [])

/** Reads a struct. Throws RangeError where there is none. */
function read(buf: Buffer): Thrift {
  const cursor = { pos: 0, lo: 0, hi: 0 }

  function varint(): number {
    if (!readVarint(buf, cursor.pos, buf.length, cursor)) throw new RangeError('no varint')
    return cursor.hi * 2 ** 32 + cursor.lo
  }

  /** Numbers past 2^53, which are nobody's here, are not exact. */
  function zigzag(): number {
    const value = varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  function bytes(size: number): Buffer {
    if (size > buf.length - cursor.pos) throw new RangeError('cut')
    return buf.subarray(cursor.pos, (cursor.pos += size))
  }

  function list(deep: number): Thrift[] {
    const head = bytes(1)[0]
    const size = head >> 4 === 0xf ? varint() : head >> 4
    // an entry takes a byte at the least
    if (size > buf.length - cursor.pos) throw new RangeError('cut')
    return Array.from({ length: size }, () => ((head & 0xf) <= TYPE.false ? bytes(1)[0] : value(head & 0xf, deep)))
  }

  function struct(deep: number): Map<number, Thrift> {
    const fields = new Map<number, Thrift>()
    for (let number = 0; ;) {
      const head = bytes(1)[0]
      if (head === 0) return fields
      number = head >> 4 === 0 ? zigzag() : number + (head >> 4)
      fields.set(number, value(head & 0xf, deep))
    }
  }

  function value(type: number, deep: number): Thrift {
    if (deep > MOST_DEEP) throw new RangeError('too deep')
    switch (type) {
      case TYPE.true:
      case TYPE.false:
        return type
      case TYPE.byte:
        return bytes(1)[0]
      case TYPE.double:
        return bytes(8)
      case TYPE.binary:
        return bytes(varint())
      case TYPE.list:
      case TYPE.set:
        return list(deep + 1)
      case TYPE.struct:
        return struct(deep + 1)
      case TYPE.i16:
      case TYPE.i32:
      case TYPE.i64:
        return zigzag()
      default:
        throw new RangeError(`no type ${type}`)
    }
  }
  return value(TYPE.struct, 0)
}
