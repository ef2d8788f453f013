/**
 * The sampling rate in a record or an options record. A selectorAlgorithm (304) says which elements hold it (RFC 5477 section 8.2,
 * IANA "PSAMP Parameters"); without one it is the first of these that is whole and not zero:
 *
 *     samplingPacketInterval (305), samplingPacketSpace (306)    n taken, then m passed over: (n + m) / n
 *     samplingSize (309), samplingPopulation (310)               n taken out of N: N / n
 *     samplingInterval (34), samplerRandomInterval (50)
 *     samplingPacketInterval alone
 */
import { inputBytes } from '../../memory/in.js'
import { IE } from '../wire/ie.js'
import { isNothing, type Rate, setRateOfPopulation, setRateOfSpace } from './sampling.js'
import type { Uint64 } from '../wire/numbers.js'

/** The elements that say a rate, in the order of RateValues. */
export const RATE_ELEMENTS: readonly number[] = [
  IE.selectorAlgorithm,
  IE.samplingPacketInterval,
  IE.samplingPacketSpace,
  IE.samplingSize,
  IE.samplingPopulation,
  IE.samplingProbability,
  IE.samplingInterval,
  IE.samplerRandomInterval
]

/** Values of selectorAlgorithm. */
const SYSTEMATIC_COUNT = 1
const SYSTEMATIC_TIME = 2
const RANDOM_N_OUT_OF_N = 3
const UNIFORM_PROBABILISTIC = 4

/** The values of RATE_ELEMENTS; undefined where an element is not there. */
export type RateValues = readonly (Rate | undefined)[]

/** `rate` as these values say it; 0 where they say none. `probability` is 311 as a number, 0 where it is not there. */
export function setRate(rate: Uint64, values: RateValues, probability: number): void {
  const [algorithm, interval, space, size, population, , plain, random] = values
  const isOfSpace = setPair(rate, interval, space, setRateOfSpace)
  const ofSpace = { ...rate }
  const isOfPopulation = setPair(rate, size, population, setRateOfPopulation)
  const ofPopulation = { ...rate }
  const selector = algorithm?.hi === 0 ? algorithm.lo : 0
  const ways: (Rate | undefined)[] = []
  if ((selector === SYSTEMATIC_COUNT || selector === SYSTEMATIC_TIME) && isOfSpace) ways.push(ofSpace)
  else if (selector === RANDOM_N_OUT_OF_N && isOfPopulation) ways.push(ofPopulation)
  else if (selector === UNIFORM_PROBABILISTIC && probability > 0) ways.push(rateOfProbability(probability))
  ways.push(
    isOfSpace ? ofSpace : undefined,
    isOfPopulation ? ofPopulation : undefined,
    plain,
    random,
    space === undefined ? interval : undefined
  )
  const first = ways.find((way) => way !== undefined && !isNothing(way))
  rate.hi = first?.hi ?? 0
  rate.lo = first?.lo ?? 0
}

function setPair(rate: Uint64, a: Rate | undefined, b: Rate | undefined, set: (rate: Uint64, a: Rate, b: Rate) => void): boolean {
  if (a === undefined || b === undefined) return false
  set(rate, a, b)
  return true
}

function rateOfProbability(probability: number): Rate {
  const ratio = Math.min(Math.round(1 / probability), Number.MAX_SAFE_INTEGER)
  return { hi: Math.floor(ratio / 0x1_0000_0000), lo: ratio >>> 0 }
}

/** The float of 4 or 8 bytes at `at` of the input (RFC 7011 section 6.1.5, 6.1.6); 0 for any other length, and for what is no probability. */
export function readProbability(at: number, length: number): number {
  const value = length === 4 ? inputBytes().readFloatBE(at) : length === 8 ? inputBytes().readDoubleBE(at) : 0
  return value > 0 && value <= 1 ? value : 0
}
