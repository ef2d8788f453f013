/** The section `formatter` of a mapping file: what text shows, how, and under which names; what keys a Kafka message. */
import type { Field, Schema } from '../flow/proto.js'
import { columnNamed, columnNames, extendedSchema } from './fields.js'
import { type Renderer, RENDERERS } from '../schema/kinds.js'
import { rowOf } from '../schema/fields.js'
import type { YamlValue } from './yaml.js'

/** Columns are named by their proto names, whichever spelling the file has. */
export interface FormatterMapping {
  /** the columns to show, each once, in this order; undefined: all of the schema */
  readonly fields: readonly string[] | undefined
  /** the columns that make a Kafka message's key; none: no key */
  readonly key: readonly string[]
  /** names to show columns under */
  readonly rename: ReadonlyMap<string, string>
  readonly render: ReadonlyMap<string, Renderer>
}

/** Throws UserError with code 78 for what is unknown, impossible or contradictory. The schema has the fields of `protobuf`. */
export function readFormatter(section: YamlValue | undefined): { schema: Schema; formatter: FormatterMapping } {
  const keys = section?.section(['fields', 'key', 'rename', 'render', 'protobuf']) ?? {}
  const schema = extendedSchema(keys.protobuf?.list() ?? [])
  const columns = (list: YamlValue | undefined): string[] => [...new Set(list?.list().map((value) => columnNamed(value, schema)))]
  const fields = columns(keys.fields)
  const formatter = {
    fields: fields.length === 0 ? undefined : Object.freeze(fields),
    key: Object.freeze(columns(keys.key)),
    rename: readRename(keys.rename, schema),
    render: readRender(keys.render, schema)
  }
  return { schema, formatter: Object.freeze(formatter) }
}

function readRename(section: YamlValue | undefined, schema: Schema): ReadonlyMap<string, string> {
  const rename = new Map<string, string>()
  const entries = section?.entries() ?? []
  for (const [key, value] of entries) {
    const name = value.word()
    if (name !== '') rename.set(columnNamed(key, schema), name)
  }
  // two columns of one name would be a JSON object with one key twice
  const used = new Map<string, string>()
  for (const column of columnNames(schema)) if (!rename.has(column)) used.set(column, column)
  for (const [key, value] of entries) {
    const column = columnNamed(key, schema)
    const name = value.word()
    if (name === '') continue
    const other = used.get(name)
    if (other !== undefined) throw value.error(`'${name}' is the name of ${other} already, and cannot be that of ${column} as well`)
    used.set(name, column)
  }
  return rename
}

function readRender(section: YamlValue | undefined, schema: Schema): ReadonlyMap<string, Renderer> {
  const render = new Map<string, Renderer>()
  for (const [key, value] of section?.entries() ?? []) {
    const column = columnNamed(key, schema)
    const renderer = value.oneOf('renderer', RENDERERS)
    const field = schema.find(column)
    if (field === undefined) throw key.error(`'${column}' is text already and takes no renderer`)
    const able = renderersOf(field)
    if (!able.includes(renderer)) throw value.error(`renderer '${renderer}' is none for ${column}: ${able.join(', ')}`)
    render.set(column, renderer)
  }
  return render
}

/** The renderers that make sense of a field's type. */
function renderersOf(field: Field): readonly Renderer[] {
  if (field.type === 'bytes' || field.type === 'string') return ['none', 'ip', 'mac', 'string', 'hex']
  const isNetwork = rowOf(field.name)?.kind === 'prefix'
  return RENDERERS.filter((renderer) => renderer !== 'network' || isNetwork)
}
