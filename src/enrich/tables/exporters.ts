/** `-exporters`: what a user's own tables say of those who send. */
import type { Log } from '../../cli/log.js'
import { plural } from '../../cli/plural.js'
import { keep, type Kept } from '../kept.js'
import { type Attributes, readAttributes } from './attributes.js'
import { TEXT } from './csv.js'

export const EXPORTER_COLUMNS = ['name', 'group', 'role', 'site', 'region', 'tenant'] as const
export type ExporterColumn = (typeof EXPORTER_COLUMNS)[number]
export type ExporterTable = Attributes<ExporterColumn>

/** Opens the tables given as `-exporters PATHS`. Throws UserError. */
export async function openExporterTable(paths: readonly string[], log: Log): Promise<Kept<ExporterTable>> {
  const columns = { name: TEXT, group: TEXT, role: TEXT, site: TEXT, region: TEXT, tenant: TEXT } satisfies Record<ExporterColumn, unknown>
  const load = () => readAttributes<ExporterColumn>(paths, 'exporter', columns)
  return keep('-exporters', paths, load, ({ count }) => plural(count, 'exporter'), log)
}
