/** What a line shows: which fields, in which order, under which names and in which form. */
import { EXIT, UserError } from '../cli/exit.js'
import { columnNames, findColumn, type Mapping, unknownField } from '../flow/mapping.js'
import type { Schema } from '../flow/schema.js'
import { renderingOf, type Rendering, VIRTUAL_RENDERINGS } from '../flow/text/values.js'

/** One column. It is made of a field, or of several where it is a virtual one. */
export interface Column {
  /** what it is called in the output */
  readonly name: string
  /** its field's place in `schema.fields`; -1 for a virtual column */
  readonly place: number
  readonly repeated: boolean
  /** a string or bytes, as opposed to a number */
  readonly isBytes: boolean
  readonly rendering: Rendering
}

export interface Columns {
  readonly schema: Schema
  readonly all: readonly Column[]
  /** the user named them: show each of them in every flow; otherwise `all` is the schema, and a flow shows what is set */
  readonly listed: boolean
}

/** The columns of `-fields` where it has any, else of the mapping's `formatter.fields`, else of the schema. Throws UserError: 64 for an unknown name. */
export function chooseColumns({ schema, formatter }: Mapping, fields: readonly string[] | undefined): Columns {
  const wanted = [...new Set(fields?.map((name) => knownColumn(schema, name)))]
  const names = wanted.length > 0 ? wanted : formatter.fields
  const all = (names ?? schema.fields.map((field) => field.name)).map((name): Column => {
    const shown = { name: formatter.rename.get(name) ?? name }
    const field = schema.find(name)
    if (field === undefined) return { ...shown, place: -1, repeated: false, isBytes: false, rendering: VIRTUAL_RENDERINGS[name] }
    return {
      ...shown,
      place: schema.fields.indexOf(field),
      repeated: field.repeated,
      isBytes: field.type === 'bytes' || field.type === 'string',
      rendering: renderingOf(field, formatter.render.get(name))
    }
  })
  return { schema, all, listed: names !== undefined }
}

function knownColumn(schema: Schema, name: string): string {
  const found = findColumn(schema, name)
  if (found === undefined) throw new UserError(EXIT.usage, `-fields: ${unknownField(name, columnNames(schema))}`)
  return found
}
