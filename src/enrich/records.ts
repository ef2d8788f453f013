/**
 * What the databases say of an address together: the trees are walked, and the records that they lead to
 * are decoded and encoded once for each combination of them. Failures are remembered like the rest: a broken record can cost milliseconds.
 */
import { type Answer, answerStore } from './answers.js'
import type { Database } from './database.js'
import { type Facts, knowsNothing, NO_FACTS } from './facts.js'
import { findRecord, NOTHING_KNOWN, TREE_BROKEN } from './tree.js'

/** A database in use, and how it is read. */
export interface Source {
  database: Database
  /** what its records tell */
  readonly facts: (record: unknown) => Facts
  /** hears of a record that cannot be read */
  readonly onFailure: (error: unknown) => void
}

/** How a lookup in one database ended. */
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

/** An answer, and how the lookups in all sources ended. */
export interface Asked extends Answer {
  readonly results: number
}

export interface Records {
  /** Looks the address of these four words up (an IPv4 address as ::ffff:a.b.c.d). */
  readonly ask: (a: number, b: number, c: number, d: number) => Asked
  /** what the answers' encoded fields stand in */
  readonly bytes: () => Buffer
  /** So much is remembered that it should be forgotten. */
  readonly isFull: () => boolean
  /** Forgets everything; the bytes of answers given before are void then. */
  readonly forget: () => void
}

/** `most` combinations of records are remembered. */
export function openRecords(sources: readonly Source[], most: number): Records {
  const answers = answerStore()
  const positions = new Float64Array(sources.length)
  /** by the positions of the records of all sources */
  const combinations = new Map<number | string, Asked>()

  function combine(a: number, b: number, c: number, d: number): Asked {
    const all: Facts = { ...NO_FACTS }
    let results = 0
    for (let i = 0; i < sources.length; i++) {
      const { result, facts } = read(sources[i], positions[i], a, b, c, d)
      results |= result << (RESULT_BITS * i)
      all.asn ||= facts.asn
      all.asName ||= facts.asName
      all.country ||= facts.country
      all.city ||= facts.city
    }
    const { start, length, numberLength, asLength, asn, fields } = answers.add(all)
    return { start, length, numberLength, asLength, asn, fields, results }
  }

  return {
    ask(a, b, c, d) {
      for (let i = 0; i < sources.length; i++) positions[i] = findRecord(sources[i].database.tree, a, b, c, d)
      const key = sources.length === 1 ? positions[0] : positions.join()
      let asked = combinations.get(key)
      if (asked === undefined) combinations.set(key, (asked = combine(a, b, c, d)))
      return asked
    },
    bytes: answers.bytes,
    isFull: () => combinations.size >= most,
    forget() {
      answers.clear()
      combinations.clear()
    }
  }
}

interface Known {
  readonly result: number
  readonly facts: Facts
}
const UNKNOWN: Known = { result: MISS, facts: NO_FACTS }
const UNREADABLE: Known = { result: FAILED, facts: NO_FACTS }

function read({ database, facts, onFailure }: Source, position: number, a: number, b: number, c: number, d: number): Known {
  if (position === NOTHING_KNOWN) return UNKNOWN
  try {
    if (position === TREE_BROKEN) throw new Error('the search tree leads nowhere')
    const told = facts(database.record(a, b, c, d))
    return knowsNothing(told) ? UNKNOWN : { result: HIT, facts: told }
  } catch (error) {
    onFailure(error)
    return UNREADABLE
  }
}
