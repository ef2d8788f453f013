/**
 * Sums of 64-bit counters, exact to 2^64 − 1 and beyond, without a BigInt: two doubles side by side in a Float64Array, the low one under
 * 2^52, the high one counting 2^32. What a sum amounts to stops at 2^64 − 1.
 */

/** The numbers that a sum takes. */
export const SUM_SIZE = 2

const TWO_32 = 4_294_967_296
/** Two numbers under it add up to a whole number that a double holds. */
export const SUM_LIMIT = 2 ** 52

/** Adds hi · 2^32 + lo to the sum at `at`; `lo` is a whole number under SUM_LIMIT, `hi` one under 2^32. */
export function addToSum(sums: Float64Array, at: number, hi: number, lo: number): void {
  const low = sums[at] + lo
  if (low < SUM_LIMIT && hi === 0) sums[at] = low
  else {
    const carried = Math.floor(low / TWO_32)
    sums[at] = low - carried * TWO_32
    sums[at + 1] += hi + carried
  }
}

/** Adds the sum at `fromAt` of `from`. */
export function addSum(sums: Float64Array, at: number, from: Float64Array, fromAt: number): void {
  const low = sums[at] + from[fromAt]
  const carried = low < SUM_LIMIT ? 0 : Math.floor(low / TWO_32)
  sums[at] = low - carried * TWO_32
  sums[at + 1] += from[fromAt + 1] + carried
}

/** Of the last `readSum`: sumHi · 2^32 + sumLo. */
export let sumHi = 0
export let sumLo = 0

/** Puts what the sum at `at` amounts to in `sumHi` and `sumLo`; false where that stopped at 2^64 − 1. */
export function readSum(sums: Float64Array, at: number): boolean {
  const low = sums[at]
  const carried = Math.floor(low / TWO_32)
  const high = sums[at + 1] + carried
  if (high >= TWO_32) {
    sumHi = sumLo = 0xffffffff
    return false
  }
  sumHi = high
  sumLo = low - carried * TWO_32
  return true
}

/** The sum at `at` as a double: the nearest to it, never over that of a larger sum. */
export function sumAsNumber(sums: Float64Array, at: number): number {
  readSum(sums, at)
  return sumHi * TWO_32 + sumLo
}

/** Of the last `share`: a number for `addToSum`, valueHi · 2^32 + valueLo. */
export let valueHi = 0
export let valueLo = 0

const EXACT_SHARE = 2 ** 50

/** floor(total · part / whole) of a total of two parts as `addToSum` has them, for 0 ≤ part ≤ whole, both whole numbers of nanoseconds. */
export function share(totalHi: number, totalLo: number, part: number, whole: number): void {
  valueHi = 0
  if (totalHi === 0 && totalLo < EXACT_SHARE && whole < EXACT_SHARE) valueLo = shareOf(totalLo, part, whole)
  else setAmount((joined(totalHi, totalLo) * BigInt(part)) / BigInt(whole))
}

/** The same under 2^50: a quotient in floating point, set right by what the exact product leaves. */
function shareOf(total: number, part: number, whole: number): number {
  let quotient = Math.floor((total * part) / whole)
  const wanted = total * part
  const wantedError = productError(total, part, wanted)
  const reached = quotient * whole
  let rest = wanted - reached + (wantedError - productError(quotient, whole, reached))
  for (; rest < 0; rest += whole) quotient--
  for (; rest >= whole; rest -= whole) quotient++
  return quotient
}

const SPLITTER = 2 ** 27 + 1

/** a · b − product, where product is a · b as a double (T. J. Dekker, A Floating-Point Technique for Extending the Available Precision, 1971). */
function productError(a: number, b: number, product: number): number {
  const aBig = SPLITTER * a
  const aUpper = aBig - (aBig - a)
  const aLower = a - aUpper
  const bBig = SPLITTER * b
  const bUpper = bBig - (bBig - b)
  const bLower = b - bUpper
  return aUpper * bUpper - product + aUpper * bLower + aLower * bUpper + aLower * bLower
}

function joined(hi: number, lo: number): bigint {
  return BigInt(hi) * 2n ** 32n + BigInt(lo)
}

function setAmount(value: bigint): void {
  valueHi = Number(value >> 32n)
  valueLo = Number(value & 0xffffffffn)
}
