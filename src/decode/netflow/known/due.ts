/** Data sets that waited, and may be read now. */
import type { Place } from '../../queue.js'
import { domainKey, domainOf, knownPort } from './domain.js'
import type { Exporter, TemplateEntry } from './exporter.js'
import type { HeldSet, HeldSets } from './held.js'
import { templateOf } from './standin.js'

export interface DueSet {
  readonly set: HeldSet
  /** what it is to be read by */
  readonly template: Place<TemplateEntry>
}

/** Takes out what waits for a template of that id, from whatever port, and has one by now. */
export function dueSets(held: HeldSets, exporter: Exporter, version: number, domain: number, id: number): DueSet[] {
  const templates = new Map<number, Place<TemplateEntry> | undefined>()
  const templateAt = ({ port }: HeldSet): Place<TemplateEntry> | undefined => {
    if (!templates.has(port)) templates.set(port, templateOf(domainOf(knownPort(exporter, port), version, domain), id))
    return templates.get(port)
  }
  const due = held.take(exporter, domainKey(version, domain), id, (set) => templateAt(set) !== undefined)
  return due.map((set) => ({ set, template: templateAt(set)! }))
}
