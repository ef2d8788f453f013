/**
 * What tables and databases say of an address together: each is asked which of its records holds for it, and the records are read and
 * encoded once for each combination of them. Failures are remembered like the rest: a broken record can cost milliseconds.
 */
import { writeBytesField, writeUint32Field } from '../flow/message.js'
import { fieldTag } from '../flow/proto.js'
import type { AnswerStore } from './answers.js'
import { type AsOrder, type AsSource, overExporter, rankOf } from './asorder.js'
import { type Facts, knowsNothing, NO_FACTS } from './facts.js'
import { AS, AS_NAME, END_FIELDS } from './fields.js'

/** A table or database in use. */
export interface Source {
  /** whom -as knows it as */
  readonly says: AsSource
  /** The record for the address of these four words (an IPv4 address as ::ffff:a.b.c.d): a number of its own, NO_RECORD where there is none. */
  readonly find: (a: number, b: number, c: number, d: number) => number
  /** What the record says that `find` gave for the address. Throws where it cannot be read. */
  readonly facts: (record: number, a: number, b: number, c: number, d: number) => Facts
  /** called for a record that cannot be read */
  readonly onFailure: (error: unknown) => void
}

export const NO_RECORD = 0

/** How a lookup ended. */
export const RESULTS = ['hit', 'miss', 'error'] as const
const HIT = 0
const MISS = 1
const FAILED = 2
const RESULT_BITS = 2

/** The result of that source in the results of all. */
export function resultOf(results: number, source: number): number {
  return (results >> (RESULT_BITS * source)) & ((1 << RESULT_BITS) - 1)
}

/** How many values the results of all sources can have. */
export function resultsRange(sources: number): number {
  return 1 << (RESULT_BITS * sources)
}

/**
 * What is known of an address: encoded fields in the store, the source's from `start`, the destination's as many bytes behind them, their
 * tags being as long.
 *
 *     end := AS number, AS name, country, city, network, role, site, region, tenant    those that are known
 */
export interface Answer {
  /** never 0 */
  readonly start: number
  /** bytes of an end */
  readonly length: number
  /** bytes of the AS number in it */
  readonly numberLength: number
  /** bytes of the AS number and name in it */
  readonly asLength: number
  readonly asn: number
  /** the set of fields that an end replaces, as of the source */
  readonly fields: number
  /** whose place the AS number takes: OVER_PUBLIC, OVER_PRIVATE */
  readonly over: number
}

/** An answer, and how the lookups in all sources ended. */
export interface Asked extends Answer {
  readonly results: number
}

export interface Records {
  readonly ask: (a: number, b: number, c: number, d: number) => Asked
  /** combinations remembered */
  readonly size: () => number
  /** Forgets everything: the store was cleared, or a source has other contents. */
  readonly forget: () => void
}

const TAGS = (['src', 'dst'] as const).map((end) => END_FIELDS.map((name) => fieldTag(`${end}_${name}`)))

/** Where two sources know a fact, the first one counts; AS numbers have an order of their own. */
export function openRecords(sources: readonly Source[], order: AsOrder, store: AnswerStore): Records {
  const ranks = sources.map(({ says }) => rankOf(order, says))
  const records = new Float64Array(sources.length)
  /** by the records of all sources */
  const combinations = new Map<number | string, Asked>()

  function combine(a: number, b: number, c: number, d: number): Asked {
    const all: Facts = { ...NO_FACTS }
    let results = 0
    let rank = Infinity
    const found = sources.map((source, i) => {
      const { result, facts } = read(source, records[i], a, b, c, d)
      results |= result << (RESULT_BITS * i)
      if (facts.asn !== 0 && ranks[i] < rank) {
        rank = ranks[i]
        all.asn = facts.asn
      }
      return facts
    })
    for (const facts of found) {
      if (facts.asn === all.asn) all.asName ||= facts.asName
      all.country ||= facts.country
      all.city ||= facts.city
      all.network ||= facts.network
      all.role ||= facts.role
      all.site ||= facts.site
      all.region ||= facts.region
      all.tenant ||= facts.tenant
    }
    return { ...encode(all, store), over: overExporter(order, rank), results }
  }

  return {
    ask(a, b, c, d) {
      for (let i = 0; i < sources.length; i++) records[i] = sources[i].find(a, b, c, d)
      const key = sources.length === 1 ? records[0] : records.join()
      let asked = combinations.get(key)
      if (asked === undefined) combinations.set(key, (asked = combine(a, b, c, d)))
      return asked
    },
    size: () => combinations.size,
    forget: () => {
      combinations.clear()
    }
  }
}

function encode({ asn, asName, ...rest }: Facts, store: AnswerStore): Omit<Answer, 'over'> {
  const texts = [rest.country, rest.city, rest.network, rest.role, rest.site, rest.region, rest.tenant].map((text) => Buffer.from(text))
  const name = Buffer.from(asName)
  let [length, numberLength, asLength] = [0, 0, 0]
  const start = store.add((bytes, pos) => {
    for (const [asTag, nameTag, ...tags] of TAGS) {
      const begin = pos
      pos = writeUint32Field(bytes, pos, asTag, asn)
      numberLength = pos - begin
      pos = writeBytesField(bytes, pos, nameTag, name)
      asLength = pos - begin
      texts.forEach((text, i) => (pos = writeBytesField(bytes, pos, tags[i], text)))
      length = pos - begin
    }
    return pos
  })
  // a name belongs to its number: where that is replaced, the name goes with it, known or not
  let fields = asn === 0 ? 0 : AS | AS_NAME
  texts.forEach((text, i) => (fields |= text.length === 0 ? 0 : 1 << (i + 2)))
  return { start, length, numberLength, asLength, asn, fields }
}

interface ReadRecord {
  readonly result: number
  readonly facts: Facts
}
const UNKNOWN: ReadRecord = { result: MISS, facts: NO_FACTS }
const UNREADABLE: ReadRecord = { result: FAILED, facts: NO_FACTS }

function read({ facts, onFailure }: Source, record: number, a: number, b: number, c: number, d: number): ReadRecord {
  if (record === NO_RECORD) return UNKNOWN
  try {
    const found = facts(record, a, b, c, d)
    return knowsNothing(found) ? UNKNOWN : { result: HIT, facts: found }
  } catch (error) {
    onFailure(error)
    return UNREADABLE
  }
}
