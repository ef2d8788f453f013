/** The templates of an exporter: defined, redefined, used and forgotten. */
import type { Domain, Exporter, TemplateEntry } from './domain.js'
import type { Template } from './template.js'

/** Keeps `template`; one that only repeats what is there keeps its compiled plan. Past `most` the exporter's least recently used go. Gives how many went. */
export function defineTemplate(domain: Domain, template: Template, now: number, most: number): number {
  const { exporter } = domain
  const known = domain.templates.get(template.id)
  if (known !== undefined) {
    exporter.templates.delete(known)
    if (known.template.options === template.options && known.template.definition.equals(template.definition)) {
      known.definedAt = now
      exporter.templates.add(known)
      return 0
    }
  }
  const entry: TemplateEntry = { template, domain, plan: undefined, definedAt: now, usedAt: now }
  domain.templates.set(template.id, entry)
  exporter.templates.add(entry)
  let gone = 0
  for (const oldest of exporter.templates) {
    if (exporter.templates.size <= most) break
    forgetTemplate(exporter, oldest)
    gone++
  }
  return gone
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
