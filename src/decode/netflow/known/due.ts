/** Held data sets whose template has come. */
import type { QueueNode } from '../../queue.js'
import { domainKey, domainOf, knownPort } from './domain.js'
import type { Exporter, TemplateEntry } from './state.js'
import type { HeldSet, HeldSets } from './held.js'
import { templateOf } from './standin.js'

export interface DueSet {
  readonly set: HeldSet
  /** the template to read it by */
  readonly template: QueueNode<TemplateEntry>
}

/** Takes the held sets of that template id, from whatever port, out that can be read by now. */
export function dueSets(held: HeldSets, exporter: Exporter, version: number, domain: number, id: number): DueSet[] {
  const templates = new Map<number, QueueNode<TemplateEntry> | undefined>()
  const templateAt = ({ port }: HeldSet): QueueNode<TemplateEntry> | undefined => {
    if (!templates.has(port)) templates.set(port, templateOf(domainOf(knownPort(exporter, port), version, domain), id))
    return templates.get(port)
  }
  const due = held.release(exporter, domainKey(version, domain), id, (set) => templateAt(set) !== undefined)
  return due.map((set) => ({ set, template: templateAt(set)! }))
}
