/** What a line shows: which fields, in which order, under which names and in which form. */
import type { Mapping } from '../mapping/mapping.js'
import { VIRTUAL_COLUMNS, type VirtualColumn } from '../schema/virtual.js'
import type { Schema } from '../flow/proto.js'
import { renderingOf, type Rendering, virtualRendering } from './values.js'

/** One column. It is made of a field, or of several where it is a virtual one. */
export interface Column {
  /** what it is called in the output */
  readonly name: string
  /** its field's index in `schema.fields`; -1 for a virtual column */
  readonly index: number
  readonly repeated: boolean
  /** a string or bytes, as opposed to a number */
  readonly isBytes: boolean
  readonly rendering: Rendering
  /** which one, of a virtual column */
  readonly virtual: VirtualColumn | undefined
}

export interface Columns {
  readonly schema: Schema
  readonly all: readonly Column[]
  /** a line shows every one of them, set or not; otherwise those that are set, and `all` is the schema in its order */
  readonly listed: boolean
}

/** The columns of these names, as the mapping has them shown; without names those of the whole schema. */
export function columnsOf({ schema, formatter }: Mapping, names: readonly string[] | undefined): Columns {
  const all = (names ?? schema.fields.map((field) => field.name)).map((name): Column => {
    const shown = formatter.rename.get(name) ?? name
    const field = schema.find(name)
    if (field === undefined) {
      const virtual = VIRTUAL_COLUMNS.find((column) => column === name)
      if (virtual === undefined) throw new Error(`no column ${name}`)
      return { name: shown, index: -1, repeated: false, isBytes: false, rendering: virtualRendering(virtual), virtual }
    }
    return {
      name: shown,
      index: schema.fields.indexOf(field),
      repeated: field.repeated,
      isBytes: field.type === 'bytes' || field.type === 'string',
      rendering: renderingOf(field, formatter.render.get(name)),
      virtual: undefined
    }
  })
  return { schema, all, listed: names !== undefined }
}
