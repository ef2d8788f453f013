/** The ports of an exporter and their observation domains. They are kept once they define something, and forgotten beyond a bound. */
import { newQueue } from '../../queue.js'
import { forgetLearned, forgetTemplate } from './entries.js'
import type { Domain, Exporter, Names, Port } from './state.js'
import { DOMAIN_BYTES, PORT_BYTES, REFUSED_BYTES } from './cost.js'
import { newRates, NO_ENTRIES, type Rates } from './sampling.js'

/** Source ports of one exporter that are kept. */
const MAX_PORTS = 256
/** Observation domains of one exporter. */
const MAX_DOMAINS = 4096
/** Ids of one domain, and of an exporter's, that are kept as refused. */
const MAX_REFUSED = 1024
const MAX_REFUSED_OF_ALL = 65_536

function newNames(): Names {
  return { interfaces: NO_ENTRIES, vrfs: NO_ENTRIES, applications: NO_ENTRIES }
}

/** `defaultRate`: 0 for none. */
export function newExporter(address: string, defaultRate: number): Exporter {
  const rate = { hi: Math.floor(defaultRate / 0x1_0000_0000), lo: defaultRate >>> 0 }
  return {
    address,
    ports: new Map(),
    templates: newQueue(),
    learned: undefined,
    domains: 0,
    refused: 0,
    changes: 0,
    arrivals: 0,
    templateBytes: 0,
    learnedBytes: 0,
    defaultRate: defaultRate === 0 ? undefined : rate
  }
}

/** Rates and names of an exporter as a whole are kept, by version, under an id that no domain has. */
export const WHOLE_EXPORTER = 0x1_0000_0000

/** Less than 2^37. */
export function domainKey(version: number, id: number): number {
  return version * 0x2_0000_0000 + id
}

/** The bytes of memory that an exporter's state takes. */
export function stateBytes({ domains, refused, ports, templateBytes, learnedBytes }: Exporter): number {
  return ports.size * PORT_BYTES + domains * DOMAIN_BYTES + refused * REFUSED_BYTES + templateBytes + learnedBytes
}

const NO_NAMES = newNames()
const NO_NAMES_AT: Port['namesAt'] = { interfaces: 0, vrfs: 0, applications: 0 }
const NO_RATES = newRates()

/** A port that defined nothing, and so is not kept. */
function emptyPort(exporter: Exporter, number: number): Port {
  return { number, exporter, domains: NO_ENTRIES, names: NO_NAMES, namesAt: NO_NAMES_AT, lastArrival: 0 }
}

/** The port that a datagram came from; notes its arrival. */
export function notePort(exporter: Exporter, number: number): Port {
  exporter.arrivals++
  const { ports } = exporter
  const known = ports.get(number)
  if (known === undefined) return emptyPort(exporter, number)
  known.lastArrival = exporter.arrivals
  if (ports.size > 1) {
    ports.delete(number)
    ports.set(number, known)
  }
  return known
}

/** The port of that number. */
export function knownPort(exporter: Exporter, number: number): Port {
  return exporter.ports.get(number) ?? emptyPort(exporter, number)
}

/** The domain of that version and id; one in which the port defined nothing is not kept. */
export function domainOf(port: Port, version: number, id: number): Domain {
  const { domains } = port
  const key = domainKey(version, id)
  const known = domains.get(key)
  if (known !== undefined) {
    if (domains.size > 1) {
      // the one that was used last at the end
      domains.delete(key)
      domains.set(key, known)
    }
    return known
  }
  return newDomain(version, id, port, NO_ENTRIES, NO_RATES, NO_NAMES)
}

/** The same domain, kept because something is to be defined in it. Beyond the bounds of its exporter the least recently used are forgotten. */
export function keptDomain({ version, id, port: { exporter, number } }: Domain): Domain {
  const { ports } = exporter
  let port = ports.get(number)
  if (port === undefined) {
    if (ports.size >= MAX_PORTS) forgetPort(oldestPort(exporter, undefined)!)
    port = { number, exporter, domains: new Map(), names: newNames(), namesAt: { ...NO_NAMES_AT }, lastArrival: exporter.arrivals }
    ports.set(number, port)
  }
  const key = domainKey(version, id)
  const known = port.domains.get(key)
  if (known !== undefined) return known
  if (exporter.domains >= MAX_DOMAINS) forgetOldestDomain(port)
  const domain = newDomain(version, id, port, new Map(), newRates(), newNames())
  port.domains.set(key, domain)
  exporter.domains++
  exporter.changes++
  return domain
}

function newDomain(version: number, id: number, port: Port, templates: Domain['templates'], rates: Rates, names: Names): Domain {
  return {
    version,
    id,
    port,
    templates,
    refused: NO_ENTRIES,
    rates,
    systemInitMs: 0,
    originalExporter: '',
    names,
    optionsData: undefined,
    optionsDataAt: 0
  }
}

function oldestPort({ ports }: Exporter, except: Port | undefined): Port | undefined {
  for (const port of ports.values()) if (port !== except) return port
  return undefined
}

/** Makes room for one more domain of `port`. */
function forgetOldestDomain(port: Port): void {
  const { domains, exporter } = oldestPort(port.exporter, port) ?? port
  const [[key, domain]] = domains
  forgetDomain(domain)
  domains.delete(key)
  if (domains.size === 0) exporter.ports.delete(domain.port.number)
}

function forgetPort({ exporter, number, domains }: Port): void {
  for (const domain of domains.values()) forgetDomain(domain)
  exporter.ports.delete(number)
}

function forgetDomain({ port: { exporter }, templates, refused, rates, names }: Domain): void {
  exporter.domains--
  exporter.changes++
  exporter.refused -= refused.size
  for (const node of templates.values()) forgetTemplate(node)
  const { samplers, templates: ofTemplates, lineCards, interfaces } = rates
  for (const map of [samplers, ofTemplates, lineCards, interfaces, names.interfaces, names.vrfs, names.applications]) {
    forgetLearned(exporter, map, 0)
  }
}

/** Keeps an id of a domain as refused; beyond a bound those that were refused first are forgotten. */
export function keepRefused(domain: Domain, id: number): void {
  const { exporter } = domain.port
  forgetRefused(domain, id)
  if (domain.refused.size >= MAX_REFUSED) {
    const [oldest] = domain.refused.keys()
    forgetRefused(domain, oldest)
  }
  while (exporter.refused >= MAX_REFUSED_OF_ALL) forgetOldestDomain(domain.port)
  if (domain.refused === NO_ENTRIES) domain.refused = new Map()
  domain.refused.set(id, exporter.arrivals)
  exporter.refused++
}

/** An id is no longer kept as refused. */
export function forgetRefused({ refused, port: { exporter } }: Domain, id: number): void {
  if (refused.delete(id)) exporter.refused--
}
