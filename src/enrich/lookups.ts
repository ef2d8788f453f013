/**
 * Lookups of addresses in up to three databases, remembered.
 *
 * A record is decoded once, and the answer for each combination of records encoded once. An address leads to its answer without a walk over
 * the trees as long as it stands in a table of fixed size, two slots a set and a set a cache line:
 *
 *     slot := address (4 words, IPv4 as ::ffff:a.b.c.d), the answer: start (0 in an empty slot), lengths, AS number, fields and results
 *
 * The newest address of a set stands in its first slot and pushes the other to the second.
 * Misses and failures are remembered like hits: a broken record can cost milliseconds.
 */
import { readUint32 } from '../flow/bigendian.js'
import { type Answer, answerStore } from './answers.js'
import type { Database } from './database.js'
import { type Facts, knowsNothing, NO_FACTS } from './record.js'
import { findRecord, MAPPED, NOTHING_KNOWN, TREE_BROKEN } from './tree.js'

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
/** The results of all sources in one number, that of the first lowest. */
const RESULT_BITS = 2
const RESULTS_SHIFT = 8

export interface Lookups {
  readonly sources: readonly Source[]
  /**
   * Looks up the address at `buf[start, end)`. False where it is not 4 or 16 bytes long; else `answer` stands until the next call and
   * its `start` and lengths bound bytes of `bytes()`, until the next `trim`.
   */
  readonly find: (buf: Buffer, start: number, end: number) => boolean
  readonly answer: Mutable<Answer>
  readonly bytes: () => Buffer
  /** Forgets everything where that has become too much. */
  readonly trim: () => void
  /** Forgets everything, because a source's database is another one now. */
  readonly forget: () => void
  /** lookups in that source that ended so, remembered ones included */
  readonly count: (source: number, result: number) => number
  /** addresses remembered */
  readonly entries: number
  /** addresses asked for, and those of them that the table knew */
  readonly total: number
  readonly remembered: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Known {
  readonly result: number
  readonly facts: Facts
}
const UNKNOWN: Known = { result: MISS, facts: NO_FACTS }
const UNREADABLE: Known = { result: FAILED, facts: NO_FACTS }

const SLOT = 8
const SET = 2 * SLOT
const START = 4
const LENGTHS = 5
const ASN = 6
const FIELDS = 7
/** Three lengths of less than 1024 in one word. */
const LENGTH_BITS = 10
const LENGTH_MASK = (1 << LENGTH_BITS) - 1

/** An answer as it stands in a slot: whole numbers of 32 bits, so that all rows have one hidden class. */
interface Row {
  readonly start: number
  readonly lengths: number
  readonly asn: number
  readonly fields: number
}

/** 262,144 addresses, 8 MiB */
const SET_BITS = 17
/** Records, and combinations of them, until all are forgotten. */
const MAX_RECORDS = 1 << 18

/** What is remembered by address is bounded by `setBits` (1 to 24), by record by `maxRecords`. */
export function openLookups(sources: readonly Source[], setBits = SET_BITS, maxRecords = MAX_RECORDS): Lookups {
  const table = new Int32Array(SET << setBits)
  const shift = 32 - setBits
  const answers = answerStore()
  /** for each source, by the record's position */
  const records = sources.map(() => new Map<number, Known>())
  /** by the positions of the records of all sources */
  const combinations = new Map<number | string, Row>()
  const answer = { start: 0, length: 0, numberLength: 0, asLength: 0, asn: 0, fields: 0 }
  const resultCounts = new Float64Array(1 << (RESULT_BITS * sources.length))
  let held = 0
  let entries = 0
  let total = 0
  let remembered = 0

  function known(i: number, position: number, a: number, b: number, c: number, d: number): Known {
    if (position === NOTHING_KNOWN) return UNKNOWN
    let found = records[i].get(position)
    if (found === undefined) {
      found = read(sources[i], position, a, b, c, d)
      // of a single source, a combination is no more than its record
      if (sources.length > 1) {
        records[i].set(position, found)
        held++
      }
    }
    return found
  }

  function ask(a: number, b: number, c: number, d: number): Row {
    let key: number | string = sources.length > 0 ? findRecord(sources[0].database.tree, a, b, c, d) : 0
    for (let i = 1; i < sources.length; i++) key = `${key} ${findRecord(sources[i].database.tree, a, b, c, d)}`
    let found = combinations.get(key)
    if (found === undefined) {
      const facts: Facts = { ...NO_FACTS }
      let results = 0
      sources.forEach(({ database }, i) => {
        const { result, facts: more } = known(i, findRecord(database.tree, a, b, c, d), a, b, c, d)
        results |= result << (RESULT_BITS * i)
        facts.asn ||= more.asn
        facts.asName ||= more.asName
        facts.country ||= more.country
        facts.city ||= more.city
      })
      const { start, length, numberLength, asLength, asn, fields } = answers.add(facts)
      found = {
        start,
        lengths: length | (numberLength << LENGTH_BITS) | (asLength << (2 * LENGTH_BITS)),
        asn: asn | 0,
        fields: fields | (results << RESULTS_SHIFT)
      }
      combinations.set(key, found)
      held++
    }
    return found
  }

  function take(slot: number): true {
    answer.start = table[slot + START]
    const lengths = table[slot + LENGTHS]
    answer.length = lengths & LENGTH_MASK
    answer.numberLength = (lengths >> LENGTH_BITS) & LENGTH_MASK
    answer.asLength = lengths >> (2 * LENGTH_BITS)
    answer.asn = table[slot + ASN] >>> 0
    answer.fields = table[slot + FIELDS] & ((1 << RESULTS_SHIFT) - 1)
    resultCounts[table[slot + FIELDS] >> RESULTS_SHIFT]++
    return true
  }

  function forget(): void {
    table.fill(0)
    entries = 0
    held = 0
    answers.clear()
    combinations.clear()
    for (const known of records) known.clear()
  }

  return {
    sources,
    answer,
    find(buf, start, end) {
      let a = 0
      let b = 0
      let c = MAPPED
      if (end - start === 16) {
        a = readUint32(buf, start) | 0
        b = readUint32(buf, start + 4) | 0
        c = readUint32(buf, start + 8) | 0
      } else if (end - start !== 4) return false
      const d = readUint32(buf, end - 4) | 0
      total++
      const first = (hash(a, b, c, d) >>> shift) * SET
      for (let slot = first; slot < first + SET; slot += SLOT) {
        if (table[slot + 3] === d && table[slot + 2] === c && table[slot + 1] === b && table[slot] === a && table[slot + START] !== 0) {
          remembered++
          return take(slot)
        }
      }
      if (table[first + SLOT + START] === 0) entries++
      for (let i = first; i < first + SLOT; i++) table[i + SLOT] = table[i]
      const found = ask(a, b, c, d)
      table[first] = a
      table[first + 1] = b
      table[first + 2] = c
      table[first + 3] = d
      table[first + START] = found.start
      table[first + LENGTHS] = found.lengths
      table[first + ASN] = found.asn
      table[first + FIELDS] = found.fields
      return take(first)
    },
    bytes: () => answers.bytes,
    trim() {
      if (held >= maxRecords) forget()
    },
    forget,
    count(source, result) {
      let sum = 0
      resultCounts.forEach((count, results) => {
        if (((results >> (RESULT_BITS * source)) & ((1 << RESULT_BITS) - 1)) === result) sum += count
      })
      return sum
    },
    get entries() {
      return entries
    },
    get total() {
      return total
    },
    get remembered() {
      return remembered
    }
  }
}

function read({ database, facts, onFailure }: Source, position: number, a: number, b: number, c: number, d: number): Known {
  try {
    if (position === TREE_BROKEN) throw new Error('the search tree leads nowhere')
    const told = facts(database.record(a, b, c, d))
    return knowsNothing(told) ? UNKNOWN : { result: HIT, facts: told }
  } catch (error) {
    onFailure(error)
    return UNREADABLE
  }
}

/** Its high bits are the good ones. */
function hash(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f) ^ d
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return Math.imul(h ^ (h >>> 13), 0x9e3779b1)
}
