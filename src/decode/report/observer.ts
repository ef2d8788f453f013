/** Watches datagrams and the flows that are made of them, and keeps what a report tells, by exporter, protocol and domain. */
import { type Datagram, isOfConnection } from '../../flow/datagram.js'
import { fieldReader, fieldValues, isSet, numberAt } from '../../flow/fieldvalues.js'
import { flowMessage } from '../../flow/proto.js'
import { add } from '../counts.js'
import type { ErrorKind } from '../decoding.js'
import type { OnError } from '../errors.js'
import type { ExportHeader } from '../netflow/netflow.js'
import { FIRST_DATA_SET, readSetHeader, walkSets } from '../netflow/wire/sets.js'
import { type Definition, isSameDefinition } from '../netflow/wire/template.js'
import { followSequence } from '../sequence.js'
import { FIREWALL_EVENT_INDEX, REPORT_FIELDS } from './events.js'
import { newSection, type Section } from './section.js'

/** What a datagram's header says; a number that it does not have is NaN, units that are not known −1. */
export interface SeenHeader extends Omit<ExportHeader, 'domain'> {
  readonly domain: string
}

/** Called with each datagram whose header could be read. */
export type OnHeader = (exporter: string, datagram: Datagram, header: SeenHeader) => void

export interface Observer {
  readonly onHeader: OnHeader
  readonly onError: OnError
  /** To be called with each FlowMessage of the datagram that `onHeader` was called with last. */
  readonly onFlow: (buf: Buffer, start: number, end: number) => void
  /** To be called with how many counter samples it had. */
  readonly onCounterSamples: (count: number) => void
  readonly sections: () => Iterable<Section>
  /** The errors by exporter, also of its connections that have ended. */
  readonly errors: ReadonlyMap<string, ReadonlyMap<ErrorKind, number>>
}

/** What makes sections up comes from the network: each is bounded, and all of them by their memory. What has no room is not noted. */
const MOST_BYTES = 64 * 1024 * 1024
const MOST_TEMPLATES = 4096
const MOST_SESSIONS = 1024
const MOST_RATES = 64
const MOST_INTERFACES = 10_000
/** What an entry takes beside the bytes that it holds. */
const SECTION_BYTES = 4096
const STREAM_BYTES = 512
const SESSION_BYTES = 256
const NUMBER_BYTES = 64

/** The memory that sections may still take. */
interface Room {
  bytes: number
}

/** Nothing was seen yet. */
export function reportObserver(): Observer {
  const sections = new Map<string, Section>()
  const room: Room = { bytes: MOST_BYTES }
  const errors = new Map<string, Map<ErrorKind, number>>()
  let current: Section | undefined
  const values = fieldValues(REPORT_FIELDS)
  const read = fieldReader(values)
  const RATE = flowMessage.indexOf('sampling_rate')
  const BYTES = flowMessage.indexOf('bytes')
  const PACKETS = flowMessage.indexOf('packets')
  const NAT_EVENT = flowMessage.indexOf('nat_event')
  const START = flowMessage.indexOf('time_flow_start_ns')
  const END = flowMessage.indexOf('time_flow_end_ns')
  const INTERFACES = [
    [flowMessage.indexOf('in_if'), flowMessage.indexOf('in_if_name')] as const,
    [flowMessage.indexOf('out_if'), flowMessage.indexOf('out_if_name')] as const
  ]

  function sectionOf(exporter: string, { type, domain }: SeenHeader): Section | undefined {
    const key = `${exporter} ${type} ${domain}`
    let section = sections.get(key)
    if (section === undefined && take(room, SECTION_BYTES)) {
      section = newSection(exporter, type, domain)
      sections.set(key, section)
    }
    return section
  }

  return {
    onHeader(exporter, datagram, header) {
      current = sectionOf(exporter, header)
      if (current === undefined) return
      const received = (datagram.receivedHi * 2 ** 32 + datagram.receivedLo) / 1e9
      current.datagrams++
      current.first = Math.min(current.first, received)
      current.last = Math.max(current.last, received)
      current.units += Math.max(header.units, 0)
      if (received > 0 && header.exportSeconds > 0) {
        const delay = received - header.exportSeconds
        current.leastDelay = Math.min(current.leastDelay, delay)
        current.mostDelay = Math.max(current.mostDelay, delay)
      }
      if (header.type !== 'NETFLOW_V1' && (current.sequences.streams.has(datagram.srcPort) || take(room, STREAM_BYTES)))
        followSequence(current.sequences, datagram.srcPort, header.sequence, header.units, header.uptime, header.options)
      for (const id of header.held) noteHeld(current, id, room)
      if (header.type === 'NETFLOW_V9' || header.type === 'IPFIX') noteSets(current, datagram, room)
    },
    onError(exporter, kind) {
      let known = errors.get(exporter)
      if (known === undefined) {
        if (!take(room, SECTION_BYTES)) return
        known = new Map<ErrorKind, number>()
        errors.set(exporter, known)
      }
      add(known, kind)
    },
    onFlow(buf, start, end) {
      if (current === undefined || !read(buf, start, end)) return
      current.flows++
      const rate = numberAt(values, RATE)
      if (current.rates.has(rate) || current.rates.size < MOST_RATES) current.rates.set(rate, (current.rates.get(rate) ?? 0) + 1)
      const isEmpty = !isSet(values, BYTES) && !isSet(values, PACKETS)
      if (isEmpty && isSet(values, NAT_EVENT)) current.natEvents++
      else if (isEmpty && isSet(values, FIREWALL_EVENT_INDEX)) current.firewallEvents++
      else if (isEmpty) current.empty++
      const duration = (numberAt(values, END) - numberAt(values, START)) / 1e9
      if (duration < -0.001) current.backwards++
      current.longest = Math.max(current.longest, duration)
      for (const [index, name] of INTERFACES) {
        if (!isSet(values, index)) continue
        const number = values.lo[index]
        const isNoted = current.interfaces.has(number) || (current.interfaces.size < MOST_INTERFACES && take(room, NUMBER_BYTES))
        if (!isNoted) continue
        current.interfaces.add(number)
        if (isSet(values, name)) current.named.add(number)
      }
    },
    onCounterSamples(count) {
      if (current !== undefined) current.counterSamples += count
    },
    sections: () => sections.values(),
    errors
  }
}

/** Whether there is room for so many bytes, which are taken then. */
function take(room: Room, bytes: number): boolean {
  if (bytes > room.bytes) return false
  room.bytes -= bytes
  return true
}

/** A data set waits for its template. */
function noteHeld({ waiting }: Section, id: number, room: Room): void {
  if (waiting.has(id) || (waiting.size < MOST_TEMPLATES && take(room, NUMBER_BYTES))) waiting.set(id, (waiting.get(id) ?? 0) + 1)
}

/** Templates, and how often data of options came. On a connection a withdrawal ends them (RFC 7011 section 8.1). */
function noteSets(section: Section, datagram: Datagram, room: Room): void {
  const { buf, payloadStart, payloadEnd, srcPort, connectionHi, connectionLo } = datagram
  const header = readSetHeader(buf, payloadStart, payloadEnd)
  if (header === undefined) return
  const { templates, waiting } = section
  const isConnection = isOfConnection(datagram)
  const session = isConnection ? `connection ${connectionHi} ${connectionLo}` : `port ${srcPort}`
  const ignore = (): void => undefined
  walkSets(header, buf, payloadStart, {
    onTemplate(definition) {
      const known = templates.get(definition.id)
      section.waited += waiting.get(definition.id) ?? 0
      if (waiting.delete(definition.id)) room.bytes += NUMBER_BYTES
      if (known === undefined) {
        if (templates.size < MOST_TEMPLATES && take(room, costOf(definition)))
          templates.set(definition.id, { definition, sessions: new Map([[session, definition]]), sent: 1, redefined: 0 })
        return
      }
      const { sessions } = known
      const before = sessions.get(session)
      known.sent++
      if (before !== undefined && !isSameDefinition(before, definition)) known.redefined++
      if (!take(room, costOf(definition) - (before === undefined ? 0 : costOf(before)))) return
      known.definition = definition
      sessions.delete(session)
      for (const oldest of sessions.keys()) if (sessions.size >= MOST_SESSIONS) end(sessions, oldest, room)
      sessions.set(session, definition)
    },
    onData(templateId) {
      if (templates.get(templateId)?.definition.options === true) section.optionsSets++
    },
    onWithdrawal(id, options) {
      if (!isConnection) return
      const isAll = id < FIRST_DATA_SET // it names the set of theirs
      for (const [known, { definition, sessions }] of templates) {
        if (isAll ? definition.options !== options : known !== id) continue
        end(sessions, session, room)
        if (sessions.size === 0) templates.delete(known)
      }
    },
    onRefusal: ignore,
    onUnknownSet: ignore,
    onError: ignore
  })
}

const costOf = ({ record }: Definition): number => SESSION_BYTES + record.length

/** Forgets what a session defined. */
function end(sessions: Map<string, Definition>, session: string, room: Room): void {
  const definition = sessions.get(session)
  if (definition === undefined) return
  sessions.delete(session)
  room.bytes += costOf(definition)
}
