/** What messages define and withdraw, kept with their exporters and counted. */
import type { QueueNode } from '../../queue.js'
import type { Definition } from '../wire/template.js'
import type { Domain, TemplateEntry } from './state.js'
import { defineTemplate, refuseTemplate, useTemplate, withdrawTemplates } from './lifecycle.js'

export interface NetflowCounts {
  templates: number
  withdrawals: number
  optionsRecords: number
  unknownSets: number
  templatesEvicted: number
  /** changes in the state of exporters: templates, rates, names */
  changes: number
}

export interface DefinitionOptions {
  /** templates of one exporter */
  readonly maxTemplates: number
  /** called when templates are forgotten because the exporter has more */
  readonly onTemplatesEvicted: () => void
  /** called with each template that is new or has changed */
  readonly onTemplate?: (domain: Domain, definition: Definition) => void
  /** milliseconds of the clock by which templates age */
  readonly now: () => number
}

export interface Definitions {
  readonly counts: NetflowCounts
  define(domain: Domain, definition: Definition): void
  /** A definition of that id came that cannot be used. */
  refuse(domain: Domain, id: number): void
  /** Where datagrams may be lost or forged (`isReliable` is false), a withdrawal is to be ignored (RFC 7011 section 8.4). */
  withdraw(domain: Domain, id: number, ofOptions: boolean, isReliable: boolean): void
  /** Records of the template came. */
  use(node: QueueNode<TemplateEntry>): void
}

/** Nothing is counted yet; what is defined is kept in the exporters. */
export function keptDefinitions({ maxTemplates, onTemplatesEvicted, onTemplate, now }: DefinitionOptions): Definitions {
  const counts: NetflowCounts = { templates: 0, withdrawals: 0, optionsRecords: 0, unknownSets: 0, templatesEvicted: 0, changes: 0 }

  function countEvicted(templates: number): void {
    if (templates === 0) return
    counts.templatesEvicted += templates
    onTemplatesEvicted()
  }

  return {
    counts,
    define(domain, definition) {
      counts.templates++
      const { changed, evicted } = defineTemplate(domain, definition, now(), maxTemplates)
      if (changed) {
        counts.changes++
        onTemplate?.(domain, definition)
      }
      countEvicted(evicted)
    },
    refuse(domain, id) {
      if (refuseTemplate(domain, id)) counts.changes++
    },
    withdraw(domain, id, ofOptions, isReliable) {
      counts.withdrawals++
      if (isReliable) withdrawTemplates(domain, id, ofOptions)
    },
    use(node) {
      countEvicted(useTemplate(node, now()))
    }
  }
}
