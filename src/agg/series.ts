/**
 * Running totals of groups as Prometheus counters. A group that is among the biggest of a window gets a series while one is free, and keeps
 * it; all else is in the series of the rest, with what groups had before they got one of their own. So no counter ever falls or goes away.
 */
import type { Metrics, Reading } from '../cli/metrics.js'
import type { Aggregate, Grouping } from '../query/aggregate.js'
import { addSums, BYTES_AT, COUNTERS_SIZE, FLOWS_AT, PACKETS_AT } from '../query/counters.js'
import { findGroup, firstGroup, groupOf, isEmptyGroup, keyOf, newGroups, nextGroup, readKey } from '../query/groups.js'
import { newKey } from '../query/keys.js'
import { keyTexts } from '../query/keytext.js'
import { ranked } from '../query/ranking.js'
import { sumAsNumber } from '../query/sums.js'

/** What the labels of the rest say. */
const REST = '(rest)'

export interface Series {
  /** Adds the groups of a window that has closed. */
  add(aggregate: Aggregate): void
  declareMetrics(metrics: Metrics): void
}

/** Series of at most `most` groups and of the rest. */
export function seriesOf(grouping: Grouping, most: number): Series {
  const labels = grouping.parts.map(({ field }) => field.name)
  const budget = { maxGroups: most, maxBytes: Infinity, groups: 0, bytes: 0 }
  const known = newGroups(budget, 0)
  const rest = new Float64Array(COUNTERS_SIZE)
  const restLabels = Object.fromEntries(labels.map((label) => [label, REST]))
  const texts = new Map<number, Record<string, string>>()
  const key = newKey()

  function add(aggregate: Aggregate): void {
    const { groups } = aggregate
    if (budget.groups < most) admit(aggregate)
    for (let group = firstGroup(groups); group !== 0; group = nextGroup(groups, group)) {
      readKey(groups, group, key)
      const series = findGroup(known, key)
      if (series === 0) addSums(rest, 0, groups.records, group)
      else addSums(known.records, series, groups.records, group)
    }
    addSums(rest, 0, aggregate.rest, 0)
  }

  /** Gives the biggest groups that have none the series that are free. */
  function admit(aggregate: Aggregate): void {
    const { groups } = aggregate
    const without: number[] = []
    for (let group = firstGroup(groups); group !== 0; group = nextGroup(groups, group)) {
      if (isEmptyGroup(groups, group)) continue
      readKey(groups, group, key)
      if (findGroup(known, key) === 0) without.push(group)
    }
    for (const group of ranked(grouping, aggregate, Int32Array.from(without), most - budget.groups)) {
      readKey(groups, group, key)
      const series = groupOf(known, key)
      texts.set(
        series,
        Object.fromEntries(keyTexts(grouping.parts, groups.words, keyOf(groups, group)).map((text, i) => [labels[i], text]))
      )
    }
  }

  function sums(at: number): Reading {
    return [
      ...Array.from(texts, ([series, text]) => [text, sumAsNumber(known.records, series + at)] as const),
      [restLabels, sumAsNumber(rest, at)] as const
    ]
  }

  return {
    add,
    declareMetrics({ counter }) {
      counter('bytes', 'Bytes of the windows that have closed, by group', () => sums(BYTES_AT), labels)
      counter('packets', 'Packets of the windows that have closed, by group', () => sums(PACKETS_AT), labels)
      counter('flows', 'Flows of the windows that have closed, by group', () => sums(FLOWS_AT), labels)
    }
  }
}
