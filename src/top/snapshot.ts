/** What a view shows at a time: the biggest groups of the window, its rates, and what there is to say of it. */
import { type Grouping, newAggregate } from '../query/aggregate.js'
import { addSums, BYTES_AT, COUNTERS, FLOWS_AT, PACKETS_AT } from '../query/counters.js'
import { firstGroup, groupOf, keyOf, nextGroup, readKey } from '../query/groups.js'
import { newKey } from '../query/keys.js'
import { keyTexts } from '../query/keytext.js'
import { ranked } from '../query/ranking.js'
import { SUM_SIZE, sumAsNumber } from '../query/sums.js'
import { type LiveWindow, type Rates, ratesOf, totalsOf, type ViewEnd } from './window.js'

export interface Row extends Rates {
  /** the parts of the key, as flow-format shows them */
  readonly keys: readonly string[]
  /** its part of the whole, 0 to 1 */
  readonly share: number
}

export interface Snapshot {
  readonly rows: readonly Row[]
  /** how many groups there are beside the rows */
  readonly others: number
  readonly rates: Rates
  readonly history: readonly Rates[]
  /** milliseconds of the stream's time that the rates are of */
  readonly covered: number
  /** milliseconds since 1970 */
  readonly time: number
  readonly exporters: number
  readonly flows: number
  readonly unrated: number
  /** flows last longer than the window, so that rates are by the time of export */
  readonly long: boolean
}

/** Rates of less time than this say little. */
const LEAST_COVERED_MS = 1000

/** The window that ends there, with at most `most` groups. */
export function snapshot(live: LiveWindow, grouping: Grouping, windowMs: number, end: ViewEnd, most: number): Snapshot {
  const slices = live.slices(end)
  const from = Math.max(live.since(), (end.index - windowMs / live.sliceMs + 1) * live.sliceMs)
  const covered = Math.max(end.time - from, LEAST_COVERED_MS)
  const merged = newAggregate(grouping, { maxGroups: Infinity, maxBytes: Infinity, groups: 0, bytes: 0 })
  const key = newKey()
  for (const { aggregate } of slices) {
    const { groups } = aggregate
    for (let group = firstGroup(groups); group !== 0; group = nextGroup(groups, group)) {
      readKey(groups, group, key)
      addSums(merged.groups.records, groupOf(merged.groups, key), groups.records, group)
    }
  }
  const { groups } = merged
  const all = new Int32Array(groups.count)
  let count = 0
  for (let group = firstGroup(groups); group !== 0; group = nextGroup(groups, group)) all[count++] = group
  const totals = totalsOf(slices)
  const orderAt = SUM_SIZE * COUNTERS.findIndex((counter) => counter === grouping.order)
  const total = sumAsNumber(totals, orderAt)
  const rows = Array.from(ranked(grouping, merged, all, most), (group): Row => {
    const perSecond = (at: number): number => (sumAsNumber(groups.records, group + at) * 1000) / covered
    return {
      keys: keyTexts(grouping.parts, groups.words, keyOf(groups, group)),
      bps: 8 * perSecond(BYTES_AT),
      pps: perSecond(PACKETS_AT),
      fps: perSecond(FLOWS_AT),
      share: total > 0 ? sumAsNumber(groups.records, group + orderAt) / total : 0
    }
  })
  return {
    rows,
    others: groups.count - rows.length,
    rates: ratesOf(totals, covered),
    history: live.history(),
    covered,
    time: end.time,
    exporters: live.exporters(),
    flows: sumAsNumber(totals, FLOWS_AT),
    unrated: slices.reduce((sum, { unrated }) => sum + unrated, 0),
    long: slices.some(({ long }) => long)
  }
}
