/** The templates, rates and names of an exporter's domains, bounded by the memory that one exporter may take. */
import { join, leave, type QueueNode } from '../../queue.js'
import { type Domain, type Exporter, type Learned, type Name, NAME_KINDS, type TemplateEntry } from './state.js'
import { definitionBytes, learnedBytes, MOST_BYTES } from './cost.js'
import { NO_ENTRIES, type Rate } from './sampling.js'
import type { Definition } from '../wire/template.js'

/** Adds a template; returns how many others were forgotten because the exporter has more than `most`, or too large ones. */
export function keepTemplate(domain: Domain, definition: Definition, now: number, most: number): number {
  const { exporter } = domain.port
  const entry: TemplateEntry = {
    definition,
    domain,
    template: undefined,
    bytes: 0,
    definedAt: now,
    usedAt: now,
    at: exporter.arrivals
  }
  charge(entry, definitionBytes(definition))
  domain.templates.set(definition.id, join(exporter.templates, entry))
  return trimTemplates(exporter, most)
}

/** Charges the exporter for the memory of a template. */
export function charge(entry: TemplateEntry, bytes: number): void {
  entry.bytes += bytes
  entry.domain.port.exporter.templateBytes += bytes
}

/** Forgets the least recently used templates, until there are no more than `most` and they take no more than MOST_BYTES; returns how many. */
export function trimTemplates(exporter: Exporter, most: number): number {
  const { templates } = exporter
  let gone = 0
  while (templates.size > most || (exporter.templateBytes > MOST_BYTES && templates.size > 1)) {
    forgetTemplate(templates.first!)
    gone++
  }
  return gone
}

/** Forgets a template; one that is forgotten already is left alone. */
export function forgetTemplate(node: QueueNode<TemplateEntry>): void {
  const { definition, domain, bytes } = node.item
  if (leave(node)) domain.port.exporter.templateBytes -= bytes
  if (domain.templates.get(definition.id) === node) domain.templates.delete(definition.id)
}

/** Where an exporter's rates and names take too much they are cut back to this: cutting back one at a time would cost as much each time. */
const CUT_BACK_BYTES = (MOST_BYTES / 8) * 7

/** Sets a rate or name of a domain; beyond the bound of its exporter the oldest are forgotten. */
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

/** The table of one kind, made when its first entry is to be added. */
export function tableOf<K extends string, V>(exporter: Exporter, tables: Record<K, Map<number, V>>, kind: K): Map<number, V> {
  if (tables[kind] === NO_ENTRIES) {
    tables[kind] = new Map()
    exporter.changes++
  }
  return tables[kind]
}

/** Forgets the oldest entries of a domain's map, until the exporter's rates and names take no more than `most` bytes. */
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
