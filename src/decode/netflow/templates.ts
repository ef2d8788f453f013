/** The templates of an exporter: defined, redefined, used and forgotten. */
import type { Domain, Exporter, TemplateEntry } from './domain.js'
import type { Template } from './template.js'

/** What defining a template changed. */
export interface Defined {
  readonly changed: boolean
  /** templates that went because the exporter has more than it may */
  readonly evicted: number
}
const REPEATED: Defined = { changed: false, evicted: 0 }

/** Keeps `template`; one that only repeats what is there keeps its compiled plan. Past `most` the exporter's least recently used go. */
export function defineTemplate(domain: Domain, template: Template, now: number, most: number): Defined {
  const { exporter } = domain
  const known = domain.templates.get(template.id)
  if (known !== undefined) {
    exporter.templates.delete(known)
    if (known.template.options === template.options && known.template.definition.equals(template.definition)) {
      known.definedAt = now
      exporter.templates.add(known)
      return REPEATED
    }
  }
  const entry: TemplateEntry = { template, domain, plan: undefined, definedAt: now, usedAt: now }
  domain.templates.set(template.id, entry)
  exporter.templates.add(entry)
  let evicted = 0
  for (const oldest of exporter.templates) {
    if (exporter.templates.size <= most) break
    forgetTemplate(exporter, oldest)
    evicted++
  }
  return { changed: true, evicted }
}

/** Takes note that records of it came. */
export function useTemplate(entry: TemplateEntry, now: number): void {
  const { templates } = entry.domain.exporter
  templates.delete(entry)
  templates.add(entry)
  entry.usedAt = now
}

export function forgetTemplate(exporter: Exporter, entry: TemplateEntry): void {
  exporter.templates.delete(entry)
  if (entry.domain.templates.get(entry.template.id) === entry) entry.domain.templates.delete(entry.template.id)
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
