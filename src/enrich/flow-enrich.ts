/** flow-enrich: FlowMessages in, FlowMessages with AS numbers, countries and cities from databases out. */
import { filterFrames, filterInput } from '../cli/filter.js'
import { serveMetrics } from '../cli/metrics.js'
import { type CommandLine, wholeNumber } from '../cli/options.js'
import { binaryStdout, runTool, type Tool } from '../cli/tool.js'
import { plural } from '../cli/plural.js'
import { type Lookups, openLookups } from './lookups.js'
import { metricsOf } from './metrics.js'
import { RESULTS } from './records.js'
import { type Rewriter, rewriter } from './rewrite.js'
import { openSource, type OpenSource } from './source.js'

const COMMAND: CommandLine = {
  name: 'flow-enrich',
  summary: 'Looks the addresses of flows up and adds their AS numbers, countries and cities: flows in, flows out.',
  options: [
    { flags: 'db.asn <file>', help: 'MMDB file with AS numbers: sets src_as, dst_as, src_as_name, dst_as_name' },
    { flags: 'db.country <file>', help: 'MMDB file with countries: sets src_country, dst_country' },
    { flags: 'db.city <file>', help: 'MMDB file with cities: sets src_city, dst_city, and the countries without -db.country' },
    { flags: 'keep-as', help: 'keep an AS number that the exporter gave' },
    { flags: 'samplingrate <n>', help: 'set sampling_rate of every flow; 0 leaves it as it is', parse: wholeNumber(), default: 0 }
  ],
  examples: [
    'flow-listen | flow-decode | flow-enrich -db.asn GeoLite2-ASN.mmdb | flow-format',
    'flow-pcap a.pcap | flow-decode | flow-enrich -db.asn dbip-asn-lite.mmdb -db.city dbip-city-lite.mmdb > flows.bin'
  ]
}

interface Options {
  'db.asn'?: string
  'db.country'?: string
  'db.city'?: string
  'keep-as'?: boolean
  samplingrate: number
}

export async function main(): Promise<void> {
  await runTool<Options>(COMMAND, run)
}

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  const input = filterInput(tool)
  const output = binaryStdout(tool, () => {
    input.stop()
  })
  const sources = await openSources(tool)
  if (sources.length === 0 && options.samplingrate === 0) log.warn('nothing to add: give -db.asn, -db.country, -db.city or -samplingrate')
  const lookups = openLookups(sources)
  const enricher = rewriter(lookups, { keepAs: options['keep-as'] === true, samplingRate: options.samplingrate }, output)
  for (const source of sources) source.watch(lookups.forget)
  process.on('SIGHUP', () => {
    for (const source of sources) void source.reload()
  })
  if (options.addr !== undefined) await serveMetrics(options.addr, metricsOf(sources, lookups, enricher, output), new Map(), log)

  await filterFrames(tool, input, 'FlowMessage', output, enricher.rewrite)
  log.info(summaryOf(sources, lookups, enricher.counts))
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
    return `; ${wanted}: ${hits + misses + errors} lookups, ${hits} hits, ${misses} misses, ${errors} errors`
  })
  return `${plural(flows, 'flow')} in, ${plural(flows, 'flow')} out, ${enriched} enriched, ${malformed} malformed${databases.join('')}`
}
