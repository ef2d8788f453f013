/** Flows summed by key: the groups, what had no room among them, and the total. */
import { type FieldValues, isSet } from '../flow/fieldvalues.js'
import type { FieldName } from '../flow/names.js'
import { enumValue, type Field, flowMessage } from '../flow/proto.js'
import { addCounters, COUNTER_FIELDS, type Counter, type CounterReader, counterReader, COUNTERS, COUNTERS_SIZE } from './counters.js'
import { addDistinct, type DistinctSets, newDistinctSets, releaseDistinctSets } from './distinct.js'
import { addToGroup, type Budget, extraOf, groupOf, type Groups, newGroups, releaseGroups } from './groups.js'
import { countsEitherEnd, END, type Key, type KeyPart, keyReader, newKey } from './keys.js'
import { addToSum, SUM_SIZE } from './sums.js'

export interface Grouping {
  readonly parts: readonly KeyPart[]
  /** what groups are ordered by, and what `total` is of */
  readonly order: Counter | 'distinct'
  /** the field whose different values are counted */
  readonly distinct: KeyPart | undefined
  /** whether groups keep the first start, last end and last receipt of their flows */
  readonly times: boolean
  /** bytes and packets stay as exporters sent them */
  readonly raw: boolean
}

export interface Aggregate {
  readonly groups: Groups
  readonly sets: DistinctSets
  /** what `order` counts, each flow once; for distinct values `totalSet` */
  readonly total: Float64Array
  totalSet: number
  /** the counters of what is in no group */
  readonly rest: Float64Array
  readonly restTimes: Uint32Array
  /** the groups of rest messages that came in */
  readonly restGroups: Float64Array
  /** a set of the keys that found no room */
  restKeys: number
}

/** Three times as two words each. */
const TIMES_DOUBLES = 3
const TIMES = ['time_flow_start_ns', 'time_flow_end_ns', 'time_received_ns'] as const

/** Where in a group's extra doubles its times and its set of values stand. */
export function timesAt(group: number): number {
  return 2 * extraOf(group)
}
/** Where its set of different values stands. */
export function setAt({ times }: Grouping, group: number): number {
  return 2 * (extraOf(group) + (times ? TIMES_DOUBLES : 0))
}

/** An empty one; what its groups and sets take comes out of the budget. */
export function newAggregate({ times, distinct }: Grouping, budget: Budget): Aggregate {
  return {
    groups: newGroups(budget, (times ? TIMES_DOUBLES : 0) + (distinct === undefined ? 0 : 1)),
    sets: newDistinctSets(budget),
    total: new Float64Array(SUM_SIZE),
    totalSet: 0,
    rest: new Float64Array(COUNTERS_SIZE),
    restTimes: new Uint32Array(2 * TIMES_DOUBLES),
    restGroups: new Float64Array(SUM_SIZE),
    restKeys: 0
  }
}

/** Takes an aggregate out of the budget: no more is added to it. */
export function releaseAggregate({ groups, sets }: Aggregate): void {
  releaseGroups(groups)
  releaseDistinctSets(sets)
}

/** Groups of so many totals may come in any order, as from the partitions of a topic. */
const MOST_TOTALS = 1024

/** The fields that a grouping reads. */
export function fieldsOf({ parts, distinct }: Grouping): Field[] {
  const ends = [...parts, ...(distinct === undefined ? [] : [distinct])].flatMap(({ field, ends }) => [field, ...ends])
  const own: FieldName[] = [...COUNTER_FIELDS, ...TIMES, 'groups', 'total', 'total_of', 'total_id']
  return [...new Set([...ends, ...own.map((name) => flowMessage.field(name))])]
}

export interface Aggregator {
  /** the counters of the current flow */
  readonly counters: CounterReader
  /** Reads the flow in the values: counters and keys. */
  read(): void
  /**
   * Adds the current flow, of which these are the counters, to an aggregate. False, and nothing added, where a new group found no room,
   * unless `anyhow`: then it goes to the rest.
   */
  add(aggregate: Aggregate, amounts: Float64Array, anyhow: boolean): boolean
  /** flows, or ends of flows, that went to the rest because there was no room */
  overflowed: number
}

/** Adds what is in `values`, whose schema has `fieldsOf` the grouping, to aggregates. */
export function aggregator(grouping: Grouping, values: FieldValues): Aggregator {
  const { parts, distinct, order, times } = grouping
  const { lo, hi, schema } = values
  const counters = counterReader(values, grouping.raw)
  const keys = [newKey(), newKey()] as const
  const readers = keys.map((key) => keyReader(parts, values, key))
  const value = newKey()
  const valueReader = distinct === undefined ? undefined : keyReader([distinct], values, value)
  const valueIndex = distinct === undefined ? 0 : schema.indexOf(distinct.field.name)
  const timeIndexes = TIMES.map(schema.indexOf)
  const flowTimes = new Uint32Array(2 * TIMES_DOUBLES)
  const groupsIndex = schema.indexOf('groups')
  const totalIndex = schema.indexOf('total')
  const totalOfIndex = schema.indexOf('total_of')
  const orderNumber = enumValue('total_of', order.toUpperCase())
  const totalIdIndex = schema.indexOf('total_id')
  const eitherEnd = parts.some(countsEitherEnd)
  const orderAt = order === 'distinct' ? 0 : SUM_SIZE * COUNTERS.indexOf(order)
  /** those that came with aggregates last */
  const totals = new Set<string>()

  /** how many groups the current flow belongs to; none where it is a rest itself */
  let ends = 1
  /** whether the flow's own counters are what it adds to the total, or what its message says, or nothing */
  let totalFrom: 'amounts' | 'message' | 'nothing' = 'amounts'
  let hasValue = false

  function read(): void {
    counters.read()
    if (times) readTimes()
    const isRest = parts.length > 0 && isSet(values, groupsIndex)
    totalFrom = eitherEnd && counters.isAggregate && hasTotal() ? ownTotal() : 'amounts'
    ends = isRest ? 0 : 1
    hasValue = false
    if (isRest) return
    if (!eitherEnd) readers[0].read(END.source)
    else if (counters.isAggregate && readers[0].hasItself()) readers[0].read(END.itself)
    else {
      readers[0].read(END.source)
      readers[1].read(END.destination)
      if (!sameKey(keys[0], keys[1])) ends = 2
    }
    if (valueReader !== undefined && isSet(values, valueIndex)) {
      hasValue = true
      valueReader.read(END.source)
    }
  }

  function readTimes(): void {
    for (let i = 0; i < TIMES.length; i++) {
      const present = isSet(values, timeIndexes[i])
      flowTimes[2 * i] = present ? hi[timeIndexes[i]] : 0
      flowTimes[2 * i + 1] = present ? lo[timeIndexes[i]] : 0
    }
  }

  /** Whether the message has a total of what this sums up. */
  function hasTotal(): boolean {
    return isSet(values, totalIndex) && orderNumber === (isSet(values, totalOfIndex) ? lo[totalOfIndex] : 0)
  }

  /** Groups that count either end have each flow twice: those of one total say the same number, and their total counts once. */
  function ownTotal(): 'message' | 'nothing' {
    const id = isSet(values, totalIdIndex) ? `${hi[totalIdIndex]} ${lo[totalIdIndex]}` : ''
    const total = `${id} ${hi[totalIndex]} ${lo[totalIndex]}`
    if (totals.has(total)) return 'nothing'
    totals.add(total)
    const [oldest] = totals
    if (totals.size > MOST_TOTALS) totals.delete(oldest)
    return 'message'
  }

  function add(aggregate: Aggregate, amounts: Float64Array, anyhow: boolean): boolean {
    const { groups, rest } = aggregate
    if (ends === 0) {
      addCounters(rest, 0, amounts, 0)
      addToSum(aggregate.restGroups, 0, hi[groupsIndex], lo[groupsIndex])
      if (times) addTimes(aggregate.restTimes, 0, flowTimes, 0)
    } else {
      const first = groupOf(groups, keys[0])
      const second = ends === 2 ? groupOf(groups, keys[1]) : first
      if ((first === 0 || second === 0) && !anyhow) return false
      addTo(aggregate, first, keys[0], amounts)
      if (ends === 2) addTo(aggregate, second, keys[1], amounts)
    }
    if (hasValue) aggregate.totalSet = addDistinct(aggregate.sets, aggregate.totalSet, value)
    if (totalFrom === 'amounts') addToSum(aggregate.total, 0, amounts[orderAt + 1], amounts[orderAt])
    else if (totalFrom === 'message') {
      addToSum(aggregate.total, 0, hi[totalIndex], lo[totalIndex])
      totalFrom = 'nothing' // once, whatever windows it is spread over
    }
    return true
  }

  function addTo(aggregate: Aggregate, group: number, key: Key, amounts: Float64Array): void {
    const { groups, sets } = aggregate
    if (group === 0) {
      adder.overflowed++
      aggregate.restKeys = addDistinct(sets, aggregate.restKeys, key)
      addCounters(aggregate.rest, 0, amounts, 0)
      if (times) addTimes(aggregate.restTimes, 0, flowTimes, 0)
      return
    }
    addToGroup(groups, group, amounts, 0)
    if (times) addTimes(groups.words, timesAt(group), flowTimes, 0)
    if (hasValue) {
      const at = setAt(grouping, group)
      groups.words[at] = addDistinct(sets, groups.words[at], value)
    }
  }

  const adder = { counters, read, add, overflowed: 0 }
  return adder
}

/** Takes the times at `from[fromAt]` in to those at `words[at]`: the first start, the last end, the last receipt; zero is none. */
export function addTimes(words: Int32Array | Uint32Array, at: number, from: Int32Array | Uint32Array, fromAt: number): void {
  for (let i = 0; i < 2 * TIMES_DOUBLES; i += 2) {
    const newHi = from[fromAt + i] >>> 0
    const newLo = from[fromAt + i + 1] >>> 0
    const hi = words[at + i] >>> 0
    const lo = words[at + i + 1] >>> 0
    const later = newHi > hi || (newHi === hi && newLo > lo)
    const known = hi !== 0 || lo !== 0
    if (i === 0 && known ? later || (newHi === 0 && newLo === 0) : !later) continue
    words[at + i] = newHi
    words[at + i + 1] = newLo
  }
}

function sameKey(a: Key, b: Key): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a.words[i] !== b.words[i]) return false
  return true
}
