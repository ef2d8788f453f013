/** What an exporter's domains hold: templates, rates and names, within what one exporter may take. */
import { join, leave, type Place } from '../../queue.js'
import { type Domain, type Exporter, type Learned, type Name, NAME_KINDS, type TemplateEntry } from './exporter.js'
import { definitionBytes, learnedBytes, MOST_BYTES } from './cost.js'
import { NO_ENTRIES, type Rate } from './sampling.js'
import type { Definition } from '../wire/template.js'

/** Puts a template in; gives how many others went because the exporter has more than `most`, or too large ones. */
export function keepTemplate(domain: Domain, definition: Definition, now: number, most: number): number {
  const { exporter } = domain.port
  const entry: TemplateEntry = {
    definition,
    domain,
    template: undefined,
    compiled: undefined,
    bytes: 0,
    definedAt: now,
    usedAt: now,
    at: exporter.heard
  }
  charge(entry, definitionBytes(definition))
  domain.templates.set(definition.id, join(exporter.templates, entry))
  return trimTemplates(exporter, most)
}

/** Charges the exporter for what a template of it takes. */
export function charge(entry: TemplateEntry, bytes: number): void {
  entry.bytes += bytes
  entry.domain.port.exporter.templateBytes += bytes
}

/** Forgets the templates that were not used longest, until there are no more than `most` and they are not too large; gives how many. */
export function trimTemplates(exporter: Exporter, most: number): number {
  const { templates } = exporter
  let gone = 0
  while (templates.size > most || (exporter.templateBytes > MOST_BYTES && templates.size > 1)) {
    forgetTemplate(templates.first!)
    gone++
  }
  return gone
}

export function forgetTemplate(place: Place<TemplateEntry>): void {
  const { definition, domain, bytes } = place.of
  if (leave(place)) domain.port.exporter.templateBytes -= bytes
  if (domain.templates.get(definition.id) === place) domain.templates.delete(definition.id)
}

/** How far an exporter's rates and names are cut back where they take too much: not one at a time, which would cost as much each. */
const CUT_BACK_BYTES = (MOST_BYTES / 8) * 7

/** Sets what a domain was told of `key`; past the bound of its exporter what was set first goes. */
export function learn<K extends string, V extends Rate | Name>(
  exporter: Exporter,
  tables: Record<K, Map<number, V>>,
  kind: K,
  key: number,
  value: V
): void {
  const map = tableOf(exporter, tables, kind)
  const before = map.get(key)
  exporter.learnedBytes += learnedBytes(value) - (before === undefined ? 0 : learnedBytes(before))
  map.set(key, value)
  exporter.learned ??= new Set()
  exporter.learned.delete(map as Learned)
  exporter.learned.add(map as Learned)
  if (exporter.learnedBytes <= MOST_BYTES) return
  for (const oldest of exporter.learned) forgetLearned(exporter, oldest, CUT_BACK_BYTES)
}

/** The table of one kind, made where something is to be put in for the first time. */
export function tableOf<K extends string, V>(exporter: Exporter, tables: Record<K, Map<number, V>>, kind: K): Map<number, V> {
  if (tables[kind] === NO_ENTRIES) {
    tables[kind] = new Map()
    exporter.changes++
  }
  return tables[kind]
}

/** Forgets what of a domain's map was set first, until the exporter's take no more than `most` bytes. */
export function forgetLearned(exporter: Exporter, map: Learned, most: number): void {
  for (const [key, value] of map) {
    if (exporter.learnedBytes <= most) return
    map.delete(key)
    exporter.learnedBytes -= learnedBytes(value)
    for (const { names } of exporter.ports.values())
      for (const kind of NAME_KINDS) if (names[kind].get(key) === value) names[kind].delete(key)
  }
  exporter.learned?.delete(map)
}
