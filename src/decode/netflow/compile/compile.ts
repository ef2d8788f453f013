/** Compiles templates into plans: what can be decided once per template is decided here, not per record. */
import type { FieldName } from '../../../flow/names.js'
import { fieldTag, flowMessage } from '../../../flow/proto.js'
import { frameFieldSet } from '../../packet/fields.js'
import { ETHERTYPE } from '../../packet/next.js'
import { address, realAddress } from '../fields/addresses.js'
import { etypeOfVersion } from '../fields/etype.js'
import { frameFields } from '../fields/frames.js'
import { mapped, type MappedElement, type MappedPlace } from '../fields/mapped.js'
import { firstOf, type Step } from '../fields/step.js'
import { writeTime } from '../fields/times.js'
import { bitsOf, constant, uint } from '../fields/uints.js'
import { EXPORTER_ELEMENTS } from '../known/originalexporter.js'
import { IE } from '../wire/ie.js'
import type { Template } from '../wire/template.js'
import { addressPlace, addressPlaces, type Direction, directionOf, type Places, placesOf, reverseOf } from './directions.js'
import { type CounterRule, type Rule, RULES } from './field-rules.js'
import type { Family, Plan, Program, Programs } from './plan.js'
import {
  compileCommunities,
  compileIcmp,
  compileMpls,
  compileName,
  compileSampler,
  compileSampling,
  compileSectionCounter,
  compileSegments,
  sectionOf
} from './rules.js'
import { compileTimes } from './times.js'

export interface PlanOptions {
  readonly mapping?: readonly MappedElement[]
  /** v5, v1 and v7 put ICMP's type and code into the destination port whatever the source port; they know no ICMPv6 */
  readonly icmpInPort?: boolean
  /** the address that a record gives of its exporter goes before the datagram's source */
  readonly samplerOfRecord?: boolean
}

/** Memory, as measured: a plan, and each field of its template. Plans are bounded by it (run/plancache.ts). */
const PLAN_BYTES = 8000
const FIELD_BYTES = 320

/** The plan of a template of data. Its programs are compiled when the first record of their family comes. */
export function compilePlan(template: Template, options: PlanOptions = {}): Plan {
  const places = placesOf(template)
  const forward = directionOf(false, (id) => places(id, 0))
  const reverse = reverseOf(template, places)
  const addresses4 = addressPlaces(forward, 4)
  const addresses6 = addressPlaces(forward, 6)
  const mixed = addresses4.length > 0 && addresses6.length > 0
  const family: Family = mixed ? 0 : addresses4.length > 0 ? 4 : addresses6.length > 0 ? 6 : 0
  const etype = forward.number(IE.ethernetType)
  const ipVersion = forward.number(IE.ipVersion)
  const familyVaries = mixed || etype !== undefined || ipVersion !== undefined
  const programs = (direction: Direction): Programs => {
    const compiled: Partial<Record<Family, Program>> = {}
    return (of) => (compiled[of] ??= newProgram(compileSteps(template, places, direction, forward, of, options)))
  }
  return {
    template,
    forward: programs(forward),
    reverse: reverse && programs(reverse),
    reverseCounters:
      reverse === undefined ? [] : RULES.flatMap((rule) => (rule.as === 'counter' ? reverse.numbers(counterElements(rule, reverse)) : [])),
    addresses4,
    addresses6,
    familyVaries,
    etype,
    ipVersion,
    family,
    growth: GROWTH * (1 + mostDestinations(options.mapping ?? [])),
    writesSampler: options.samplerOfRecord === true && forward.addresses(EXPORTER_ELEMENTS).length > 0,
    memory: PLAN_BYTES + FIELD_BYTES * template.fields.length
  }
}

function newProgram(steps: readonly Step[]): Program {
  return { steps, written: 0, code: undefined, calls: [] }
}

/** Mapped elements of a template that are written; only one that has the same element hundreds of times has more. */
const MAX_MAPPED = 1024

function compileSteps(
  template: Template,
  places: Places,
  direction: Direction,
  forward: Direction,
  family: Family,
  options: PlanOptions
): Step[] {
  const everyMapped = (options.mapping ?? []).flatMap((element) =>
    places(element.id, element.enterprise).map((place) => ({ ...element, place }))
  )
  // a mapped rate is the record's own: one among the others, of which the first that is not zero counts
  const rates: MappedPlace[] = []
  const others: MappedPlace[] = []
  for (const each of everyMapped.slice(0, MAX_MAPPED)) (each.destination.name === 'sampling_rate' ? rates : others).push(each)
  const taken = new Set(others.map(({ destination }) => destination.name))
  const own = new Set(taken)
  const section = sectionOf(direction)
  const steps = [compileTimes(template.version, direction)]
  const add = (ways: readonly Step[]): void => {
    if (ways.length > 0) steps.push(firstOf(ways))
  }
  if (options.samplerOfRecord === true) add(compileSampler(direction))
  for (const rule of RULES) {
    const fields = rule.as === 'icmp' ? [rule.to, rule.code] : [rule.to]
    if (fields.every((field) => taken.has(field))) continue
    const ways = compileRule(rule, direction, forward, family, options, taken)
    if (rule.as === 'sampling') ways.unshift(...rates.map(mapped))
    if (ways.length > 0) for (const field of fields) own.add(field)
    if (rule.as === 'counter' && section !== undefined) ways.push(...compileSectionCounter(rule, direction, section))
    if (rule.as === 'addresses') steps.push(...ways)
    else add(ways)
  }
  if (section !== undefined) steps.push(frameFields(section, frameFieldSet(own), frameFieldSet(taken)))
  return [...steps, ...others.map(mapped)]
}

/** The bytes a message takes at the most beyond what its record's bytes make: names, and what steps write of nothing. */
export const EXTRA_BYTES = 4096 + 20 * (RULES.length + MAX_MAPPED)

/** A message grows to no more than so many times its record's bytes, beside its plan's own, and as much again for each destination of an element. */
const GROWTH = 3

function mostDestinations(mapping: readonly MappedElement[]): number {
  const counts = new Map<string, number>()
  for (const { id, enterprise } of mapping) counts.set(`${enterprise} ${id}`, (counts.get(`${enterprise} ${id}`) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

/** The ways to fill the rule's field, in the order in which they count. `taken` are the fields that mapped elements fill. */
function compileRule(
  rule: Rule,
  direction: Direction,
  forward: Direction,
  family: Family,
  options: PlanOptions,
  taken: ReadonlySet<string>
): Step[] {
  const { to } = rule
  const tag = fieldTag(to)
  const uints = (ids: readonly number[]): Step[] => direction.numbers(ids).map((place) => uint(to, place))
  switch (rule.as) {
    case undefined:
    case 'uint': {
      const { bits } = rule
      return bits === undefined ? uints(rule.from) : direction.numbers(rule.from).map((place) => bitsOf(tag, place, ...bits))
    }
    case 'counter':
      return uints(counterElements(rule, direction))
    case 'endpoint': {
      const place = family === 0 ? undefined : addressPlace(direction, rule.from, family)
      return place === undefined ? [] : [address(tag, place)]
    }
    case 'etype':
      if (family !== 0) return [constant(tag, family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6)]
      return [...uints([IE.ethernetType]), ...direction.numbers([IE.ipVersion]).map((place) => etypeOfVersion(tag, place))]
    case 'ofFamily':
      return ofFamily(to, family === 6 ? rule.from.toReversed() : rule.from, direction)
    case 'address':
    case 'addresses':
      return direction.addresses(rule.from).map((place) => realAddress(tag, place))
    case 'sampling':
      return compileSampling(direction, forward)
    case 'start':
    case 'end':
      return [writeTime(tag, rule.as)]
    case 'icmp': {
      const tags = { type: taken.has(to) ? 0 : tag, code: taken.has(rule.code) ? 0 : fieldTag(rule.code) }
      return compileIcmp(tags, rule, direction, options.icmpInPort === true)
    }
    case 'mpls':
      return compileMpls(tag, rule, direction)
    case 'communities':
      return compileCommunities(tag, rule, direction)
    case 'segments':
      return compileSegments(tag, rule, direction)
    default:
      return compileName(rule, direction)
  }
}

/** The first element that the template has. */
function ofFamily(to: FieldName, ids: readonly number[], { numbers, addresses }: Direction): Step[] {
  if (flowMessage.field(to).type !== 'bytes')
    return numbers(ids)
      .slice(0, 1)
      .map((place) => uint(to, place))
  return addresses(ids)
    .slice(0, 1)
    .map((place) => address(fieldTag(to), place))
}

/** The elements that a counter is read from: deltas, or the first total where there is no delta. */
function counterElements({ from, totals }: CounterRule, { number }: Direction): readonly number[] {
  const isThere = (id: number): boolean => number(id) !== undefined
  return from.some(isThere) ? from.filter(isThere) : totals.filter(isThere).slice(0, 1)
}
