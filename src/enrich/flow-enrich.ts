/** flow-enrich: FlowMessages in, FlowMessages with what databases and a user's own tables say of them out. */
import { FILES } from '../cli/definition.js'
import { EXIT, UserError } from '../cli/exit.js'
import { readFrames } from '../cli/filter.js'
import { wholeNumber, wordList } from '../cli/options.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { others, plural } from '../cli/plural.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { MAPPING_OPTION, mappingOf } from '../mapping/option.js'
import { type AsOrder, asOrder, DEFAULT_ORDER, KEEP_AS_ORDER } from './asorder.js'
import { whyNoCountries } from './countries.js'
import { enriching } from './enriching.js'
import { declareMetrics } from './metrics.js'
import { type Rewriter, rewriter } from './rewrite.js'
import { type LookupCount, openTables } from './tables.js'

const OPTIONS = optionTable({
  'db.asn': { argument: 'file', help: 'MMDB file of AS numbers and names' },
  'db.country': { argument: 'file', help: 'MMDB file of countries' },
  'db.city': { argument: 'file', help: 'MMDB file of cities, and countries' },
  networks: { argument: 'files', help: 'CSV: network; name, role, site, region, tenant …', parse: moreFiles },
  exporters: { argument: 'files', help: 'CSV: exporter; name, group, role, site, region, tenant', parse: moreFiles },
  interfaces: { argument: 'files', help: 'CSV: exporter, ifindex; name, description, speed, boundary', parse: moreFiles },
  as: { argument: 'order', help: 'who says AS numbers, as networks,db,exporter [db,exporter]', parse: asOrder },
  'keep-as': { help: 'keep an AS number that the exporter gave: -as exporter,db' },
  'community-id': { help: 'set community_id, as Zeek and Suricata have it' },
  mapping: { ...MAPPING_OPTION.mapping, help: 'YAML file with fields of your own' },
  samplingrate: { argument: 'n', help: 'set sampling_rate of every flow; 0 leaves it as it is', parse: wholeNumber(), default: 0 }
})
type Options = OptionsOf<typeof OPTIONS>

export const tool = defineTool(
  {
    name: 'flow-enrich',
    summary: 'Adds to flows what databases and your own tables say of them: flows in, flows out.',
    operands: FILES,
    modes: [{ reads: ['FlowMessage'], writes: ['FlowMessage'] }],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-decode | flow-enrich -db.asn asn.mmdb | flow-format',
      'flow-enrich -networks networks.csv day.bin | flow-agg -by src_site,dst_site'
    ]
  },
  run
)

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  const order = orderOf(options)
  const output = tool.stdout()
  let isHungUp = false
  let reload = (): void => {
    isHungUp = true
  }
  // before tables load, which may take seconds; once they have, they are read again
  process.on('SIGHUP', () => {
    reload()
  })
  const { schema } = await mappingOf(tool)
  const tables = await openTables(options, whyNoCountries(options.mapping, schema), log)
  if (tables.networks?.kept.contents.columns.includes('asn') === true && !order.includes('networks')) {
    log.warn(`-networks has AS numbers that nobody asks for: -as networks,${order.join(',')} does`)
  }
  const { enrichments, prepare, forget, lookups, counts } = enriching(tables, {
    order,
    samplingRate: options.samplingrate,
    communityId: options['community-id']
  })
  if (enrichments.length === 0)
    log.warn('nothing to add: give -db.asn, -db.country, -db.city, -networks, -exporters, -interfaces, -community-id or -samplingrate')
  const enricher = rewriter(enrichments, prepare, output)
  for (const { kept } of tables.all) kept.watch(forget)
  reload = () => {
    for (const { kept } of tables.all) void kept.reload()
  }
  if (isHungUp) reload()
  await tool.serve((metrics) => {
    declareMetrics(metrics, tables, counts, lookups, enricher, output)
  })
  tool.summary(() => summaryOf(counts(), enricher.counts))
  await readFrames(tool, output, enricher.rewrite)
}

/** The option may be given again, and a value may be several files; an empty one is none, as a script with an unset variable gives it. */
function moreFiles(word: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, ...wordList(word)]
}

function orderOf({ as, 'keep-as': keepAs }: Options): AsOrder {
  if (as !== undefined && keepAs) throw new UserError(EXIT.usage, '-keep-as is -as exporter,db: give one of them')
  return as ?? (keepAs ? KEEP_AS_ORDER : DEFAULT_ORDER)
}

function summaryOf(counts: readonly LookupCount[], { flows, enriched, malformed }: Rewriter['counts']): string {
  const lookups = counts.map(({ of, hit, miss, error }) => {
    const results = others([hit, 'hit', 'hits'], [miss, 'miss', 'misses'], [error, 'error', 'errors'])
    return `; ${of}: ${plural(hit + miss + error, 'lookup')}${results}`
  })
  return `${plural(flows, 'flow')} in and out${others([enriched, 'enriched'], [malformed, 'malformed'])}${lookups.join('')}`
}
