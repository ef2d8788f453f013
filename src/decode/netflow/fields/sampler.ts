/** The exporter's address. */
import { outLetters } from '../../memory/out.js'
import { call, type Step } from './step.js'

/** As all records of the data set have it that say none themselves. */
export function samplerAddress(tag: number): Step {
  return call((pos, _record, { sampler }) => outLetters(pos, tag, sampler))
}
