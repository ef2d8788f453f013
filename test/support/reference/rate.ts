/** The sampling rate. */
import type { Element } from '../records.js'
import { number, UINT64_MAX, type Values, valuesOf } from './values.js'

/** The sampling rate that the elements of a record, or of an options record, say; 0 for none. */
export function referenceRate(elements: readonly Element[]): bigint {
  return rateOf((id) => valuesOf(elements, id))
}

/** The sampling rate that a record says itself; 0 for none. */
export function rateOf(values: Values): bigint {
  const rounded = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : (2n * a + b) / (2n * b))
  const [interval, random, n, m, size, population] = [34, 50, 305, 306, 309, 310].map((id) => number(values, id))
  const algorithm = number(values, 304)
  const ofSpace = n === undefined || n === 0n || m === undefined ? 0n : rounded(n + m, n)
  const ofPopulation = size === undefined || population === undefined ? 0n : rounded(population, size)
  const rates = [
    algorithm === 3n ? ofPopulation : ofSpace,
    algorithm === 3n ? ofSpace : ofPopulation,
    interval ?? 0n,
    random ?? 0n,
    m === undefined ? (n ?? 0n) : 0n
  ]
  const rate = rates.find((each) => each !== 0n) ?? 0n
  return rate > UINT64_MAX ? UINT64_MAX : rate
}
