/** flow-enrich: FlowMessages in, FlowMessages with AS numbers, countries and cities from databases out. */
import { readFrames } from '../cli/filter.js'
import { wholeNumber } from '../cli/options.js'
import { FILES } from '../cli/definition.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { others, plural } from '../cli/plural.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { type Lookups, openLookups } from './lookups.js'
import { declareMetrics } from './metrics.js'
import { RESULTS } from './records.js'
import { type Rewriter, rewriter } from './rewrite.js'
import { openSource, type OpenSource } from './source.js'

const OPTIONS = optionTable({
  'db.asn': { argument: 'file', help: 'MMDB file with AS numbers: sets src_as, dst_as, src_as_name, dst_as_name' },
  'db.country': { argument: 'file', help: 'MMDB file with countries: sets src_country, dst_country' },
  'db.city': { argument: 'file', help: 'MMDB file with cities: sets src_city, dst_city, and the countries without -db.country' },
  'keep-as': { help: 'keep an AS number that the exporter gave' },
  samplingrate: { argument: 'n', help: 'set sampling_rate of every flow; 0 leaves it as it is', parse: wholeNumber(), default: 0 }
})
type Options = OptionsOf<typeof OPTIONS>

export const tool = defineTool(
  {
    name: 'flow-enrich',
    summary: 'Looks the addresses of flows up and adds their AS numbers, countries and cities: flows in, flows out.',
    operands: FILES,
    modes: [{ reads: ['FlowMessage'], writes: ['FlowMessage'] }],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-decode | flow-enrich -db.asn asn.mmdb | flow-format',
      'flow-enrich -db.asn asn.mmdb -db.city city.mmdb day.bin > enriched.bin'
    ]
  },
  run
)

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  const output = tool.stdout()
  const sources = await openSources(tool)
  if (sources.length === 0 && options.samplingrate === 0) log.warn('nothing to add: give -db.asn, -db.country, -db.city or -samplingrate')
  const lookups = openLookups(sources)
  const enricher = rewriter(lookups, { keepAs: options['keep-as'], samplingRate: options.samplingrate }, output)
  for (const source of sources) source.watch(lookups.forget)
  process.on('SIGHUP', () => {
    for (const source of sources) void source.reload()
  })
  await tool.serve((metrics) => {
    declareMetrics(metrics, sources, lookups, enricher, output)
  })
  tool.summary(() => summaryOf(sources, lookups, enricher.counts))
  await readFrames(tool, output, enricher.rewrite)
}

/** The databases of the command line; an empty name is none, as a script with an unset variable gives it. */
async function openSources({ options, log }: Tool<Options>): Promise<OpenSource[]> {
  const sources: OpenSource[] = []
  const cityHasCountry = !options['db.country']
  for (const wanted of ['asn', 'country', 'city'] as const) {
    const name = options[`db.${wanted}`]
    if (name) sources.push(await openSource(wanted, name, cityHasCountry, log))
  }
  return sources
}

function summaryOf(sources: readonly OpenSource[], lookups: Lookups, { flows, enriched, malformed }: Rewriter['counts']): string {
  const databases = sources.map(({ wanted }, i) => {
    const [hits, misses, errors] = RESULTS.map((_, result) => lookups.count(i, result))
    const results = others([hits, 'hit', 'hits'], [misses, 'miss', 'misses'], [errors, 'error', 'errors'])
    return `; ${wanted}: ${plural(hits + misses + errors, 'lookup')}${results}`
  })
  return `${plural(flows, 'flow')} in and out${others([enriched, 'enriched'], [malformed, 'malformed'])}${databases.join('')}`
}
