/**
 * The fields of FlowMessage, Datagram and CounterSample as proto/ declares them. Field numbers stand there and nowhere else: code asks by name.
 *
 * The .proto files are parsed when the project is built (compile-proto.mjs), because that costs more than a short run does.
 */
import fs from 'node:fs'
import { projectFile } from './files.js'
import type { CounterSampleFieldName, DatagramFieldName, FieldName } from './names.js'
import { packedTag, WIRE_BYTES, WIRE_VARINT } from './message.js'

export type FieldType = 'uint32' | 'uint64' | 'bytes' | 'string' | 'enum'

export interface Field {
  readonly name: string
  readonly number: number
  readonly type: FieldType
  readonly repeated: boolean
  /** repeated numbers stand in one length-delimited field (proto3's default) */
  readonly packed: boolean
  /** for an enum: the names by value */
  readonly names?: ReadonlyMap<number, string>
}

/** A message's fields; `Name` are those that are sure to be there. */
export interface Schema<Name extends string = FieldName> {
  /** in the order of the .proto file */
  readonly fields: readonly Field[]
  /** The field of that name. */
  field(name: Name): Field
  find(name: string): Field | undefined
  byNumber(number: number): Field | undefined
  /** The index in `fields` of the field of that name, −1 where there is none. */
  readonly indexOf: (name: string) => number
}

/** As compile-proto.mjs writes it: the messages of the streams, by name. */
interface CompiledSchemas {
  FlowMessage: CompiledField[]
  Datagram: CompiledField[]
  CounterSample: NestedField[]
}
interface CompiledField {
  name: string
  number: number
  type: FieldType
  repeated: boolean
  values?: Record<string, number>
}

/** A field of a message that has messages in it. */
export interface NestedField {
  readonly name: string
  readonly number: number
  readonly type: FieldType | 'float' | 'double' | 'message'
  readonly repeated: boolean
  /** for an enum: the values by name */
  readonly values?: Readonly<Record<string, number>>
  /** for a message: its fields */
  readonly fields?: readonly NestedField[]
}

/** The schema of these fields, in their order; names and numbers are to be different. */
export function schemaOf<Name extends string = FieldName>(fields: readonly Field[]): Schema<Name> {
  const names = new Map<string, Field>(fields.map((field) => [field.name, field]))
  const numbers = new Map(fields.map((field) => [field.number, field]))
  const indexes = new Map(fields.map(({ name }, index) => [name, index]))
  return {
    fields,
    field(name) {
      const field = names.get(name)
      if (field === undefined) throw new Error(`no field ${name} in proto/`)
      return field
    },
    find: (name) => names.get(name),
    byNumber: (number) => numbers.get(number),
    indexOf: (name) => indexes.get(name) ?? -1
  }
}

function load<Name extends string>(compiled: CompiledField[]): Schema<Name> {
  return schemaOf<Name>(
    compiled.map(({ name, number, type, repeated, values }) => ({
      name,
      number,
      type,
      repeated,
      packed: repeated && type !== 'bytes' && type !== 'string',
      ...(values === undefined ? {} : { names: new Map(Object.entries(values).map(([key, value]) => [value, key])) })
    }))
  )
}

const compiled = JSON.parse(fs.readFileSync(projectFile('dist/proto/schema.json'), 'utf8')) as CompiledSchemas

export const flowMessage: Schema = load(compiled.FlowMessage)
export const datagramMessage: Schema<DatagramFieldName> = load(compiled.Datagram)

export const counterMessage: readonly NestedField[] = compiled.CounterSample

/** A field of CounterSample. */
export function counterField(name: CounterSampleFieldName): NestedField {
  const field = counterMessage.find((each) => each.name === name)
  if (field === undefined) throw new Error(`no field ${name} in proto/`)
  return field
}

/** The wire type of a field; repeated numbers are packed. */
export function wireTypeOf({ type, packed }: Pick<Field, 'type' | 'packed'>): number {
  return packed || type === 'bytes' || type === 'string' ? WIRE_BYTES : WIRE_VARINT
}

/** The tag of a field of FlowMessage, for what writes tags. */
export function fieldTag(name: FieldName): number {
  const known = tags.get(name)
  if (known !== undefined) return known
  const field = flowMessage.field(name)
  const tag = packedTag(field.number, wireTypeOf(field))
  tags.set(name, tag)
  return tag
}
const tags = new Map<FieldName, number>()

/** The number of an enum's value. Throws where there is none of that name: a mistake of the code. */
export function enumValue(field: FieldName, name: string): number {
  for (const [value, known] of flowMessage.field(field).names ?? []) if (known === name) return value
  throw new Error(`no value ${name} of ${field} in proto/`)
}
