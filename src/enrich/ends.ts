/** Enriches the source and destination address from tables and databases. */
import { copier } from '../flow/copy.js'
import type { AnswerStore } from './answers.js'
import { isPrivate, OVER_PRIVATE, OVER_PUBLIC } from './asorder.js'
import type { Change, Enrichment } from './enrichment.js'
import { AS, AS_NAME, codeOf, END_FIELDS, ENDS } from './fields.js'
import type { Lookups } from './lookups.js'
import { type Marks, numberIn } from './scan.js'

const OVER_ALL = OVER_PUBLIC | OVER_PRIVATE
const SRC_ADDR = codeOf('src_addr')
const DST_ADDR = codeOf('dst_addr')
const SRC_AS = codeOf('src_as')
const DST_AS = codeOf('dst_as')

/** Sets what `lookups` know of both addresses; encoded fields are copied out of `store`. */
export function enrichEnds(lookups: Lookups, store: AnswerStore): Enrichment {
  const { answer } = lookups
  const copy = copier()
  let srcStart = 0
  let srcEnd = 0
  let dstStart = 0
  let dstEnd = 0

  /** Chooses the fields of the answer that one end gets; returns how many of its first bytes are left out. */
  function choose(buf: Buffer, marks: Marks, asCode: number, shift: number, change: Change): number {
    let { fields } = answer
    let skipped = 0
    // most often the number found is the one, and the exporter's need not be read
    if (answer.over !== OVER_ALL || answer.asn === 0) {
      const kept = answer.asn === 0 && answer.over === 0 ? 0 : numberIn(buf, marks, asCode)
      if (kept !== 0 && (answer.over & (isPrivate(kept) ? OVER_PRIVATE : OVER_PUBLIC)) !== 0) fields |= AS | AS_NAME
      else if (kept !== 0 && answer.asn !== 0) {
        // the name found goes with the number that stays only where it is that of the number found
        const isSame = kept === answer.asn
        skipped = isSame ? answer.numberLength : answer.asLength
        fields &= isSame && answer.asLength > answer.numberLength ? ~AS : ~(AS | AS_NAME)
      }
    }
    change.ends |= fields << shift
    return skipped
  }

  return {
    fields: ['src_addr', 'dst_addr', ...END_FIELDS.flatMap((name) => [`src_${name}`, `dst_${name}`] as const)],
    decide(buf, marks, change) {
      const { list, last } = marks
      srcStart = srcEnd = dstStart = dstEnd = 0
      const src = last[SRC_ADDR]
      if (src >= 0 && lookups.find(buf, list[src + 2], list[src + 3])) {
        srcStart = answer.start + choose(buf, marks, SRC_AS, 0, change)
        srcEnd = answer.start + answer.length
      }
      const dst = last[DST_ADDR]
      if (dst >= 0 && lookups.find(buf, list[dst + 2], list[dst + 3])) {
        dstStart = answer.start + answer.length + choose(buf, marks, DST_AS, ENDS, change)
        dstEnd = answer.start + 2 * answer.length
      }
      change.length += srcEnd - srcStart + dstEnd - dstStart
    },
    write(out, pos) {
      const answers = store.bytes()
      return copy(out, copy(out, pos, answers, srcStart, srcEnd), answers, dstStart, dstEnd)
    }
  }
}
