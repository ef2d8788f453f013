/** What flow-decode does with counter samples beside counting them: a stream of messages, and a page of metrics. */
import type { Appendable } from '../../flow/appendable.js'
import { addressText } from '../../text/addresses.js'
import type { Decoding } from '../decoding.js'
import { type Origin, writeCounterSample } from './message.js'
import { sourceNames } from './names.js'
import { readCounterSample } from './sample.js'
import type { Series } from './series.js'

/** Called with the counter sample of that format whose data is `[start, end)` of the input. */
export type OnCounterSample = (format: number, start: number, end: number, origin: Origin, report: Decoding['report']) => void

export interface CounterTargets {
  /** where CounterSample frames are appended */
  readonly output: Appendable | undefined
  readonly series: Series | undefined
}

/** Hands each sample to those of the targets that there are. */
export function counterHandler({ output, series }: CounterTargets): OnCounterSample {
  const names = sourceNames()
  return (format, start, end, origin, report) => {
    const sample = readCounterSample(format, start, end, report)
    if (sample === undefined) return
    const agent = addressText(origin.agent)
    const known = names.learn(agent, sample)
    if (output !== undefined) writeCounterSample(output, end - start, origin, sample, known)
    series?.add(agent, origin, sample, known, performance.now())
  }
}
