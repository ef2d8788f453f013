/**
 * The field table: what the project knows of each field of FlowMessage beyond proto/flow.proto, which has the numbers and types. A field
 * without a row, a row without a field and a misspelt name do not compile.
 */
import { nearest } from '../cli/nearest.js'
import type { FieldName } from '../flow/names.js'
import { AGGREGATES } from './aggregates.js'
import { ENRICHMENT, LAYERS, ROUTING } from './network.js'
import { meantBy } from './otherwords.js'
import type { EitherEnd, Row } from './row.js'
import { TRAFFIC } from './traffic.js'

export const FIELDS: Readonly<Record<FieldName, Row>> = {
  ...TRAFFIC,
  ...ROUTING,
  ...LAYERS,
  ...ENRICHMENT,
  ...AGGREGATES
} satisfies Record<FieldName, Row>

/** The row of the field of that name; undefined for a field of the user's own. */
export function rowOf(name: string): Row | undefined {
  return Object.hasOwn(FIELDS, name) ? FIELDS[name as FieldName] : undefined
}

/** The names that would do in place of `word`: those that the filter's word of that name, or another tool's, is about, else the nearest. */
export function nearestField(word: string, names: readonly string[]): string {
  const wanted = meantBy(word) ?? word.toLowerCase()
  const meant = names.filter((name) => name === wanted || rowOf(name)?.words?.some((known) => known === wanted))
  return meant.length === 0 ? nearest(word, names) : meant.join(', ')
}

/** Whether the field is a key that counts either end. */
export function isEitherEnd(name: string): name is EitherEnd {
  return Object.values(FIELDS).some(({ either }) => either === name)
}

/** The field with the prefix length of an address; undefined where there is none. */
export function lengthOf(address: string): FieldName | undefined {
  const names = Object.keys(FIELDS) as FieldName[]
  return names.find((name) => FIELDS[name].kind === 'prefix' && FIELDS[name].of === address)
}

/** The two fields that a key for either end counts, source or input first. */
export function endsOf(key: EitherEnd): [FieldName, FieldName] {
  const names = Object.keys(FIELDS) as FieldName[]
  const [first, second] = names.filter((name) => FIELDS[name].either === key)
  return FIELDS[first].end === 'src' || FIELDS[first].end === 'in' ? [first, second] : [second, first]
}
