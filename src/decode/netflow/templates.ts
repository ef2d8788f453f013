/** The templates of an exporter: defined, redefined, used and forgotten. */
import { type Domain, type Exporter, forgetTemplate, keepTemplate, keptDomain, type TemplateEntry } from './domain.js'
import { isSameTemplate, type Template } from './template.js'

/** What defining a template changed. */
export interface Defined {
  readonly changed: boolean
  /** templates that went because the exporter has more than it may */
  readonly evicted: number
}
const REPEATED: Defined = { changed: false, evicted: 0 }

/**
 * Keeps `template` in the domain, which is kept itself then; one that only repeats what is there keeps its compiled plan. Past `most`, or
 * what memory it may take, the exporter's least recently used go.
 */
export function defineTemplate(domain: Domain, template: Template, now: number, most: number): Defined {
  const { exporter } = domain.port
  const known = domain.templates.get(template.id)
  if (known !== undefined) {
    if (isSameTemplate(known.template, template)) {
      known.definedAt = now
      known.at = exporter.heard
      exporter.templates.delete(known)
      exporter.templates.add(known)
      return REPEATED
    }
    forgetTemplate(exporter, known)
  }
  const kept = keptDomain(domain)
  kept.refused.delete(template.id)
  return { changed: true, evicted: keepTemplate(kept, template, now, most) }
}

/** Ids of one domain that are kept as refused: the oldest go. */
const MAX_REFUSED = 1024

/**
 * A definition of `id` came that cannot be used. It ends the one before all the same (RFC 3954 section 7, RFC 7011 section 8.4); data waits for one
 * that can be read, and no other port's stands in. Whether that is news.
 */
export function refuseTemplate(domain: Domain, id: number): boolean {
  const kept = keptDomain(domain)
  const { refused, port } = kept
  const known = kept.templates.get(id)
  const isNews = known !== undefined || !refused.has(id)
  if (known !== undefined) forgetTemplate(port.exporter, known)
  refused.delete(id)
  if (refused.size >= MAX_REFUSED) {
    const [oldest] = refused.keys()
    refused.delete(oldest)
  }
  refused.set(id, port.exporter.heard)
  return isNews
}

/** Takes note that records of it came. */
export function useTemplate(entry: TemplateEntry, now: number): void {
  const { templates } = entry.domain.port.exporter
  templates.delete(entry)
  templates.add(entry)
  entry.usedAt = now
}

/** Forgets the templates that were not defined, or with `access` not used either, for `ttl` milliseconds; gives how many. */
export function sweepTemplates(exporter: Exporter, now: number, ttl: number, access: boolean): number {
  let gone = 0
  for (const entry of exporter.templates) {
    const since = access ? Math.max(entry.definedAt, entry.usedAt) : entry.definedAt
    if (since + ttl > now) continue
    forgetTemplate(exporter, entry)
    gone++
  }
  return gone
}
