/** The step that finds out when a flow started and ended. */
import {
  deltaMicros,
  duration,
  endAtExport,
  endAtExportOrStart,
  endThenStart,
  firstFound,
  initUptime,
  millis,
  ntp,
  seconds,
  startAtEnd,
  startThenEnd,
  type FindTime,
  uptime,
  type Which
} from '../fields/times.js'
import type { Step } from '../fields/step.js'
import type { Direction } from './directions.js'
import { END, START, type Unit } from './timeelements.js'
import { IE } from '../wire/ie.js'
import { NTP_BYTES } from '../wire/instants.js'
import type { Place } from '../wire/place.js'
import { VARIABLE_LENGTH } from '../wire/template.js'

/**
 * Finds out the start and end of the flow, each by the finest element that is not zero. Where neither element nor duration tells, a flow
 * starts when it ends, and ends when it is exported.
 */
export function compileTimes(version: 9 | 10, direction: Direction): Step {
  const elements = (which: Which): FindTime[] =>
    (which === 'start' ? START : END).flatMap(([id, unit]) => elementOf(version, direction, which, id, unit) ?? [])
  const durations = (which: Which): FindTime[] => {
    const micros = direction.number(IE.flowDurationMicroseconds)
    const millis = direction.number(IE.flowDurationMilliseconds)
    return [...(micros === undefined ? [] : [duration(which, micros, 1000)]), ...(millis === undefined ? [] : [duration(which, millis, 1)])]
  }
  const backwards = endThenStart(firstFound([...elements('end'), endAtExport]), firstFound([...durations('start'), startAtEnd]))
  const starts = elements('start')
  if (starts.length === 0) return backwards
  return startThenEnd(firstFound(starts), firstFound([...elements('end'), ...durations('end'), endAtExportOrStart]), backwards)
}

function elementOf(version: 9 | 10, direction: Direction, which: Which, id: number, unit: Unit): FindTime | undefined {
  const place = direction.number(id)
  switch (unit) {
    case 'nanos':
    case 'micros': {
      const ntpPlace = direction.places(id).find(({ bytes }) => bytes === NTP_BYTES || bytes === VARIABLE_LENGTH)
      return ntpPlace && ntp(which, ntpPlace, unit === 'nanos' ? 1 : 1000)
    }
    case 'uptime':
      return place && (version === 10 ? initUptimeOf(direction, which, place) : uptime(which, place))
    default:
      return place && ({ millis, seconds, delta: deltaMicros } as const)[unit](which, place)
  }
}

function initUptimeOf({ number }: Direction, which: Which, place: Place): FindTime {
  return initUptime(which, place, number(IE.flowEndSysUpTime), number(IE.systemInitTimeMilliseconds))
}
