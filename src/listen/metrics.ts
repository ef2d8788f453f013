/** The metrics of flow-listen, and the warnings that say the same in words. */
import type { Log } from '../cli/log.js'
import type { Metrics } from '../cli/metrics.js'
import { others, plural } from '../cli/plural.js'
import { CUT_CAUSES } from './connections.js'
import type { Listener, Numbers } from './listener.js'
import { OTHERS } from './sharedcounts.js'

type Labelled = (readonly [labels: Record<string, string>, value: number])[]

/** /metrics of flow-listen. */
export function declareMetrics({ counter, gauge }: Metrics, listeners: readonly Listener[]): void {
  const labels = ['listener']
  const each = (value: (numbers: Numbers) => number) => (): Labelled =>
    listeners.map(({ name, numbers }) => [{ listener: name }, value(numbers())])
  const buffers = (): Labelled =>
    listeners.flatMap(({ name, rcvbuf }) => (rcvbuf === undefined ? [] : [[{ listener: name }, rcvbuf] as const]))
  counter(
    'datagrams',
    'Datagrams received',
    each(({ received }) => received),
    labels
  )
  counter(
    'bytes',
    'Bytes of payload received',
    each(({ receivedBytes }) => receivedBytes),
    labels
  )
  counter(
    'written_datagrams',
    'Datagrams that the reader of stdout has taken',
    each(({ written }) => written),
    labels
  )
  counter(
    'dropped',
    'Datagrams dropped: the queue was full, the exporter is not allowed, or the kernel had no room',
    () => listeners.flatMap(dropsOf),
    [...labels, 'cause']
  )
  gauge(
    'queue_datagrams',
    'Datagrams that wait for the reader of stdout',
    each(({ queuedDatagrams }) => queuedDatagrams),
    labels
  )
  gauge(
    'queue_bytes',
    'Memory of what waits for the reader of stdout',
    each(({ queuedBytes }) => queuedBytes),
    labels
  )
  const datagrams = exporterDatagrams(listeners)
  counter('exporter_datagrams', 'Datagrams received, by exporter that is allowed', datagrams, ['exporter'])
  gauge('receive_buffer_bytes', "The kernel's receive buffer (SO_RCVBUF) of each socket", buffers, labels)
  if (listeners.every(({ numbers }) => numbers().connections === undefined)) return
  const ofConnections = (value: (connections: NonNullable<Numbers['connections']>) => number) => (): Labelled =>
    listeners.flatMap(({ name, numbers }) => {
      const { connections } = numbers()
      return connections === undefined ? [] : [[{ listener: name }, value(connections)] as const]
    })
  const open = ofConnections((connections) => connections.open)
  const accepted = ofConnections((connections) => connections.accepted)
  gauge('connections_open', 'Connections that are open', open, labels)
  counter('connections', 'Connections that were taken', accepted, labels)
  counter('connections_cut', 'Connections refused or cut off, by cause', () => listeners.flatMap(cutsOf), [...labels, 'cause'])
}

/** Beyond a number of exporters they stand under `other`; who once has a label keeps it, so that no counter goes back. */
function exporterDatagrams(listeners: readonly Listener[]): () => Labelled {
  const labelled = new Set<string>()
  return () => {
    const sums = new Map<string, number>()
    const add = (exporter: string, count: number): unknown => sums.set(exporter, (sums.get(exporter) ?? 0) + count)
    for (const { addresses, datagrams } of listeners.flatMap(({ exporters }) => exporters)) {
      addresses.forEach((address, slot) => {
        if (labelled.size < OTHERS) labelled.add(address)
        add(labelled.has(address) ? address : OTHER, datagrams[slot])
      })
      if (datagrams[OTHERS] > 0) add(OTHER, datagrams[OTHERS])
    }
    return [...sums].map(([exporter, count]) => [{ exporter }, count])
  }
}

const OTHER = 'other'

function cutsOf({ name, numbers }: Listener): Labelled {
  const { connections } = numbers()
  return connections === undefined ? [] : CUT_CAUSES.map((cause) => [{ listener: name, cause }, connections.cut[cause]] as const)
}

function dropsOf({ name, numbers }: Listener): Labelled {
  const { queueFull, notAllowed, kernel } = numbers()
  const labels = (cause: string): Record<string, string> => ({ listener: name, cause })
  const ours: Labelled = [
    [labels('queue_full'), queueFull],
    [labels('not_allowed'), notAllowed]
  ]
  return kernel === undefined ? ours : [...ours, [labels('kernel'), kernel]]
}

/** The last line of a run: datagrams of all listeners in, out and dropped, by cause. */
export function summaryOf(listeners: readonly Listener[], over: number): string {
  const all = listeners.map(({ numbers }) => numbers())
  const total = (value: (numbers: Numbers) => number): number => all.reduce((sum, numbers) => sum + value(numbers), 0)
  const dropped = others(
    [total(({ queueFull }) => queueFull), 'dropped (queue full)'],
    [total(({ notAllowed }) => notAllowed), 'not allowed'],
    [total(({ kernel = 0 }) => kernel), 'dropped by the kernel'],
    [over, 'more than -count']
  )
  const received = total((numbers) => numbers.received)
  return `${plural(received, 'datagram')} in, ${total(({ written }) => written)} out${dropped}${connectionsOf(all)}`
}

/** How many connections there were, and how many were refused or cut off, by cause. */
function connectionsOf(all: readonly Numbers[]): string {
  const streams = all.flatMap(({ connections }) => connections ?? [])
  if (streams.length === 0) return ''
  const sum = (value: (of: (typeof streams)[number]) => number): number => streams.reduce((total, of) => total + value(of), 0)
  const cut = CUT_CAUSES.map((cause) => [cause, sum(({ cut: causes }) => causes[cause])] as const).filter(([, count]) => count > 0)
  const lost = cut.map(([cause, count]) => `${count} ${cause.replace('-', ' ')}`)
  return `; ${plural(sum(({ accepted }) => accepted), 'connection')}${lost.length === 0 ? '' : `, refused or cut off: ${lost.join(', ')}`}` // prettier-ignore
}

const WARNING_INTERVAL_MS = 10_000

/** Warns of datagrams dropped, every ten seconds at the most. */
export function warnOfDrops(listeners: readonly Listener[], log: Log): void {
  const warned = listeners.map(() => ({ queueFull: 0, kernel: 0 }))
  setInterval(() => {
    listeners.forEach(({ name, numbers }, i) => {
      const { queueFull, kernel = 0 } = numbers()
      const since = `in the last ${WARNING_INTERVAL_MS / 1000} s`
      if (queueFull > warned[i].queueFull) {
        log.warn(
          `${name}: dropped ${plural(queueFull - warned[i].queueFull, 'datagram')} ${since}: the queue is full, what reads stdout is too slow`
        )
      }
      if (kernel > warned[i].kernel) {
        log.warn(`${name}: the kernel dropped ${plural(kernel - warned[i].kernel, 'datagram')} ${since}: a larger rcvbuf or count may help`)
      }
      warned[i] = { queueFull, kernel }
    })
  }, WARNING_INTERVAL_MS).unref()
}
