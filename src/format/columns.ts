/** The columns that the user chose. */
import { EXIT, UserError } from '../cli/exit.js'
import { columnNames, findColumn, type Mapping, unknownField } from '../mapping/mapping.js'
import { withoutPresets } from '../mapping/presets.js'
import type { Schema } from '../flow/proto.js'
import { type Columns, columnsOf } from '../text/columns.js'

/** The columns of `-fields` where it has any, else of the mapping's `formatter.fields`, else of the schema. Throws UserError: 64 for an unknown name. */
export function chooseColumns(mapping: Mapping, fields: readonly string[] | undefined): Columns {
  const wanted = [...new Set(withoutPresets(fields ?? [], mapping.schema).map((name) => knownColumn(mapping.schema, name)))]
  return columnsOf(mapping, wanted.length > 0 ? wanted : mapping.formatter.fields)
}

function knownColumn(schema: Schema, name: string): string {
  const found = findColumn(schema, name)
  if (found === undefined) throw new UserError(EXIT.usage, `-fields: ${unknownField(name, columnNames(schema))}; -fields help lists all`)
  return found
}
