/** What fits a field: a value of another kind would come out as nothing, or as one that it never was. */
import type { Field } from '../flow/proto.js'
import { elementOf, type ElementType } from '../schema/elements.js'
import { rowOf } from '../schema/fields.js'

/** The shapes of values of fields and elements. */
type Shape = 'a number' | 'an address' | 'text' | 'bytes' | 'a fraction' | 'a list'

const SHAPES: Record<ElementType, Shape> = {
  unsigned8: 'a number',
  unsigned16: 'a number',
  unsigned32: 'a number',
  unsigned64: 'a number',
  signed32: 'a number',
  boolean: 'a number',
  macAddress: 'a number',
  dateTimeSeconds: 'a number',
  dateTimeMilliseconds: 'a number',
  dateTimeMicroseconds: 'a number',
  dateTimeNanoseconds: 'a number',
  ipv4Address: 'an address',
  ipv6Address: 'an address',
  string: 'text',
  octetArray: 'bytes',
  unsigned256: 'bytes',
  float64: 'a fraction',
  basicList: 'a list',
  subTemplateList: 'a list',
  subTemplateMultiList: 'a list'
}

/** What else than its own shape goes to a field; bytes may be anything, and in a field of the user's own anything may be bytes. */
const TAKES: Record<'a number' | 'an address' | 'text' | 'bytes', readonly Shape[]> = {
  'a number': ['a number', 'bytes'],
  'an address': ['an address', 'bytes'],
  text: ['text', 'bytes'],
  bytes: ['a number', 'an address', 'text', 'bytes', 'a fraction', 'a list']
}

function shapeOf({ name, type }: Field): keyof typeof TAKES {
  if (type !== 'bytes' && type !== 'string') return 'a number'
  const kind = rowOf(name)?.kind
  return kind === undefined ? 'bytes' : kind === 'address' ? 'an address' : 'text'
}

/** Why an element cannot go to a field; undefined where it can, or where nothing is known of the element. */
export function misfit(field: Field, id: number, enterprise: number): string | undefined {
  const element = elementOf(id, enterprise)
  if (element === undefined) return undefined
  const shape = shapeOf(field)
  const brings = SHAPES[element.type]
  if (TAKES[shape].includes(brings) || (shape === 'a number' && element.type === 'ipv4Address')) return undefined
  return `${field.name} is ${shape}, and element ${id} (${element.name}) is ${brings}`
}

/** Whether so many bits of a frame can be the field's value. */
export function misfitBits(field: Field, bits: number): string | undefined {
  const shape = shapeOf(field)
  if (shape === 'a number' && bits > 64) return `${field.name} is a number and holds 64 bits at most, not ${bits}`
  if (shape === 'an address' && bits !== 32 && bits !== 128) return `${field.name} is an address of 32 or 128 bits, not ${bits}`
  return undefined
}
