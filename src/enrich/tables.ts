/** The tables and databases of the command line. */
import { EXIT, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import type { Database } from './databases/database.js'
import { openSource } from './databases/source.js'
import type { Kept } from './kept.js'
import type { Source } from './records.js'
import { type ExporterTable, openExporterTable } from './tables/exporters.js'
import { type InterfaceTable, openInterfaceTable } from './tables/interfaces.js'
import { type NetworkSource, openNetworks } from './tables/networks.js'

export interface TableOptions {
  'db.asn'?: string
  'db.country'?: string
  'db.city'?: string
  networks?: readonly string[]
  exporters?: readonly string[]
  interfaces?: readonly string[]
}

/** What summary and metrics call it. */
interface Named<T> {
  readonly name: string
  readonly kept: Kept<T>
}

export interface Tables {
  /** those that are asked about addresses, in the order in which they are believed */
  readonly sources: readonly (Source & { readonly name: string })[]
  readonly networks: NetworkSource | undefined
  readonly exporters: Kept<ExporterTable> | undefined
  readonly interfaces: Kept<InterfaceTable> | undefined
  readonly databases: readonly Named<Database>[]
  readonly all: readonly Named<unknown>[]
}

/** How the lookups in one of them ended. */
export interface LookupCount {
  readonly of: string
  readonly hit: number
  readonly miss: number
  readonly error: number
}

/** Opens them all; an empty name is none, as a script with an unset variable gives it. `noCountries`: why flows cannot have them; what comes with the cities is left out then. Throws UserError. */
export async function openTables(options: TableOptions, noCountries: string | undefined, log: Log): Promise<Tables> {
  if (noCountries !== undefined && options['db.country']) throw new UserError(EXIT.badConfig, `-db.country: ${noCountries}`)
  if (noCountries !== undefined && options['db.city']) log.warn(`no countries from -db.city: ${noCountries}`)
  const given = (paths: readonly string[] | undefined): paths is readonly string[] => paths !== undefined && paths.length > 0
  const networks = given(options.networks) ? await openNetworks(options.networks, log) : undefined
  if (noCountries !== undefined && networks?.kept.contents.columns.includes('country') === true)
    throw new UserError(EXIT.badConfig, `-networks has countries: ${noCountries}`)
  const databases = []
  for (const wanted of ['asn', 'country', 'city'] as const) {
    const name = options[`db.${wanted}`]
    if (name)
      databases.push({ name: wanted, ...(await openSource(wanted, name, noCountries === undefined && !options['db.country'], log)) })
  }
  const exporters = given(options.exporters) ? await openExporterTable(options.exporters, log) : undefined
  const interfaces = given(options.interfaces) ? await openInterfaceTable(options.interfaces, log) : undefined
  const sources = [...(networks === undefined ? [] : [{ name: 'networks', ...networks }]), ...databases]
  const all: Named<unknown>[] = [...sources]
  if (exporters !== undefined) all.push({ name: 'exporters', kept: exporters })
  if (interfaces !== undefined) all.push({ name: 'interfaces', kept: interfaces })
  return { sources, networks, exporters, interfaces, databases, all }
}
