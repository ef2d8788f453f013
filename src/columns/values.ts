/** Texts of columns back into the values that they stand for: the inverse of what renderings write. */
import { addressBytes } from '../flow/address.js'
import type { Field } from '../flow/proto.js'
import { rowOf } from '../schema/fields.js'
import type { Kind } from '../schema/kinds.js'

/** What a text stands for: bytes, or a number. */
export type Value = Buffer | bigint

/** Reads texts of a field's column; undefined where a text is none of its values. */
export function textReader(field: Field): (text: string) => Value | undefined {
  const kind: Kind | undefined = rowOf(field.name)?.kind
  if (kind === 'address') return addressOf
  if (kind === 'mac') return (text) => numberOf(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text) ? `0x${text.replaceAll(':', '')}` : text)
  if (field.type === 'bytes' || field.type === 'string') return (text) => Buffer.from(text)
  const values = new Map(Array.from(field.names ?? [], ([value, name]) => [name, BigInt(value)]))
  return (text) => values.get(text) ?? numberOf(text)
}

/** Below zero as protobuf has it: in 64 bits. */
function numberOf(text: string): bigint | undefined {
  return /^(-?\d+|0x[0-9a-f]+)$/.test(text) ? BigInt.asUintN(64, BigInt(text)) : undefined
}

/** An address of 4 or 16 bytes, or the hexadecimal digits of any other number of bytes. */
function addressOf(text: string): Buffer | undefined {
  return addressBytes(text) ?? (/^([0-9a-f]{2})*$/.test(text) ? Buffer.from(text, 'hex') : undefined)
}
