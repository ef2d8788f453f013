/** Compiles templates into plans: what can be decided once per template is decided here, not per record. */
import { packedTag } from '../../../flow/message.js'
import { type Field, fieldTag, flowMessage, wireTypeOf } from '../../../flow/proto.js'
import { ETHERTYPE } from '../../packet/next.js'
import { frameFieldSet } from '../../packet/fields.js'
import { alternatives, type Builder, list, step, uintStep } from './builder.js'
import {
  addressPlace,
  addressPlaces,
  DESTINATION,
  type Direction,
  directionOf,
  type Places,
  placesOf,
  reverseOf,
  SOURCE
} from './directions.js'
import { type CounterRule, type Rule, RULES } from './field-rules.js'
import { IE } from '../wire/ie.js'
import { type Family, Op, type Plan, type Program, type Programs, STEP } from './program.js'
import { EXPORTER_ELEMENTS } from '../known/originalexporter.js'
import { compileIcmp, compileName, compileSampling, compileSegments, samplerSteps } from './rules.js'
import { sectionCounter, sectionOf } from './sections.js'
import type { Template } from '../wire/template.js'
import { setTimes } from './times.js'

/** An element that the user sends to a field of choice, in place of what the table says. */
export interface MappedElement {
  readonly id: number
  readonly enterprise: number
  readonly destination: Field
  readonly littleEndian: boolean
}

/** One of these in a template. */
interface MappedPlace extends MappedElement {
  readonly place: number
}

export interface PlanOptions {
  readonly mapping?: readonly MappedElement[]
  /** v5, v1 and v7 put ICMP's type and code into the destination port whatever the source port; they know no ICMPv6 */
  readonly icmpInPort?: boolean
  /** the address that a record gives of its exporter goes before the datagram's source */
  readonly samplerOfRecord?: boolean
}

/** Memory, as measured: a plan, and each list of it, beside their numbers. test/decode/memory.test.ts holds them against the heap. */
const PLAN_BYTES = 1000
const LIST_BYTES = 200

export function compilePlan(template: Template, options: PlanOptions = {}): Plan {
  const places = placesOf(template)
  const forward = directionOf(template, false, (id) => places(id, 0))
  const reverse = reverseOf(template, places)
  const addresses4 = addressPlaces(forward, 4)
  const addresses6 = addressPlaces(forward, 6)
  const mixed = addresses4.length > 0 && addresses6.length > 0
  const family: Family = mixed ? 0 : addresses4.length > 0 ? 4 : addresses6.length > 0 ? 6 : 0
  const etype = forward.number(IE.ethernetType)
  const ipVersion = forward.number(IE.ipVersion)
  const varies = mixed || (family !== 0 && (etype >= 0 || ipVersion >= 0))
  const builder: Builder = { code: [], lists: [] }
  const programs = (direction: Direction): Programs => {
    const compiled = (of: Family): Program => compileProgram(builder, template, places, direction, of, options)
    if (varies) return { 0: compiled(0), 4: compiled(4), 6: compiled(6) }
    const only = compiled(family)
    return { 0: only, 4: only, 6: only }
  }
  const forwardPrograms = programs(forward)
  const reversePrograms = reverse === undefined ? undefined : programs(reverse)
  return {
    memory: builder.lists.reduce((sum, { byteLength }) => sum + LIST_BYTES + byteLength, PLAN_BYTES + 4 * builder.code.length),
    code: Int32Array.from(builder.code),
    lists: builder.lists,
    at: 0,
    generation: 0,
    forward: forwardPrograms,
    reverse: reversePrograms,
    reverseCounters: Int32Array.from(
      reverse === undefined
        ? []
        : RULES.flatMap((rule) => (rule.as === 'counter' ? counterElements(rule, reverse).map(reverse.number) : []))
    ),
    addresses4: Int32Array.from(addresses4),
    addresses6: Int32Array.from(addresses6),
    familyVaries: varies,
    etype,
    ipVersion,
    family,
    extraBytes: 4096 + (builder.code.length / STEP) * 20,
    growth: GROWTH * (1 + mostDestinations(options.mapping ?? [])),
    writesSampler: options.samplerOfRecord === true && EXPORTER_ELEMENTS.map(forward.address).some((place) => place >= 0)
  }
}

/** Mapped elements of a template that are written; only one that has the same element hundreds of times has more. */
const MAX_MAPPED = 1024

function compileProgram(
  builder: Builder,
  template: Template,
  places: Places,
  direction: Direction,
  family: Family,
  options: PlanOptions
): Program {
  const begin = builder.code.length
  const everyMapped = (options.mapping ?? []).flatMap((element) =>
    places(element.id, element.enterprise).map((place) => ({ ...element, place }))
  )
  // a mapped rate is the record's own: one among the others, of which the first that is not zero counts
  const rates: MappedPlace[] = []
  const mapped: MappedPlace[] = []
  for (const each of everyMapped.slice(0, MAX_MAPPED)) (each.destination.name === 'sampling_rate' ? rates : mapped).push(each)
  const taken = new Set(mapped.map(({ destination }) => destination.name))
  const own = new Set(taken)
  const section = sectionOf(direction)
  setTimes(builder, template, direction)
  if (options.samplerOfRecord === true) samplerSteps(builder, direction)
  for (const rule of RULES) {
    const fields = rule.as === 'icmp' ? [rule.to, rule.code] : [rule.to]
    if (fields.every((field) => taken.has(field))) continue
    const start = builder.code.length
    compileRule(builder, rule, direction, family, options, taken, rates)
    if (builder.code.length > start) for (const field of fields) own.add(field)
    if (rule.as === 'counter' && section !== undefined) sectionCounter(builder, rule, direction, section)
    if (rule.as !== 'addresses') alternatives(builder, start)
  }
  if (section !== undefined) {
    const { place, exported, link } = section
    step(builder, Op.frame, list(builder, [place, exported + 1, link, frameFieldSet(own), frameFieldSet(taken)]))
  }
  for (const each of mapped) mappedStep(builder, each)
  return { start: begin, end: builder.code.length }
}

/** A message grows to no more than so many times its record's bytes, beside its plan's own, and as much again for each destination of an element. */
const GROWTH = 3

function mostDestinations(mapping: readonly MappedElement[]): number {
  const counts = new Map<string, number>()
  for (const { id, enterprise } of mapping) counts.set(`${enterprise} ${id}`, (counts.get(`${enterprise} ${id}`) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

/** `taken` are the fields that mapped elements fill, `rates` the mapped sampling rates. */
function compileRule(
  builder: Builder,
  rule: Rule,
  direction: Direction,
  family: Family,
  options: PlanOptions,
  taken: ReadonlySet<string>,
  rates: readonly MappedPlace[]
): void {
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
        step(builder, direction.length(place) === 1 ? Op.bits8 : Op.bits, place, fieldTag(to), shift | (mask << 8))
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
      if (place >= 0) step(builder, family === 4 ? Op.address4 : Op.address6, place, fieldTag(to))
      return
    }
    case 'etype':
      if (family !== 0) step(builder, Op.constant, 0, fieldTag(to), family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6)
      else {
        uints([IE.ethernetType])
        const version = direction.number(IE.ipVersion)
        if (version >= 0) step(builder, Op.ipVersion, version, fieldTag(to))
      }
      return
    case 'ofFamily': {
      const ids = family === 6 ? [rule.ipv6, rule.ipv4] : [rule.ipv4, rule.ipv6]
      const isBytes = flowMessage.field(to).type === 'bytes'
      const place = ids.map(isBytes ? direction.address : direction.number).find((at) => at >= 0)
      if (place === undefined) return
      if (isBytes) step(builder, direction.length(place) === 4 ? Op.address4 : Op.address6, place, fieldTag(to))
      else uintStep(builder, to, place, direction.length(place))
      return
    }
    case 'address':
    case 'addresses':
      for (const place of rule.from.map(direction.address).filter((at) => at >= 0)) {
        step(builder, Op.realAddress, place, fieldTag(to))
      }
      return
    case 'sampling':
      for (const rate of rates) mappedStep(builder, rate)
      compileSampling(builder, fieldTag(to), direction)
      return
    case 'start':
    case 'end':
      step(builder, Op.writeTime, 0, fieldTag(to), rule.as === 'start' ? 0 : 1)
      return
    case 'icmp':
      compileIcmp(
        builder,
        taken.has(to) ? 0 : fieldTag(to),
        taken.has(rule.code) ? 0 : fieldTag(rule.code),
        direction,
        options.icmpInPort === true
      )
      return
    case 'mpls': {
      const places: number[] = []
      for (let id: number = IE.mplsTopLabelStackSection; id <= IE.mplsLabelStackSection10; id++)
        places.push(...direction.places(id).slice(0, 1))
      if (places.length > 0) step(builder, Op.mpls, list(builder, places), fieldTag(to))
      return
    }
    case 'communities': {
      const values = direction.places(rule.value)
      const lists = rule.lists.flatMap(direction.places)
      if (values.length + lists.length > 0)
        step(builder, Op.communities, list(builder, [values.length, ...values, ...lists]), fieldTag(to), rule.value)
      return
    }
    case 'segments':
      compileSegments(builder, fieldTag(to), direction)
      return
    case 'name':
      compileName(builder, rule, direction)
  }
}

/** The elements that a counter is read from: deltas, or the first total where there is no delta. */
function counterElements({ from, totals }: CounterRule, direction: Direction): readonly number[] {
  const isThere = (id: number): boolean => direction.number(id) >= 0
  return from.some(isThere) ? from.filter(isThere) : totals.filter(isThere).slice(0, 1)
}

/** An array gets one entry a value, unpacked, as in goflow2. */
function mappedStep(builder: Builder, { destination: { type, number }, place, littleEndian }: MappedPlace): void {
  const op = type === 'string' ? Op.mappedString : type === 'bytes' ? Op.mappedBytes : Op.mappedNumber
  const narrow = type === 'uint32' || type === 'enum'
  step(builder, op, place, packedTag(number, wireTypeOf({ type, packed: false })), (littleEndian ? 1 : 0) | (narrow ? 2 : 0))
}
