/** The templates of an exporter: defined, redefined, refused, used and forgotten. */
import { inOrder, type Place, rejoin } from '../../queue.js'
import { forgetRefused, keepRefused, keptDomain } from './domain.js'
import { charge, forgetTemplate, keepTemplate, trimTemplates } from './entries.js'
import type { Compiled, Domain, Exporter, TemplateEntry } from './exporter.js'
import { templateBytes } from './cost.js'
import { TEMPLATE_SETS } from '../wire/sets.js'
import { type Definition, isSameDefinition, openDefinition, type Template } from '../wire/template.js'

/** What defining a template changed. */
export interface Defined {
  readonly changed: boolean
  /** templates that went because the exporter has more than it may */
  readonly evicted: number
}
const REPEATED: Defined = { changed: false, evicted: 0 }

/**
 * Keeps a template in the domain, which is kept itself then; a definition that only repeats what is there leaves all as it is. Past `most`, or
 * what memory it may take, the exporter's least recently used go.
 */
export function defineTemplate(domain: Domain, definition: Definition, now: number, most: number): Defined {
  const { exporter } = domain.port
  const known = domain.templates.get(definition.id)
  if (known !== undefined) {
    if (isSameDefinition(known.of.definition, definition)) {
      known.of.definedAt = now
      known.of.at = exporter.heard
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
 * A definition of `id` came that cannot be used. It ends the one before all the same (RFC 3954 section 7, RFC 7011 section 8.4); data waits for one
 * that can be read, and no other port's stands in. Whether that is news.
 */
export function refuseTemplate(domain: Domain, id: number): boolean {
  const kept = keptDomain(domain)
  const known = kept.templates.get(id)
  const isNews = known !== undefined || !kept.refused.has(id)
  if (known !== undefined) forgetTemplate(known)
  keepRefused(kept, id)
  return isNews
}

/** The template of a definition that records came for: from now on it is kept as well. */
export function templateFor({ of: entry }: Place<TemplateEntry>): Template {
  if (entry.template === undefined) {
    entry.template = openDefinition(entry.definition)
    charge(entry, templateBytes(entry.template))
  }
  return entry.template
}

/** Keeps what the template of an entry is compiled into. */
export function keepCompiled<C extends Compiled>({ of: entry }: Place<TemplateEntry>, compiled: C): C {
  entry.compiled = compiled
  charge(entry, compiled.memory)
  return compiled
}

/** Takes note that records of it came; gives how many others went because the exporter's templates take more memory than they may. */
export function useTemplate(place: Place<TemplateEntry>, now: number): number {
  rejoin(place)
  place.of.usedAt = now
  return trimTemplates(place.of.domain.port.exporter, Infinity)
}

/** Forgets the templates that were not defined, or with `access` not used either, for `ttl` milliseconds; gives how many. */
export function sweepTemplates({ templates }: Exporter, now: number, ttl: number, access: boolean): number {
  let gone = 0
  for (const place of inOrder(templates)) {
    const { definedAt, usedAt } = place.of
    if ((access ? Math.max(definedAt, usedAt) : definedAt) + ttl > now) continue
    forgetTemplate(place)
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
    for (const place of [...templates.values()]) if (place.of.definition.options === ofOptions) forgetTemplate(place)
    return
  }
  const known = templates.get(id)
  if (known !== undefined) forgetTemplate(known)
}
