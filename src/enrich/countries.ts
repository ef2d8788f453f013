/** Countries have numbers that a mapping file may use for fields of the user's own; then flows can have no countries. */
import { flowMessage, type Schema } from '../flow/proto.js'

/** Why flows cannot have countries with that mapping file; undefined where they can. */
export function whyNoCountries(file: string | undefined, schema: Schema): string | undefined {
  const replaced = (['src_country', 'dst_country'] as const).find((name) => schema.find(name) === undefined)
  if (file === undefined || replaced === undefined) return undefined
  const { number } = flowMessage.field(replaced)
  return `${file} gives the number of ${replaced}, ${number}, to ${schema.byNumber(number)!.name}`
}
