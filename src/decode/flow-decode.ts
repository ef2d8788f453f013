/** flow-decode: Datagram frames in, FlowMessage frames out. */
import { EXIT, UserError } from '../cli/exit.js'
import { FILES } from '../cli/definition.js'
import { readFrames } from '../cli/filter.js'
import type { Log } from '../cli/log.js'
import type { Page } from '../cli/metrics.js'
import { nearest } from '../cli/nearest.js'
import { badValue, duration, timerDuration, wholeNumber } from '../cli/options.js'
import { type OptionsOf, optionTable, thatFile } from '../cli/optiontable.js'
import { bothOf, fileOutput } from '../cli/secondoutput.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { counterHandler } from './counters/counters.js'
import { showCounters } from './counters/page.js'
import { declareSeries, servedSeries } from './counters/series.js'
import { MAPPING_OPTION, mappingOf } from '../mapping/option.js'
import { declareMetrics, summaryOf } from './counts.js'
import { type DatagramDecoder, datagramDecoder } from './decoder.js'
import { loadChunk } from './memory/in.js'
import { type Tunnel, TUNNELS } from './packet/decap.js'
import { RAW_FORMATS } from './raw/raw.js'
import { loadTemplates, type TemplateFile, templateFile } from './templatefile.js'
import { parseRates } from './rateoption.js'
import { parseSampler } from './sampleroption.js'

const OPTIONS = optionTable({
  mapping: { ...MAPPING_OPTION.mapping, help: 'YAML file of fields to add and elements to map to them' },
  decap: { argument: 'tunnels', help: 'report the packet inside these tunnels: vxlan,gre,… or all', parse: parseTunnels },
  samplingrate: { argument: 'rates', help: 'rate of exporters that tell none: N, or NETWORK=N,…', parse: parseRates },
  sampler: {
    argument: 'order',
    help: 'whose address sampler_address is: source, agent, record',
    parse: parseSampler,
    default: 'agent,source'
  },
  'err.cnt': { rare: true, argument: 'n', help: 'errors logged per interval', parse: wholeNumber(), default: 10 },
  'err.int': { rare: true, argument: 'duration', help: 'the interval', parse: duration, default: '10s' },
  'exporters.max': { rare: true, argument: 'n', help: 'exporters known at a time', parse: wholeNumber(1), default: 10_000 },
  'templates.max': { rare: true, argument: 'n', help: 'templates of one exporter', parse: wholeNumber(1), default: 4096 },
  'templates.json.path': { argument: 'file', help: 'keep templates in this file, and load them at the start', writes: thatFile },
  'templates.json.interval': { rare: true, argument: 'duration', help: 'how often it is written', parse: timerDuration, default: '10s' },
  'templates.ttl': {
    rare: true,
    argument: 'duration',
    help: 'forget templates not defined again for so long; 0: never',
    parse: duration,
    default: '0'
  },
  'templates.ttl.extend-on-access': { rare: true, help: 'use counts as definition' },
  'templates.sweep-interval': {
    rare: true,
    argument: 'duration',
    help: 'how often old ones are looked for',
    parse: timerDuration,
    default: '1m'
  },
  'templates.path': { rare: true, argument: 'path', help: 'where -addr shows the templates', parse: urlPath, default: '/templates' },
  'state.bytes': { rare: true, argument: 'n', help: 'memory for the state of all exporters', parse: wholeNumber(), default: 256 << 20 },
  'held.bytes': {
    rare: true,
    argument: 'n',
    help: 'data held per exporter until its template comes',
    parse: wholeNumber(),
    default: 1 << 20
  },
  'held.total': { rare: true, argument: 'n', help: 'data held for all exporters', parse: wholeNumber(), default: 64 << 20 },
  'held.time': { rare: true, argument: 'duration', help: 'how long it is held', parse: duration, default: '30m' },
  produce: {
    argument: 'what',
    help: 'sample: flows; raw: all that a datagram holds; report: what is wrong with whom',
    choices: ['sample', 'raw', 'report'],
    default: 'sample'
  },
  counters: { argument: 'file', help: 'write sFlow counters there: a file, or >(COMMAND)', writes: thatFile },
  'counters.series': { rare: true, argument: 'n', help: 'counters that -addr shows at /counters', parse: wholeNumber(), default: 100_000 },
  format: { argument: 'format', help: 'of raw and report: json, a line each (raw), or text (report)', choices: RAW_FORMATS }
})
type Options = OptionsOf<typeof OPTIONS>

export const tool = defineTool(
  {
    name: 'flow-decode',
    summary: 'Decodes NetFlow v1, v5, v7, v9, IPFIX and sFlow v5: datagrams of flow-listen or flow-pcap in, flows out.',
    operands: FILES,
    modes: [
      { when: ['produce=raw'], reads: ['Datagram'], writes: 'text' },
      { when: ['produce=report'], reads: ['Datagram'], writes: 'text' },
      { reads: ['Datagram'], writes: ['FlowMessage'] }
    ],
    options: OPTIONS,
    examples: ['flow-listen | flow-decode | flow-format', 'flow-pcap a.pcap | flow-decode -samplingrate 192.0.2.0/24=1000 | flow-format']
  },
  run
)

/** `vxlan,gre` or `all`. */
function parseTunnels(text: string): readonly Tunnel[] {
  if (text === 'all') return TUNNELS
  return text.split(',').map((word) => {
    const tunnel = TUNNELS.find((name) => name === word.trim().toLowerCase())
    if (tunnel === undefined) throw badValue(`'${word}' is no tunnel: ${nearest(word, [...TUNNELS, 'all'])}.`)
    return tunnel
  })
}

function urlPath(word: string): string {
  return word.startsWith('/') ? word : `/${word}`
}

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  if (options.produce === 'sample' && options.format !== undefined) {
    throw new UserError(EXIT.usage, `-format ${options.format} goes with -produce raw or report; flow-format prints flows`)
  }
  if (options.produce !== 'sample' && options.counters !== undefined) {
    throw new UserError(EXIT.usage, `-counters goes with flows, not with -produce ${options.produce}`)
  }
  const raw = options.produce === 'raw' ? (options.format ?? 'json') : undefined
  const output = tool.stdout()
  const counters = options.counters === undefined ? undefined : fileOutput('-counters', options.counters, tool.inputs)
  const series = options.addr === undefined ? undefined : servedSeries(options['counters.series'], log)
  const mapping = await mappingOf(tool)
  const reports = options.produce === 'report' ? await import('./report/report.js') : undefined
  const report = reports?.newReport(mapping)
  const decoder = datagramDecoder({
    output: report?.flows ?? output,
    log,
    mapping: report?.mapping ?? mapping,
    rateOf: options.samplingrate ?? (() => 0),
    errorLines: options['err.cnt'],
    errorIntervalMs: options['err.int'],
    maxExporters: options['exporters.max'],
    maxStateBytes: options['state.bytes'],
    maxTemplates: options['templates.max'],
    templateTtlMs: options['templates.ttl'],
    templateAccess: options['templates.ttl.extend-on-access'],
    sampler: options.sampler,
    ...(options.decap === undefined ? {} : { decap: options.decap }),
    held: { exporterBytes: options['held.bytes'], totalBytes: options['held.total'], ms: options['held.time'] },
    debug: options.loglevel === 'debug',
    timed: options.addr !== undefined,
    ...(counters === undefined && series === undefined ? {} : { onCounterSample: counterHandler({ output: counters, series }) }),
    ...(report === undefined ? {} : { onHeader: report.onHeader, onError: report.onError }),
    ...(raw === undefined ? {} : { raw })
  })
  const file = keepTemplates(decoder, options, log)
  const sweeping = setInterval(decoder.sweep, options['templates.sweep-interval'] || 60_000).unref()
  const expiring = setInterval(decoder.expire, 1000).unref()
  await tool.serve((metrics) => {
    declareMetrics(metrics, decoder)
    metrics.page(options['templates.path'], showTemplates(decoder))
    if (series === undefined) return
    declareSeries(metrics, series)
    metrics.page('/counters', showCounters(series))
  })
  tool.summary(() => {
    decoder.logNewExporters()
    return summaryOf(decoder, report === undefined ? 'out' : 'looked at')
  })
  try {
    if (reports === undefined || report === undefined)
      await readFrames(tool, bothOf(output, counters), decoder.decode, {
        more: decoder.more,
        load: loadChunk,
        handOn: decoder.handOn
      })
    else await readFrames(tool, reports.reportSink(report, output, options.format ?? 'text'), reports.reporting(report, decoder))
  } finally {
    clearInterval(sweeping)
    clearInterval(expiring)
    decoder.end()
    file?.end()
  }
}

/** Loads the file of templates and keeps it up to date, where there is to be one. */
function keepTemplates(decoder: DatagramDecoder, options: Options, log: Log): TemplateFile | undefined {
  const path = options['templates.json.path']
  if (path === undefined) return undefined
  loadTemplates(path, decoder.restore, log)
  return templateFile(path, options['templates.json.interval'], () => decoder.netflow.changes, decoder.state, log)
}

/** The page of templates, by exporter, version and domain. */
function showTemplates(decoder: DatagramDecoder): Page {
  return (_request, response) => {
    response.setHeader('content-type', 'application/json').end(`${JSON.stringify([...decoder.state()], undefined, 2)}\n`)
  }
}
