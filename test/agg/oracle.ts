/** What flow-agg has to give, worked out slowly from the manual: a Map, and bigints. */
import type { Flow } from '../support/datagram-stream.js'
import type { FlowSpec } from './aggregating.js'

const MAX = 2n ** 64n - 1n

export interface Asked {
  by: string[]
  /** nanoseconds; undefined: one window */
  every?: bigint
  time?: 'received' | 'start' | 'end'
  spread?: boolean
  raw?: boolean
  distinct?: string
}

export interface Sums {
  key: Record<string, string | number>
  bytes: bigint
  packets: bigint
  flows: bigint
  distinct: Set<string>
  start: bigint
  end: bigint
  received: bigint
}

/** By window (its start as text) and by key (as JSON). */
export type Windows = Map<string, Map<string, Sums>>

const EITHER: Record<string, [string, string]> = {
  addr: ['src_addr', 'dst_addr'],
  port: ['src_port', 'dst_port'],
  as_number: ['src_as', 'dst_as'],
  country: ['src_country', 'dst_country'],
  interface: ['in_if', 'out_if'],
  mac: ['src_mac', 'dst_mac'],
  network: ['src_network', 'dst_network']
}
const NETS: Record<string, string> = { src_addr: 'src_net', dst_addr: 'dst_net', addr: 'addr_net' }

const number = (flow: FlowSpec, name: string): bigint => BigInt((flow[name] as bigint | number | undefined) ?? 0)
const capped = (value: bigint): bigint => (value > MAX ? MAX : value)

export function slowly(flows: readonly FlowSpec[], asked: Asked): Windows {
  const windows: Windows = new Map()
  for (const flow of flows) for (const [window, part] of partsOf(flow, asked)) addPart(windows, String(window), flow, part, asked)
  return windows
}

interface Part {
  bytes: bigint
  packets: bigint
  flows: bigint
}

function partsOf(flow: FlowSpec, { every, time = 'received', spread = false, raw = false }: Asked): [bigint, Part][] {
  const aggregate = number(flow, 'flows') > 0n
  const told = number(flow, 'sampling_rate')
  const rate = aggregate || raw || told === 0n ? 1n : told
  const whole = {
    bytes: capped(number(flow, 'bytes') * rate),
    packets: capped(number(flow, 'packets') * rate),
    flows: aggregate ? number(flow, 'flows') : 1n
  }
  if (every === undefined) return [[0n, whole]]
  const received = number(flow, 'time_received_ns')
  const start = number(flow, 'time_flow_start_ns')
  const end = number(flow, 'time_flow_end_ns')
  const windowOf = (at: bigint): bigint => at / every
  if (!spread) {
    const lastInstant = aggregate && end > 0n ? end - 1n : end
    const at = time === 'start' ? start : time === 'end' ? lastInstant : received
    const has = time === 'start' ? start > 0n : time === 'end' ? end > 0n : true
    return [[windowOf(has ? at : received) * every, whole]]
  }
  const first = windowOf(start)
  const last = windowOf(aggregate ? end - 1n : end)
  if (start === 0n || end <= start || end > received || last - first + 1n > 1440n) return [[windowOf(received) * every, whole]]
  const parts: [bigint, Part][] = []
  const total = end - start
  const share = (amount: bigint, upTo: bigint): bigint => (amount * upTo) / total
  let before = 0n
  for (let window = first; window <= last; window++) {
    const boundary = (window + 1n) * every
    const passed = (boundary < end ? boundary : end) - start
    parts.push([
      window * every,
      {
        bytes: share(whole.bytes, passed) - share(whole.bytes, before),
        packets: share(whole.packets, passed) - share(whole.packets, before),
        flows: window === last ? whole.flows : 0n
      }
    ])
    before = passed
  }
  return parts.filter(([, { bytes, packets, flows: count }]) => bytes + packets + count > 0n)
}

function addPart(windows: Windows, window: string, flow: FlowSpec, part: Part, { by, distinct }: Asked): void {
  const groups = windows.get(window) ?? new Map<string, Sums>()
  windows.set(window, groups)
  for (const text of new Set(keysOf(flow, by).map((key) => JSON.stringify(key)))) {
    const sums: Sums = groups.get(text) ?? {
      key: JSON.parse(text) as Record<string, string | number>,
      bytes: 0n,
      packets: 0n,
      flows: 0n,
      distinct: new Set(),
      start: 0n,
      end: 0n,
      received: 0n
    }
    groups.set(text, sums)
    sums.bytes = capped(sums.bytes + part.bytes)
    sums.packets = capped(sums.packets + part.packets)
    sums.flows = capped(sums.flows + part.flows)
    const value = distinct === undefined ? undefined : plain(flow[distinct])
    if (value !== undefined && value !== 0 && value !== '' && value !== '0') sums.distinct.add(String(value))
    const start = number(flow, 'time_flow_start_ns')
    const end = number(flow, 'time_flow_end_ns')
    const received = number(flow, 'time_received_ns')
    if (start > 0n && (sums.start === 0n || start < sums.start)) sums.start = start
    if (end > sums.end) sums.end = end
    if (received > sums.received) sums.received = received
  }
}

function plain(value: FlowSpec[string]): string | number | undefined {
  return typeof value === 'bigint' ? String(value) : Array.isArray(value) ? JSON.stringify(value) : value
}

/** The keys of a flow: one, or one for each end. */
function keysOf(flow: FlowSpec, by: readonly string[]): Record<string, string | number>[] {
  const either = by.some((item) => item.split('/')[0] in EITHER)
  const itself = either && number(flow, 'flows') > 0n && by.some((item) => item.split('/')[0] in EITHER && !!flow[item.split('/')[0]])
  return (either && !itself ? [0, 1] : [0]).map((end) => {
    const key: Record<string, string | number> = {}
    const put = (name: string, value: FlowSpec[string]): void => {
      const shown = plain(value)
      if (shown !== undefined && shown !== 0 && shown !== '' && shown !== '0' && shown !== '[]') key[name] = shown
    }
    for (const item of by) {
      const [name, lengths] = item.split('/')
      if (['interface', 'in_if', 'out_if'].includes(name)) put('sampler_address', flow.sampler_address)
      const value = flow[name in EITHER && !itself ? EITHER[name][end] : name]
      if (lengths === undefined) put(name, value)
      else {
        const [four, six] = lengths.split(':')
        const bits = String(value ?? '').length === 8 ? Number(four) : String(value ?? '').length === 32 && six ? Number(six) : undefined
        put(name, bits === undefined ? value : cut(value as string, bits))
        if (name in NETS && bits !== undefined) put(NETS[name], bits)
      }
    }
    return Object.fromEntries(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

function cut(hex: string, bits: number): string {
  const width = hex.length * 4
  const kept = (BigInt(`0x${hex}`) >> BigInt(width - bits)) << BigInt(width - bits)
  return kept.toString(16).padStart(hex.length, '0')
}

const COUNTED = [
  'bytes',
  'packets',
  'flows',
  'distinct',
  'groups',
  'total',
  'total_of',
  'total_id',
  'time_received_ns',
  'time_flow_start_ns',
  'time_flow_end_ns'
]

/** The key of a message that flow-agg wrote, as the oracle has it. */
export function keyOfMessage(message: Flow): string {
  const entries = Object.entries(message)
    .filter(([name]) => !COUNTED.includes(name))
    .map(([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : value] as const)
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** The windows of messages, the parts of one window put together; messages without `groups` only. */
export function gathered(
  messages: readonly Flow[],
  windowed: boolean
): Map<string, Map<string, [bytes: bigint, packets: bigint, flows: bigint]>> {
  const windows = new Map<string, Map<string, [bigint, bigint, bigint]>>()
  for (const message of messages) {
    if (message.groups !== undefined) continue
    const window = windowed ? String(message.time_flow_start_ns ?? 0) : '0'
    const groups = windows.get(window) ?? new Map<string, [bigint, bigint, bigint]>()
    windows.set(window, groups)
    const key = keyOfMessage(message)
    const [bytes, packets, flows] = groups.get(key) ?? [0n, 0n, 0n]
    groups.set(key, [
      capped(bytes + BigInt(String(message.bytes ?? 0))),
      capped(packets + BigInt(String(message.packets ?? 0))),
      capped(flows + BigInt(String(message.flows ?? 0)))
    ])
  }
  return windows
}

/** The oracle's windows in the same shape. */
export function summed(windows: Windows): Map<string, Map<string, [bytes: bigint, packets: bigint, flows: bigint]>> {
  return new Map(
    [...windows].map(([window, groups]) => [
      window,
      new Map([...groups].map(([key, { bytes, packets, flows }]) => [key, [bytes, packets, flows]]))
    ])
  )
}
