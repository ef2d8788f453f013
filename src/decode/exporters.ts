/** The exporters that are known: bounded in number, the one that was silent longest is forgotten. */
import { addressText } from '../text/addresses.js'
import { type ErrorKind } from './decoding.js'
import { newExporter, stateBytes } from './netflow/domain.js'
import type { Exporter } from './netflow/exporter.js'
import { inOrder, join, leave, newQueue, type Place, rejoin } from './queue.js'
import { endSequences, newSequences, type Sequences } from './sequence.js'

/** An exporter with what flow-decode counts of it. */
export interface KnownExporter extends Exporter {
  /** its address as text */
  readonly name: string
  readonly sequences: Sequences
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
  /** units missing and restarts of those that were forgotten */
  readonly forgotten: { missing: number; restarts: number }
  /** The exporter whose address is `buf[start, end)`: 4 or 16 bytes, not an IPv4-mapped one. */
  get(buf: Buffer, start: number, end: number): KnownExporter
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
  const forgotten = { missing: 0, restarts: 0 }
  let evicted = 0
  let bytes = 0
  let labelled = 0
  let last: KnownExporter | undefined

  function add(address: string): Place<KnownExporter> {
    if (exporters.size >= most.exporters) forgetOldest('exporters')
    const addressBytes = Buffer.from(address, 'latin1')
    const exporter: KnownExporter = {
      ...newExporter(address, rateOf(addressBytes)),
      name: addressText(addressBytes),
      sequences: newSequences(),
      errors: undefined,
      labelled: labelled < LABELLED_EXPORTERS,
      settledBytes: 0
    }
    if (exporter.labelled) labelled++
    const place = join(order, exporter)
    exporters.set(address, place)
    return place
  }

  function forgetOldest(limit: keyof ExporterLimits): void {
    const place = order.first!
    const oldest = place.of
    leave(place)
    exporters.delete(oldest.address)
    bytes -= oldest.settledBytes
    if (oldest.labelled) labelled--
    endSequences(oldest.sequences)
    forgotten.missing += oldest.sequences.missing
    forgotten.restarts += oldest.sequences.restarts
    evicted++
    onEvict(oldest, limit)
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
      if (last?.address === address) return last
      const place = exporters.get(address) ?? add(address)
      rejoin(place)
      last = place.of
      return last
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
