/** When a flow started and ended: found by the first element with a value, and written once both are known. */
import { inU32 } from '../../memory/in.js'
import { outTag, outVarint64 } from '../../memory/out.js'
import { type Instant, isBefore, nearestUptime, NTP_BYTES, setMillis, setMoved, setNtp, setSeconds, uptimeAge } from '../wire/instants.js'
import { readCapped, readNumber, readUint, type Uint64 } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import type { RecordContext } from './context.js'
import type { Export } from './export.js'
import { printStart } from './print.js'
import { joined, type Source, source } from './source.js'
import type { Calls, Step } from './step.js'

export type Which = 'start' | 'end'

/** Finds out when the record's flow started, or ended; false where the record does not tell. There twice, as a Step is: the source text is an expression. */
export interface FindTime {
  readonly find: (record: number, context: RecordContext) => boolean
  readonly print: (calls: Calls) => Source
}

const value: Uint64 = { hi: 0, lo: 0 }

function callFind(find: FindTime['find']): FindTime {
  return { find, print: (calls) => source`calls[${calls.push(find) - 1}](record, context)` }
}

const printWhich = (which: Which): Source => (which === 'start' ? source`context.start` : source`context.end`)

/** Sets the time at which the uptime was what stands `at` the input, by the export's time and uptime. In one function, so that no double is an argument. */
export function setUptime(instant: Instant, { seconds, nanos, uptime }: Export, at: number): true {
  setMillis(instant, seconds * 1000 - uptimeAge(uptime, inU32(at)), nanos)
  return true
}

/** The exporter's uptime then (v5, v9). */
export function uptime(which: Which, place: Place): FindTime {
  if (place.bytes === 4) {
    return {
      find: (record, context) => setUptime(context[which], context.export, startOf(place, record)),
      print: () => source`setUptime(${printWhich(which)}, context.export, ${printStart(place)})`
    }
  }
  return callFind((record, context) => {
    const { seconds, nanos, uptime: now } = context.export
    readUint(startOf(place, record), lengthOf(place), value)
    setMillis(context[which], seconds * 1000 - uptimeAge(now, value.lo), nanos)
    return true
  })
}

/** IPFIX's: from the boot time if the record or options data has it, else back from the export, which then is at the flow's last uptime. */
export function initUptime(which: Which, place: Place, last: Place | undefined, init: Place | undefined): FindTime {
  return callFind((record, context) => {
    const instant = context[which]
    const uptime = readCapped(startOf(place, record), lengthOf(place))
    const recordInitMs = init === undefined ? 0 : readNumber(startOf(init, record), lengthOf(init))
    const initMs = recordInitMs > 0 ? recordInitMs : context.systemInitMs
    const { seconds } = context.export
    if (initMs > 0) setMillis(instant, nearestUptime(initMs, uptime, seconds * 1000), 0)
    else if (which === 'end' || last === undefined) setSeconds(instant, seconds, 0)
    else setMillis(instant, seconds * 1000 - uptimeAge(readCapped(startOf(last, record), lengthOf(last)), uptime), 0)
    return true
  })
}

/** Seconds since 1970; 0 is none. */
export function seconds(which: Which, place: Place): FindTime {
  return callFind((record, context) => {
    const number = readNumber(startOf(place, record), lengthOf(place))
    if (number !== 0) setSeconds(context[which], number, 0)
    return number !== 0
  })
}

/** Sets the time that the 8 bytes at `at` of the input are milliseconds of; false where they are zero. */
export function setMillis64(instant: Instant, at: number): boolean {
  const millis = inU32(at) * 0x1_0000_0000 + inU32(at + 4)
  if (millis === 0) return false
  setMillis(instant, millis, 0)
  return true
}

/** Milliseconds since 1970; 0 is none. */
export function millis(which: Which, place: Place): FindTime {
  if (place.bytes === 8) {
    return {
      find: (record, context) => setMillis64(context[which], startOf(place, record)),
      print: () => source`setMillis64(${printWhich(which)}, ${printStart(place)})`
    }
  }
  return callFind((record, context) => {
    const number = readNumber(startOf(place, record), lengthOf(place))
    if (number !== 0) setMillis(context[which], number, 0)
    return number !== 0
  })
}

/** An NTP timestamp, rounded to `step` nanoseconds. */
export function ntp(which: Which, place: Place, step: number): FindTime {
  return callFind((record, context) => {
    if (lengthOf(place) !== NTP_BYTES) return false
    readUint(startOf(place, record), NTP_BYTES, value)
    if (value.hi === 0 && value.lo === 0) return false
    setNtp(context[which], value.hi, value.lo, step)
    return true
  })
}

/** Microseconds before the export. */
export function deltaMicros(which: Which, place: Place): FindTime {
  return callFind((record, context) => {
    const { seconds, nanos } = context.export
    setMoved(context[which], seconds * 1000, nanos, readNumber(startOf(place, record), lengthOf(place)), 1000, -1)
    return true
  })
}

/** The other end of the flow, and a duration away from it; there are `perMilli` of its unit in a millisecond. */
export function duration(which: Which, place: Place, perMilli: number): FindTime {
  return callFind((record, context) => {
    const amount = readNumber(startOf(place, record), lengthOf(place))
    const other = which === 'start' ? context.end : context.start
    setMoved(context[which], other.millis, other.nanos, amount, perMilli, which === 'start' ? -1 : 1)
    return true
  })
}

/** The flow starts when it ends. */
export const startAtEnd: FindTime = callFind((_record, { start, end }) => {
  setMillis(start, end.millis, end.nanos)
  return true
})

/** It ends when it is exported. */
export const endAtExport: FindTime = callFind((_record, context) => {
  setSeconds(context.end, context.export.seconds, context.export.nanos)
  return true
})

/** The same, but not before its start: the export time may be in seconds, and so seem to come before a start in milliseconds. */
export const endAtExportOrStart: FindTime = callFind((_record, context) => {
  const { start, end } = context
  setSeconds(end, context.export.seconds, context.export.nanos)
  if (isBefore(end, start)) setMillis(end, start.millis, start.nanos)
  return true
})

/** The first of these that finds one. */
export function firstFound(ways: readonly FindTime[]): FindTime {
  return {
    find: (record, context) => ways.some(({ find }) => find(record, context)),
    print: (calls) =>
      joined(
        ways.map(({ print }) => print(calls)),
        ' || '
      )
  }
}

/** Finds out both times: first the end, and then the start. */
export function endThenStart(end: FindTime, start: FindTime): Step {
  return {
    write(pos, record, context) {
      end.find(record, context)
      start.find(record, context)
      return pos
    },
    print: (calls) => source`${end.print(calls)}; ${start.print(calls)}`
  }
}

/** Finds out both: the start, then the end; where there is no start, as `otherwise` has it. */
export function startThenEnd(start: FindTime, end: FindTime, otherwise: Step): Step {
  return {
    write(pos, record, context) {
      if (!start.find(record, context)) return otherwise.write(pos, record, context)
      end.find(record, context)
      return pos
    },
    print: (calls) => source`if (${start.print(calls)}) { ${end.print(calls)} } else { ${otherwise.print(calls)} }`
  }
}

/** Writes the time that was found out. */
export function writeTime(tag: number, which: Which): Step {
  return {
    write: (pos, _record, context) => outInstant(pos, tag, context[which]),
    print: () => source`pos = outInstant(pos, ${tag}, ${printWhich(which)})`
  }
}

/** Writes an instant as nanoseconds since 1970; nothing for 1970 itself. */
export function outInstant(pos: number, tag: number, { millis, nanos }: Instant): number {
  if (millis === 0 && nanos === 0) return pos
  // millis · 10^6 + nanos does not fit a double: its low half is exact modulo 2^32, and the high half is off by less than one half
  const lo = (Math.imul(millis, 1e6) + nanos) | 0
  const hi = Math.round((millis * 1e6 + nanos - (lo >>> 0)) * 2 ** -32)
  return outVarint64(outTag(pos, tag), hi | 0, lo)
}
