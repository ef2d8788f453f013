/** Sampling rates: how many packets passed for each that was sampled. Whole numbers of 64 bits, capped there. */
import type { Uint64 } from '../wire/numbers.js'

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

/** Whether a rate is 0, which is none. */
export const isNothing = ({ hi, lo }: Rate): boolean => hi === 0 && lo === 0

/** Whether two rates are the same. */
export const isSame = (a: Rate, b: Rate): boolean => a.hi === b.hi && a.lo === b.lo

/** A rate in decimal digits. */
export const rateText = (rate: Rate): string => bigOf(rate).toString()

/** The rate of decimal digits; undefined where they are none that 64 bits hold. */
export function parseRate(text: unknown): Rate | undefined {
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) return undefined
  const rate = BigInt(text)
  return rate >> 64n === 0n ? { hi: Number(rate >> 32n), lo: Number(rate & 0xffff_ffffn) } : undefined
}

/** The sampling rates of one observation domain, or of an exporter as a whole, from options data, by their scope. */
export interface Rates {
  samplers: Map<number, Rate>
  templates: Map<number, Rate>
  lineCards: Map<number, Rate>
  interfaces: Map<number, Rate>
  /** with no scope that is narrower */
  all: Rate | undefined
  /** the last arrival with a rate; 0: none */
  at: number
}
export const RATE_SCOPES = ['samplers', 'templates', 'lineCards', 'interfaces'] as const
export type RateScope = (typeof RATE_SCOPES)[number]

/** Stands for every empty map: most of them stay empty, and each would take memory. Nothing must be set in it. */
export const NO_ENTRIES = new Map<never, never>()

/** No rates. */
export function newRates(): Rates {
  return { samplers: NO_ENTRIES, templates: NO_ENTRIES, lineCards: NO_ENTRIES, interfaces: NO_ENTRIES, all: undefined, at: 0 }
}

/** Whether every record of a template has the same rate by these. */
export const isUniform = ({ samplers, lineCards, interfaces }: Rates): boolean => samplers.size + lineCards.size + interfaces.size === 0

/** The rates that count for the records of a data set. */
export interface RateTables {
  /** of their domain */
  readonly own: Rates
  /** of their exporter as a whole, and of its domain 0 */
  readonly whole: Rates
  readonly domain0: Rates
}

/**
 * The rate from options data for a record; `sampler`, `lineCard` and `interface_` are −1 where it names none. The narrowest scope
 * counts, and none counts for a wider one.
 */
export function optionsRate(
  { own, whole, domain0 }: RateTables,
  sampler: number,
  template: number,
  lineCard: number,
  interface_: number
): Rate | undefined {
  const ofSampler = sampler < 0 ? undefined : (own.samplers.get(sampler) ?? whole.samplers.get(sampler) ?? domain0.samplers.get(sampler))
  return (
    ofSampler ??
    own.templates.get(template) ??
    own.lineCards.get(lineCard) ??
    whole.lineCards.get(lineCard) ??
    domain0.lineCards.get(lineCard) ??
    own.interfaces.get(interface_) ??
    whole.interfaces.get(interface_) ??
    domain0.interfaces.get(interface_) ??
    wideRate(own, sampler) ??
    wideRate(whole, sampler) ??
    wideRate(domain0, sampler)
  )
}

/** The rate with no scope, else for records that name no sampler the one on which all samplers agree. */
function wideRate({ all, samplers }: Rates, sampler: number): Rate | undefined {
  if (all !== undefined || sampler >= 0) return all
  let first: Rate | undefined
  for (const rate of samplers.values()) {
    if (first !== undefined && !isSame(first, rate)) return undefined
    first = rate
  }
  return first
}

/** Whether both hold the same rates. */
export function areSameRates(a: Rates, b: Rates): boolean {
  const isSameOne = (x: Rate | undefined, y: Rate | undefined): boolean => (x === undefined || y === undefined ? x === y : isSame(x, y))
  return (
    isSameOne(a.all, b.all) &&
    RATE_SCOPES.every(
      (scope) => a[scope].size === b[scope].size && [...a[scope]].every(([key, rate]) => isSameOne(rate, b[scope].get(key)))
    )
  )
}
