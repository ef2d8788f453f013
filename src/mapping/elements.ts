/** The sections `ipfix` and `netflowv9` of a mapping file: which element goes to which field. */
import type { Field, Schema } from '../flow/proto.js'
import { fieldNamed } from './fields.js'
import { misfit } from './fitting.js'
import type { YamlValue } from './yaml.js'

export type Endianness = 'big' | 'little'

/** An information element whose value goes to a field, instead of what the decoder would have put there. */
export interface ElementMapping {
  /** the element's id; in IPFIX without the enterprise bit, in v9 up to 65,535 */
  readonly field: number
  /** the enterprise whose element it is; left out: IANA */
  readonly pen?: number
  readonly destination: Field
  readonly endianness: Endianness
}

/** Throws UserError with code 78 for what is unknown, impossible or contradictory; none without a section. */
export function readElements(
  section: YamlValue | undefined,
  protocol: 'ipfix' | 'netflowv9',
  schema: Schema,
  warn: (line: string) => void
): readonly ElementMapping[] {
  const { mapping } = section?.section(['mapping']) ?? {}
  return Object.freeze(mapping?.list().map((entry) => Object.freeze(readElement(entry, protocol, schema, warn))) ?? [])
}

function readElement(entry: YamlValue, protocol: 'ipfix' | 'netflowv9', schema: Schema, warn: (line: string) => void): ElementMapping {
  const { field, penprovided, pen, destination, endianness, endian } = entry.section([
    'field',
    'penprovided',
    'pen',
    'destination',
    'endianness',
    'endian'
  ])
  if (field === undefined || destination === undefined)
    throw entry.error("a mapping has a 'field', an element's number, and a 'destination'")
  const enterprise = pen?.whole(0, 0xffffffff) ?? 0
  const provided = penprovided?.flag() ?? enterprise > 0
  if (!provided && enterprise > 0) throw entry.error(`'pen: ${enterprise}' beside 'penprovided: false': one of them is wrong`)
  if (provided && pen === undefined) throw entry.error("'penprovided: true' wants the enterprise's number: 'pen: 2636'")
  if (provided && protocol === 'netflowv9')
    throw entry.error("NetFlow v9 has no enterprise numbers: a vendor's own types are plain numbers above 32767")
  const id = field.whole(0, protocol === 'ipfix' ? 0x7fff : 0xffff)
  const to = fieldNamed(destination, schema)
  const wrong = misfit(to, id, enterprise)
  if (wrong !== undefined) throw destination.error(wrong)
  return {
    field: id,
    ...(provided ? { pen: enterprise } : {}),
    destination: to,
    endianness: readEndianness(endianness, endian, warn)
  }
}

/** `endian` stands in goflow2's own examples, where it does nothing. */
export function readEndianness(endianness: YamlValue | undefined, endian: YamlValue | undefined, warn: (line: string) => void): Endianness {
  if (endian !== undefined) warn(endian.at("'endian' is ignored, as goflow2 ignores it: the key that does something is 'endianness'"))
  return endianness?.oneOf('byte order', ['big', 'little']) ?? 'big'
}
