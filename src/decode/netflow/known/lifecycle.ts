/** The templates of an exporter: defined, redefined, refused, used and forgotten. */
import { inOrder, type QueueNode, rejoin } from '../../queue.js'
import { forgetRefused, keepRefused, keptDomain } from './domain.js'
import { charge, forgetTemplate, keepTemplate, trimTemplates } from './entries.js'
import type { Domain, Exporter, TemplateEntry } from './state.js'
import { templateBytes } from './cost.js'
import { TEMPLATE_SETS } from '../wire/sets.js'
import { type Definition, isSameDefinition, openDefinition, type Template } from '../wire/template.js'

/** What a definition changed. */
export interface Defined {
  readonly changed: boolean
  /** templates that were forgotten because the exporter has more than it may */
  readonly evicted: number
}
const REPEATED: Defined = { changed: false, evicted: 0 }

/**
 * Keeps a template in the domain, and the domain with it; a definition that only repeats the template changes nothing. Beyond `most` templates, or the
 * memory that they may take, the exporter's least recently used are forgotten.
 */
export function defineTemplate(domain: Domain, definition: Definition, now: number, most: number): Defined {
  const { exporter } = domain.port
  const known = domain.templates.get(definition.id)
  if (known !== undefined) {
    if (isSameDefinition(known.item.definition, definition)) {
      known.item.definedAt = now
      known.item.at = exporter.arrivals
      rejoin(known)
      return REPEATED
    }
    forgetTemplate(known)
  }
  const kept = keptDomain(domain)
  forgetRefused(kept, definition.id)
  return { changed: true, evicted: keepTemplate(kept, definition, now, most) }
}

/**
 * A definition of `id` came that cannot be used. It ends the one before all the same (RFC 3954 section 7, RFC 7011 section 8.4): data is held until one
 * comes that can be read, and no other port's stands in. Returns whether that changed anything.
 */
export function refuseTemplate(domain: Domain, id: number): boolean {
  const kept = keptDomain(domain)
  const known = kept.templates.get(id)
  const changed = known !== undefined || !kept.refused.has(id)
  if (known !== undefined) forgetTemplate(known)
  keepRefused(kept, id)
  return changed
}

/** The template of a definition whose first records came: from now on it is kept beside the definition. */
export function templateFor({ item: entry }: QueueNode<TemplateEntry>): Template {
  if (entry.template === undefined) {
    entry.template = openDefinition(entry.definition)
    charge(entry, templateBytes(entry.template))
  }
  return entry.template
}

/** Notes that records of it came; returns how many others were forgotten because the exporter's templates take more memory than they may. */
export function useTemplate(node: QueueNode<TemplateEntry>, now: number): number {
  rejoin(node)
  node.item.usedAt = now
  return trimTemplates(node.item.domain.port.exporter, Infinity)
}

/** Forgets the templates that were not defined, or with `access` not used either, for `ttl` milliseconds; returns how many. */
export function sweepTemplates({ templates }: Exporter, now: number, ttl: number, access: boolean): number {
  let gone = 0
  for (const node of inOrder(templates)) {
    const { definedAt, usedAt } = node.item
    if ((access ? Math.max(definedAt, usedAt) : definedAt) + ttl > now) continue
    forgetTemplate(node)
    gone++
  }
  return gone
}

/**
 * Forgets the template of that id, or all of the domain where it is that of the set itself (RFC 7011 section 8.1): options templates, or the
 * others.
 */
export function withdrawTemplates({ templates }: Domain, id: number, ofOptions: boolean): void {
  if (id === TEMPLATE_SETS[10][ofOptions ? 1 : 0]) {
    for (const node of [...templates.values()]) if (node.item.definition.options === ofOptions) forgetTemplate(node)
    return
  }
  const known = templates.get(id)
  if (known !== undefined) forgetTemplate(known)
}
