/** The fields that a mapping file names and adds. */
import { counterMessage, datagramMessage, type Field, type FieldType, flowMessage, type Schema, schemaOf } from '../flow/proto.js'
import { nearestField, rowOf } from '../schema/fields.js'
import { VIRTUAL_COLUMNS, type VirtualColumn } from '../schema/virtual.js'
import type { YamlValue } from './yaml.js'

/** Number ranges that protobuf keeps for itself, and what a tag of four bytes can hold. */
const RESERVED = { from: 19_000, to: 19_999 }
const MAX_NUMBER = 2 ** 25 - 1

const CUSTOM_TYPES = ['varint', 'string', 'bytes'] as const
const STORED_AS: Record<(typeof CUSTOM_TYPES)[number], FieldType> = { varint: 'uint64', string: 'string', bytes: 'bytes' }

/** FlowMessage's fields and those of `formatter.protobuf` behind them. */
export function extendedSchema(declarations: readonly YamlValue[]): Schema {
  let schema = flowMessage
  for (const declaration of declarations) {
    const field = declaredField(declaration)
    const known = schema.find(field.name)
    const holder =
      schema.byNumber(field.number) ??
      datagramMessage.byNumber(field.number) ??
      counterMessage.find(({ number }) => number === field.number)
    if (known !== undefined) refuseAnotherShape(declaration, known, field)
    else if (holder !== undefined && rowOf(holder.name)?.isReplaceable)
      schema = schemaOf([...schema.fields.filter((each) => each !== holder), field])
    else if (holder !== undefined)
      throw declaration.error(
        `number ${field.number} of '${field.name}' is taken by ${holder.name}: 1002 to 9999 are free for fields of your own`
      )
    else schema = schemaOf([...schema.fields, field])
  }
  return schema
}

function declaredField(declaration: YamlValue): Field {
  const { name, index, type, array } = declaration.section(['name', 'index', 'type', 'array'])
  if (name === undefined || index === undefined || type === undefined) throw declaration.error('a field has a name, an index and a type')
  const word = name.word()
  if (!/^[A-Za-z_]\w*$/.test(word)) throw name.error(`a field's name is made of letters, digits and _, not '${word}'`)
  const number = index.whole(1, MAX_NUMBER)
  if (number >= RESERVED.from && number <= RESERVED.to) throw index.error(`numbers ${RESERVED.from} to ${RESERVED.to} are protobuf's own`)
  // goflow2 writes an array of its own as one entry a value, and so do we
  return { name: word, number, type: STORED_AS[type.oneOf('type', CUSTOM_TYPES)], repeated: array?.flag() ?? false, packed: false }
}

function refuseAnotherShape(declaration: YamlValue, known: Field, field: Field): void {
  if (known.number !== field.number)
    throw declaration.error(`'${field.name}' has number ${known.number} already, and cannot have ${field.number} as well`)
  const kind = (type: FieldType): string => (type === 'bytes' || type === 'string' ? type : 'varint')
  if (kind(known.type) !== kind(field.type) || known.repeated !== field.repeated) {
    throw declaration.error(`'${field.name}' is there already, as type: ${kind(known.type)}, array: ${known.repeated}`)
  }
}

const isVirtual = (name: string): name is VirtualColumn => (VIRTUAL_COLUMNS as readonly string[]).includes(name)

/** `in_if` as Go code spells it, `InIf`: goflow2's mapping files use both. */
function goSpelling(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** The field of that name, in either spelling. */
function findField(schema: Schema, name: string): Field | undefined {
  return schema.find(name) ?? schema.fields.find((field) => goSpelling(field.name) === name)
}

/** The field that `value` names. */
export function fieldNamed(value: YamlValue, schema: Schema): Field {
  const name = value.word()
  const field = findField(schema, name)
  if (field === undefined)
    throw value.error(
      unknownField(
        name,
        schema.fields.map((known) => known.name)
      )
    )
  return field
}

/** The column that `value` names: a field by its proto name, or a virtual one. */
export function columnNamed(value: YamlValue, schema: Schema): string {
  const name = value.word()
  const found = findColumn(schema, name)
  if (found === undefined) throw value.error(unknownField(name, columnNames(schema)))
  return found
}

/** The proto name of the column that is called so in either spelling, or the name of a virtual one; undefined where there is none. */
export function findColumn(schema: Schema, name: string): string | undefined {
  return findField(schema, name)?.name ?? (isVirtual(name) ? name : undefined)
}

/** Every name that a column may have. */
export function columnNames(schema: Schema): string[] {
  return [...new Set([...schema.fields.map((field) => field.name), ...VIRTUAL_COLUMNS])]
}

/** What to say of a name that is none of `names`. */
export function unknownField(name: string, names: readonly string[]): string {
  const given = rowOf(name)?.isReplaceable ? flowMessage.find(name) : undefined
  if (given !== undefined) return `'${name}' is not there: the mapping file gives its number, ${given.number}, to a field of its own`
  return `unknown field '${name}': ${nearestField(name, names)}`
}
