/** Finds out the protocol of a datagram, hands it to that decoder, and counts. */
import { observe } from '../cli/metrics.js'
import { isMappedIPv4 } from '../flow/address.js'
import { newDatagram, readDatagram } from '../flow/datagram.js'
import type { FrameHandler } from '../flow/frames.js'
import { type Protocol, protocolOf, SFLOW_5 } from '../flow/protocol.js'
import { type Counted, type DatagramType, newCounts, UNKNOWN } from './counts.js'
import type { DecoderOptions } from './decoderoptions.js'
import type { Decoding } from './decoding.js'
import { newExporterLog, stateLog, unknownText } from './exporterlog.js'
import { type KnownExporter, knownExporters } from './exporters.js'
import { loadDatagram, MAX_DATAGRAM_BYTES } from './memory/in.js'
import { beginDatagram, dropDatagram, handOn, messagesFor } from './memory/out.js'
import { datagramErrors } from './errors.js'
import { domainKey } from './netflow/known/domain.js'
import { heldSets } from './netflow/known/held.js'
import { netflowDecoder, type ExportHeader } from './netflow/netflow.js'
import { mappedElements } from './netflow/compile/mappedelements.js'
import { restoreDomain, type SavedDomain, saveExporter } from './netflow/known/snapshot.js'
import { sweepTemplates } from './netflow/known/lifecycle.js'
import { tunnelSet } from './packet/decap.js'
import { compileFrameMapping } from './packet/mapping.js'
import { rawWriter } from './raw/raw.js'
import { sflowHeader } from './report/sflow.js'
import { agentKey } from './sflow/header.js'
import { sflowDecoder } from './sflow/sflow.js'
import { endSequences, followSequence } from './sequence.js'

export interface DatagramDecoder extends Counted {
  /** Decodes the Datagram message at `buf[start, end)`. Its flows are handed on by `handOn`, or sooner. */
  readonly decode: FrameHandler
  /** Hands all flows that were decoded to the output: to be called behind each chunk of datagrams. */
  readonly handOn: () => void
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

/** A decoder with no state yet. It uses the memory of the process (decode/memory): one of them works at a time. */
export function datagramDecoder(options: DecoderOptions): DatagramDecoder {
  const { log } = options
  const counts = newCounts()
  let time = NaN
  /** Milliseconds of a clock that is looked at once for each chunk of datagrams: a look costs as much as a third of a flow. */
  const now = (): number => (Number.isNaN(time) ? (time = performance.now()) : time)
  const errors = datagramErrors(counts, log, options.errorLines, options.errorIntervalMs, now, options.onError)
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
      errors.count(of as KnownExporter, 'template-not-found', `no template ${set.templateId} for ${set.body.length} bytes of data`)
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
    errors.warn(gone, `${why}: the one that was silent longest is forgotten`)
    forget(gone)
  })

  /** Of an exporter that is forgotten, the held data goes, and its errors count on. */
  function forget(gone: KnownExporter): void {
    held.drop(gone)
    errors.forget(gone)
  }

  const { maxTemplates, mapping } = options
  const netflow = netflowDecoder({
    held,
    maxTemplates,
    samplerOfRecord: sampler.record,
    isBlocked: () => options.output.blocked,
    onTemplatesEvicted() {
      const why =
        exporter.templates.size < maxTemplates
          ? 'templates that take more memory than one exporter may'
          : `more than ${maxTemplates} templates (-templates.max)`
      errors.warn(exporter, `${why}: the one that was not used longest is forgotten`)
    },
    ...(options.debug === true ? stateLog(log) : {}),
    now,
    mapping9: mappedElements(mapping?.netflowv9 ?? []),
    mapping10: mappedElements(mapping?.ipfix ?? []),
    frames
  })

  const decoding: Decoding = {
    messages: messagesFor(options.output),
    counterSamples: 0,
    report(kind, detail) {
      raw?.addError(kind, detail)
      errors.count(exporter, kind, detail)
    }
  }
  const raw = options.raw === undefined ? undefined : rawWriter(options.raw, options.output, netflow.definitions, decoding.report)

  /** The protocol of the datagram; undefined where it is of none, or too long, which is reported. */
  function recognized(): Protocol | undefined {
    const { buf, payloadStart, payloadEnd } = datagram
    const bytes = payloadEnd - payloadStart
    const protocol = bytes < 4 || bytes > MAX_DATAGRAM_BYTES ? undefined : protocolOf(buf, payloadStart, payloadEnd)
    if (protocol === undefined) decoding.report('unknown-protocol', unknownText(buf, payloadStart, payloadEnd))
    return protocol
  }

  function decodePayload(): void {
    const protocol = recognized()
    const { buf, payloadStart, payloadEnd } = datagram
    const start = protocol === undefined ? 0 : loadDatagram(buf, payloadStart, payloadEnd)
    const end = start + payloadEnd - payloadStart
    const type =
      raw !== undefined
        ? raw.write(datagram, exporter, protocol, start, end)
        : protocol === undefined
          ? UNKNOWN
          : protocol === SFLOW_5
            ? decodeSflow(start, end)
            : decodeNetflow(protocol, start, end)
    counts.byType[type]++
  }

  /** Decodes the payload `[start, end)` of the input, and follows the exporter's sequence numbers; returns what it counts as. */
  function decodeSflow(start: number, end: number): DatagramType {
    const header = sflow(datagram, exporter.address, start, end, decoding)
    if (header === undefined) return SFLOW_5.type
    options.onHeader?.(exporter.name, datagram, sflowHeader(header))
    followSequence(exporter.sequences, agentKey(header), header.sequence, 1, header.uptime)
    return SFLOW_5.type
  }

  function decodeNetflow({ version }: Protocol, start: number, end: number): DatagramType {
    const { receivedHi, receivedLo, srcPort } = datagram
    const header = netflow.decode(
      { start, end, exporter, port: srcPort, receivedHi, receivedLo, isReliable: exporter.isConnection },
      version,
      decoding
    )
    if (header === undefined) return UNKNOWN
    follow(header, version, srcPort)
    return header.type
  }

  function follow(header: ExportHeader, version: number, port: number): void {
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

  /** Does a part of the work on datagrams. An error in it is a mistake of this program, and costs that part alone: nothing of it is written any more. */
  function guarded(work: () => void): void {
    const { messages } = decoding
    const { flows } = messages
    beginDatagram(messages)
    try {
      work()
    } catch (error) {
      dropDatagram(messages)
      errors.countThrown(exporter, error)
    }
    exporter.flows += messages.flows - flows
  }

  return {
    counts,
    exporters,
    held,
    netflow: netflow.definitions.counts,
    counterSamples: () => decoding.counterSamples,
    flows: () => (options.raw === undefined ? decoding.messages.flows : undefined),
    decode(buf, start, end) {
      if (!readDatagram(buf, start, end, datagram)) {
        counts.badFrames++
        return
      }
      const addressBytes = datagram.srcEnd - datagram.srcStart
      if (isMappedIPv4(buf, datagram.srcStart, datagram.srcEnd)) datagram.srcStart = datagram.srcEnd - 4
      else if (addressBytes !== 4 && addressBytes !== 16) datagram.srcEnd = datagram.srcStart // no address
      const started = options.timed ? performance.now() : 0
      exporter = exporters.of(datagram)
      if (exporter.isConnection && datagram.payloadEnd === datagram.payloadStart) {
        forget(exporter) // that is its end
        exporters.close(exporter)
        return
      }
      counts.datagrams++
      counts.bytes += datagram.payloadEnd - datagram.payloadStart
      if (exporter.datagrams++ === 0) newExporters.add(exporter, datagram)
      guarded(decodePayload)
      exporters.account(exporter)
      if (options.timed) observe(counts.decoding, (performance.now() - started) / 1000)
    },
    handOn() {
      handOn(decoding.messages)
      time = NaN
    },
    *state() {
      for (const each of exporters.all()) if (!each.isConnection) yield* saveExporter(each)
    },
    restore(domain) {
      exporters.account(restoreDomain(domain, (address) => exporters.get(address, 0, address.length), performance.now(), maxTemplates))
    },
    expire() {
      held.expire(performance.now())
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
        if (!each.isConnection)
          netflow.definitions.counts.changes += sweepTemplates(each, performance.now(), options.templateTtlMs, options.templateAccess)
    },
    logNewExporters: newExporters.flush,
    end() {
      held.drop()
      for (const each of exporters.all()) endSequences(each.sequences)
      errors.end()
    }
  }
}
