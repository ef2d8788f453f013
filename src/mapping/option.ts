/** The option -mapping of a tool. */
import { optionTable } from '../cli/optiontable.js'
import type { Tool } from '../cli/tool.js'
import { loadMapping, type Mapping } from './mapping.js'

export const MAPPING_OPTION = optionTable({
  mapping: { argument: 'file', help: 'YAML file with fields of your own, what fills them and how fields are shown' }
})

/** The mapping of the command line, its warnings logged; without one, the mapping that maps nothing. Throws UserError. */
export async function mappingOf({ options, log }: Tool<{ readonly mapping?: string }>): Promise<Mapping> {
  const mapping = await loadMapping(options.mapping)
  for (const warning of mapping.warnings) log.warn(warning)
  return mapping
}
