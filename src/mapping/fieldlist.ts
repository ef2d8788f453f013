/** The fields there are, for people. */
import { entryLines } from '../cli/help.js'
import type { Field, FieldType, Schema } from '../flow/proto.js'
import { rowOf } from '../schema/fields.js'
import { kindRow } from '../schema/kinds.js'
import { VIRTUAL } from '../schema/virtual.js'

/** What people read of a column. */
export interface ListedField {
  readonly name: string
  /** `IP address`, `count`, `list of AS number` */
  readonly type: string
  readonly about: string
}

const OWN_TYPES: Readonly<Record<FieldType, string>> = { uint32: 'number', uint64: 'number', bytes: 'bytes', string: 'text', enum: 'name' }

/** The fields of the schema in its order, those of the user behind. */
export function listedFields({ fields }: Schema): ListedField[] {
  return fields.map(listedField)
}

function listedField({ name, type, repeated }: Field): ListedField {
  const row = rowOf(name)
  const one = row === undefined ? OWN_TYPES[type] : kindRow(row.kind).about
  return { name, type: repeated ? `list: ${one}` : one, about: row?.about ?? 'field of your own' }
}

/** The columns that are computed. */
export function computedColumns(): ListedField[] {
  return Object.entries(VIRTUAL).map(([name, { kind, about }]) => ({ name, type: kindRow(kind).about, about }))
}

const INDENT = 24

/** An entry for each, as `-fields help` prints them. */
export function fieldListText(schema: Schema): string {
  const lines = [...listedFields(schema), ...computedColumns()].flatMap(({ name, type, about }) =>
    entryLines(name, about.toLowerCase().includes(type.toLowerCase()) ? about : `${about} (${type})`, INDENT)
  )
  return `${lines.join('\n')}\n`
}
