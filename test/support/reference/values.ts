/** The values of a record, as the reference asks for them. */
import type { Header9 } from '../build-netflow.js'
import type { Element } from '../records.js'

export const UINT64_MAX = 2n ** 64n - 1n
const UINT32_MAX = 2n ** 32n - 1n

/** Capped at 32 bits. */
export const capped = (value: bigint): bigint => (value > UINT32_MAX ? UINT32_MAX : value)

/** The header of a record's datagram; `nanos` are beside the seconds. */
export type ReferenceHeader = Required<Pick<Header9, 'uptime' | 'seconds' | 'sequence' | 'domain'>> & { readonly nanos?: number }

/** The values that one direction of a record has for an element. */
export type Values = (id: number) => Buffer[]

/** The values of an element. */
export function valuesOf(elements: readonly Element[], id: number, enterprise = 0): Buffer[] {
  return elements.filter((each) => each.id === id && (each.enterprise ?? 0) === enterprise && isUsed(each)).map(({ bytes }) => bytes)
}

/** An element of no bytes is none; one of variable length is there even where it is empty. */
const isUsed = ({ bytes, variable }: Element): boolean => bytes.length > 0 || variable !== undefined

/** The first value of an element that is a number. */
export function number(values: Values, id: number): bigint | undefined {
  const bytes = values(id).find(({ length }) => length >= 1 && length <= 8)
  return bytes === undefined ? undefined : BigInt(`0x${bytes.toString('hex')}`)
}

/** The first value of an element that is an address. */
export function address(values: Values, id: number): Buffer | undefined {
  return values(id).find(({ length }) => length === 4 || length === 16)
}

export const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0)

/** The first of the elements that has a number other than zero; 0 where none has. */
export function firstOf(values: Values, ids: readonly number[]): bigint {
  for (const id of ids) {
    const value = number(values, id)
    if (value !== undefined && value !== 0n) return value
  }
  return 0n
}

/** The first delta with a value, else the first total that is there. */
export function counter(values: Values, deltas: readonly number[], totals: readonly number[]): bigint {
  if (deltas.some((id) => number(values, id) !== undefined)) return firstOf(values, deltas)
  return totals.map((id) => number(values, id)).find((value) => value !== undefined) ?? 0n
}
