/** The exporters that are known. Their number is bounded: the one that was silent longest is forgotten. */
import { readUint32 } from '../flow/bigendian.js'
import { type Datagram, isOfConnection } from '../flow/datagram.js'
import { addressText } from '../text/addresses.js'
import { type ErrorKind } from './decoding.js'
import { newExporter, stateBytes } from './netflow/known/domain.js'
import type { Exporter } from './netflow/known/state.js'
import { inOrder, join, leave, newQueue, type QueueNode, rejoin } from './queue.js'
import { endSequences, newSequences, type Sequences } from './sequence.js'

/** Tells exporters apart: an IPv4 address as a number, which costs each datagram less than a string; any other, and what is a connection, as a string. */
export type ExporterKey = number | string

/** An exporter with what flow-decode counts of it. */
export interface KnownExporter extends Exporter {
  /** its address as text */
  readonly name: string
  readonly key: ExporterKey
  /** it is one connection (TCP) of the exporter at its address: its state ends with the connection */
  readonly isConnection: boolean
  readonly sequences: Sequences
  /** its datagrams, and the flows decoded from them */
  datagrams: number
  flows: number
  /** undefined while there are none */
  errors: Map<ErrorKind, number> | undefined
  /** metrics have a label for it; else it counts among the others from its first datagram on, so that no counter goes back */
  readonly labelled: boolean
  /** bytes of its state when it was last accounted for */
  accountedBytes: number
}

export interface Exporters {
  readonly size: number
  /** how many were forgotten */
  readonly evicted: number
  /** memory of their state */
  readonly bytes: number
  /** counts of those that were forgotten */
  readonly forgotten: { missing: number; restarts: number; datagrams: number; flows: number }
  /** The exporter whose address is `buf[start, end)`: 4 or 16 bytes, not an IPv4-mapped one. */
  get(buf: Buffer, start: number, end: number): KnownExporter
  /** The exporter, or connection of one, that a datagram came from. */
  of(datagram: Datagram): KnownExporter
  /** A connection has ended: forgets it. */
  close(connection: KnownExporter): void
  /**
   * Accounts for the memory of `exporter`'s state. Where the state of all of them takes more than the limit, those that were silent longest are
   * forgotten, but never `exporter` itself.
   */
  account(exporter: KnownExporter): void
  all(): Iterable<KnownExporter>
}

export interface ExporterLimits {
  readonly exporters: number
  /** memory of their state */
  readonly bytes: number
}

/** Exporters that have a label of their own in metrics. */
const LABELLED_EXPORTERS = 1000
/** Memory of an exporter without any state, of each stream of sequence numbers, and of each hole in one. */
const EXPORTER_BYTES = 1100
const STREAM_BYTES = 350
const HOLE_BYTES = 100

/** `rateOf` returns the sampling rate set for an address, 0 for none; `onEvict` is called with each exporter that a limit makes forgotten, and that limit. */
export function knownExporters(
  most: ExporterLimits,
  rateOf: (address: Uint8Array) => number,
  onEvict: (exporter: KnownExporter, limit: keyof ExporterLimits) => void
): Exporters {
  const exporters = new Map<ExporterKey, QueueNode<KnownExporter>>()
  const order = newQueue<KnownExporter>() // the one whose datagram came last at the end
  const forgotten = { missing: 0, restarts: 0, datagrams: 0, flows: 0 }
  let evicted = 0
  let bytes = 0
  let labelled = 0
  let last: KnownExporter | undefined

  function add(address: Buffer, key: ExporterKey, isConnection: boolean): QueueNode<KnownExporter> {
    if (exporters.size >= most.exporters) forgetOldest('exporters')
    const exporter: KnownExporter = {
      ...newExporter(address.toString('latin1'), rateOf(address)),
      name: addressText(address),
      key,
      isConnection,
      sequences: newSequences(),
      datagrams: 0,
      flows: 0,
      errors: undefined,
      labelled: !isConnection && labelled < LABELLED_EXPORTERS,
      accountedBytes: 0
    }
    if (exporter.labelled) labelled++
    const node = join(order, exporter)
    exporters.set(key, node)
    return node
  }

  function forgetOldest(limit: keyof ExporterLimits): void {
    const node = order.first!
    forget(node)
    evicted++
    onEvict(node.item, limit)
  }

  function forget(node: QueueNode<KnownExporter>): void {
    const { item: gone } = node
    leave(node)
    exporters.delete(gone.key)
    if (last === gone) last = undefined
    bytes -= gone.accountedBytes
    if (gone.labelled) labelled--
    endSequences(gone.sequences)
    forgotten.missing += gone.sequences.missing
    forgotten.restarts += gone.sequences.restarts
    forgotten.datagrams += gone.datagrams
    forgotten.flows += gone.flows
  }

  /** The exporter of that key, whose address is `buf[start, end)`. */
  function known(key: ExporterKey, buf: Buffer, start: number, end: number, isConnection: boolean): KnownExporter {
    if (last?.key === key) return last
    const node = exporters.get(key) ?? add(buf.subarray(start, end), key, isConnection)
    rejoin(node)
    last = node.item
    return last
  }

  return {
    get size() {
      return exporters.size
    },
    get evicted() {
      return evicted
    },
    forgotten,
    get(buf, start, end) {
      return known(addressKey(buf, start, end), buf, start, end, false)
    },
    of(datagram) {
      const { buf, srcStart, srcEnd, connectionHi, connectionLo } = datagram
      const address = addressKey(buf, srcStart, srcEnd)
      if (!isOfConnection(datagram)) return known(address, buf, srcStart, srcEnd, false)
      return known(`connection ${connectionHi} ${connectionLo} of ${address}`, buf, srcStart, srcEnd, true) // longer than any address
    },
    close(connection) {
      const node = exporters.get(connection.key)
      if (node !== undefined) forget(node)
    },
    account(exporter) {
      const { streams, holes } = exporter.sequences
      const now = EXPORTER_BYTES + stateBytes(exporter) + streams.size * STREAM_BYTES + holes * HOLE_BYTES
      bytes += now - exporter.accountedBytes
      exporter.accountedBytes = now
      while (bytes > most.bytes && exporters.size > 1) forgetOldest('bytes')
    },
    get bytes() {
      return bytes
    },
    *all() {
      for (const { item } of inOrder(order)) yield item
    }
  }
}

/** The key of the exporter at the address `buf[start, end)`; that of 4 bytes is signed: V8 keeps larger numbers in memory of their own. */
function addressKey(buf: Buffer, start: number, end: number): ExporterKey {
  return end - start === 4 ? readUint32(buf, start) | 0 : buf.toString('latin1', start, end)
}
