/** The work of flow-agg between a flow that comes in and a window that goes out. */
import type { Log } from '../cli/log.js'
import { fieldReader, fieldValues, isSet } from '../flow/fieldvalues.js'
import type { FrameHandler } from '../flow/frames.js'
import type { Output } from '../flow/output.js'
import { flowMessage, schemaOf } from '../flow/proto.js'
import { type Aggregator, aggregator, fieldsOf, newAggregate } from '../query/aggregate.js'
import { addDistinct, distinctOf, newDistinctSets } from '../query/distinct.js'
import type { Budget } from '../query/groups.js'
import { END, keyReader, newKey } from '../query/keys.js'
import { type StreamTime, streamTime } from '../query/streamtime.js'
import type { Request } from './options.js'
import { type Placing, placing } from './placing.js'
import { type Results, results } from './result.js'
import type { Series } from './series.js'
import { openWindows, type Window, type Windows } from './windows.js'

export interface Aggregation {
  readonly onFrame: FrameHandler
  /** Writes a part of what has closed; false when there is nothing. */
  readonly more: () => boolean
  /** Closes all windows: nothing more comes in. */
  end(): void
  readonly time: StreamTime
  /** the stream's time at which a window is due */
  nextDue(): number
  readonly budget: Budget
  readonly counts: { flows: number; malformed: number }
  readonly adder: Aggregator
  readonly placed: Placing['counts']
  readonly windows: Windows
  readonly results: Results
  /** how many exporters the flows are from */
  readonly exporters: () => number
  /** distinct values that found no room */
  uncounted: number
}

/** Sums the frames that come in, as the command line asks; windows that close go to `output`, those of their groups that match. */
export function aggregation(request: Request, budget: Budget, series: Series | undefined, output: Output, log: Log): Aggregation {
  const { grouping, every, grace, top, having } = request
  const exporterField = flowMessage.field('sampler_address')
  const schema = schemaOf([...new Set([...fieldsOf(grouping), exporterField])])
  const values = fieldValues(schema)
  const read = fieldReader(values)
  const received = schema.indexOf('time_received_ns')
  const counts = { flows: 0, malformed: 0 }
  const closed: Window[] = []
  const time = streamTime()
  const adder = aggregator(grouping, values)
  const windows = openWindows(
    every,
    grace,
    time,
    budget,
    () => newAggregate(grouping, budget),
    (window) => closed.push(window)
  )
  const placer = placing(values, adder, windows, request)
  const written = results(grouping, top, having, output)
  const exporters = exporterCounter()
  let writing: Generator<void, void> | undefined
  let warned = false

  function onFrame(buf: Buffer, start: number, end: number): void {
    counts.flows++
    if (!read(buf, start, end)) {
      counts.malformed++
      return
    }
    if (isSet(values, received) && time.see(values.hi[received], values.lo[received])) windows.closeDue()
    exporters.see()
    adder.read()
    placer.place()
    if (adder.overflowed > 0 && !warned) warn()
  }

  /** Warns once that there are more groups than there is room for. */
  function warn(): void {
    warned = true
    const full = budget.groups >= budget.maxGroups
    log.warn(
      `more groups than ${full ? `-max-groups ${budget.maxGroups}` : `-memory ${Math.round(budget.maxBytes / 2 ** 20)}Mi`} takes: new ones go to the rest`
    )
  }

  /** Counts the exporters; flows mostly come in runs of one exporter's. */
  function exporterCounter(): { see: () => void; count: () => number } {
    const index = schema.indexOf(exporterField.name)
    const key = newKey()
    const reader = keyReader([{ field: exporterField, ends: [exporterField, exporterField] }], values, key)
    const sets = newDistinctSets({ maxGroups: Infinity, maxBytes: Infinity, groups: 0, bytes: 0 })
    const last = Buffer.alloc(16)
    let lastSize = 0
    let set = 0

    function isLast(): boolean {
      const at = values.start[index]
      if (values.end[index] - at !== lastSize) return false
      for (let i = 0; i < lastSize; i++) if (values.buf[at + i] !== last[i]) return false
      return true
    }

    return {
      see: () => {
        if (!isSet(values, index) || isLast()) return
        lastSize = Math.min(last.length, values.end[index] - values.start[index])
        values.buf.copy(last, 0, values.start[index], values.start[index] + lastSize)
        reader.read(END.source)
        set = addDistinct(sets, set, key)
      },
      count: () => distinctOf(sets, set)
    }
  }

  const summing: Aggregation = {
    onFrame,
    more() {
      if (writing === undefined) {
        windows.closeDue()
        const window = closed.shift()
        if (window === undefined) return false
        summing.uncounted += window.aggregate.sets.refused
        series?.add(window.aggregate)
        writing = written.write(window)
      }
      if (writing.next().done === true) writing = undefined
      return true
    },
    end() {
      windows.closeAll()
    },
    time,
    nextDue: () => windows.nextDue,
    budget,
    counts,
    adder,
    placed: placer.counts,
    windows,
    results: written,
    exporters: exporters.count,
    uncounted: 0
  }
  return summing
}
