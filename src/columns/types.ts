/** Which Arrow type the column of a field has: what its kind says, else what the .proto file says. */
import type { DataType, Field as ArrowField, Schema as ArrowSchema } from 'apache-arrow'
import type { Field, FieldType, Schema } from '../flow/proto.js'
import { rowOf } from '../schema/fields.js'
import { type ColumnType, kindRow } from '../schema/kinds.js'

/** apache-arrow, which takes 100 ms to load: only what writes or reads columns does. */
export type Arrow = typeof import('apache-arrow')

/** The column of the fields that the schema does not have, as they came: tags and values. */
export const UNKNOWN_FIELDS = 'unknown_fields'

/** Parquet's field id, by the name that Arrow has for it: the field's number. */
export const FIELD_ID = 'PARQUET:field_id'

const BY_FIELD_TYPE = {
  uint32: 'uint32',
  uint64: 'uint64',
  string: 'text',
  bytes: 'binary',
  enum: 'text'
} as const satisfies Record<FieldType, ColumnType>

/** The type of a field's column, or of the entries of its lists. A field of the user's own has what its protobuf type says. */
export function columnTypeOf(field: Field): ColumnType {
  const row = rowOf(field.name)
  return (row === undefined ? undefined : kindRow(row.kind).column) ?? BY_FIELD_TYPE[field.type]
}

/** The columns of a schema's fields, in its order, and `unknown_fields` behind them unless `keepsUnknown` is false. All may be null: absent. */
export function arrowSchemaOf(arrow: Arrow, schema: Schema, keepsUnknown = true): ArrowSchema {
  const columns: ArrowField[] = schema.fields.map((field, index) => {
    const { name, number, repeated } = field
    const type = arrowTypeOf(arrow, columnTypeOf(field), index)
    const listed = repeated ? new arrow.List(new arrow.Field('item', type, true)) : type
    return new arrow.Field(name, listed, true, new Map([[FIELD_ID, String(number)]]))
  })
  if (keepsUnknown) columns.push(new arrow.Field(UNKNOWN_FIELDS, new arrow.Binary(), true))
  return new arrow.Schema(columns)
}

function arrowTypeOf(arrow: Arrow, type: ColumnType, index: number): DataType {
  switch (type) {
    case 'uint32':
      return new arrow.Uint32()
    case 'uint64':
      return new arrow.Uint64()
    case 'float64':
      return new arrow.Float64()
    case 'text':
      return new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), index)
    case 'time':
      return new arrow.TimestampNanosecond('UTC')
    case 'binary':
      return new arrow.Binary()
  }
}
