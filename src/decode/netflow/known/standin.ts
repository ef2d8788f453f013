/**
 * What a port may use of the definitions of other ports of its exporter: exporters send templates and data from different ports, and come back on
 * another port after a restart. A port that never defined a thing uses what the others defined last. A port that has sent nothing since a newer
 * definition does not count any more. Where those that count differ, two exporters may be behind the address, and none of them is used.
 */
import type { QueueNode } from '../../queue.js'
import { domainKey, WHOLE_EXPORTER } from './domain.js'
import type { Domain, Name, Names, NameTables, Port, TemplateEntry, OptionsData } from './state.js'
import { areSameRates, NO_ENTRIES, newRates, type Rates, type RateTables } from './sampling.js'
import { isSameDefinition } from '../wire/template.js'

/** A thing that a port defined, and the arrival that defined it last. */
interface Standing<T> {
  readonly port: Port
  readonly thing: T
  readonly at: number
}

/** The definitions of the other ports that count, the newest first. */
function countingDefinitions<T>(port: Port, find: (other: Port) => Omit<Standing<T>, 'port'> | undefined): Standing<T>[] {
  const found: Standing<T>[] = []
  for (const other of port.exporter.ports.values()) {
    if (other.number === port.number) continue
    const definition = find(other)
    if (definition !== undefined) found.push({ port: other, ...definition })
  }
  found.sort((a, b) => b.at - a.at)
  // definitions out of a file without their order count alike
  return found.filter(({ port: { lastArrival } }, i) => i === 0 || lastArrival >= found[0].at)
}

/** The newest of them where all agree. */
function agreed<T>(definitions: readonly Standing<T>[], areSame: (a: T, b: T) => boolean): T | undefined {
  if (definitions.length === 0) return undefined
  const [{ thing: newest }] = definitions
  return definitions.every(({ thing }) => areSame(thing, newest)) ? newest : undefined
}

/** A definition that could not be used. */
const REFUSED = 'refused'

/** The template by which data of that id from the domain's port is read. */
export function templateOf({ port, version, id, templates, refused }: Domain, templateId: number): QueueNode<TemplateEntry> | undefined {
  const own = templates.get(templateId)
  if (own !== undefined || refused.has(templateId) || port.exporter.ports.size === 0) return own
  const key = domainKey(version, id)
  const all = countingDefinitions<QueueNode<TemplateEntry> | typeof REFUSED>(port, ({ domains }) => {
    const domain = domains.get(key)
    const entry = domain?.templates.get(templateId)
    if (entry !== undefined) return { thing: entry, at: entry.item.at }
    const at = domain?.refused.get(templateId)
    return at === undefined ? undefined : { thing: REFUSED, at }
  })
  const found = agreed(all, (a, b) => a === b || (a !== REFUSED && b !== REFUSED && isSameDefinition(a.item.definition, b.item.definition)))
  return found === REFUSED ? undefined : found
}

/** The options data that counts for the records of the domain. What was found for one of a port that is alone holds until the exporter's domains change. */
export function optionsDataOf(domain: Domain): OptionsData {
  const { port } = domain
  const { ports, changes } = port.exporter
  if (ports.size === 0) return NO_OPTIONS_DATA
  if (ports.size > 1 || port.lastArrival === 0) return findOptionsData(domain)
  if (domain.optionsData === undefined || domain.optionsDataAt !== changes) {
    domain.optionsData = findOptionsData(domain)
    domain.optionsDataAt = changes
  }
  return domain.optionsData
}

function findOptionsData(domain: Domain): OptionsData {
  return {
    rates: rateTablesOf(domain),
    interfaces: nameTablesOf(domain, 'interfaces'),
    vrfs: nameTablesOf(domain, 'vrfs'),
    applications: nameTablesOf(domain, 'applications')
  }
}

const NO_RATES = newRates()
const NO_TABLES: RateTables = { own: NO_RATES, whole: NO_RATES, domain0: NO_RATES }

/** The rates that count for data of the domain. */
function rateTablesOf({ port, version, id }: Domain): RateTables {
  if (version !== 9 && version !== 10) return NO_TABLES
  return {
    own: ratesOf(port, version, id),
    whole: ratesOf(port, version, WHOLE_EXPORTER),
    domain0: id === 0 ? NO_RATES : ratesOf(port, version, 0)
  }
}

function ratesOf(port: Port, version: number, id: number): Rates {
  const key = domainKey(version, id)
  const own = port.domains.get(key)?.rates
  if (own !== undefined && (own.at > 0 || port.exporter.ports.size === 1)) return own
  const all = countingDefinitions<Rates>(port, ({ domains }) => {
    const rates = domains.get(key)?.rates
    return rates === undefined || rates.at === 0 ? undefined : { thing: rates, at: rates.at }
  })
  return agreed(all, areSameRates) ?? NO_RATES
}

/** The exporter's boot in milliseconds since 1970; 0 where that is not known. */
export function systemInitOf(domain: Domain): number {
  return definedByAny(domain, ({ systemInitMs }) => (systemInitMs === 0 ? undefined : systemInitMs)) ?? 0
}

/** The address of the exporter that observed the domain's flows, where this one exports for another (a letter a byte); else ''. */
export function originalExporterOf(domain: Domain): string {
  return definedByAny(domain, ({ originalExporter }) => (originalExporter === '' ? undefined : originalExporter)) ?? ''
}

/** A thing of a domain, as its own port defined it, or else the others that count. */
function definedByAny<T>(domain: Domain, find: (domain: Domain) => T | undefined): T | undefined {
  const own = find(domain)
  const { port, version, id } = domain
  if (own !== undefined || port.exporter.ports.size === 0) return own
  const all = countingDefinitions<T>(port, ({ domains, lastArrival }) => {
    const other = domains.get(domainKey(version, id))
    const thing = other === undefined ? undefined : find(other)
    return thing === undefined ? undefined : { thing, at: lastArrival }
  })
  return agreed(all, (a, b) => a === b)
}

const NO_OTHERS: NameTables['others'] = []

function nameTablesOf({ port, names }: Domain, kind: keyof Names): NameTables {
  const isOwn = port.names[kind].size > 0
  const others = isOwn
    ? NO_OTHERS
    : countingDefinitions(port, (other) =>
        other.names[kind].size === 0 ? undefined : { thing: other.names[kind], at: other.namesAt[kind] }
      ).map(({ thing }) => thing)
  return { own: names[kind], port: port.names[kind], others }
}

const NO_NAMES: NameTables = { own: NO_ENTRIES, port: NO_ENTRIES, others: NO_OTHERS }
const NO_OPTIONS_DATA: OptionsData = { rates: NO_TABLES, interfaces: NO_NAMES, vrfs: NO_NAMES, applications: NO_NAMES }

/** Whether any thing has a name in these tables. */
export const hasNames = ({ own, port, others }: NameTables): boolean => own.size + port.size + others.length > 0

/** The name of the thing of that number: of its domain, else of its port, else what the other ports agree on. */
export function findName({ own, port, others }: NameTables, number: number): Name | undefined {
  const found = own.get(number) ?? port.get(number)
  if (found !== undefined || others.length === 0) return found
  let agreedOn: Name | undefined
  for (const names of others) {
    const name = names.get(number)
    if (name === undefined) continue
    if (agreedOn !== undefined && (agreedOn.text !== name.text || agreedOn.description !== name.description)) return undefined
    agreedOn = name
  }
  return agreedOn
}
