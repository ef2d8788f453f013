/** What a flow adds to the sums of its group: bytes and packets, corrected for sampling, and the flows that it stands for. */
import { type FieldValues, isSet } from '../flow/fieldvalues.js'
import type { FieldName } from '../flow/names.js'
import { multiply, productHi, productLo } from '../flow/product.js'
import { addSum, addToSum, SUM_LIMIT, SUM_SIZE } from './sums.js'

/** What is summed, in the order in which the sums stand. */
export const COUNTERS = ['bytes', 'packets', 'flows'] as const
export type Counter = (typeof COUNTERS)[number]
export const BYTES_AT = 0
export const PACKETS_AT = SUM_SIZE
export const FLOWS_AT = 2 * SUM_SIZE
/** The numbers that the sums of a group take. */
export const COUNTERS_SIZE = COUNTERS.length * SUM_SIZE

const TWO_32 = 4_294_967_296

/** The fields that a counter reader needs in the values that it reads. */
export const COUNTER_FIELDS: readonly FieldName[] = [...COUNTERS, 'sampling_rate']

export interface CounterReader {
  /** Reads the message in `values` into `amounts`. */
  read(): void
  /** the three counters of the flow as sums */
  readonly amounts: Float64Array
  /** whether the message is an aggregate: several flows, multiplied by their rates already */
  isAggregate: boolean
  /** flows without a sampling rate */
  unrated: number
  /** products that stopped at 2^64 − 1 */
  saturated: number
}

/** A reader of what stands in `values`; with `raw` bytes and packets stay as the exporter sent them. */
export function counterReader(values: FieldValues, raw: boolean): CounterReader {
  const { lo, hi, schema } = values
  const [bytes, packets, flows, rate] = COUNTER_FIELDS.map(schema.indexOf)
  const amounts = new Float64Array(COUNTERS_SIZE)

  function amount(index: number, at: number, scaled: boolean): void {
    amounts[at] = amounts[at + 1] = 0
    if (!isSet(values, index)) return
    const value = hi[index] * TWO_32 + lo[index]
    const product = scaled ? value * (hi[rate] * TWO_32 + lo[rate]) : value
    if (product < SUM_LIMIT) amounts[at] = product
    else {
      // 4.5 PB in one flow
      if (!multiply(hi[index], lo[index], scaled ? hi[rate] : 0, scaled ? lo[rate] : 1)) reader.saturated++
      amounts[at] = productLo
      amounts[at + 1] = productHi
    }
  }

  const reader = {
    amounts,
    isAggregate: false,
    unrated: 0,
    saturated: 0,
    read() {
      const isAggregate = isSet(values, flows)
      const rated = isSet(values, rate)
      if (!rated && !isAggregate) reader.unrated++
      reader.isAggregate = isAggregate
      const scaled = rated && !isAggregate && !raw
      amount(bytes, BYTES_AT, scaled)
      amount(packets, PACKETS_AT, scaled)
      if (isAggregate) amount(flows, FLOWS_AT, false)
      else {
        amounts[FLOWS_AT] = 1
        amounts[FLOWS_AT + 1] = 0
      }
    }
  }
  return reader
}

/** Adds the counters at `from[fromAt]`, each under SUM_LIMIT in its low part, to those at `sums[at]`. */
export function addCounters(sums: Float64Array, at: number, from: Float64Array, fromAt: number): void {
  for (let i = 0; i < COUNTERS_SIZE; i += SUM_SIZE) addToSum(sums, at + i, from[fromAt + i + 1], from[fromAt + i])
}

/** Adds the sums of three counters, however large, to others. */
export function addSums(sums: Float64Array, at: number, from: Float64Array, fromAt: number): void {
  for (let i = 0; i < COUNTERS_SIZE; i += SUM_SIZE) addSum(sums, at + i, from, fromAt + i)
}
