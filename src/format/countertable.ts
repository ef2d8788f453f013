/** sFlow counters as tables for people: interfaces and hosts in the same columns, those with nothing in them left out. */
import tty from 'node:tty'
import { type Appendable, appendText } from '../flow/appendable.js'
import { type ColumnShape, type Layout, layoutOf } from '../table/layout.js'
import { headerOf, padded } from '../table/rows.js'
import { siText } from '../table/si.js'
import type { FlowTable } from '../table/table.js'
import { writeTime, type Zone } from '../table/times.js'
import { cutMiddle, shownText, textWidth } from '../table/width.js'
import { counterTree, valueAt } from '../text/countertree.js'
import { toJson, type Tree } from '../text/tree.js'
import { chooseCounters, type CounterColumn } from './countercolumns.js'
import type { Asked, Format } from './anyformat.js'

type Sample = Record<string, Tree>

interface Column extends ColumnShape {
  readonly text: (sample: Sample) => string
}

interface CounterTableOptions {
  readonly columns: readonly CounterColumn[]
  readonly zone: Zone
  readonly isExact: boolean
  /** columns of the terminal; undefined where the table goes elsewhere */
  readonly room: number | undefined
}

/** Pending rows at the most. */
const PENDING_ROWS = 500

/** Throws UserError, 64, for a counter that there is not. */
export function counterTableFormat({ fields, isExact, zone = 'utc', toStdout }: Asked): Format {
  const terminal = toStdout && tty.isatty(1) ? process.stdout : undefined
  const table = counterTable({ columns: chooseCounters(fields), isExact, zone, room: terminal?.columns })
  terminal?.on('resize', () => {
    table.resize(terminal.columns)
  })
  return { row: table.row, pause: table.release, end: table.release }
}

/** A table of the samples of a stream: the widths come from the rows that are pending first. */
function counterTable({ columns: chosen, zone, isExact, room }: CounterTableOptions): FlowTable {
  const all = chosen.length === 0 ? defaultColumns(zone, isExact) : chosen.map((column) => chosenColumn(column, zone, isExact))
  let pending: string[][] = []
  let columns: readonly Column[] = all
  let widths: number[] = []
  let layout: Layout | undefined

  function release(output: Appendable): void {
    if (pending.length === 0) return
    const rows = pending
    pending = []
    const isShown = (i: number): boolean => chosen.length > 0 || rows.some((row) => row[i] !== '')
    const kept = all.flatMap((_, i) => (isShown(i) ? [i] : []))
    columns = kept.map((i) => all[i])
    widths = kept.map((i) => Math.max(...rows.map((row) => textWidth(row[i]))))
    layout = layoutOf(columns, widths, room)
    appendText(output, headerOf(layout))
    for (const row of rows)
      appendText(
        output,
        lineOf(layout, (column) => row[kept[column]])
      )
  }

  return {
    row(output, buf, start, end) {
      const sample = counterTree(buf, start, end)
      if (sample === undefined) return false
      if (layout === undefined) {
        pending.push(all.map(({ text }) => text(sample)))
        if (pending.length >= PENDING_ROWS) release(output)
      } else
        appendText(
          output,
          lineOf(layout, (column) => columns[column].text(sample))
        )
      return true
    },
    release,
    pending: () => pending.length,
    resize(to) {
      room = to
      if (layout !== undefined) layout = layoutOf(columns, widths, room)
    }
  }
}

function lineOf({ places, gap }: Layout, textOf: (column: number) => string): string {
  const shown = places.map((place) => {
    const cell = textOf(place.column)
    return padded(place.cut ? cutMiddle(cell, place.width) : cell, place)
  })
  return `${shown.join(' '.repeat(gap)).trimEnd()}\n`
}

const time = Buffer.alloc(64)
const timeView = new DataView(time.buffer, time.byteOffset, time.length)

function timeText(value: Tree | undefined, zone: Zone, isExact: boolean): string {
  const nanos = BigInt((value ?? 0) as number | bigint)
  return time.toString('latin1', 0, writeTime(timeView, 0, Number(nanos >> 32n), Number(nanos & 0xffffffffn), zone, isExact))
}

/** Numbers that name something; of the others people want the size. */
const NAMES = /(^|[._])(index|num|class|agent|type|status|direction|mode|id|state|no)\]?$/

function chosenColumn({ name, path }: CounterColumn, zone: Zone, isExact: boolean): Column {
  const shape = { header: name, short: name, goes: 0, least: 0 }
  if (path === 'time_received_ns') {
    return { ...shape, header: 'time', short: 'time', right: false, text: (sample) => timeText(valueAt(sample, path), zone, isExact) }
  }
  const isNumber = !/(^|[._])(agent|source_class|name|hostname)$/.test(path)
  return { ...shape, right: isNumber, text: (sample) => cellText(valueAt(sample, path), isExact || NAMES.test(path)) }
}

function cellText(value: Tree | undefined, isExact: boolean): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return shownText(value)
  return isExact || typeof value === 'object' || Number(value) < 0 ? toJson(value) : siText(Number(value))
}

const CLASSES: Readonly<Record<string, string>> = { INTERFACE: 'if', VLAN: 'vlan', PHYSICAL: 'physical', LOGICAL: 'logical' }

function defaultColumns(zone: Zone, isExact: boolean): Column[] {
  const left = (header: string, goes: number, text: (sample: Sample) => string, least = 0): Column => ({
    header,
    short: header,
    right: false,
    goes,
    least,
    text
  })
  const number = (header: string, short: string, goes: number, ...paths: readonly (readonly string[])[]): Column => ({
    header,
    short,
    right: true,
    goes,
    least: 0,
    text: (sample) => cellText(firstSum(sample, paths), isExact)
  })
  const generic = (...members: string[]): string[] => members.map((member) => `generic_interface.${member}`)
  return [
    left('time', 0, (sample) => timeText(sample.time_received_ns, zone, isExact)),
    left('agent', 0, (sample) => cellText(sample.agent, true), 9),
    left('source', 0, sourceText),
    left('name', 0, ({ if_name: interfaceName, host_name: hostName }) => cellText(interfaceName ?? hostName, true), 6),
    left('up', 5, (sample) => statusText(valueAt(sample, 'generic_interface.if_status'))),
    number('speed', 'speed', 6, generic('if_speed')),
    number('in_octets', 'in', 0, generic('if_in_octets'), ['host_net_io.bytes_in'], ['values.vlan.octets']),
    number('in_pkts', 'pkts', 4, generic('if_in_ucast_pkts', 'if_in_multicast_pkts', 'if_in_broadcast_pkts'), ['host_net_io.pkts_in']),
    number('in_err', 'err', 3, generic('if_in_errors'), ['host_net_io.errs_in']),
    number('in_drop', 'drop', 2, generic('if_in_discards'), ['host_net_io.drops_in'], ['values.vlan.discards']),
    number('out_octets', 'out', 0, generic('if_out_octets'), ['host_net_io.bytes_out']),
    number('out_pkts', 'pkts', 4, generic('if_out_ucast_pkts', 'if_out_multicast_pkts', 'if_out_broadcast_pkts'), ['host_net_io.pkts_out']),
    number('out_err', 'err', 3, generic('if_out_errors'), ['host_net_io.errs_out']),
    number('out_drop', 'drop', 2, generic('if_out_discards'), ['host_net_io.drops_out']),
    number('load', 'load', 1, ['host_cpu.load_one']),
    number('cpu_1m', 'cpu', 1, ['processor.cpu_1m'])
  ]
}

/** The sum of the first paths of which any has a value. */
function firstSum(sample: Sample, sums: readonly (readonly string[])[]): Tree | undefined {
  for (const paths of sums) {
    const values = paths
      .map((path) => valueAt(sample, path))
      .filter((value): value is number | bigint => typeof value === 'number' || typeof value === 'bigint')
    if (values.length === 1) return values[0]
    if (values.length > 0) return values.reduce((sum: bigint, value) => sum + BigInt(value), 0n)
  }
  return undefined
}

function sourceText({ source_class: kind, source_index: index }: Sample): string {
  const name = typeof kind === 'string' ? CLASSES[kind] : toJson(kind ?? '')
  return `${name} ${toJson(index ?? '')}`
}

/** Up or down by ifOperStatus; off where it is down by ifAdminStatus. */
function statusText(status: Tree | undefined): string {
  return typeof status !== 'number' ? '' : (status & 1) === 0 ? 'off' : (status & 2) === 0 ? 'down' : 'up'
}
