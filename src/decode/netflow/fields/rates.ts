/** The sampling rate of a record: its own, or what options data, v5's header or the user said. */
import { outUint32, outUint64 } from '../../memory/out.js'
import { RATE_ELEMENTS, readProbability, setRate } from '../known/rateelements.js'
import { isUniform, type Rate, optionsRate } from '../known/sampling.js'
import { IE } from '../wire/ie.js'
import { readNumber, readUint, type Uint64 } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import type { RecordContext } from './context.js'
import { printUint32 } from './print.js'
import { source } from './source.js'
import { call, callIf, type Step } from './step.js'

const value: Uint64 = { hi: 0, lo: 0 }

/** By the elements of RATE_ELEMENTS, of which these are there. */
export function ownRate(tag: number, places: readonly (Place | undefined)[]): Step {
  const probability = places[RATE_ELEMENTS.indexOf(IE.samplingProbability)]
  return call((pos, record) => {
    const values = places.map((place) => {
      if (place === undefined) return undefined
      const each: Uint64 = { hi: 0, lo: 0 }
      readUint(startOf(place, record), lengthOf(place), each)
      return each
    })
    setRate(value, values, probability === undefined ? 0 : readProbability(startOf(probability, record), lengthOf(probability)))
    return outUint64(pos, tag, value.hi, value.lo)
  })
}

/** What of a record options data may tell a rate for. */
export interface RateScopes {
  readonly sampler: Place | undefined
  readonly lineCard: Place | undefined
  readonly input: Place | undefined
  readonly output: Place | undefined
  readonly direction: Place | undefined
}

/** flowDirection (61) of a flow that was seen as it left. */
const EGRESS = 1

/** The rate from elsewhere than the record: the same for all records of the set, or by record. */
export function optionsRates(tag: number, { sampler, lineCard, input, output, direction }: RateScopes): Step[] {
  const number = (place: Place | undefined, record: number): number =>
    place === undefined ? -1 : readNumber(startOf(place, record), lengthOf(place))
  const fixed: Step = {
    write: (pos, _record, { fixedRate }) => outUint32(pos, tag, fixedRate),
    print: () => printUint32(tag, source`context.fixedRate`)
  }
  const varying = callIf(source`context.ratesVary`, (pos, record, context) => {
    if (!context.ratesVary) return pos
    const isEgress = output !== undefined && number(direction, record) === EGRESS
    const rate = rateOf(context, number(sampler, record), number(lineCard, record), number(isEgress ? output : input, record))
    return rate === undefined ? pos : outUint64(pos, tag, rate.hi, rate.lo)
  })
  return [fixed, varying]
}

/** Finds out whether the records of the set have one rate, and which. */
export function setRates(context: RecordContext): void {
  const { own, whole, domain0 } = context.optionsData.rates
  const vary = context.export.rate === undefined && !(isUniform(own) && isUniform(whole) && isUniform(domain0))
  const rate = vary ? undefined : rateOf(context, -1, -1, -1)
  context.ratesVary = vary || (rate !== undefined && rate.hi !== 0)
  context.fixedRate = rate === undefined || context.ratesVary ? 0 : rate.lo | 0
}

/** The rate of a record of that sampler, line card and interface; −1: it names none. */
function rateOf(
  { export: { rate }, optionsData, templateId, defaultRate }: RecordContext,
  sampler: number,
  lineCard: number,
  interface_: number
): Rate | undefined {
  return rate ?? optionsRate(optionsData.rates, sampler, templateId, lineCard, interface_) ?? defaultRate
}
