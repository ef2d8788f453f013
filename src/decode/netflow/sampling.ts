/** Sampling rates: how many packets there were for each that was looked at. Whole numbers, exact to 64 bits and capped there. */
import type { Domain } from './domain.js'
import type { Uint64 } from './values.js'

/** A rate that is kept. */
export type Rate = Readonly<Uint64>

/** samplingPacketInterval packets are taken, then samplingPacketSpace passed over (RFC 5477 section 8.2): (n + m) / n; 0 where n is. */
export function setRateOfSpace(rate: Uint64, interval: Rate, space: Rate): void {
  const never = isNothing(interval)
  setRatio(rate, space, interval)
  if (never) return
  if (rate.lo < 0xffff_ffff) rate.lo++
  else if (rate.hi < 0xffff_ffff) {
    rate.lo = 0
    rate.hi++
  }
}

/** samplingSize packets out of samplingPopulation (RFC 5477 section 8.2); 0 where that is no rate. */
export function setRateOfPopulation(rate: Uint64, size: Rate, population: Rate): void {
  setRatio(rate, population, size)
}

/** Where doubles divide exactly enough to round right. */
const EXACT_HI = 1 << 19

/** `rate` = a / b rounded to the nearest, a half up; 0 where b is. */
function setRatio(rate: Uint64, a: Rate, b: Rate): void {
  if (isNothing(b)) rate.hi = rate.lo = 0
  else if (a.hi < EXACT_HI && b.hi < EXACT_HI) {
    const ratio = Math.round((a.hi * 0x1_0000_0000 + a.lo) / (b.hi * 0x1_0000_0000 + b.lo))
    rate.hi = Math.floor(ratio / 0x1_0000_0000)
    rate.lo = ratio >>> 0
  } else {
    const divisor = bigOf(b)
    const ratio = (2n * bigOf(a) + divisor) / (2n * divisor)
    rate.hi = Number(ratio >> 32n)
    rate.lo = Number(ratio & 0xffff_ffffn)
  }
}

const bigOf = ({ hi, lo }: Rate): bigint => (BigInt(hi) << 32n) | BigInt(lo)

export const isNothing = ({ hi, lo }: Rate): boolean => hi === 0 && lo === 0

export const isSame = (a: Rate, b: Rate): boolean => a.hi === b.hi && a.lo === b.lo

/** A rate in decimal digits. */
export const rateText = (rate: Rate): string => bigOf(rate).toString()

/** The rate of decimal digits; undefined where they are none that 64 bits hold. */
export function parseRate(text: unknown): Rate | undefined {
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) return undefined
  const rate = BigInt(text)
  return rate >> 64n === 0n ? { hi: Number(rate >> 32n), lo: Number(rate & 0xffff_ffffn) } : undefined
}

/** The rate that an exporter told for records of `domain` in options data; `sampler` and `input` are −1 where the record names none. */
export function learnedRate(domain: Domain, domain0: Domain | undefined, sampler: number, input: number): Rate | undefined {
  return rateWithin(domain, sampler, input) ?? (domain0 === undefined ? undefined : rateWithin(domain0, sampler, input))
}

function rateWithin({ samplerRates, interfaceRates, rate }: Domain, sampler: number, input: number): Rate | undefined {
  if (sampler >= 0 && samplerRates.size > 0) {
    const known = samplerRates.get(sampler)
    if (known !== undefined) return known
  }
  if (input >= 0 && interfaceRates.size > 0) {
    const known = interfaceRates.get(input)
    if (known !== undefined) return known
  }
  return rate
}
