/** The sampling rate that a record holds itself. */
import { valueAt, valueLength } from '../../memory/plans.js'
import { IE } from '../wire/ie.js'
import { readUint, type Uint64 } from '../wire/numbers.js'
import { RATE_ELEMENTS, readProbability, setRate } from '../known/rateelements.js'
import type { Rate } from '../known/sampling.js'

/** The rate of the record at hand; `places` are those of RATE_ELEMENTS, −1 where there is none. */
export function setOwnRate(rate: Uint64, places: Int32Array): void {
  const values: (Rate | undefined)[] = []
  for (const place of places) {
    const each: Uint64 = { hi: 0, lo: 0 }
    if (place >= 0) readUint(valueAt(place), valueLength(place), each)
    values.push(place < 0 ? undefined : each)
  }
  const probability = places[RATE_ELEMENTS.indexOf(IE.samplingProbability)]
  setRate(rate, values, probability < 0 ? 0 : readProbability(valueAt(probability), valueLength(probability)))
}
