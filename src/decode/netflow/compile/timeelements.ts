/** The elements that say when a flow started and ended, and how long it took. */
import { IE } from '../wire/ie.js'

export type Unit = 'nanos' | 'micros' | 'millis' | 'seconds' | 'delta' | 'uptime'
type TimeElement = readonly [id: number, unit: Unit]
/** In the order in which they count. */
export const START: readonly TimeElement[] = [
  [IE.flowStartNanoseconds, 'nanos'],
  [IE.flowStartMicroseconds, 'micros'],
  [IE.flowStartMilliseconds, 'millis'],
  [IE.flowStartSeconds, 'seconds'],
  [IE.flowStartDeltaMicroseconds, 'delta'],
  [IE.flowStartSysUpTime, 'uptime']
]
export const END: readonly TimeElement[] = [
  [IE.flowEndNanoseconds, 'nanos'],
  [IE.flowEndMicroseconds, 'micros'],
  [IE.flowEndMilliseconds, 'millis'],
  [IE.flowEndSeconds, 'seconds'],
  [IE.flowEndDeltaMicroseconds, 'delta'],
  [IE.flowEndSysUpTime, 'uptime'],
  // when an event was seen: the end of what led to it, and the start where that has no other
  [IE.observationTimeNanoseconds, 'nanos'],
  [IE.observationTimeMicroseconds, 'micros'],
  [IE.observationTimeMilliseconds, 'millis'],
  [IE.observationTimeSeconds, 'seconds']
]

export const START_IDS = START.map(([id]) => id)
export const END_IDS = END.map(([id]) => id)
export const DURATION_IDS = [IE.flowDurationMilliseconds, IE.flowDurationMicroseconds]
