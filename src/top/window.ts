/**
 * The last while of a stream, in slices that come and go: the sums of its groups (flow-agg's), and the flows themselves, so that another
 * key or filter shows what has been there already.
 */
import { isMappedIPv4 } from '../flow/address.js'
import { fieldReader, fieldValues, isSet, numberAt } from '../flow/fieldvalues.js'
import { type Field, flowMessage, schemaOf } from '../flow/proto.js'
import { type Aggregate, type Aggregator, aggregator, fieldsOf, type Grouping, newAggregate, releaseAggregate } from '../query/aggregate.js'
import { addCounters, addSums, BYTES_AT, COUNTERS_SIZE, FLOWS_AT, PACKETS_AT } from '../query/counters.js'
import type { Filter } from '../query/filter.js'
import type { Budget } from '../query/groups.js'
import { type StreamTime, streamTime } from '../query/streamtime.js'
import { sumAsNumber } from '../query/sums.js'
import { type FrameBudget, type KeptFrames, keptFrames } from './frames.js'

/** A window is so many slices long, and this many are remembered as a history. */
const SLICES = 20
const HISTORY = 60
/** What groups, and what flows that are kept for another key, may take. */
const MAX_GROUPS = 500_000
const MAX_GROUP_BYTES = 256 * 1024 * 1024
const MAX_FRAME_BYTES = 64 * 1024 * 1024
/** exporters that are counted separately */
const MAX_EXPORTERS = 10_000

/** Up to where a view looks. */
export interface ViewEnd {
  /** the slice that it is in */
  readonly index: number
  /** the last slice that was there; what comes later is in others */
  readonly serial: number
  /** the stream's time, milliseconds since 1970 */
  readonly time: number
}

interface Slice {
  readonly serial: number
  /** the stream's time divided by the length of a slice */
  readonly index: number
  readonly frames: KeptFrames
  aggregate: Aggregate
  /** bytes, packets and flows of what passed the filter */
  totals: Float64Array
  unrated: number
  /** a flow lasted longer than the window */
  long: boolean
}

/** Rates of a slice of the history: bit, packets, flows a second. */
export interface Rates {
  readonly bps: number
  readonly pps: number
  readonly fps: number
}

export interface LiveWindow {
  /** Takes a message of the stream. */
  readonly add: (buf: Buffer, start: number, end: number) => void
  /** Groups anew what is there, and what comes. */
  show(grouping: Grouping, filter: Filter | undefined): void
  /** Lets go of slices that are older than the window; not while someone looks at them. */
  expire(): void
  /** The slices of the window that ends there, newest last. */
  slices(end: ViewEnd): readonly Slice[]
  /** Where it ends now. */
  now(): ViewEnd
  /** The same, and flows that come from here on are not in it. */
  cut(): ViewEnd
  readonly time: StreamTime
  readonly sliceMs: number
  readonly counts: { flows: number; malformed: number }
  /** the stream's time of the first flow that is counted */
  since(): number
  exporters(): number
  history(): readonly Rates[]
}

/** The last `windowMs` milliseconds of the stream, grouped and filtered as at first. */
export function liveWindow(windowMs: number, first: Grouping, firstFilter: Filter | undefined): LiveWindow {
  const sliceMs = windowMs / SLICES
  const budget: Budget = { maxGroups: MAX_GROUPS, maxBytes: MAX_GROUP_BYTES, groups: 0, bytes: 0 }
  const frameBudget: FrameBudget = { maxBytes: MAX_FRAME_BYTES, bytes: 0 }
  const time = streamTime()
  const counts = { flows: 0, malformed: 0 }
  const exporters = new Set<string>()
  const past: Rates[] = []
  let slices: Slice[] = []
  let grouping = first
  let filter = firstFilter
  let reading = readerOf(grouping)
  let since = 0
  let serial = 0
  let isCut = false
  /** the slice that the last of the history is of */
  let pastIndex = -1

  function sliceNow(): Slice {
    const index = Math.floor(time.now / sliceMs)
    const last = slices.at(-1)
    if (last !== undefined && last.index >= index && !isCut) return last
    isCut = false
    if (last !== undefined) remember(last, index)
    const slice = newSlice(index)
    slices.push(slice)
    return slice
  }

  function newSlice(index: number): Slice {
    const aggregate = newAggregate(grouping, budget)
    return {
      serial: serial++,
      index,
      frames: keptFrames(frameBudget),
      aggregate,
      totals: new Float64Array(COUNTERS_SIZE),
      unrated: 0,
      long: false
    }
  }

  /** Puts a slice that is over into the history, with those behind it in which nothing came. */
  function remember({ totals, index }: Slice, next: number): void {
    const rates = ratesOf(totals, sliceMs)
    const before = past.at(-1)
    // a slice that was cut goes on as another
    if (before === undefined || pastIndex !== index) past.push(rates)
    else past[past.length - 1] = { bps: before.bps + rates.bps, pps: before.pps + rates.pps, fps: before.fps + rates.fps }
    pastIndex = index
    for (let empty = index + 1; empty < next && empty < index + HISTORY; empty++) past.push({ bps: 0, pps: 0, fps: 0 })
    past.splice(0, past.length - HISTORY)
  }

  function add(buf: Buffer, start: number, end: number): void {
    counts.flows++
    const { values } = reading
    if (!reading.read(buf, start, end)) {
      counts.malformed++
      return
    }
    const { received } = reading
    if (isSet(values, received)) time.see(values.hi[received], values.lo[received])
    if (since === 0) since = time.now
    seeExporter()
    const slice = sliceNow()
    keep(slice, buf, start, end)
    if (filter === undefined || filter.matches(buf, start, end)) count(slice)
  }

  function keep(slice: Slice, buf: Buffer, start: number, end: number): void {
    while (!slice.frames.add(buf, start, end)) {
      const oldest = slices.find(({ frames }) => frames.isComplete())
      if (oldest === undefined) return
      oldest.frames.release()
      if (oldest === slice) return
    }
  }

  /** Adds the flow that was read last. */
  function count(slice: Slice): void {
    const { adder } = reading
    adder.read()
    adder.add(slice.aggregate, adder.counters.amounts, true)
    addCounters(slice.totals, 0, adder.counters.amounts, 0)
    if (adder.counters.unrated > 0) slice.unrated += adder.counters.unrated
    adder.counters.unrated = 0
    if (!slice.long) slice.long = reading.seconds() * 1000 > windowMs
  }

  let lastExporter = Buffer.alloc(0)
  /** Flows mostly come in runs of one exporter's. */
  function seeExporter(): void {
    const { values, exporter } = reading
    if (!isSet(values, exporter)) return
    const to = values.end[exporter]
    const from = isMappedIPv4(values.buf, values.start[exporter], to) ? to - 4 : values.start[exporter]
    if (values.buf.compare(lastExporter, 0, lastExporter.length, from, to) === 0) return
    lastExporter = Buffer.from(values.buf.subarray(from, to))
    if (exporters.size < MAX_EXPORTERS) exporters.add(lastExporter.toString('latin1'))
  }

  function show(next: Grouping, nextFilter: Filter | undefined): void {
    for (const { aggregate } of slices) releaseAggregate(aggregate)
    grouping = next
    filter = nextFilter
    reading = readerOf(grouping)
    past.length = 0
    let forgotten = 0
    slices.forEach((slice, i) => {
      slice.aggregate = newAggregate(grouping, budget)
      slice.totals = new Float64Array(COUNTERS_SIZE)
      slice.unrated = 0
      slice.long = false
      if (!slice.frames.isComplete()) forgotten = slice.index + 1
      slice.frames.each((buf, start, end) => {
        reading.read(buf, start, end)
        if (filter === undefined || filter.matches(buf, start, end)) count(slice)
      })
      if (i < slices.length - 1) remember(slice, slices[i + 1].index)
    })
    // what is no longer there to be grouped anew is no part of the window
    if (forgotten > 0) since = Math.max(since, forgotten * sliceMs)
  }

  function now(): ViewEnd {
    return { index: Math.floor(time.now / sliceMs), serial: serial - 1, time: time.now }
  }

  return {
    add,
    show,
    expire() {
      const oldest = Math.floor(time.now / sliceMs) - SLICES
      while (slices.length > 0 && slices[0].index <= oldest) {
        const [gone] = slices
        gone.frames.release()
        releaseAggregate(gone.aggregate)
        if (slices.length === 1) remember(gone, gone.index + 1)
        slices = slices.slice(1)
      }
    },
    slices: (end) => slices.filter(({ index, serial }) => serial <= end.serial && index > end.index - SLICES),
    now,
    cut() {
      isCut = true
      return now()
    },
    time,
    sliceMs,
    counts,
    since: () => since,
    exporters: () => exporters.size,
    history: () => past
  }
}

/** The rates of sums over so many milliseconds; 0 of none. */
export function ratesOf(totals: Float64Array, ms: number): Rates {
  const perSecond = (at: number): number => (ms > 0 ? (sumAsNumber(totals, at) * 1000) / ms : 0)
  return { bps: 8 * perSecond(BYTES_AT), pps: perSecond(PACKETS_AT), fps: perSecond(FLOWS_AT) }
}

interface Reader {
  readonly read: (buf: Buffer, start: number, end: number) => boolean
  readonly values: ReturnType<typeof fieldValues>
  readonly adder: Aggregator
  readonly received: number
  readonly exporter: number
  /** how long the flow lasted */
  readonly seconds: () => number
}

function readerOf(grouping: Grouping): Reader {
  const own = (['sampler_address', 'time_flow_start_ns', 'time_flow_end_ns', 'time_received_ns'] as const).map((name) =>
    flowMessage.field(name)
  )
  const schema = schemaOf([...new Set<Field>([...fieldsOf(grouping), ...own])])
  const values = fieldValues(schema)
  const start = schema.indexOf('time_flow_start_ns')
  const end = schema.indexOf('time_flow_end_ns')
  return {
    read: fieldReader(values),
    values,
    adder: aggregator(grouping, values),
    received: schema.indexOf('time_received_ns'),
    exporter: schema.indexOf('sampler_address'),
    seconds: () => (numberAt(values, end) - numberAt(values, start)) / 1e9
  }
}

/** Adds the sums of slices up, for the head of a view. */
export function totalsOf(slices: readonly Pick<Slice, 'totals'>[]): Float64Array {
  const totals = new Float64Array(COUNTERS_SIZE)
  for (const slice of slices) addSums(totals, 0, slice.totals, 0)
  return totals
}
