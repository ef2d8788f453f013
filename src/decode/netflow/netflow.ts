/** NetFlow v1, v5, v7, v9 and IPFIX datagrams into FlowMessages. */
import type { Protocol } from '../../flow/protocol.js'
import type { Decoding } from '../decoding.js'
import { HELD_AT, inLetters, inputBytes, loadLetters } from '../memory/in.js'
import type { FrameOptions } from '../packet/walk.js'
import type { QueueNode } from '../queue.js'
import { type DefinitionOptions, type Definitions, keptDefinitions } from './known/definitions.js'
import { domainKey, notePort, keptDomain, knownPort } from './known/domain.js'
import { type DueSet, dueSets } from './known/due.js'
import { openEmitter } from './run/emitter.js'
import { type Export, exportOfLegacy, exportOfSets, type Received } from './fields/export.js'
import type { Domain, Exporter, TemplateEntry } from './known/state.js'
import type { HeldSets } from './known/held.js'
import { planOfLayout } from './compile/legacy.js'
import { type MappedElement, takeUnfit } from './fields/mapped.js'
import { planCache } from './run/plancache.js'
import { learnOptions } from './known/options.js'
import { type OptionsRecord, readOptions } from './known/optionsrecord.js'
import { compilePlan } from './compile/compile.js'
import { forEachLegacyRecord, readLegacyHeader } from './wire/legacy.js'
import { readSetHeader, type SetVisitor, walkSets } from './wire/sets.js'
import { forEachRecord } from './wire/records.js'
import { templateOf } from './known/standin.js'
import { templateFor } from './known/lifecycle.js'

/** A datagram: its payload is `[start, end)` of the input. */
export interface Arrival extends Received {
  readonly start: number
  readonly end: number
  readonly exporter: Exporter
  readonly port: number
  /** it came on a connection, which loses nothing and which nobody else can write to: template withdrawals are obeyed */
  readonly isReliable?: boolean
}

/** The header of a datagram, for sequence numbers and delays. */
export interface ExportHeader {
  /** a value of FlowType */
  readonly type: Protocol['type']
  /** what the sequence number counts within: the domain, or the engine */
  readonly domain: number
  readonly sequence: number
  /** by how much the number moves on: flows, datagrams or records; −1 where records could not be counted */
  readonly units: number
  /** how many of them are options records */
  readonly options: number
  /** the templates that data of the datagram waits for, once for each set */
  readonly held: readonly number[]
  /** milliseconds, NaN for IPFIX */
  readonly uptime: number
  /** seconds since 1970 */
  readonly exportSeconds: number
}

export interface NetflowOptions extends DefinitionOptions {
  readonly held: HeldSets
  /** whether the output is full: held data then waits on, rather than being decoded all at once */
  readonly isBlocked: () => boolean
  /** called with each options record that changed anything */
  readonly onOptions?: (domain: Domain, options: OptionsRecord) => void
  readonly mapping9?: readonly MappedElement[]
  readonly mapping10?: readonly MappedElement[]
  /** how frames inside records are taken apart */
  readonly frames?: FrameOptions
  /** the address that records and options data give of their exporter goes before the datagram's source */
  readonly samplerOfRecord?: boolean
}

export interface NetflowDecoder {
  readonly definitions: Definitions
  /** The domain whose data `decodeDeferred` decodes next. */
  nextDeferred(): Domain | undefined
  /** Decodes the oldest set of those whose template came while the output was blocked. */
  decodeDeferred(decoding: Decoding): void
  /** Decodes a datagram of version 1, 5, 7, 9 or 10. Undefined where not even its header is whole. */
  decode(arrival: Arrival, version: number, decoding: Decoding): ExportHeader | undefined
}

const buf = inputBytes()
const NONE_HELD: readonly number[] = []

/** A decoder; the state of exporters is kept in the exporters that its datagrams come with. */
export function netflowDecoder(options: NetflowOptions): NetflowDecoder {
  const { held } = options
  const definitions = keptDefinitions(options)
  const { counts } = definitions
  const emitter = openEmitter(options.frames, options.samplerOfRecord === true)
  const planOf = planCache((template) =>
    compilePlan(template, {
      mapping: (template.version === 9 ? options.mapping9 : options.mapping10) ?? [],
      samplerOfRecord: options.samplerOfRecord === true
    })
  )

  function decodeLegacy(arrival: Arrival, version: number, decoding: Decoding): ExportHeader | undefined {
    const { start, end, exporter, port } = arrival
    const header = readLegacyHeader(buf, start, end)
    if (header === undefined) return undefined
    const { layout, count, engineType, engineId, sequence, uptime, seconds } = header
    const datagram = exportOfLegacy(notePort(exporter, port), version, arrival, header)
    forEachLegacyRecord(header, start, end, emitter.records(datagram, planOfLayout(layout), decoding), decoding.report)
    return {
      type: layout.type,
      domain: (engineType << 8) | engineId,
      sequence,
      units: version === 1 ? 0 : count,
      options: 0,
      held: NONE_HELD,
      uptime,
      exportSeconds: seconds
    }
  }

  /** Decodes the records of a data set that came with `datagram`; returns how many there were, −1 where that is not known. */
  function decodeData(datagram: Export, node: QueueNode<TemplateEntry>, start: number, end: number, decoding: Decoding): number {
    const { definition } = node.item
    if (definition.options) return learn(datagram.domain, node, start, end, decoding)
    const plan = planOf(definition)
    definitions.use(node)
    const records = forEachRecord(plan.template, buf, start, end, emitter.records(datagram, plan, decoding), decoding.report)
    const unfit = takeUnfit()
    if (unfit > 0)
      decoding.report('mapping', `${unfit} of the values of template ${definition.id} that the mapping file sends to numbers are none`)
    return records
  }

  /** The same of options data: rates and names go into the state of the exporter. */
  function learn(domain: Domain, node: QueueNode<TemplateEntry>, start: number, end: number, decoding: Decoding): number {
    const template = templateFor(node)
    definitions.use(node)
    const onRecord = (record: number): void => {
      const read = readOptions(template, record)
      if (learnOptions(read, keptDomain(domain))) {
        counts.changes++
        options.onOptions?.(domain, read)
      }
      counts.optionsRecords++
    }
    return forEachRecord(template, buf, start, end, onRecord, decoding.report)
  }

  /** Sets whose template has come, but for whose flows the output has no room yet. */
  const deferred: DueSet[] = []
  let deferredAt = 0

  /** Decodes these sets, or defers them. */
  function decodeOrDefer(sets: readonly DueSet[], decoding: Decoding): void {
    for (const each of sets) {
      if (deferred.length > 0 || options.isBlocked()) deferred.push(each)
      else decodeHeld(each, decoding)
    }
  }

  /** Decodes a set with the header that it came with. */
  function decodeHeld({ set, template }: DueSet, decoding: Decoding): void {
    const { port } = set
    const header = readSetHeader(buf, HELD_AT, loadLetters(set.header, HELD_AT))
    if (header === undefined) return
    const datagram = exportOfSets(knownPort(template.item.domain.port.exporter, port), set, header)
    decodeData(datagram, template, HELD_AT, loadLetters(set.body, HELD_AT), decoding)
  }

  function decodeSets(arrival: Arrival, decoding: Decoding): ExportHeader | undefined {
    const { start, end, exporter, port } = arrival
    const header = readSetHeader(buf, start, end)
    if (header === undefined) return undefined
    if (header.wrongBytes !== undefined) decoding.report('truncated', `${header.wrongBytes} bytes announced, ${end - start} there`)
    let datagram = exportOfSets(notePort(exporter, port), arrival, header)
    /** Starts again behind a definition: it may be the first of its port. */
    const beginAgain = (): void => {
      datagram = exportOfSets(knownPort(exporter, port), arrival, header)
    }
    let units = 0
    let optionsRecords = 0
    let heldIds = NONE_HELD
    const visitor: SetVisitor = {
      onTemplate(definition) {
        definitions.define(datagram.domain, definition)
        decodeOrDefer(dueSets(held, exporter, header.version, header.domain, definition.id), decoding)
        beginAgain()
      },
      onRefusal(id) {
        definitions.refuse(datagram.domain, id)
        beginAgain()
      },
      onWithdrawal(id, ofOptions) {
        definitions.withdraw(datagram.domain, id, ofOptions, arrival.isReliable === true)
      },
      onData(id, from, until) {
        const template = templateOf(datagram.domain, id)
        if (template !== undefined) {
          const isOptions = template.item.definition.options
          const records = decodeData(datagram, template, from, until, decoding)
          if (isOptions) beginAgain()
          if (records < 0 || units < 0) units = -1
          else {
            units += records
            if (isOptions) optionsRecords += records
          }
          return
        }
        units = -1
        heldIds = [...heldIds, id]
        held.hold(exporter, {
          templateId: id,
          port,
          domainKey: domainKey(header.version, header.domain),
          header: inLetters(start, start + header.headerBytes),
          body: inLetters(from, until),
          receivedHi: arrival.receivedHi,
          receivedLo: arrival.receivedLo,
          heldAt: options.now()
        })
      },
      onUnknownSet() {
        counts.unknownSets++
      },
      onError(kind, detail) {
        decoding.report(kind, detail)
        units = -1
      }
    }
    walkSets(header, buf, start, visitor)
    return {
      type: header.type,
      domain: header.domain,
      sequence: header.sequence,
      units: header.version === 9 ? 1 : units,
      options: header.version === 9 ? 0 : optionsRecords,
      held: heldIds,
      uptime: header.uptime,
      exportSeconds: header.seconds
    }
  }

  return {
    definitions,
    nextDeferred: () => deferred.at(deferredAt)?.template.item.domain,
    decodeDeferred(decoding) {
      const next = deferred[deferredAt++]
      if (deferredAt === deferred.length) deferredAt = deferred.length = 0
      decodeHeld(next, decoding)
    },
    decode(arrival, version, decoding) {
      const header = version >= 9 ? decodeSets(arrival, decoding) : decodeLegacy(arrival, version, decoding)
      if (header === undefined) decoding.report('truncated', `${arrival.end - arrival.start} bytes, less than a header`)
      return header
    }
  }
}
