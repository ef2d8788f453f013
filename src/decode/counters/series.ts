/**
 * Counters as Prometheus wants them: values that only grow, whatever 32 bits hold and however often an agent starts anew. To each value as
 * sent is added what went before: 2^32 or 2^64 at a wrap, the last value at a reset.
 */
import type { Log } from '../../cli/log.js'
import type { Metrics } from '../../cli/metrics.js'
import type { Member, Structure } from '../sflow/xdr.js'
import type { Origin } from './message.js'
import type { SourceNames } from './names.js'
import { type CounterSample, INTERFACE, type KnownRecord } from './sample.js'

/** A source without samples for so long is dropped. */
const SILENT_MS = 15 * 60_000
/** A datagram that was overtaken is so many samples, and so many milliseconds of uptime, behind at the most. */
const OVERTAKEN_SAMPLES = 16
const OVERTAKEN_MS = 5000
/** Uptime starts again at zero after 49.7 days: so near to the end, and so near to zero. */
const UPTIME_WRAP_MS = 3_600_000

/** The counters of one source, the values of a structure side by side. */
export interface Source {
  labels: Readonly<Record<string, string>>
  readonly records: Map<string, Counters>
  sequence: number
  uptime: number
  updatedAt: number
  series: number
}

/** The members of a structure that are numbers: NaN where there is no value. */
export interface Counters {
  readonly structure: Structure
  /** as sent last */
  readonly last: Float64Array
  /** what went before */
  readonly before: Float64Array
}

export interface Series {
  readonly size: number
  /** series that there was no room for, of samples */
  readonly refused: number
  /** Adds a sample; `now` is in milliseconds. */
  readonly add: (agent: string, origin: Origin, sample: CounterSample, names: SourceNames, now: number) => void
  /** The sources that had samples lately. */
  readonly sources: (now: number) => Iterable<Source>
}

/** At most `most` series; `onFull` is called once, when there is no more room. */
export function counterSeries(most: number, onFull: () => void): Series {
  const sources = new Map<string, Source>()
  let size = 0
  let refused = 0

  function forgetSilent(now: number): void {
    for (const [key, source] of sources) {
      if (now - source.updatedAt < SILENT_MS) continue
      sources.delete(key)
      size -= source.series
    }
  }

  /** The counters of a record; made where there is room for them. */
  function countersOf(source: Source, { structure }: KnownRecord, now: number): Counters | undefined {
    const known = source.records.get(structure.name)
    if (known !== undefined) return known
    const series = structure.members.filter(isNumber).length
    if (size + series > most) forgetSilent(now)
    if (size + series > most) {
      if (refused === 0) onFull()
      refused += series
      return undefined
    }
    size += series
    source.series += series
    const counters = {
      structure,
      last: new Float64Array(structure.members.length).fill(NaN),
      before: new Float64Array(structure.members.length)
    }
    source.records.set(structure.name, counters)
    return counters
  }

  return {
    get size() {
      return size
    },
    get refused() {
      return refused
    },
    add(agent, { subAgent, uptime }, sample, names, now) {
      const { sourceClass, sourceIndex, sequence } = sample
      const key = `${agent} ${subAgent} ${sourceClass}:${sourceIndex}`
      const labels = labelsOf(agent, subAgent, sample, names)
      let source = sources.get(key)
      if (source === undefined) {
        source = { labels, records: new Map(), sequence, uptime, updatedAt: now, series: 0 }
        sources.set(key, source)
      } else if (isOvertaken(source, sequence, uptime)) return
      const isAnew = isRestart(source, sequence, uptime)
      source.labels = labels
      source.sequence = sequence
      source.uptime = uptime
      source.updatedAt = now
      const seen = new Set<string>()
      for (const record of sample.records) {
        if (record.structure === undefined || seen.has(record.structure.name)) continue
        seen.add(record.structure.name)
        const counters = countersOf(source, record, now)
        if (counters !== undefined) advance(counters, record, isAnew)
      }
      if (source.records.size === 0) sources.delete(key)
    },
    sources(now) {
      forgetSilent(now)
      return sources.values()
    }
  }
}

/** Series that a tool serves: says so where there are more than it may. */
export function servedSeries(most: number, log: Log): Series {
  return counterSeries(most, () => {
    log.warn(`more than ${most} counters (-counters.series): those of more interfaces are not at /counters`)
  })
}

/** What /metrics says of the series. */
export function declareSeries({ counter, gauge }: Metrics, series: Series): void {
  gauge('counter_series', 'Counters of sFlow agents shown at /counters', () => series.size)
  counter('counter_series_refused', 'Counters in samples that -counters.series had no room for', () => series.refused)
}

/** Whether a member's values are numbers that may be shown. */
export function isNumber({ type }: Member): boolean {
  return /^[cuif](32|64)$/.test(type)
}

/** Whether they only count up. */
export function isCounter({ type }: Member): boolean {
  return type.startsWith('c')
}

function labelsOf(
  agent: string,
  subAgent: number,
  { sourceClass, sourceIndex }: CounterSample,
  names: SourceNames
): Record<string, string> {
  return {
    agent,
    ...(subAgent === 0 ? {} : { sub_agent: String(subAgent) }),
    ...(sourceClass === INTERFACE
      ? { if_index: String(sourceIndex), if_name: names.interfaceName }
      : { source: `${sourceClass}:${sourceIndex}`, host: names.hostName })
  }
}

function isOvertaken(source: Source, sequence: number, uptime: number): boolean {
  const behind = (source.sequence - sequence) | 0
  return behind > 0 && behind <= OVERTAKEN_SAMPLES && source.uptime - uptime >= 0 && source.uptime - uptime <= OVERTAKEN_MS
}

/** An agent that resets counters starts the sequence of their samples anew (sFlow Version 5, section 5 "counters_sample"). */
function isRestart(source: Source, sequence: number, uptime: number): boolean {
  const isWrapped = source.uptime > 2 ** 32 - UPTIME_WRAP_MS && uptime < UPTIME_WRAP_MS
  return ((sequence - source.sequence) | 0) < 0 || (uptime < source.uptime && !isWrapped)
}

function advance({ structure, last, before }: Counters, { values }: KnownRecord, isAnew: boolean): void {
  structure.members.forEach((member, i) => {
    if (!isNumber(member)) return
    const value = values[i] === undefined ? NaN : Number(values[i])
    const previous = last[i]
    // a value that is missing in between keeps what it counts from
    if (Number.isNaN(value)) return
    if (isCounter(member) && !Number.isNaN(previous)) {
      if (isAnew) before[i] += previous
      else if (value < previous) before[i] += stepBack(member.type, previous)
    }
    last[i] = value
  })
}

/** What a counter that went back without a restart is taken to have passed: where it was in its upper half it wrapped, else it was cleared. */
function stepBack(type: string, last: number): number {
  if (last >= 2 ** 31 && last < 2 ** 32) return 2 ** 32 // 64 bits that a counter of 32 bits stands behind, too
  return type === 'c64' && last >= 2 ** 63 ? 2 ** 64 : last
}
