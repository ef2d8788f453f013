/** The exporters that are known: bounded in number, the one that was silent longest is forgotten. */
import { type Exporter, newExporter, stateBytes } from './netflow/domain.js'
import { addressText } from '../text/addresses.js'
import { type ErrorKind } from './decoding.js'
import { endSequences, newSequences, type Sequences } from './sequence.js'

/** An exporter with what flow-decode counts of it. */
export interface KnownExporter extends Exporter {
  /** its address as text */
  readonly name: string
  readonly sequences: Sequences
  readonly errors: Map<ErrorKind, number>
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
/** Memory that an exporter takes that told nothing, and each stream of sequence numbers. */
const EXPORTER_BYTES = 1200
const STREAM_BYTES = 350

/** `rateOf` gives the sampling rate set for an address, 0 for none; `onEvict` hears of what is forgotten, and of the limit that made it so. */
export function knownExporters(
  most: ExporterLimits,
  rateOf: (address: Buffer) => number,
  onEvict: (exporter: KnownExporter, limit: keyof ExporterLimits) => void
): Exporters {
  const exporters = new Map<string, KnownExporter>() // the one heard of last at the end
  const forgotten = { missing: 0, restarts: 0 }
  let evicted = 0
  let bytes = 0
  let labelled = 0
  let lastKey = ''
  let last: KnownExporter | undefined

  function add(key: string, buf: Buffer, start: number, end: number): KnownExporter {
    if (exporters.size >= most.exporters) forgetOldest('exporters')
    const address = Buffer.from(buf.subarray(start, end))
    const exporter: KnownExporter = {
      ...newExporter(address, rateOf(address)),
      name: addressText(address),
      sequences: newSequences(),
      errors: new Map(),
      labelled: labelled < LABELLED_EXPORTERS,
      settledBytes: 0
    }
    if (exporter.labelled) labelled++
    exporters.set(key, exporter)
    return exporter
  }

  function forgetOldest(limit: keyof ExporterLimits): void {
    const [[key, oldest]] = exporters
    exporters.delete(key)
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
      const key = buf.toString('latin1', start, end)
      if (last !== undefined && key === lastKey) return last
      let exporter = exporters.get(key)
      if (exporter === undefined) exporter = add(key, buf, start, end)
      else {
        exporters.delete(key)
        exporters.set(key, exporter)
      }
      lastKey = key
      last = exporter
      return exporter
    },
    settle(exporter) {
      const now = EXPORTER_BYTES + stateBytes(exporter) + exporter.sequences.streams.size * STREAM_BYTES
      bytes += now - exporter.settledBytes
      exporter.settledBytes = now
      while (bytes > most.bytes && exporters.size > 1) forgetOldest('bytes')
    },
    get bytes() {
      return bytes
    },
    all: () => exporters.values()
  }
}
