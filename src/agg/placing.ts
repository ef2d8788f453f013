/** Which windows a flow counts in: the one of its time, or with -spread those that it lasted through, each by its share of the time. */
import { type FieldValues, isSet } from '../flow/fieldvalues.js'
import type { Aggregator } from '../query/aggregate.js'
import { BYTES_AT, COUNTERS_SIZE, FLOWS_AT, PACKETS_AT } from '../query/counters.js'
import { millisecondsOf } from '../query/streamtime.js'
import { share, valueHi, valueLo } from '../query/sums.js'
import { billionRest, splitBillion } from '../text/digits.js'
import type { Window, Windows } from './windows.js'

export const TIMES = ['received', 'start', 'end'] as const
export type Time = (typeof TIMES)[number]

const FIELD_OF: Record<Time, string> = { received: 'time_received_ns', start: 'time_flow_start_ns', end: 'time_flow_end_ns' }
/** A flow that covers more windows is not spread. */
const MOST_WINDOWS = 1440
const MILLION = 1_000_000
const TWO_32 = 4_294_967_296

export interface Placing {
  /** Adds the current flow to its windows. */
  place(): void
  readonly counts: {
    /** flows whose window, or one of them, had gone out */
    late: number
    /** flows that -spread took whole */
    unspread: number
  }
}

/** Places the flows that `adder` has read from `values`; `every` is the length of a window in milliseconds. */
export function placing(
  values: FieldValues,
  adder: Aggregator,
  windows: Windows,
  { time, spread, every }: { time: Time; spread: boolean; every: number }
): Placing {
  const { lo, hi, schema } = values
  const received = schema.indexOf(FIELD_OF.received)
  const start = schema.indexOf(FIELD_OF.start)
  const end = schema.indexOf(FIELD_OF.end)
  const chosen = schema.indexOf(FIELD_OF[time])
  const { counters } = adder
  const counts = { late: 0, unspread: 0 }
  const part = new Float64Array(COUNTERS_SIZE)

  /** Adds counters of the current flow to the window of a time in milliseconds; true where they come late. */
  function addAt(ms: number, amounts: Float64Array): boolean {
    const window = windows.at(ms)
    const late = windows.isLate(window)
    if (!adder.add(window.aggregate, amounts, false)) addForRoom(ms, window, amounts)
    return late
  }

  /** Closes windows until there is room, the flow's own among them, but once: then it is opened again, and is kept. */
  function addForRoom(ms: number, window: Window, amounts: Float64Array): void {
    let reopened: Window | undefined
    while (windows.closeOldest(reopened)) {
      const now = windows.at(ms)
      if (now !== window) reopened = now
      if (adder.add(now.aggregate, amounts, false)) return
    }
    adder.add(windows.at(ms).aggregate, amounts, true)
  }

  function placeWhole(): void {
    // what has no such time has that of its receipt
    const index = isSet(values, chosen) ? chosen : received
    if (addAt(millisecondsAt(index), counters.amounts)) counts.late++
  }

  /** The end of an aggregate is the first nanosecond that is not of it. */
  function millisecondsAt(index: number): number {
    if (!isSet(values, index)) return 0
    if (index !== end || !counters.isAggregate) return millisecondsOf(hi[index], lo[index])
    return lo[index] === 0 ? millisecondsOf(hi[index] - 1, 0xffffffff) : millisecondsOf(hi[index], lo[index] - 1)
  }

  function placeSpread(): void {
    const duration = (hi[end] - hi[start]) * TWO_32 + (lo[end] - lo[start])
    const known = isSet(values, start) && isSet(values, end) && duration > 0
    if (!known || isAfter(end, received)) {
      placeUnspread()
      return
    }
    const startMs = splitBillion(hi[start], lo[start]) * 1000 + Math.floor(billionRest / MILLION)
    const startRest = billionRest % MILLION // nanoseconds in the millisecond
    const endMs = millisecondsAt(end)
    const first = Math.floor(startMs / every)
    const last = Math.floor(endMs / every)
    if (last - first >= MOST_WINDOWS) placeUnspread()
    else spreadOver(first, last, startMs, startRest, duration)
  }

  /** Adds to window after window what has come by its end, less what came by that of the one before. */
  function spreadOver(first: number, last: number, startMs: number, startRest: number, duration: number): void {
    const { amounts } = counters
    let late = false
    let bytesHi = 0
    let bytesLo = 0
    let packetsHi = 0
    let packetsLo = 0
    for (let window = first; window <= last; window++) {
      const passed = window === last ? duration : ((window + 1) * every - startMs) * MILLION - startRest
      share(amounts[BYTES_AT + 1], amounts[BYTES_AT], passed, duration)
      putDifference(BYTES_AT, bytesHi, bytesLo)
      bytesHi = valueHi
      bytesLo = valueLo
      share(amounts[PACKETS_AT + 1], amounts[PACKETS_AT], passed, duration)
      putDifference(PACKETS_AT, packetsHi, packetsLo)
      packetsHi = valueHi
      packetsLo = valueLo
      part[FLOWS_AT] = window === last ? amounts[FLOWS_AT] : 0
      part[FLOWS_AT + 1] = window === last ? amounts[FLOWS_AT + 1] : 0
      if (part.some((amount) => amount !== 0) && addAt(window * every, part)) late = true
    }
    if (late) counts.late++
  }

  /** The value of the last `share` less another, a part of it. */
  function putDifference(at: number, hi: number, lo: number): void {
    const borrowed = valueLo < lo ? 1 : 0
    part[at] = valueLo - lo + borrowed * TWO_32
    part[at + 1] = valueHi - hi - borrowed
  }

  function placeUnspread(): void {
    counts.unspread++
    if (addAt(millisecondsAt(received), counters.amounts)) counts.late++
  }

  function isAfter(index: number, other: number): boolean {
    if (!isSet(values, other)) return isSet(values, index)
    return hi[index] > hi[other] || (hi[index] === hi[other] && lo[index] > lo[other])
  }

  return { place: spread ? placeSpread : placeWhole, counts }
}
