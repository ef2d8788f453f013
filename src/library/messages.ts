/** Messages of the streams as objects, and back: for programs that look at a few of them, not for the tools, which work on bytes. */
import { type FieldCursor, fieldCursor, nextField, packedTag, writeTag, WIRE_BYTES, WIRE_VARINT } from '../flow/message.js'
import { type Field, type Schema, wireTypeOf } from '../flow/proto.js'
import { readVarint, writeVarint32, writeVarintBig } from '../flow/varint.js'

type Scalar = number | bigint | string | Uint8Array

const MAX_TAG_BYTES = 4
const MAX_VARINT_BYTES = 10

/** The object of a message. Fields that the schema does not know are left out. Throws where the bytes are no protobuf. */
export function objectOf(schema: Schema<never>, message: Uint8Array): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  const cursor = fieldCursor()
  while (nextField(message, message.length, cursor)) {
    const field = schema.byNumber(cursor.field)
    if (field === undefined) continue
    const values = valuesAt(message, field, cursor)
    if (field.repeated) object[field.name] = [...((object[field.name] as Scalar[] | undefined) ?? []), ...values]
    else object[field.name] = values[0]
  }
  if (cursor.pos !== message.length) throw new Error(`the message is no protobuf from byte ${cursor.pos} on`)
  return object
}

/** The value of a field, or those of a packed one. */
function valuesAt(message: Uint8Array, field: Field, cursor: FieldCursor): Scalar[] {
  if (field.type === 'bytes') return [new Uint8Array(message.subarray(cursor.start, cursor.end))]
  if (field.type === 'string') return [Buffer.from(message.buffer, message.byteOffset + cursor.start, cursor.end - cursor.start).toString()]
  if (cursor.wireType !== WIRE_BYTES) return [numberOf(field, cursor)]
  const values: Scalar[] = []
  const item = { pos: cursor.start, lo: 0, hi: 0 }
  while (item.pos < cursor.end && readVarint(message, item.pos, cursor.end, item)) values.push(numberOf(field, item))
  return values
}

function numberOf({ type, names }: Field, { lo, hi }: { lo: number; hi: number }): number | bigint | string {
  if (type === 'uint64') return (BigInt(hi) << 32n) | BigInt(lo)
  return names?.get(lo) ?? lo
}

/** The message of an object. Throws where it has a field that is not the schema's, or a value of another type. */
export function messageOf(schema: Schema<never>, object: object): Buffer {
  return Buffer.concat(
    Object.entries(object).flatMap(([name, value]) => {
      const field = schema.find(name)
      if (field === undefined) throw new Error(`no field ${name}`)
      if (value === undefined) return []
      if (!field.repeated) return fieldOf(field, value)
      if (!Array.isArray(value)) throw new TypeError(`${name} is a list`)
      return field.packed
        ? withLength(field, Buffer.concat(value.map((item) => varintOf(field, item))))
        : value.flatMap((item) => fieldOf(field, item))
    })
  )
}

function fieldOf(field: Field, value: unknown): Buffer[] {
  if (field.type === 'string' && typeof value === 'string') return withLength(field, Buffer.from(value))
  if (field.type === 'bytes' && value instanceof Uint8Array) return withLength(field, value)
  if (field.type === 'string' || field.type === 'bytes') throw new TypeError(`${field.name} is ${field.type}`)
  return [tagOf(field, WIRE_VARINT), varintOf(field, value)]
}

function varintOf({ name, type, names }: Field, value: unknown): Buffer {
  const number = typeof value === 'string' ? [...(names ?? [])].find(([, known]) => known === value)?.[0] : value
  const bits = type === 'uint64' ? 64 : 32
  if ((typeof number !== 'number' && typeof number !== 'bigint') || !isWhole(number, bits)) {
    throw new TypeError(`${name} is a whole number of ${bits} bits${names === undefined ? '' : ', or a name'}, not ${String(value)}`)
  }
  const bytes = Buffer.alloc(MAX_VARINT_BYTES)
  return bytes.subarray(0, writeVarintBig(bytes, 0, BigInt(number)))
}

function isWhole(value: number | bigint, bits: number): boolean {
  return (typeof value === 'bigint' || Number.isSafeInteger(value)) && value >= 0 && BigInt(value) < 1n << BigInt(bits)
}

function withLength(field: Field, bytes: Uint8Array): Buffer[] {
  const length = Buffer.alloc(MAX_VARINT_BYTES)
  return [tagOf(field, wireTypeOf(field)), length.subarray(0, writeVarint32(length, 0, bytes.length)), Buffer.from(bytes)]
}

function tagOf(field: Field, wireType: number): Buffer {
  const bytes = Buffer.alloc(MAX_TAG_BYTES)
  return bytes.subarray(0, writeTag(bytes, 0, packedTag(field.number, wireType)))
}
