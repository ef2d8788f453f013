/** The templates of an exporter: defined, redefined, used and forgotten. */
import { type Domain, type Exporter, forgetTemplate, keepTemplate, type TemplateEntry } from './domain.js'
import type { Template } from './template.js'

/** What defining a template changed. */
export interface Defined {
  readonly changed: boolean
  /** templates that went because the exporter has more than it may */
  readonly evicted: number
}
const REPEATED: Defined = { changed: false, evicted: 0 }

/** Keeps `template`; one that only repeats what is there keeps its compiled plan. Past `most`, or what memory it may take, the exporter's least recently used go. */
export function defineTemplate(domain: Domain, template: Template, now: number, most: number): Defined {
  const { exporter } = domain
  const known = domain.templates.get(template.id)
  if (known !== undefined) {
    if (known.template.options === template.options && known.template.definition.equals(template.definition)) {
      known.definedAt = now
      exporter.templates.delete(known)
      exporter.templates.add(known)
      return REPEATED
    }
    forgetTemplate(exporter, known)
  }
  return { changed: true, evicted: keepTemplate(domain, template, now, most) }
}

/** Takes note that records of it came. */
export function useTemplate(entry: TemplateEntry, now: number): void {
  const { templates } = entry.domain.exporter
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
