/** `-produce report`: what is wrong with each exporter, at the end of input. */
import { type FrameHandler, frameReader } from '../../flow/frames.js'
import { appendText, growingMemory } from '../../flow/appendable.js'
import type { Output, Sink } from '../../flow/output.js'
import type { Mapping } from '../../mapping/mapping.js'
import type { DatagramDecoder } from '../decoder.js'
import type { OnError } from '../errors.js'
import { endSequences } from '../sequence.js'
import { withEvents } from './events.js'
import { type OnHeader, reportObserver } from './observer.js'
import { sectionJson, sectionPage, unreadableJson, unreadablePage } from './page.js'

export interface Report {
  /** the decoder's: what a report reads of flows beside what the user's says */
  readonly mapping: Mapping
  /** where the decoder's flows go: nowhere but here */
  readonly flows: Output
  readonly onHeader: OnHeader
  /** Notes the counter samples of a datagram. */
  readonly onCounterSamples: (count: number) => void
  readonly onError: OnError
  /** Reads the flows that were decoded since it was last called; to be called after each datagram. */
  readonly readFlows: () => void
  /** Appends the report. */
  readonly write: (output: Output, format: 'json' | 'text') => void
}

/** `mapping` is the user's, whose elements are none that no field takes. */
export function newReport(mapping: Mapping): Report {
  const observer = reportObserver()
  const flows = memoryOutput()
  const reader = frameReader((buf, start, end) => {
    observer.onFlow(buf, start, end)
  })
  const mapped = new Set([
    ...mapping.netflowv9.map(({ field }) => `0.${field}`),
    ...mapping.ipfix.map(({ field, pen }) => `${pen ?? 0}.${field}`)
  ])
  return {
    mapping: withEvents(mapping),
    flows,
    onHeader: observer.onHeader,
    onCounterSamples: observer.onCounterSamples,
    onError: observer.onError,
    readFlows() {
      if (flows.pos === 0) return
      reader.push(flows.buf.subarray(0, flows.pos))
      flows.pos = 0
    },
    write(output, format) {
      const seen = new Set<string>()
      for (const section of observer.sections()) {
        endSequences(section.sequences)
        if (!seen.has(section.exporter)) section.errors = observer.errors.get(section.exporter) ?? section.errors
        seen.add(section.exporter)
        appendText(output, format === 'json' ? sectionJson(section, mapped) : sectionPage(section, mapped))
      }
      for (const [exporter, errors] of observer.errors) {
        if (!seen.has(exporter)) appendText(output, format === 'json' ? unreadableJson(exporter, errors) : unreadablePage(exporter, errors))
      }
    }
  }
}

export function reporting(report: Report, decoder: DatagramDecoder): FrameHandler {
  return (buf, start, end, frameStart) => {
    const before = decoder.counterSamples()
    decoder.decode(buf, start, end, frameStart)
    decoder.handOn()
    report.onCounterSamples(decoder.counterSamples() - before)
    report.readFlows()
  }
}

/** stdout, on which the report goes at the end. */
export function reportSink(report: Report, output: Output, format: 'json' | 'text'): Sink {
  return {
    commit() {
      output.commit()
    },
    get blocked() {
      return output.blocked
    },
    ready: () => output.ready(),
    async end() {
      report.write(output, format)
      await output.end()
    }
  }
}

/** Keeps what is appended, until it is read. */
function memoryOutput(): Output {
  const done = (): Promise<void> => Promise.resolve()
  const nothing = (): void => undefined
  return Object.assign(growingMemory(1 << 16), {
    blocked: false,
    bytesWritten: 0,
    commit: nothing,
    flush: nothing,
    pass: nothing,
    ready: done,
    end: done
  })
}
