/**
 * Lookups of addresses, remembered by address: a walk over the trees and all that follows is only for those that are not in a table of
 * fixed size, two slots a set and a set a cache line:
 *
 *     slot := address (4 words, IPv4 as ::ffff:a.b.c.d), the answer: start (0 in an empty slot), lengths, AS number, fields and results
 *
 * The newest address of a set stands in its first slot and pushes the other to the second.
 */
import { readUint32 } from '../flow/bigendian.js'
import type { Answer } from './answers.js'
import { openRecords, resultOf, resultsRange, type Source } from './records.js'
import { MAPPED } from './tree.js'

export interface Lookups {
  /** Are there any databases to look addresses up in? */
  readonly hasSources: boolean
  /**
   * Looks up the address at `buf[start, end)`. False where it is not 4 or 16 bytes long; else `answer` stands until the next call, and what
   * it says of `bytes()` until the next `trim` or `forget`.
   */
  readonly find: (buf: Buffer, start: number, end: number) => boolean
  readonly answer: Answer
  readonly bytes: () => Buffer
  /** Forgets everything where that has become too much. */
  readonly trim: () => void
  /** Forgets everything, because a source's database is another one now. */
  readonly forget: () => void
  /** lookups in that source that ended so (an index of RESULTS), remembered ones included */
  readonly count: (source: number, result: number) => number
  readonly counts: {
    /** addresses in the table now */
    entries: number
    /** addresses asked for, and those of them that the table knew */
    asked: number
    remembered: number
  }
}

const SLOT = 8
const SET = 2 * SLOT
const START = 4
const LENGTHS = 5
const ASN = 6
const FIELDS = 7
/** Three lengths of less than 1024 in a word. */
const LENGTH_BITS = 10
const LENGTH_MASK = (1 << LENGTH_BITS) - 1
/** Fields below, results above. */
const FIELDS_BITS = 8
const FIELDS_MASK = (1 << FIELDS_BITS) - 1

/** 262,144 addresses, 8 MiB */
const SET_BITS = 17
const MAX_RECORDS = 1 << 18

/** What is remembered by address is bounded by `setBits` (1 to 24), by record by `maxRecords`. */
export function openLookups(sources: readonly Source[], setBits = SET_BITS, maxRecords = MAX_RECORDS): Lookups {
  const table = new Int32Array(SET << setBits)
  const shift = 32 - setBits
  const records = openRecords(sources, maxRecords)
  const answer = { start: 0, length: 0, numberLength: 0, asLength: 0, asn: 0, fields: 0 }
  const resultCounts = new Float64Array(resultsRange(sources.length))
  const counts = { entries: 0, asked: 0, remembered: 0 }

  /** The slot of the address, which is put there if it is not. */
  function slotOf(a: number, b: number, c: number, d: number): number {
    const first = (hash(a, b, c, d) >>> shift) * SET
    for (let slot = first; slot < first + SET; slot += SLOT) {
      if (table[slot + 3] === d && table[slot + 2] === c && table[slot + 1] === b && table[slot] === a && table[slot + START] !== 0) {
        counts.remembered++
        return slot
      }
    }
    const { start, length, numberLength, asLength, asn, fields, results } = records.ask(a, b, c, d)
    if (table[first + SLOT + START] === 0) counts.entries++
    for (let i = first; i < first + SLOT; i++) table[i + SLOT] = table[i]
    table[first] = a
    table[first + 1] = b
    table[first + 2] = c
    table[first + 3] = d
    table[first + START] = start
    table[first + LENGTHS] = length | (numberLength << LENGTH_BITS) | (asLength << (2 * LENGTH_BITS))
    table[first + ASN] = asn
    table[first + FIELDS] = fields | (results << FIELDS_BITS)
    return first
  }

  function forget(): void {
    records.forget()
    table.fill(0)
    counts.entries = 0
  }

  return {
    hasSources: sources.length > 0,
    answer,
    counts,
    find(buf, start, end) {
      let a = 0
      let b = 0
      let c = MAPPED
      if (end - start === 16) {
        a = readUint32(buf, start) | 0
        b = readUint32(buf, start + 4) | 0
        c = readUint32(buf, start + 8) | 0
      } else if (end - start !== 4) return false
      counts.asked++
      const slot = slotOf(a, b, c, readUint32(buf, end - 4) | 0)
      const lengths = table[slot + LENGTHS]
      answer.start = table[slot + START]
      answer.length = lengths & LENGTH_MASK
      answer.numberLength = (lengths >> LENGTH_BITS) & LENGTH_MASK
      answer.asLength = lengths >> (2 * LENGTH_BITS)
      answer.asn = table[slot + ASN] >>> 0
      answer.fields = table[slot + FIELDS] & FIELDS_MASK
      resultCounts[table[slot + FIELDS] >> FIELDS_BITS]++
      return true
    },
    bytes: records.bytes,
    trim() {
      if (records.isFull()) forget()
    },
    forget,
    count: (source, result) => resultCounts.reduce((sum, count, results) => sum + (resultOf(results, source) === result ? count : 0), 0)
  }
}

/** Its high bits are the good ones. */
function hash(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f) ^ d
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return Math.imul(h ^ (h >>> 13), 0x9e3779b1)
}
