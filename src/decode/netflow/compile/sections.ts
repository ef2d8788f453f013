/** Sections of sampled packets in records: elements 104, 313 and 315 (IANA; 313: RFC 5477, 315: RFC 7133). */
import { fieldTag } from '../../../flow/proto.js'
import { LINK } from '../../packet/walk.js'
import { type Builder, step, uintStep } from './builder.js'
import type { Direction } from './directions.js'
import type { CounterRule } from './field-rules.js'
import { IE } from '../wire/ie.js'
import { Op } from './program.js'

/** The section of a packet that a record carries. */
export interface Section {
  readonly place: number
  /** what it starts with */
  readonly link: number
  /** the place of its exported length, or −1: what is behind that is padding */
  readonly exported: number
}

export function sectionOf(direction: Direction): Section | undefined {
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
export function sectionCounter(builder: Builder, rule: CounterRule, direction: Direction, section: Section): void {
  if (rule.section === 'one') {
    step(builder, Op.constant, 0, fieldTag(rule.to), 1)
    return
  }
  for (const place of rule.section.map(direction.number).filter((at) => at >= 0)) uintStep(builder, rule.to, place, direction.length(place))
  step(builder, Op.sectionBytes, section.place, fieldTag(rule.to), section.exported + 1)
}
