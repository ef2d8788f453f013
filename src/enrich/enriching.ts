/** The enrichments that the command line asks for, and what they remember between them. */
import { type AnswerStore, answerStore } from './answers.js'
import type { AsOrder } from './asorder.js'
import { enrichCommunityId } from './communityid.js'
import { enrichEnds } from './ends.js'
import { type Enrichment, samplingRate } from './enrichment.js'
import { type Lookups, openLookups } from './lookups.js'
import { RESULTS } from './records.js'
import type { LookupCount, Tables } from './tables.js'
import { enrichWays } from './ways.js'

export interface Enriching {
  readonly enrichments: readonly Enrichment[]
  /** Forgets everything where that has become too much: to be called between messages. */
  readonly prepare: () => void
  /** Forgets everything, because a table's contents are others now. */
  readonly forget: () => void
  /** of addresses; undefined where nothing is asked about them */
  readonly lookups: Lookups | undefined
  readonly counts: () => LookupCount[]
}

const MAX_COMBINATIONS = 1 << 18
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** What is remembered is forgotten when there are more than `mostCombinations` answers, or they take too much memory. */
export function enriching(
  { sources, exporters, interfaces }: Tables,
  asked: { order: AsOrder; samplingRate: number; communityId: boolean },
  mostCombinations = MAX_COMBINATIONS
): Enriching {
  const store: AnswerStore = answerStore()
  const enrichments: Enrichment[] = []
  const lookups = sources.length === 0 ? undefined : openLookups(sources, asked.order, store)
  const ways = exporters === undefined && interfaces === undefined ? undefined : enrichWays(exporters, interfaces, store)
  if (asked.samplingRate !== 0) enrichments.push(samplingRate(asked.samplingRate))
  if (lookups !== undefined) enrichments.push(enrichEnds(lookups, store))
  if (ways !== undefined) enrichments.push(ways)
  if (asked.communityId) enrichments.push(enrichCommunityId())

  function forget(): void {
    lookups?.forget()
    ways?.forget()
    store.clear()
  }

  return {
    enrichments,
    lookups,
    forget,
    prepare() {
      if (store.end() > MAX_ANSWER_BYTES || (lookups !== undefined && lookups.size() >= mostCombinations)) forget()
    },
    counts() {
      const ofAddresses = sources.map(({ name }, i) => {
        const [hit, miss, error] = RESULTS.map((_, result) => lookups?.count(i, result) ?? 0)
        return { of: name, hit, miss, error }
      })
      const ofWays = (['exporters', 'interfaces'] as const).flatMap((of) => {
        const isAsked = (of === 'exporters' ? exporters : interfaces) !== undefined
        const { hits, misses } = ways?.counts[of] ?? { hits: 0, misses: 0 }
        return isAsked ? [{ of, hit: hits, miss: misses, error: 0 }] : []
      })
      return [...ofAddresses, ...ofWays]
    }
  }
}
