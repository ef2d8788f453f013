/** Lookups of addresses, remembered by address: walks over trees and all that follows are only for those that are new. */
import { MAPPED_WORD } from '../flow/address.js'
import { readUint32 } from '../flow/bigendian.js'
import type { AnswerStore } from './answers.js'
import type { AsOrder } from './asorder.js'
import { ENDS } from './fields.js'
import { LEARNED, memo, type Memo } from './memo.js'
import { type Answer, openRecords, resultOf, resultsRange, type Source } from './records.js'

export interface Lookups {
  /**
   * Looks up the address at `buf[start, end)`. False where it is not 4 or 16 bytes long; else `answer` stands until the next call, and what
   * it says of the store until that is cleared.
   */
  readonly find: (buf: Buffer, start: number, end: number) => boolean
  readonly answer: Answer
  /** combinations of records remembered */
  readonly size: () => number
  readonly forget: () => void
  /** lookups in that source that ended so (an index of RESULTS), remembered ones included */
  readonly count: (source: number, result: number) => number
  readonly counts: Memo['counts']
}

const START = LEARNED
const LENGTHS = LEARNED + 1
const ASN = LEARNED + 2
const FIELDS = LEARNED + 3
/** Bytes of an end, of its AS number, and of that with its name, in a word. */
const LENGTH_BITS = 13
const NUMBER_BITS = 4
/** Fields, above them whose place the AS number takes, above that the results. */
const OVER_BITS = 2
const RESULTS_SHIFT = ENDS + OVER_BITS

/** 262,144 addresses, 8 MiB */
const SET_BITS = 17

/** Looks addresses up in these sources, one at least; what is remembered by address is bounded by `setBits`. */
export function openLookups(sources: readonly Source[], order: AsOrder, store: AnswerStore, setBits = SET_BITS): Lookups {
  const records = openRecords(sources, order, store)
  const known = memo(setBits, (a, b, c, d, learned) => {
    const { start, length, numberLength, asLength, asn, fields, over, results } = records.ask(a, b, c, d)
    learned[0] = start
    learned[1] = length | (numberLength << LENGTH_BITS) | (asLength << (LENGTH_BITS + NUMBER_BITS))
    learned[2] = asn
    learned[3] = fields | (over << ENDS) | (results << RESULTS_SHIFT)
  })
  const { table } = known
  const answer = { start: 0, length: 0, numberLength: 0, asLength: 0, asn: 0, fields: 0, over: 0 }
  const resultCounts = new Float64Array(resultsRange(sources.length))

  return {
    answer,
    counts: known.counts,
    find(buf, start, end) {
      let a = 0
      let b = 0
      let c = MAPPED_WORD
      if (end - start === 16) {
        a = readUint32(buf, start) | 0
        b = readUint32(buf, start + 4) | 0
        c = readUint32(buf, start + 8) | 0
      } else if (end - start !== 4) return false
      const slot = known.slotOf(a, b, c, readUint32(buf, end - 4) | 0)
      const lengths = table[slot + LENGTHS]
      answer.start = table[slot + START]
      answer.length = lengths & ((1 << LENGTH_BITS) - 1)
      answer.numberLength = (lengths >> LENGTH_BITS) & ((1 << NUMBER_BITS) - 1)
      answer.asLength = lengths >> (LENGTH_BITS + NUMBER_BITS)
      answer.asn = table[slot + ASN] >>> 0
      const fields = table[slot + FIELDS]
      answer.fields = fields & ((1 << ENDS) - 1)
      answer.over = (fields >> ENDS) & ((1 << OVER_BITS) - 1)
      resultCounts[fields >> RESULTS_SHIFT]++
      return true
    },
    size: records.size,
    forget() {
      records.forget()
      known.forget()
    },
    count: (source, result) => resultCounts.reduce((sum, count, results) => sum + (resultOf(results, source) === result ? count : 0), 0)
  }
}
