/** A resolved filter, and the closures over a message's values that it becomes. */
import { entryCursor, type FieldValues, firstEntry, isSet, nextEntry } from '../flow/fieldvalues.js'
import { isMappedIPv4 } from '../flow/address.js'
import type { Field } from '../flow/proto.js'
import type { VirtualColumn } from '../schema/virtual.js'
import { virtualColumns } from '../text/virtual.js'
import type { AddressSet, NumberSet, TextSet } from './rangesets.js'

export type Order = '==' | '<' | '<=' | '>' | '>='

export type Condition =
  | { readonly kind: 'always' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  /** `then` where the field is set, else the other */
  | { readonly kind: 'if'; readonly field: Field; readonly then: Condition; readonly otherwise: Condition }
  /** not zero and not empty */
  | { readonly kind: 'set'; readonly field: Field }
  /** absent: 0 */
  | { readonly kind: 'number'; readonly field: Field; readonly shift: number; readonly set: NumberSet }
  /** (number & mask) === bits */
  | { readonly kind: 'bits'; readonly field: Field; readonly bits: number; readonly mask: number }
  | { readonly kind: 'address'; readonly field: Field; readonly set: AddressSet }
  /** absent: "" */
  | { readonly kind: 'text'; readonly field: Field; readonly set: TextSet }
  | { readonly kind: 'pattern'; readonly field: Field; readonly pattern: RegExp }
  | { readonly kind: 'ratio'; readonly column: VirtualColumn; readonly fields: readonly Field[]; readonly test: (value: number) => boolean }
  | { readonly kind: 'fields'; readonly left: Field; readonly order: Order; readonly right: Field }

export type Test = () => boolean

/** The fields that a condition reads, each once. */
export function fieldsRead(condition: Condition, fields = new Set<Field>()): Set<Field> {
  switch (condition.kind) {
    case 'always':
      break
    case 'and':
    case 'or':
      for (const part of condition.parts) fieldsRead(part, fields)
      break
    case 'not':
      fieldsRead(condition.part, fields)
      break
    case 'if':
      fields.add(condition.field)
      fieldsRead(condition.then, fields)
      fieldsRead(condition.otherwise, fields)
      break
    case 'ratio':
      for (const field of condition.fields) fields.add(field)
      break
    case 'fields':
      fields.add(condition.left).add(condition.right)
      break
    default:
      fields.add(condition.field)
  }
  return fields
}

/** A field of a part that reads none of the fields which messages have, so that it is the same for all of them; undefined where there is no such part. */
export function neverSet(condition: Condition, has: (field: Field) => boolean): Field | undefined {
  if (condition.kind === 'not') return neverSet(condition.part, has)
  if (condition.kind === 'and') return condition.parts.map((part) => neverSet(part, has)).find((field) => field !== undefined)
  const fields = [...fieldsRead(condition)]
  return fields.some(has) ? undefined : fields[0]
}

/** A test of the message that stands in `values`, whose schema has all the fields that the condition reads. */
export function testOf(condition: Condition, values: FieldValues): Test {
  const { lo, hi, start, end } = values
  const indexOf = (field: Field): number => values.schema.fields.findIndex(({ number }) => number === field.number)
  const self = (part: Condition): Test => testOf(part, values)
  switch (condition.kind) {
    case 'always':
      return () => true
    case 'and':
      return allOf(condition.parts.map(self))
    case 'or':
      return anyOf(condition.parts.map(self))
    case 'not': {
      const part = self(condition.part)
      return () => !part()
    }
    case 'if': {
      const index = indexOf(condition.field)
      const [then, otherwise] = [self(condition.then), self(condition.otherwise)]
      return () => (isSet(values, index) ? then() : otherwise())
    }
    case 'set': {
      const index = indexOf(condition.field)
      return () => isSet(values, index)
    }
    case 'number': {
      const { field, set, shift } = condition
      const index = indexOf(field)
      if (field.repeated) return anyEntry(values, index, (entries) => set.has(entries.hi, entries.lo))
      const zero = set.has(0, 0)
      if (field.type === 'uint64') return () => (isSet(values, index) ? set.has(hi[index], lo[index]) : zero)
      return () => (isSet(values, index) ? set.has(0, lo[index] >>> shift) : zero)
    }
    case 'bits': {
      const { bits, mask } = condition
      const index = indexOf(condition.field)
      return () => ((isSet(values, index) ? lo[index] : 0) & mask) === bits
    }
    case 'address': {
      const { field, set } = condition
      const index = indexOf(field)
      if (field.repeated) return anyEntry(values, index, (entries) => set.has(values.buf, entries.start, entries.end))
      return () => isSet(values, index) && set.has(values.buf, start[index], end[index])
    }
    case 'text': {
      const { field, set } = condition
      const index = indexOf(field)
      if (field.repeated) return anyEntry(values, index, (entries) => set.has(values.buf, entries.start, entries.end))
      const empty = set.has(values.buf, 0, 0)
      return () => (isSet(values, index) ? set.has(values.buf, start[index], end[index]) : empty)
    }
    case 'pattern': {
      const { field, pattern } = condition
      const index = indexOf(field)
      const matches = (from: number, to: number): boolean => pattern.test(values.buf.toString('utf8', from, to))
      if (field.repeated) return anyEntry(values, index, (entries) => matches(entries.start, entries.end))
      return () => (isSet(values, index) ? matches(start[index], end[index]) : matches(0, 0))
    }
    case 'ratio': {
      const { column, test } = condition
      const { ratio } = virtualColumns(values)
      return () => test(ratio(column))
    }
    case 'fields':
      return fieldsTest(condition.left, condition.order, condition.right, values, indexOf)
  }
}

/** Without a loop for the few parts that there mostly are. */
function allOf(tests: Test[]): Test {
  const [a, b, c] = tests
  if (tests.length === 2) return () => a() && b()
  if (tests.length === 3) return () => a() && b() && c()
  return () => {
    for (const test of tests) if (!test()) return false
    return true
  }
}

function anyOf(tests: Test[]): Test {
  const [a, b, c] = tests
  if (tests.length === 1) return a
  if (tests.length === 2) return () => a() || b()
  if (tests.length === 3) return () => a() || b() || c()
  return () => {
    for (const test of tests) if (test()) return true
    return false
  }
}

function anyEntry(values: FieldValues, index: number, test: (entries: ReturnType<typeof entryCursor>) => boolean): Test {
  const entries = entryCursor()
  return () => {
    if (!isSet(values, index)) return false
    firstEntry(values, index, entries)
    while (nextEntry(values, index, entries)) if (test(entries)) return true
    return false
  }
}

function fieldsTest(left: Field, order: Order, right: Field, values: FieldValues, indexOf: (field: Field) => number): Test {
  const { lo, hi, start, end } = values
  const [a, b] = [indexOf(left), indexOf(right)]
  const fits = FITS[order]
  if (left.type !== 'bytes' && left.type !== 'string') {
    return () => {
      const [aHi, aLo] = isSet(values, a) ? [hi[a], lo[a]] : [0, 0]
      const [bHi, bLo] = isSet(values, b) ? [hi[b], lo[b]] : [0, 0]
      return fits(aHi - bHi || aLo - bLo)
    }
  }
  const isAddress = left.type === 'bytes'
  return () => {
    const hasA = isSet(values, a)
    const hasB = isSet(values, b)
    if (!hasA || !hasB) return !isAddress && hasA === hasB
    const { buf } = values
    const aStart = isAddress && isMappedIPv4(buf, start[a], end[a]) ? start[a] + 12 : start[a]
    const bStart = isAddress && isMappedIPv4(buf, start[b], end[b]) ? start[b] + 12 : start[b]
    const size = end[a] - aStart
    // addresses of two families are neither equal nor in any order
    if (size !== end[b] - bStart) return false
    for (let i = 0; i < size; i++) {
      const difference = buf[aStart + i] - buf[bStart + i]
      if (difference !== 0) return fits(difference)
    }
    return fits(0)
  }
}

const FITS: Readonly<Record<Order, (difference: number) => boolean>> = {
  '==': (difference) => difference === 0,
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0
}
