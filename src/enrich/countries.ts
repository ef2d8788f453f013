/** Countries have numbers that a mapping file may use for fields of the user's own; then flows can have no countries. */
import { flowMessage, type Schema } from '../flow/proto.js'
import { rowOf } from '../schema/fields.js'

/** Why flows cannot have countries with that mapping file; undefined where they can. */
export function whyNoCountries(file: string | undefined, schema: Schema): string | undefined {
  const replaced = flowMessage.fields.find(({ name }) => rowOf(name)?.kind === 'country' && schema.find(name) === undefined)
  if (file === undefined || replaced === undefined) return undefined
  const { name, number } = replaced
  return `${file} gives the number of ${name}, ${number}, to ${schema.byNumber(number)!.name}`
}
