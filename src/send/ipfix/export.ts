/**
 * Flows as IPFIX messages (RFC 7011): each exporter of flows is an observation domain of its own, whose messages are filled one after another.
 *
 *     message := version(2) length(2) export time(4) sequence(4) observation domain(4), set*       section 3.1
 *     set     := id(2) length(2), record*                                                          section 3.3
 *
 * Who gets the messages fills in the sequence number (session.ts): it counts what that one was sent.
 */
import { fieldReader, fieldValues, isSet } from '../../flow/fieldvalues.js'
import { EXPORTED, fieldIndex } from './groups.js'
import { FIRST_TEMPLATE_ID, type Layout, layoutsFrom, flowShape } from './layout.js'
import {
  hasNames,
  unsentNames,
  newSentNames,
  OPTIONS_TEMPLATES,
  optionsLayoutsFrom,
  samplerRecord,
  type OptionsRecord,
  type SentNames,
  writeSet
} from './options.js'
import { writeUint16, writeUint32 } from '../../flow/bigendian.js'
import { communitiesOf, VARYING_BYTES, writeRecord } from './record.js'

export const HEADER_BYTES = 16
const SET_HEADER_BYTES = 4
const TEMPLATE_SET = 2
const OPTIONS_TEMPLATE_SET = 3

/** Domains at a time; past them the one that has been silent for the longest is forgotten, and is another one when it comes back. */
const MOST_DOMAINS = 4096
/** Names that are remembered as sent; beyond them all are sent anew. */
const MOST_NAMES = 100_000

/** An exporter of flows. */
export interface Domain {
  readonly id: number
  /** its address; empty where it is not known */
  readonly sampler: Buffer
  /** the templates that its records have used */
  readonly layouts: Set<Layout>
  readonly sampled: OptionsRecord | undefined
  readonly names: SentNames
  /** the message that is being filled; empty once the domain is forgotten, which messages that wait for their target may still be of */
  buf: Buffer
  pos: number
  records: number
  /** of the set that is being filled: where it starts, and its layout */
  setAt: number
  layout: Layout | undefined
  lastUsed: number
}

/** A message; its buffer is filled again when the call that gets it returns. */
export interface Message {
  readonly domain: Domain
  readonly bytes: Buffer
  /** data records, options data among them: what the sequence number counts */
  readonly records: number
  /** of these, flows */
  readonly flows: number
  /** it has templates or options data, which `definitions` repeats from now on */
  readonly defines: boolean
  /** when the last of its flows was received, in seconds; 0 where that is not known */
  readonly receivedSeconds: number
}

export interface FlowExport {
  /** Adds the FlowMessage at `buf[start, end)`. */
  add(buf: Buffer, start: number, end: number): void
  /** Hands on what is there. */
  flush(): void
  /** whether something is there */
  readonly pending: boolean
  /** Hands all templates and options data of a domain to `send`. */
  definitions(domain: Domain, send: (message: Message) => void): void
  readonly counts: { flows: number; malformed: number; exporters: number }
}

export interface ExportOptions {
  /** bytes of a message at the most */
  readonly mtu: number
  /** the id of the first domain */
  readonly firstDomain: number
  readonly nanoseconds: boolean
}

/** A set of one template, or of one record of options data. */
interface DefiningSet {
  readonly id: number
  readonly body: Buffer
  readonly records: 0 | 1
}

/** The sets of options records: their templates, each once, and then the records. */
function setsOf(records: readonly OptionsRecord[]): DefiningSet[] {
  const layouts = new Set(records.map(({ layout }) => layout))
  return [
    ...[...layouts].map(({ template }) => ({ id: OPTIONS_TEMPLATE_SET, body: template, records: 0 as const })),
    ...records.map(({ layout, record }) => ({ id: layout.id, body: record, records: 1 as const }))
  ]
}

const SAMPLER = fieldIndex('sampler_address')
const RECEIVED = fieldIndex('time_received_ns')
const COMMUNITIES = fieldIndex('bgp_communities')

/** Makes IPFIX messages (RFC 7011) of flows, an observation domain for each exporter; each goes to `onMessage`, valid only during the call. */
export function flowExport({ mtu, firstDomain, nanoseconds }: ExportOptions, onMessage: (message: Message) => void): FlowExport {
  const values = fieldValues(EXPORTED)
  const read = fieldReader(values)
  const options = optionsLayoutsFrom(FIRST_TEMPLATE_ID)
  const layouts = layoutsFrom(FIRST_TEMPLATE_ID + OPTIONS_TEMPLATES, nanoseconds)
  const domains = new Map<string, Domain>()
  const counts = { flows: 0, malformed: 0, exporters: 0 }
  const open = new Set<Domain>()
  const definition = Buffer.alloc(mtu)
  // one of its own: a target may have all defined again while others wait for what `definition` holds
  const repetition = Buffer.alloc(mtu)
  let names = 0
  let clock = 0
  let receivedSeconds = 0
  let last: Domain | undefined

  function domainAt(): Domain {
    const { buf, start, end } = values
    const from = isSet(values, SAMPLER) ? start[SAMPLER] : 0
    const to = isSet(values, SAMPLER) ? end[SAMPLER] : 0
    if (last !== undefined && isAt(last.sampler, buf, from, to)) return last
    const key = buf.toString('latin1', from, to)
    last = domains.get(key) ?? newDomain(key, Buffer.from(buf.subarray(from, to)))
    last.lastUsed = ++clock
    return last
  }

  function newDomain(key: string, sampler: Buffer): Domain {
    if (domains.size >= MOST_DOMAINS) forgetSilent()
    const id = (firstDomain + counts.exporters++) >>> 0
    const domain: Domain = {
      id,
      sampler,
      layouts: new Set(),
      sampled: samplerRecord(id, sampler, options),
      names: newSentNames(),
      buf: Buffer.alloc(mtu),
      pos: HEADER_BYTES,
      records: 0,
      setAt: 0,
      layout: undefined,
      lastUsed: ++clock
    }
    domains.set(key, domain)
    if (domain.sampled !== undefined) define(domain, setsOf([domain.sampled]))
    return domain
  }

  function forgetSilent(): void {
    let oldest: [string, Domain] | undefined
    for (const entry of domains) if (oldest === undefined || entry[1].lastUsed < oldest[1].lastUsed) oldest = entry
    if (oldest === undefined) return
    const [key, domain] = oldest
    close(domain)
    open.delete(domain)
    domains.delete(key)
    forgetNames(domain)
    domain.buf = Buffer.alloc(0)
  }

  function forgetNames(domain: Domain): void {
    for (const sent of Object.values(domain.names)) {
      names -= sent.size
      sent.clear()
    }
  }

  /** Makes messages of these sets, apart from those of flows, and hands them to `send`. */
  function define(domain: Domain, sets: readonly DefiningSet[], out = definition, send = onMessage): void {
    let pos = HEADER_BYTES
    let records = 0
    const handOn = (): void => {
      if (pos === HEADER_BYTES) return
      writeHeader(out, pos, domain.id)
      send({ domain, bytes: out.subarray(0, pos), records, flows: 0, defines: true, receivedSeconds })
      pos = HEADER_BYTES
      records = 0
    }
    for (const { id, body, records: own } of sets) {
      if (pos + SET_HEADER_BYTES + body.length > mtu) handOn()
      pos = writeSet(out, pos, id, body)
      records += own
    }
    handOn()
  }

  function sendNames(domain: Domain): void {
    const unsent = unsentNames(values, domain.names, options)
    if (unsent.length === 0) return
    names += unsent.length
    // records before it were of another name
    close(domain)
    define(domain, setsOf(unsent))
    if (names > MOST_NAMES) {
      for (const each of domains.values()) forgetNames(each)
      names = 0
    }
  }

  /** Hands on the message that the domain has begun. */
  function close(domain: Domain): void {
    if (domain.records === 0) return
    closeSet(domain)
    writeHeader(domain.buf, domain.pos, domain.id)
    const { records } = domain
    onMessage({ domain, bytes: domain.buf.subarray(0, domain.pos), records, flows: records, defines: false, receivedSeconds })
    domain.pos = HEADER_BYTES
    domain.records = 0
  }

  function closeSet(domain: Domain): void {
    if (domain.layout !== undefined) writeUint16(domain.buf, domain.setAt + 2, domain.pos - domain.setAt)
    domain.layout = undefined
  }

  function append(domain: Domain, layout: Layout): void {
    const mostCommunities = Math.floor((mtu - HEADER_BYTES - SET_HEADER_BYTES - layout.fixedBytes - VARYING_BYTES) / 4)
    let bytes = layout.fixedBytes
    if (layout.varies) bytes += VARYING_BYTES + 4 * Math.min(communitiesOf(values, COMMUNITIES), mostCommunities)
    if (domain.pos + bytes + (layout === domain.layout ? 0 : SET_HEADER_BYTES) > mtu) close(domain)
    if (layout !== domain.layout) {
      closeSet(domain)
      domain.layout = layout
      domain.setAt = domain.pos
      writeUint16(domain.buf, domain.pos, layout.id)
      domain.pos += SET_HEADER_BYTES
    }
    domain.pos = writeRecord(layout, values, domain.buf, domain.pos, mostCommunities)
    if (domain.records++ === 0) open.add(domain)
  }

  return {
    counts,
    get pending() {
      return open.size > 0
    },
    add(buf, start, end) {
      counts.flows++
      if (!read(buf, start, end)) {
        counts.malformed++
        return
      }
      const domain = domainAt()
      if (isSet(values, RECEIVED)) receivedSeconds = Math.floor((values.hi[RECEIVED] * 0x1_0000_0000 + values.lo[RECEIVED]) / 1e9)
      if (hasNames(values)) sendNames(domain)
      const layout = layouts.of(flowShape(values))
      if (!domain.layouts.has(layout)) {
        domain.layouts.add(layout)
        define(domain, [{ id: TEMPLATE_SET, body: layout.template, records: 0 }])
      }
      append(domain, layout)
    },
    flush() {
      for (const domain of open) close(domain)
      open.clear()
    },
    definitions(domain, send) {
      const templates = [...domain.layouts].map(({ template }) => ({ id: TEMPLATE_SET, body: template, records: 0 as const }))
      const names = Object.values(domain.names).flatMap((sent) => [...sent.values()])
      define(domain, [...templates, ...setsOf(domain.sampled === undefined ? names : [domain.sampled, ...names])], repetition, send)
    }
  }
}

const VERSION = 10

/** The export time is now; the sequence number is left to who sends it. */
function writeHeader(out: Buffer, length: number, domain: number): void {
  writeUint16(out, writeUint16(out, 0, VERSION), length)
  writeUint32(out, 4, Date.now() / 1000)
  writeUint32(out, 12, domain)
}

function isAt(address: Buffer, buf: Buffer, start: number, end: number): boolean {
  if (address.length !== end - start) return false
  for (let i = 0; i < address.length; i++) if (address[i] !== buf[start + i]) return false
  return true
}
