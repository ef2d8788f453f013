/** Finds out the protocol of a datagram, hands it to that decoder, and counts. */
import type { Log } from '../cli/log.js'
import { observe } from '../cli/metrics.js'
import { isMappedIPv4 } from '../flow/address.js'
import { newDatagram, readDatagram } from '../flow/datagram.js'
import type { FrameHandler } from '../flow/frames.js'
import { protocolOf, SFLOW_5 } from '../flow/protocol.js'
import type { Mapping } from '../mapping/mapping.js'
import type { Output } from '../flow/output.js'
import type { OnCounterSample } from './counters/counters.js'
import { add, type Counted, newCounts } from './counts.js'
import type { Decoding } from './decoding.js'
import { newExporterLog, stateLog, unknownText } from './exporterlog.js'
import { type KnownExporter, knownExporters } from './exporters.js'
import { load, MAX_DATAGRAM_BYTES } from './memory/in.js'
import { dropMessages, handOn, messagesFor } from './memory/out.js'
import { mistakeLog } from './mistakes.js'
import { mutedLog } from './mutedlog.js'
import { domainKey } from './netflow/known/domain.js'
import { type HeldLimits, heldSets } from './netflow/known/held.js'
import { netflowDecoder, type ExportHeader } from './netflow/netflow.js'
import { mappedElements } from './netflow/compile/mappedelements.js'
import { restoreDomain, type SavedDomain, saveExporter } from './netflow/known/snapshot.js'
import { sweepTemplates } from './netflow/known/templates.js'
import { type Tunnel, tunnelSet } from './packet/decap.js'
import { compileFrameMapping } from './packet/mapping.js'
import type { RateOf } from './rates.js'
import { type RawFormat, writeRaw } from './raw/raw.js'
import type { SamplerChoice } from './sampler.js'
import type { OnHeader } from './report/observer.js'
import { sflowHeader } from './report/sflow.js'
import { agentKey } from './sflow/header.js'
import { sflowDecoder } from './sflow/sflow.js'
import { endSequences, followSequence } from './sequence.js'

export interface DecoderOptions {
  readonly output: Output
  readonly log: Log
  readonly rateOf: RateOf
  /** log lines on errors per interval */
  readonly errorLines: number
  readonly errorIntervalMs: number
  readonly maxExporters: number
  /** memory for the state of all exporters */
  readonly maxStateBytes: number
  /** of one exporter */
  readonly maxTemplates: number
  readonly held: HeldLimits
  /** templates are forgotten after so many milliseconds without a definition, with `templateAccess` without use either; 0: never */
  readonly templateTtlMs: number
  readonly templateAccess: boolean
  readonly mapping?: Mapping
  /** which addresses go before the datagram's source as sampler_address */
  readonly sampler?: SamplerChoice
  /** the tunnels to peel off sampled packets */
  readonly decap?: readonly Tunnel[]
  /** write datagrams as text instead of flows */
  readonly raw?: RawFormat
  /** called with each datagram's header, once it is decoded */
  readonly onHeader?: OnHeader
  /** called with each counter sample; without it they are only counted */
  readonly onCounterSample?: OnCounterSample
  /** log each template, and what options data says */
  readonly debug?: boolean
  /** whether to time the decoding of each datagram */
  readonly timed: boolean
}

export interface DatagramDecoder extends Counted {
  /** Decodes the Datagram message at `buf[start, end)`. */
  readonly decode: FrameHandler
  /** The state of the exporters: their templates, rates and names. */
  readonly state: () => Iterable<SavedDomain>
  /** Puts a saved domain back; throws an Error with what is wrong with it. */
  readonly restore: (domain: unknown) => void
  /** Forgets templates that are too old. */
  readonly sweep: () => void
  /** Drops data that has been held too long, and logs new exporters. To be called every second, even while no datagrams come. */
  readonly expire: () => void
  /** Decodes some of the data whose template came while the output was blocked; false where there is none. */
  readonly more: () => boolean
  /** Logs new exporters right away. */
  readonly logNewExporters: () => void
  /** Drops the data that is still held, and counts what is missing. */
  end(): void
}

const PORTS = 0x10000

/** How often data that has been held too long is looked for. */
const EXPIRE_MS = 1000

export function datagramDecoder(options: DecoderOptions): DatagramDecoder {
  const { log } = options
  const counts = newCounts()
  const now = (): number => performance.now()
  const errorLog = mutedLog(log, options.errorLines, options.errorIntervalMs, now)
  const newExporters = newExporterLog(log)
  const datagram = newDatagram()
  const framePlan = options.mapping === undefined ? undefined : compileFrameMapping(options.mapping.sflow)
  const frames = { tunnels: tunnelSet(options.decap ?? []), ...(framePlan === undefined ? {} : { plan: framePlan }) }
  const { sampler = { agent: true, record: false } } = options
  const sflow = sflowDecoder(frames, sampler.agent, options.onCounterSample)
  let exporter: KnownExporter

  const held = heldSets(
    options.held,
    (of, set) => {
      countError(of as KnownExporter, 'template-not-found', `no template ${set.templateId} for ${set.body.length} bytes of data`)
    },
    (of, { templateId }) => {
      log.info(`data waits for template ${templateId}`, { exporter: (of as KnownExporter).name })
    }
  )
  const { maxExporters, maxStateBytes } = options
  const exporters = knownExporters({ exporters: maxExporters, bytes: maxStateBytes }, options.rateOf, (gone, limit) => {
    const why =
      limit === 'bytes'
        ? `the state of exporters takes more than ${maxStateBytes} bytes (-state.bytes)`
        : `more than ${maxExporters} exporters (-exporters.max)`
    errorLog.warn(`${why}: the one that was silent longest is forgotten`, { exporter: gone.name })
    keepErrors(gone)
  })

  /** Drops the held data of an exporter that is forgotten, and counts its errors among those of all forgotten ones. */
  function keepErrors(gone: KnownExporter): void {
    held.drop(gone)
    for (const [kind, count] of gone.errors ?? []) add(counts.forgottenErrors, kind, count)
  }

  const { maxTemplates, mapping } = options
  const netflow = netflowDecoder({
    held,
    maxTemplates,
    samplerOfRecord: sampler.record,
    isBlocked: () => options.output.blocked,
    onTemplatesEvicted() {
      errorLog.warn(`more than ${maxTemplates} templates (-templates.max): the one that was not used longest is forgotten`, {
        exporter: exporter.name
      })
    },
    ...(options.debug === true ? stateLog(log) : {}),
    now,
    mapping9: mappedElements(mapping?.netflowv9 ?? []),
    mapping10: mappedElements(mapping?.ipfix ?? []),
    frames
  })

  function countError(of: KnownExporter, kind: Parameters<Decoding['report']>[0], detail: string): void {
    add(counts.errors, kind)
    of.errors ??= new Map()
    add(of.errors, kind)
    errorLog.warn(detail, { kind, exporter: of.name })
  }

  const decoding: Decoding = {
    messages: messagesFor(options.output),
    flows: 0,
    counterSamples: 0,
    report(kind, detail) {
      countError(exporter, kind, detail)
    }
  }

  function decodePayload(): void {
    if (options.raw !== undefined) {
      add(counts.byType, writeRaw(datagram, exporter, options.raw, now(), maxTemplates, netflow.counts, options.output, decoding.report))
      return
    }
    const { buf, payloadStart, payloadEnd } = datagram
    const bytes = payloadEnd - payloadStart
    const protocol = bytes < 4 || bytes > MAX_DATAGRAM_BYTES ? undefined : protocolOf(buf, payloadStart, payloadEnd)
    if (protocol === undefined) {
      decoding.report('unknown-protocol', unknownText(buf, payloadStart, payloadEnd))
      add(counts.byType, 'unknown')
      return
    }
    const end = load(buf, payloadStart, payloadEnd, 0)
    if (protocol === SFLOW_5) {
      decodeSflow(end)
      return
    }
    const { receivedHi, receivedLo, srcPort } = datagram
    const header = netflow.decode(
      { start: 0, end, exporter, port: srcPort, receivedHi, receivedLo, isReliable: exporter.isConnection },
      protocol.version,
      decoding
    )
    if (header === undefined) add(counts.byType, 'unknown')
    else follow(header, protocol.version, srcPort)
  }

  function decodeSflow(end: number): void {
    add(counts.byType, SFLOW_5.type)
    const header = sflow(datagram, exporter.address, 0, end, decoding)
    if (header === undefined) return
    options.onHeader?.(exporter.name, datagram, sflowHeader(header))
    followSequence(exporter.sequences, agentKey(header), header.sequence, 1, header.uptime)
  }

  function follow(header: ExportHeader, version: number, port: number): void {
    add(counts.byType, header.type)
    options.onHeader?.(exporter.name, datagram, { ...header, domain: String(header.domain) })
    const received = (datagram.receivedHi * 0x1_0000_0000 + datagram.receivedLo) / 1e9
    if (received > 0) observe(counts.delay, Math.max(received - header.exportSeconds, 0))
    if (header.type === 'NETFLOW_V1') return
    followSequence(
      exporter.sequences,
      domainKey(version, header.domain) * PORTS + port,
      header.sequence,
      header.units,
      header.uptime,
      header.options
    )
  }

  const mistakes = mistakeLog(log)

  /** Does a part of the work on datagrams. An error in it is a mistake of this program, and costs that part alone: nothing of it is written any more. */
  function guarded(work: () => void): void {
    const { flows } = decoding
    const { pos } = options.output
    try {
      work()
    } catch (error) {
      dropMessages(decoding.messages)
      if (options.output.pos === pos) decoding.flows = flows
      countError(exporter, 'internal', 'a mistake of flow-decode cost a datagram')
      mistakes(error, exporter.name)
    }
    exporter.flows += decoding.flows - flows
    handOn(decoding.messages)
  }

  let nextExpiry = 0
  return {
    counts,
    exporters,
    held,
    netflow: netflow.counts,
    counterSamples: () => decoding.counterSamples,
    flows: () => (options.raw === undefined ? decoding.flows : undefined),
    decode(buf, start, end) {
      if (!readDatagram(buf, start, end, datagram)) {
        counts.badFrames++
        return
      }
      const addressBytes = datagram.srcEnd - datagram.srcStart
      if (isMappedIPv4(buf, datagram.srcStart, datagram.srcEnd)) datagram.srcStart = datagram.srcEnd - 4
      else if (addressBytes !== 4 && addressBytes !== 16) datagram.srcEnd = datagram.srcStart // no address
      exporter = exporters.of(datagram)
      const started = now()
      if (started >= nextExpiry) {
        nextExpiry = started + EXPIRE_MS
        held.expire(started)
      }
      if (exporter.isConnection && datagram.payloadEnd === datagram.payloadStart) {
        keepErrors(exporter) // that is its end
        exporters.close(exporter)
        return
      }
      counts.datagrams++
      counts.bytes += datagram.payloadEnd - datagram.payloadStart
      if (exporter.datagrams++ === 0) newExporters.add(exporter, datagram)
      guarded(decodePayload)
      exporters.account(exporter)
      if (options.timed) observe(counts.decoding, (now() - started) / 1000)
    },
    *state() {
      for (const each of exporters.all()) if (!each.isConnection) yield* saveExporter(each)
    },
    restore(domain) {
      exporters.account(restoreDomain(domain, (address) => exporters.get(address, 0, address.length), now(), maxTemplates))
    },
    expire() {
      held.expire(now())
      newExporters.tick()
    },
    more() {
      const domain = netflow.nextDeferred()
      if (domain === undefined) return false
      exporter = domain.port.exporter as KnownExporter
      guarded(() => {
        netflow.decodeDeferred(decoding)
      })
      return true
    },
    sweep() {
      if (options.templateTtlMs === 0) return
      // a connection's templates hold as long as it does
      for (const each of exporters.all())
        if (!each.isConnection) netflow.counts.changes += sweepTemplates(each, now(), options.templateTtlMs, options.templateAccess)
    },
    logNewExporters: newExporters.flush,
    end() {
      held.drop()
      for (const each of exporters.all()) endSequences(each.sequences)
      errorLog.end()
    }
  }
}
