/** Compiles templates into plans: what can be decided once per template is decided here, not per record. */
import { packedTag, tagBytes, WIRE_BYTES, WIRE_VARINT } from '../../flow/message.js'
import { type Field, flowMessage } from '../../flow/schema.js'
import { frameFieldSet } from '../packet/fields.js'
import { LINK } from '../packet/frame.js'
import { FORWARD_ONLY, IE, REVERSE_ENTERPRISE, type Rule, RULES, SWAPPED } from './elements.js'
import { type Family, Op, type Plan, type Program, type Programs, STEP } from './ops.js'
import { type Template, VARIABLE_LENGTH } from './template.js'
import { NTP_BYTES } from './values.js'

/** An element that the user sends to a field of choice, in place of what the table says. */
export interface MappedElement {
  readonly id: number
  readonly enterprise: number
  readonly destination: Field
  readonly littleEndian: boolean
}

export interface PlanOptions {
  readonly mapping?: readonly MappedElement[]
  /** v5, v1 and v7 put ICMP's type and code into the destination port whatever the source port; they know no ICMPv6 */
  readonly icmpInPort?: boolean
}

/** The elements of one direction of a template, by number. */
interface Direction {
  /** the places of those that hold a value */
  readonly places: (id: number) => readonly number[]
  /** the place of the first of them, −1 where there is none */
  readonly place: (id: number) => number
  /** the same of those that are as long as a number is, and as an address is */
  readonly number: (id: number) => number
  readonly address: (id: number) => number
  readonly length: (place: number) => number
}

/** The places of a template's fields by element: `enterprise, id` → places, in their order. */
type Places = (id: number, enterprise: number) => readonly number[]

export function compilePlan(template: Template, options: PlanOptions = {}): Plan {
  const places = placesOf(template)
  const forward = directionOf(template, (id) => places(id, 0))
  const reverse = reverseOf(template, places)
  const addresses4 = addressPlaces(forward, 4)
  const addresses6 = addressPlaces(forward, 6)
  const mixed = addresses4.length > 0 && addresses6.length > 0
  const family: Family = mixed ? 0 : addresses4.length > 0 ? 4 : addresses6.length > 0 ? 6 : 0
  const builder: Builder = { code: [], lists: [] }
  const programs = (direction: Direction): Programs => {
    const compiled = (of: Family): Program => compileProgram(builder, template, places, direction, of, options)
    if (mixed) return { 0: compiled(0), 4: compiled(4), 6: compiled(6) }
    const only = compiled(family)
    return { 0: only, 4: only, 6: only }
  }
  const forwardPrograms = programs(forward)
  const reversePrograms = reverse === undefined ? undefined : programs(reverse)
  return {
    code: Int32Array.from(builder.code),
    lists: builder.lists,
    at: 0,
    generation: 0,
    forward: forwardPrograms,
    reverse: reversePrograms,
    reverseCounters: Int32Array.from(
      reverse === undefined ? [] : RULES.flatMap((rule) => (rule.as === 'counter' ? counterElements(rule, reverse).map(reverse.number) : []))
    ),
    addresses4: Int32Array.from(mixed ? addresses4 : []),
    addresses6: Int32Array.from(mixed ? addresses6 : []),
    family,
    extraBytes: 2048 + (builder.code.length / STEP) * 20
  }
}

/** The other direction of a biflow; undefined for a template that tells of one direction only. */
function reverseOf(template: Template, places: Places): Direction | undefined {
  const has = (id: number): boolean => places(id, 0).length > 0
  const biflow =
    template.fields.some(({ enterprise }) => enterprise === REVERSE_ENTERPRISE) ||
    (has(IE.initiatorOctets) && has(IE.responderOctets)) ||
    (has(IE.initiatorPackets) && has(IE.responderPackets))
  if (!biflow) return undefined
  const hasOwn = (ids: readonly number[]): boolean => ids.some((id) => places(id, REVERSE_ENTERPRISE).length > 0)
  // a start or end of its own counts, in whatever unit, before the forward direction's, and so does one that its duration gives
  const [starts, ends, durations] = [START_IDS, END_IDS, DURATION_IDS].map(hasOwn)
  const notForward = new Set([...(starts || (ends && durations) ? START_IDS : []), ...(ends || (starts && durations) ? END_IDS : [])])
  return directionOf(template, (id) => {
    const own = places(id, REVERSE_ENTERPRISE)
    if (own.length > 0 || notForward.has(id)) return own
    const swapped = SWAPPED.get(id)
    if (swapped !== undefined) return places(swapped, 0)
    if (!FORWARD_ONLY.has(id)) return places(id, 0)
    const counterpart = FORWARD_ONLY.get(id)
    return counterpart === undefined ? [] : places(counterpart, 0)
  })
}

function directionOf({ fields }: Template, places: Direction['places']): Direction {
  const length = (place: number): number => fields[place].length
  const first = (id: number, usable: (length: number) => boolean): number => places(id).find((place) => usable(length(place))) ?? -1
  return {
    places,
    place: (id) => places(id)[0] ?? -1,
    number: (id) => first(id, isNumber),
    address: (id) => first(id, isAddress),
    length
  }
}

/** Indexed once, because every rule asks for its elements in every direction and family. */
function placesOf({ fields, version }: Template): Places {
  const none: readonly number[] = []
  const byElement = new Map<number, number[]>()
  const key = (id: number, enterprise: number): number => enterprise * 0x10000 + id
  fields.forEach(({ id, enterprise, length }, place) => {
    if (length === 0 || (version !== 10 && length === VARIABLE_LENGTH)) return
    const known = byElement.get(key(id, enterprise))
    if (known === undefined) byElement.set(key(id, enterprise), [place])
    else known.push(place)
  })
  return (id, enterprise) => byElement.get(key(id, enterprise)) ?? none
}

const isNumber = (length: number): boolean => (length >= 1 && length <= 8) || length === VARIABLE_LENGTH
const isAddress = (length: number): boolean => length === 4 || length === 16

const ADDRESS_BYTES = { 4: 4, 6: 16 } as const

function addressPlace(direction: Direction, ids: readonly number[], family: 4 | 6): number {
  for (const id of ids) {
    const place = direction.places(id).find((at) => direction.length(at) === ADDRESS_BYTES[family])
    if (place !== undefined) return place
  }
  return -1
}

const SOURCE = [IE.sourceIPv4Address, IE.sourceIPv6Address]
const DESTINATION = [IE.destinationIPv4Address, IE.destinationIPv6Address]

function addressPlaces(direction: Direction, family: 4 | 6): number[] {
  return [SOURCE, DESTINATION].map((ids) => addressPlace(direction, ids, family)).filter((place) => place >= 0)
}

/** A program under construction. */
interface Builder {
  readonly code: number[]
  readonly lists: Int32Array[]
}

/** Makes a group of alternatives of the steps from `start` to `end`: whichever writes goes on behind the last step there is. */
function alternatives({ code }: Builder, start: number, end = code.length): void {
  for (let at = start; at < end; at += STEP) code[at + 4] = code.length
}

function step({ code }: Builder, op: Op, field: number, tag = 0, argument = 0): void {
  code.push(op, field, tag, argument, code.length + STEP, tagBytes(tag))
}

function list(builder: Builder, places: readonly number[]): number {
  return builder.lists.push(Int32Array.from(places)) - 1
}

function compileProgram(builder: Builder, template: Template, places: Places, direction: Direction, family: Family, options: PlanOptions): Program {
  const begin = builder.code.length
  const mapped = (options.mapping ?? []).flatMap((element) => places(element.id, element.enterprise).map((place) => ({ ...element, place })))
  const taken = new Set(mapped.map(({ destination }) => destination.name))
  const own = new Set(taken)
  const section = sectionOf(direction)
  setTimes(builder, template, direction)
  for (const rule of RULES) {
    if (taken.has(rule.to)) continue
    const start = builder.code.length
    compileRule(builder, rule, direction, family, options)
    if (builder.code.length > start) own.add(rule.to)
    if (rule.as === 'counter' && section !== undefined) sectionCounter(builder, rule, direction, section)
    if (rule.as !== 'addresses') alternatives(builder, start)
  }
  if (section !== undefined) step(builder, Op.frame, section.place, frameFieldSet(own), section.link | ((section.exported + 1) << 8))
  for (const { destination, place, littleEndian } of mapped) mappedStep(builder, destination, place, littleEndian)
  return { start: begin, end: builder.code.length }
}

/** The section of a packet that a record carries. */
interface Section {
  readonly place: number
  /** what it starts with */
  readonly link: number
  /** the place of its exported length, or −1: what is behind that is padding */
  readonly exported: number
}

function sectionOf(direction: Direction): Section | undefined {
  const kinds = [
    [IE.dataLinkFrameSection, LINK.ethernet],
    [IE.layer2packetSectionData, LINK.ethernet],
    [IE.ipHeaderPacketSection, LINK.ip]
  ] as const
  for (const [id, link] of kinds) {
    const place = direction.place(id)
    if (place >= 0) return { place, link, exported: direction.number(IE.sectionExportedOctets) }
  }
  return undefined
}

/** Where a record has no counter of its own, its section is one packet. */
function sectionCounter(builder: Builder, rule: Extract<Rule, { as: 'counter' }>, direction: Direction, section: Section): void {
  if (rule.section === 'one') {
    step(builder, Op.constant, 0, tagOf(rule.to), 1)
    return
  }
  for (const place of rule.section.map(direction.number).filter((at) => at >= 0)) uintStep(builder, rule.to, place, direction.length(place))
  step(builder, Op.sectionBytes, section.place, tagOf(rule.to), section.exported + 1)
}

function tagOf(name: string): number {
  const field = flowMessage.field(name)
  return packedTag(field.number, field.packed || field.type === 'bytes' || field.type === 'string' ? WIRE_BYTES : WIRE_VARINT)
}

/** A number of the element at `place` into `to`. */
function uintStep(builder: Builder, to: string, place: number, length: number): void {
  const wide = flowMessage.field(to).type === 'uint64'
  const op = length === 1 ? Op.u8 : length === 2 ? Op.u16 : length === 4 ? Op.u32 : !wide ? Op.uint32 : length === 8 ? Op.u64 : Op.uint64
  step(builder, op, place, tagOf(to))
}

function compileRule(builder: Builder, rule: Rule, direction: Direction, family: Family, options: PlanOptions): void {
  const { to } = rule
  const uints = (ids: readonly number[]): void => {
    for (const id of ids) {
      const place = direction.number(id)
      if (place >= 0) uintStep(builder, to, place, direction.length(place))
    }
  }
  switch (rule.as) {
    case undefined:
    case 'uint': {
      if (rule.bits === undefined) {
        uints(rule.from)
        return
      }
      const [shift, mask] = rule.bits
      for (const place of rule.from.map(direction.number).filter((at) => at >= 0)) {
        step(builder, direction.length(place) === 1 ? Op.bits8 : Op.bits, place, tagOf(to), shift | (mask << 8))
      }
      return
    }
    case 'counter':
      uints(counterElements(rule, direction))
      return
    case 'src_addr':
    case 'dst_addr': {
      if (family === 0) return
      const place = addressPlace(direction, rule.as === 'src_addr' ? SOURCE : DESTINATION, family)
      if (place >= 0) step(builder, family === 4 ? Op.address4 : Op.address6, place, tagOf(to))
      return
    }
    case 'etype':
      if (family !== 0) step(builder, Op.constant, 0, tagOf(to), family === 4 ? 0x0800 : 0x86dd)
      else {
        const version = direction.number(IE.ipVersion)
        if (version >= 0) step(builder, Op.ipVersion, version, tagOf(to))
        uints([IE.ethernetType])
      }
      return
    case 'ofFamily': {
      const ids = family === 6 ? [rule.ipv6, rule.ipv4] : [rule.ipv4, rule.ipv6]
      const isBytes = flowMessage.field(to).type === 'bytes'
      const place = ids.map(isBytes ? direction.address : direction.number).find((at) => at >= 0)
      if (place === undefined) return
      if (isBytes) step(builder, direction.length(place) === 4 ? Op.address4 : Op.address6, place, tagOf(to))
      else uintStep(builder, to, place, direction.length(place))
      return
    }
    case 'address':
    case 'addresses':
      for (const place of rule.from.map(direction.address).filter((at) => at >= 0)) {
        step(builder, Op.realAddress, place, tagOf(to))
      }
      return
    case 'sampling':
      compileSampling(builder, tagOf(to), direction)
      return
    case 'start':
    case 'end':
      step(builder, Op.writeTime, 0, tagOf(to), rule.as === 'start' ? 0 : 1)
      return
    case 'icmp':
      compileIcmp(builder, tagOf(to), tagOf(rule.code), direction, options.icmpInPort === true)
      return
    case 'mpls': {
      const places: number[] = []
      for (let id: number = IE.mplsTopLabelStackSection; id <= IE.mplsLabelStackSection10; id++) places.push(...direction.places(id).slice(0, 1))
      if (places.length > 0) step(builder, Op.mpls, list(builder, places), tagOf(to))
      return
    }
    case 'communities': {
      const values = direction.places(rule.value)
      const lists = rule.lists.flatMap(direction.places)
      if (values.length + lists.length > 0) step(builder, Op.communities, list(builder, [values.length, ...values, ...lists]), tagOf(to), rule.value)
      return
    }
    case 'segments':
      compileSegments(builder, tagOf(to), direction)
      return
    case 'name':
      compileName(builder, rule, direction)
  }
}

/** The elements that a counter is read from: deltas, or the first total where there is no delta. */
function counterElements({ from, totals }: Extract<Rule, { as: 'counter' }>, direction: Direction): readonly number[] {
  const isThere = (id: number): boolean => direction.number(id) >= 0
  return from.some(isThere) ? from.filter(isThere) : totals.filter(isThere).slice(0, 1)
}

function compileSampling(builder: Builder, tag: number, { number }: Direction): void {
  for (const id of [IE.samplingInterval, IE.samplerRandomInterval]) {
    const place = number(id)
    if (place >= 0) step(builder, Op.uint64, place, tag)
  }
  const pairs: [number, number, Op][] = [
    [number(IE.samplingPacketInterval), number(IE.samplingPacketSpace), Op.rateOfSpace],
    [number(IE.samplingSize), number(IE.samplingPopulation), Op.rateOfPopulation]
  ]
  for (const [first, second, op] of pairs) {
    if (first >= 0 && second >= 0) step(builder, op, first, tag, second)
    else if (first >= 0 && op === Op.rateOfSpace) step(builder, Op.uint64, first, tag)
  }
  const sampler = [IE.samplerId, IE.selectorId].map(number).find((place) => place >= 0) ?? -1
  const input = [IE.ingressInterface, IE.ingressPhysicalInterface].map(number).find((place) => place >= 0) ?? -1
  step(builder, Op.fixedRate, 0, tag)
  step(builder, Op.learnedRate, sampler + 1, tag, input + 1)
}

const ICMP = 1
const ICMPV6 = 58

function compileIcmp(builder: Builder, typeTag: number, codeTag: number, direction: Direction, inPort: boolean): void {
  for (const id of [IE.icmpTypeCodeIPv4, IE.icmpTypeCodeIPv6]) {
    const place = direction.number(id)
    if (place >= 0) step(builder, Op.icmpTypeCode, place, typeTag, codeTag)
  }
  const apart = [IE.icmpTypeIPv4, IE.icmpTypeIPv6, IE.icmpCodeIPv4, IE.icmpCodeIPv6].map(direction.number)
  const [protocol, source, destination] = [IE.protocolIdentifier, IE.sourceTransportPort, IE.destinationTransportPort].map(direction.number)
  if (apart.some((place) => place >= 0)) step(builder, Op.icmpApart, list(builder, apart), typeTag, codeTag)
  else if (protocol >= 0 && destination >= 0) {
    const ports = inPort ? [-1, destination, ICMP, ICMP, codeTag] : [source, destination, ICMP, ICMPV6, codeTag]
    step(builder, Op.icmpPorts, protocol, typeTag, list(builder, ports))
  }
}

/** The first of these that the record has: the list section, the list, the segments one by one, the whole header, the active segment. */
function compileSegments(builder: Builder, tag: number, direction: Direction): void {
  const forms = [IE.srhSegmentIPv6ListSection, IE.srhSegmentIPv6BasicList, IE.srhSegmentIPv6, IE.srhIPv6Section, IE.srhActiveSegmentIPv6]
  for (const id of forms) {
    const places = direction.places(id)
    if (places.length > 0) step(builder, Op.segments, list(builder, places), tag, id)
  }
}

function compileName(builder: Builder, rule: Extract<Rule, { as: 'name' }>, direction: Direction): void {
  const side = rule.of.endsWith('Out') ? 1 : 0
  const op = rule.of === 'application' ? Op.applicationName : rule.of.startsWith('interface') ? Op.interfaceName : Op.vrfName
  for (const place of rule.from.map(direction.number).filter((at) => at >= 0)) step(builder, op, place, 0, side)
}

type TimeElement = readonly [id: number, op: Op]
const START: readonly TimeElement[] = [
  [IE.flowStartNanoseconds, Op.ntpNanos],
  [IE.flowStartMicroseconds, Op.ntpMicros],
  [IE.flowStartMilliseconds, Op.millis],
  [IE.flowStartSeconds, Op.seconds],
  [IE.flowStartDeltaMicroseconds, Op.deltaMicros],
  [IE.flowStartSysUpTime, Op.uptime]
]
const END: readonly TimeElement[] = [
  [IE.flowEndNanoseconds, Op.ntpNanos],
  [IE.flowEndMicroseconds, Op.ntpMicros],
  [IE.flowEndMilliseconds, Op.millis],
  [IE.flowEndSeconds, Op.seconds],
  [IE.flowEndDeltaMicroseconds, Op.deltaMicros],
  [IE.flowEndSysUpTime, Op.uptime],
  // when an event was seen: the end of what led to it, and the start where that has no other
  [IE.observationTimeNanoseconds, Op.ntpNanos],
  [IE.observationTimeMicroseconds, Op.ntpMicros],
  [IE.observationTimeMilliseconds, Op.millis],
  [IE.observationTimeSeconds, Op.seconds]
]

const START_IDS = START.map(([id]) => id)
const END_IDS = END.map(([id]) => id)
const DURATION_IDS = [IE.flowDurationMilliseconds, IE.flowDurationMicroseconds]

/**
 * The steps that set the start and end of the flow, each by the finest element that is not zero. Where neither element nor duration
 * tells, a flow starts when it ends, and ends when it is told of.
 *
 *     start elements                              one has a value: go on at (2)
 *     (1) end elements, export time; start = end − duration, end
 *     (2) end elements; end = start + duration, export time
 */
function setTimes(builder: Builder, template: Template, direction: Direction): void {
  const { code } = builder
  const timesOf = (elements: readonly TimeElement[], end: 0 | 1): void => {
    for (const [id, op] of elements) {
      const place = timePlace(direction, id, op)
      if (place < 0) continue
      if (op !== Op.uptime) step(builder, op === Op.millis && direction.length(place) === 8 ? Op.millis64 : op, place, 0, end)
      else if (template.version === 10) {
        const places = [place, direction.number(IE.flowEndSysUpTime), direction.number(IE.systemInitTimeMilliseconds)]
        step(builder, Op.initUptime, list(builder, places), 0, end)
      } else step(builder, direction.length(place) === 4 ? Op.uptime : Op.uptimeOfAnyLength, place, 0, end)
    }
  }
  const durations = (end: 0 | 1): void => {
    const micros = direction.number(IE.flowDurationMicroseconds)
    const millis = direction.number(IE.flowDurationMilliseconds)
    if (micros >= 0) step(builder, Op.durationMicros, micros, 0, end)
    if (millis >= 0) step(builder, Op.durationMillis, millis, 0, end)
  }
  const begin = code.length
  timesOf(START, 0)
  const unstarted = code.length
  timesOf(END, 1)
  step(builder, Op.exportTime, 0, 0, 1)
  alternatives(builder, unstarted)
  const startless = code.length
  durations(0)
  step(builder, Op.otherEnd, 0, 0, 0)
  const started = code.length
  alternatives(builder, begin, unstarted)
  if (begin < unstarted) {
    timesOf(END, 1)
    durations(1)
    step(builder, Op.exportTime, 0, 0, 1)
    alternatives(builder, started)
  }
  alternatives(builder, startless, started)
}

function timePlace(direction: Direction, id: number, op: Op): number {
  if (op !== Op.ntpNanos && op !== Op.ntpMicros) return direction.number(id)
  return direction.places(id).find((place) => [NTP_BYTES, VARIABLE_LENGTH].includes(direction.length(place))) ?? -1
}

function mappedStep(builder: Builder, { type, number }: Field, place: number, littleEndian: boolean): void {
  const bytes = type === 'bytes' || type === 'string'
  const op = type === 'string' ? Op.mappedString : type === 'bytes' ? Op.mappedBytes : Op.mappedNumber
  const narrow = type === 'uint32' || type === 'enum'
  step(builder, op, place, packedTag(number, bytes ? WIRE_BYTES : WIRE_VARINT), (littleEndian ? 1 : 0) | (narrow ? 2 : 0))
}
