/** Rules that have more to them than an order of elements: the exporter, sampling rates, ICMP, lists, names, sections of packets. */
import { IP_PROTOCOL } from '../../../flow/ipprotocols.js'
import { fieldTag } from '../../../flow/proto.js'
import { LINK } from '../../packet/walk.js'
import { realAddress } from '../fields/addresses.js'
import { samplerAddress } from '../fields/sampler.js'
import { type Section, sectionBytes } from '../fields/frames.js'
import { icmpApart, icmpInOne, icmpInPorts, type IcmpTags, icmpv6InOne } from '../fields/icmp.js'
import { communities, mplsLabels, segments } from '../fields/lists.js'
import { nameOf } from '../fields/names.js'
import { ownRate, optionsRates } from '../fields/rates.js'
import { constant, uint, wideUint } from '../fields/uints.js'
import type { Step } from '../fields/step.js'
import { EXPORTER_ELEMENTS } from '../known/originalexporter.js'
import { RATE_ELEMENTS } from '../known/rateelements.js'
import { IE } from '../wire/ie.js'
import type { Direction } from './directions.js'
import type { CounterRule, Rule } from './field-rules.js'

type RuleOf<As> = Extract<Rule, { as: As }>

/** The steps that write sampler_address from the record, else as it is for the data set; none where the template has no element for it. */
export function compileSampler({ addresses }: Direction): Step[] {
  const tag = fieldTag('sampler_address')
  const places = addresses(EXPORTER_ELEMENTS)
  return places.length === 0 ? [] : [...places.map((place) => realAddress(tag, place)), samplerAddress(tag)]
}

/** What options data says holds for both messages of a biflow: it is found by what the forward direction names. */
export function compileSampling({ number, numbers }: Direction, forward: Direction): Step[] {
  const tag = fieldTag('sampling_rate')
  const all = RATE_ELEMENTS.map(number)
  const plain = numbers([IE.samplingInterval, IE.samplerRandomInterval])
  const isPlain = all.filter((place) => place !== undefined).length === plain.length
  const [sampler] = forward.numbers([IE.samplerId, IE.selectorId])
  const [input] = forward.numbers([IE.ingressInterface, IE.ingressPhysicalInterface])
  const [output] = forward.numbers([IE.egressInterface, IE.egressPhysicalInterface])
  return [
    ...(isPlain ? plain.map((place) => wideUint(tag, place)) : [ownRate(tag, all)]),
    ...optionsRates(tag, { sampler, input, output, direction: forward.number(IE.flowDirection), lineCard: forward.number(IE.lineCardId) })
  ]
}

/** `inPort`: as v5, v1 and v7 have it. */
export function compileIcmp(tags: IcmpTags, { from }: RuleOf<'icmp'>, { isReverse, number }: Direction, inPort: boolean): Step[] {
  const [inOne, inOneV6, type, code, typeV6, codeV6] = from.map(number)
  const steps = [...(inOne === undefined ? [] : [icmpInOne(tags, inOne)]), ...(inOneV6 === undefined ? [] : [icmpv6InOne(tags, inOneV6)])]
  if (type ?? code ?? typeV6 ?? codeV6) return [...steps, icmpApart(tags, [type, typeV6], [code, codeV6])]
  const [protocol, source, destination] = [IE.protocolIdentifier, IE.sourceTransportPort, IE.destinationTransportPort].map(number)
  if (isReverse || protocol === undefined || destination === undefined) return steps
  const { icmp, icmp6 } = IP_PROTOCOL
  const inPorts = inPort
    ? icmpInPorts(tags, [icmp], protocol, undefined, destination)
    : icmpInPorts(tags, [icmp, icmp6], protocol, source, destination)
  return [...steps, inPorts]
}

/** The step that writes the stack of labels; none where the template has no entry. */
export function compileMpls(tag: number, { from }: RuleOf<'mpls'>, { places }: Direction): Step[] {
  const first = from.flatMap((id) => places(id).slice(0, 1))
  return first.length === 0 ? [] : [mplsLabels(tag, first)]
}

/** The step that writes communities, single ones and lists; none where the template has neither. */
export function compileCommunities(tag: number, { from: [value, ...lists] }: RuleOf<'communities'>, { places }: Direction): Step[] {
  const values = places(value)
  const ofLists = lists.flatMap(places)
  return values.length + ofLists.length === 0 ? [] : [communities(tag, value, values, ofLists)]
}

/** The first of these that the record has: the list section, the list, the segments one by one, the whole header, the active segment. */
export function compileSegments(tag: number, { from }: RuleOf<'segments'>, { places }: Direction): Step[] {
  return from.filter((id) => places(id).length > 0).map((id) => segments(tag, id, places(id)))
}

const NAMED = {
  interfaceIn: ['interfaces', 'in'],
  interfaceOut: ['interfaces', 'out'],
  vrfIn: ['vrfs', 'in'],
  vrfOut: ['vrfs', 'out'],
  application: ['applications', 'in']
} as const

/** The step that writes the name of what these elements number; none where the template has none of them. */
export function compileName({ of, from }: RuleOf<'name'>, { numbers }: Direction): Step[] {
  const [kind, side] = NAMED[of]
  const places = numbers(from)
  return places.length === 0 ? [] : [nameOf(kind, side, places)]
}

/** The section of a packet in records. */
export function sectionOf({ places, number }: Direction): Section | undefined {
  const kinds = [
    [IE.dataLinkFrameSection, LINK.ethernet],
    [IE.layer2packetSectionData, LINK.ethernet],
    [IE.ipHeaderPacketSection, LINK.ip]
  ] as const
  for (const [id, link] of kinds) {
    const [place] = places(id)
    if (place !== undefined) return { place, link, exported: number(IE.sectionExportedOctets) }
  }
  return undefined
}

/** Where a record has no counter of its own, its section is one packet. */
export function compileSectionCounter({ to, section: rule }: CounterRule, { numbers }: Direction, section: Section): Step[] {
  if (rule === 'one') return [constant(fieldTag(to), 1)]
  return [...numbers(rule).map((place) => uint(to, place)), sectionBytes(fieldTag(to), section)]
}
