/** The steps that find out when a flow started and ended. */
import { alternatives, type Builder, list, step } from './builder.js'
import type { Direction } from './directions.js'
import { IE } from '../wire/ie.js'
import { Op } from './program.js'
import { type Template, VARIABLE_LENGTH } from '../wire/template.js'
import { NTP_BYTES } from '../wire/instants.js'

type TimeElement = readonly [id: number, op: Op]
const START: readonly TimeElement[] = [
  [IE.flowStartNanoseconds, Op.ntpNanos],
  [IE.flowStartMicroseconds, Op.ntpMicros],
  [IE.flowStartMilliseconds, Op.millis],
  [IE.flowStartSeconds, Op.seconds],
  [IE.flowStartDeltaMicroseconds, Op.deltaMicros],
  [IE.flowStartSysUpTime, Op.uptime]
]
const END: readonly TimeElement[] = [
  [IE.flowEndNanoseconds, Op.ntpNanos],
  [IE.flowEndMicroseconds, Op.ntpMicros],
  [IE.flowEndMilliseconds, Op.millis],
  [IE.flowEndSeconds, Op.seconds],
  [IE.flowEndDeltaMicroseconds, Op.deltaMicros],
  [IE.flowEndSysUpTime, Op.uptime],
  // when an event was seen: the end of what led to it, and the start where that has no other
  [IE.observationTimeNanoseconds, Op.ntpNanos],
  [IE.observationTimeMicroseconds, Op.ntpMicros],
  [IE.observationTimeMilliseconds, Op.millis],
  [IE.observationTimeSeconds, Op.seconds]
]

export const START_IDS = START.map(([id]) => id)
export const END_IDS = END.map(([id]) => id)
export const DURATION_IDS = [IE.flowDurationMilliseconds, IE.flowDurationMicroseconds]

/**
 * The steps that set the start and end of the flow, each by the finest element that is not zero. Where neither element nor duration
 * tells, a flow starts when it ends, and ends when it is told of.
 *
 *     start elements                              one has a value: go on at (2)
 *     (1) end elements, export time; start = end − duration, end
 *     (2) end elements; end = start + duration, export time
 */
export function setTimes(builder: Builder, template: Template, direction: Direction): void {
  const { code } = builder
  const timesOf = (elements: readonly TimeElement[], end: 0 | 1): void => {
    for (const [id, op] of elements) {
      const place = timePlace(direction, id, op)
      if (place < 0) continue
      if (op !== Op.uptime) step(builder, op === Op.millis && direction.length(place) === 8 ? Op.millis64 : op, place, 0, end)
      else if (template.version === 10) {
        const places = [place, direction.number(IE.flowEndSysUpTime), direction.number(IE.systemInitTimeMilliseconds)]
        step(builder, Op.initUptime, list(builder, places), 0, end)
      } else step(builder, direction.length(place) === 4 ? Op.uptime : Op.uptimeOfAnyLength, place, 0, end)
    }
  }
  const durations = (end: 0 | 1): void => {
    const micros = direction.number(IE.flowDurationMicroseconds)
    const millis = direction.number(IE.flowDurationMilliseconds)
    if (micros >= 0) step(builder, Op.durationMicros, micros, 0, end)
    if (millis >= 0) step(builder, Op.durationMillis, millis, 0, end)
  }
  const begin = code.length
  timesOf(START, 0)
  const unstarted = code.length
  timesOf(END, 1)
  step(builder, Op.exportTime, 0, 0, 1)
  alternatives(builder, unstarted)
  const startless = code.length
  durations(0)
  step(builder, Op.otherEnd, 0, 0, 0)
  const started = code.length
  alternatives(builder, begin, unstarted)
  if (begin < unstarted) {
    timesOf(END, 1)
    durations(1)
    step(builder, Op.exportTime, 1, 0, 1)
    alternatives(builder, started)
  }
  alternatives(builder, startless, started)
}

function timePlace(direction: Direction, id: number, op: Op): number {
  if (op !== Op.ntpNanos && op !== Op.ntpMicros) return direction.number(id)
  return direction.places(id).find((place) => [NTP_BYTES, VARIABLE_LENGTH].includes(direction.length(place))) ?? -1
}
