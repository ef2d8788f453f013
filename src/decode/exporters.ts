/** The exporters that are known: bounded in number, the one that was silent longest is forgotten. */
import type { Log } from '../cli/log.js'
import { onceEach } from '../cli/onceeach.js'
import { protocolOf } from '../flow/protocol.js'
import type { Datagram } from '../flow/datagram.js'
import { addressText } from '../text/addresses.js'
import { type ErrorKind } from './decoding.js'
import { newExporter, stateBytes } from './netflow/known/domain.js'
import type { Exporter } from './netflow/known/exporter.js'
import { inOrder, join, leave, newQueue, type Place, rejoin } from './queue.js'
import { endSequences, newSequences, type Sequences } from './sequence.js'

/** An exporter with what flow-decode counts of it. */
export interface KnownExporter extends Exporter {
  /** its address as text */
  readonly name: string
  /** what tells it from the others: its address, and its connection */
  readonly key: string
  /** it is one connection of the exporter at its address (TCP): what it tells ends with it */
  readonly isConnection: boolean
  readonly sequences: Sequences
  /** datagrams that came, and flows that they gave */
  datagrams: number
  flows: number
  /** undefined while there are none */
  errors: Map<ErrorKind, number> | undefined
  /** metrics have a label of its own for it; else it counts among the others, from its first datagram on, so that no counter goes back */
  readonly labelled: boolean
  /** of what it told, as it was last taken account of */
  settledBytes: number
}

export interface Exporters {
  readonly size: number
  /** how many were forgotten */
  readonly evicted: number
  /** memory that is taken by what they told */
  readonly bytes: number
  /** what was counted of those that were forgotten */
  readonly forgotten: { missing: number; restarts: number; datagrams: number; flows: number }
  /** The exporter whose address is `buf[start, end)`: 4 or 16 bytes, not an IPv4-mapped one. */
  get(buf: Buffer, start: number, end: number): KnownExporter
  /** The exporter, or connection of one, that a datagram came from. */
  of(datagram: Datagram): KnownExporter
  /** A connection is over: what it told goes. */
  close(connection: KnownExporter): void
  /**
   * Takes account of what `exporter` has told by now. Where all of them together told more than is to be kept, those that were silent
   * longest are forgotten, but never `exporter` itself.
   */
  settle(exporter: KnownExporter): void
  all(): Iterable<KnownExporter>
}

export interface ExporterLimits {
  readonly exporters: number
  /** of memory for what they told */
  readonly bytes: number
}

/** Exporters that have a label of their own in metrics. */
const LABELLED_EXPORTERS = 1000
/** Memory that an exporter takes that told nothing, each stream of sequence numbers, and each hole in one. */
const EXPORTER_BYTES = 1100
const STREAM_BYTES = 350
const HOLE_BYTES = 100

/** `rateOf` gives the sampling rate set for an address, 0 for none; `onEvict` hears of what is forgotten, and of the limit that made it so. */
export function knownExporters(
  most: ExporterLimits,
  rateOf: (address: Uint8Array) => number,
  onEvict: (exporter: KnownExporter, limit: keyof ExporterLimits) => void
): Exporters {
  const exporters = new Map<string, Place<KnownExporter>>()
  const order = newQueue<KnownExporter>() // the one heard of last at the end
  const forgotten = { missing: 0, restarts: 0, datagrams: 0, flows: 0 }
  let evicted = 0
  let bytes = 0
  let labelled = 0
  let last: KnownExporter | undefined

  function add(address: string, key: string): Place<KnownExporter> {
    if (exporters.size >= most.exporters) forgetOldest('exporters')
    const addressBytes = Buffer.from(address, 'latin1')
    const exporter: KnownExporter = {
      ...newExporter(address, rateOf(addressBytes)),
      name: addressText(addressBytes),
      key,
      isConnection: key !== address,
      sequences: newSequences(),
      datagrams: 0,
      flows: 0,
      errors: undefined,
      labelled: key === address && labelled < LABELLED_EXPORTERS,
      settledBytes: 0
    }
    if (exporter.labelled) labelled++
    const place = join(order, exporter)
    exporters.set(key, place)
    return place
  }

  function forgetOldest(limit: keyof ExporterLimits): void {
    const place = order.first!
    forget(place)
    evicted++
    onEvict(place.of, limit)
  }

  function forget(place: Place<KnownExporter>): void {
    const { of: gone } = place
    leave(place)
    exporters.delete(gone.key)
    if (last === gone) last = undefined
    bytes -= gone.settledBytes
    if (gone.labelled) labelled--
    endSequences(gone.sequences)
    forgotten.missing += gone.sequences.missing
    forgotten.restarts += gone.sequences.restarts
    forgotten.datagrams += gone.datagrams
    forgotten.flows += gone.flows
  }

  function known(address: string, key: string): KnownExporter {
    if (last?.key === key) return last
    const place = exporters.get(key) ?? add(address, key)
    rejoin(place)
    last = place.of
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
      const address = buf.toString('latin1', start, end)
      return known(address, address)
    },
    of({ buf, srcStart, srcEnd, connectionHi, connectionLo }) {
      const address = buf.toString('latin1', srcStart, srcEnd)
      if (connectionHi === 0 && connectionLo === 0) return known(address, address)
      return known(address, `connection ${connectionHi} ${connectionLo} ${address}`) // longer than any address
    },
    close(connection) {
      const place = exporters.get(connection.key)
      if (place !== undefined) forget(place)
    },
    settle(exporter) {
      const { streams, holes } = exporter.sequences
      const now = EXPORTER_BYTES + stateBytes(exporter) + streams.size * STREAM_BYTES + holes * HOLE_BYTES
      bytes += now - exporter.settledBytes
      exporter.settledBytes = now
      while (bytes > most.bytes && exporters.size > 1) forgetOldest('bytes')
    },
    get bytes() {
      return bytes
    },
    *all() {
      for (const { of } of inOrder(order)) yield of
    }
  }
}

/** Tells of an exporter once, at its first datagram: `new exporter 192.0.2.1 (NetFlow v9)`. */
export function newcomers(log: Log): (name: string, datagram: Datagram) => void {
  const tellOnce = onceEach((line) => {
    log.debug(line)
  })
  return (name, { buf, payloadStart, payloadEnd }) => {
    tellOnce(name, () => `new exporter ${name} (${protocolOf(buf, payloadStart, payloadEnd)?.title ?? 'no protocol that is known'})`)
  }
}
