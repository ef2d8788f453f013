/** Rules that have more to them than an order of elements: the exporter, sampling rates, ICMP, segments, names. */
import { fieldTag } from '../../../flow/proto.js'
import { EXPORTER_ELEMENTS } from '../known/originalexporter.js'
import { RATE_ELEMENTS } from '../known/rateelements.js'
import { IE } from '../wire/ie.js'
import { alternatives, type Builder, list, step } from './builder.js'
import type { Direction } from './directions.js'
import { ICMP, ICMPV6, type Rule } from './field-rules.js'
import { Op } from './program.js'

/** The steps that write sampler_address from the record, else as `settle` found it; none where the template has no element for it. */
export function samplerSteps(builder: Builder, { address }: Direction): void {
  const places = EXPORTER_ELEMENTS.map(address).filter((place) => place >= 0)
  if (places.length === 0) return
  const tag = fieldTag('sampler_address')
  const start = builder.code.length
  for (const place of places) step(builder, Op.realAddress, place, tag)
  step(builder, Op.sampler, 0, tag)
  alternatives(builder, start)
}

export function compileSampling(builder: Builder, tag: number, { number }: Direction): void {
  const own = RATE_ELEMENTS.map(number)
  const plain = [IE.samplingInterval, IE.samplerRandomInterval].map(number).filter((place) => place >= 0)
  if (own.filter((place) => place >= 0).length > plain.length) step(builder, Op.ownRate, list(builder, own), tag)
  else for (const place of plain) step(builder, Op.uint64, place, tag)
  const first = (...ids: readonly number[]): number => ids.map(number).find((place) => place >= 0) ?? -1
  const scopes = [
    first(IE.samplerId, IE.selectorId),
    first(IE.ingressInterface, IE.ingressPhysicalInterface),
    first(IE.egressInterface, IE.egressPhysicalInterface),
    first(IE.flowDirection),
    first(IE.lineCardId)
  ]
  step(builder, Op.fixedRate, 0, tag)
  step(builder, Op.learnedRate, list(builder, scopes), tag)
}

export function compileIcmp(builder: Builder, typeTag: number, codeTag: number, direction: Direction, inPort: boolean): void {
  for (const id of [IE.icmpTypeCodeIPv4, IE.icmpTypeCodeIPv6]) {
    const place = direction.number(id)
    if (place >= 0) step(builder, id === IE.icmpTypeCodeIPv4 ? Op.icmpTypeCode : Op.icmpTypeCodeIPv6, place, typeTag, codeTag)
  }
  const apart = [IE.icmpTypeIPv4, IE.icmpTypeIPv6, IE.icmpCodeIPv4, IE.icmpCodeIPv6].map(direction.number)
  const [protocol, source, destination] = [IE.protocolIdentifier, IE.sourceTransportPort, IE.destinationTransportPort].map(direction.number)
  if (apart.some((place) => place >= 0)) step(builder, Op.icmpApart, list(builder, apart), typeTag, codeTag)
  else if (!direction.isReverse && protocol >= 0 && destination >= 0) {
    const ports = inPort ? [-1, destination, ICMP, ICMP, codeTag] : [source, destination, ICMP, ICMPV6, codeTag]
    step(builder, Op.icmpPorts, protocol, typeTag, list(builder, ports))
  }
}

/** The first of these that the record has: the list section, the list, the segments one by one, the whole header, the active segment. */
export function compileSegments(builder: Builder, tag: number, direction: Direction): void {
  const forms = [IE.srhSegmentIPv6ListSection, IE.srhSegmentIPv6BasicList, IE.srhSegmentIPv6, IE.srhIPv6Section, IE.srhActiveSegmentIPv6]
  for (const id of forms) {
    const places = direction.places(id)
    if (places.length > 0) step(builder, Op.segments, list(builder, places), tag, id)
  }
}

export function compileName(builder: Builder, rule: Extract<Rule, { as: 'name' }>, direction: Direction): void {
  const side = rule.of.endsWith('Out') ? 1 : 0
  const op = rule.of === 'application' ? Op.applicationName : rule.of.startsWith('interface') ? Op.interfaceName : Op.vrfName
  for (const place of rule.from.map(direction.number).filter((at) => at >= 0)) step(builder, op, place, 0, side)
}
