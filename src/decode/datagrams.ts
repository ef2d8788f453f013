/** Tells what protocol a datagram is of, hands it to that decoder, and counts. */
import type { Log } from '../cli/log.js'
import { observe } from '../cli/metrics.js'
import { newDatagram, readDatagram } from '../flow/datagram.js'
import type { FrameHandler } from '../flow/frames.js'
import type { Output } from '../flow/output.js'
import { add, type Counted, newCounts } from './counts.js'
import type { Decoding } from './decoding.js'
import { type KnownExporter, knownExporters } from './exporters.js'
import { mutedLog } from './mutedlog.js'
import { type HeldLimits, heldSets } from './netflow/held.js'
import { netflowDecoder, type Told } from './netflow/netflow.js'
import type { RateOf } from './rates.js'
import { endSequences, followSequence } from './sequence.js'

export interface DecoderOptions {
  readonly output: Output
  readonly log: Log
  readonly rateOf: RateOf
  /** log lines on errors per interval */
  readonly errorLines: number
  readonly errorIntervalMs: number
  readonly maxExporters: number
  /** of one exporter */
  readonly maxTemplates: number
  readonly held: HeldLimits
  /** whether to time the decoding of each datagram */
  readonly timed: boolean
}

export interface DatagramDecoder extends Counted {
  /** Decodes the Datagram message at `buf[start, end)`. */
  readonly decode: FrameHandler
  /** Gives up what is still waited for. */
  end(): void
}

/** How often what has been held too long is looked for. */
const EXPIRE_MS = 1000

export function datagramDecoder(options: DecoderOptions): DatagramDecoder {
  const { log } = options
  const counts = newCounts()
  const now = (): number => performance.now()
  const errorLog = mutedLog(log, options.errorLines, options.errorIntervalMs, now)
  const datagram = newDatagram()
  let exporter: KnownExporter

  const held = heldSets(options.held, (of, set) => {
    countError(of as KnownExporter, 'template-not-found', `no template ${set.templateId} for ${set.body.length} bytes of data`)
  })
  const exporters = knownExporters(options.maxExporters, options.rateOf, (gone) => {
    held.drop(gone)
    for (const [kind, count] of gone.errors) add(counts.forgottenErrors, kind, count)
  })
  const netflow = netflowDecoder({ held, maxTemplates: options.maxTemplates, now })

  function countError(of: KnownExporter, kind: Parameters<Decoding['report']>[0], detail: string): void {
    add(counts.errors, kind)
    add(of.errors, kind)
    errorLog.warn(detail, { kind, exporter: of.name })
  }

  const decoding: Decoding = {
    output: options.output,
    flows: 0,
    report(kind, detail) {
      countError(exporter, kind, detail)
    }
  }

  function decodePayload(): void {
    const { buf, payloadStart: start, payloadEnd: end } = datagram
    const version = end - start < 4 ? -1 : (buf[start] << 8) | buf[start + 1]
    switch (version) {
      case 1:
      case 5:
      case 7:
      case 9:
      case 10: {
        const { receivedHi, receivedLo, srcPort } = datagram
        const told = netflow.decode({ buf, start, end, exporter, receivedHi, receivedLo }, version, decoding)
        if (told !== undefined) follow(told, srcPort)
        return
      }
      default:
        decoding.report('unknown-protocol', `${end - start} bytes that start with ${buf.toString('hex', start, Math.min(end, start + 4))}`)
        add(counts.byType, 'unknown')
    }
  }

  function follow(told: Told, port: number): void {
    add(counts.byType, told.type)
    const received = (datagram.receivedHi * 0x1_0000_0000 + datagram.receivedLo) / 1e9
    observe(counts.delay, received - told.exportSeconds)
    if (told.type === 'NETFLOW_V1') return
    followSequence(exporter.sequences, `${told.type} ${port} ${told.domain}`, told.sequence, told.units, told.uptime)
  }

  let nextExpiry = 0
  return {
    counts,
    exporters,
    held,
    netflow: netflow.counts,
    flows: () => decoding.flows,
    decode(buf, start, end) {
      if (!readDatagram(buf, start, end, datagram)) {
        counts.badFrames++
        return
      }
      counts.datagrams++
      counts.bytes += datagram.payloadEnd - datagram.payloadStart
      exporter = exporters.get(buf, datagram.srcStart, datagram.srcEnd)
      const started = now()
      if (started >= nextExpiry) {
        nextExpiry = started + EXPIRE_MS
        held.expire(started)
      }
      decodePayload()
      if (options.timed) observe(counts.decoding, (now() - started) / 1000)
    },
    end() {
      held.drop()
      for (const each of exporters.all()) endSequences(each.sequences)
      errorLog.end()
    }
  }
}
