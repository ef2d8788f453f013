/** flow-decode: Datagram frames in, FlowMessage frames out. */
import { EXIT, UserError } from '../cli/exit.js'
import { filterFrames, filterInput } from '../cli/filter.js'
import type { Log } from '../cli/log.js'
import { type Route, serveMetrics } from '../cli/metrics.js'
import { nearest } from '../cli/nearest.js'
import { badValue, type CommandLine, duration, timerDuration, wholeNumber } from '../cli/options.js'
import { binaryStdout, runTool, textStdout, type Tool } from '../cli/tool.js'
import { decodeMetrics, summaryOf } from './counts.js'
import { loadMapping } from '../mapping/mapping.js'
import { type DatagramDecoder, datagramDecoder } from './datagrams.js'
import { type Tunnel, TUNNELS } from './packet/decap.js'
import { RAW_FORMATS, type RawFormat } from './raw/raw.js'
import { loadTemplates, type TemplateFile, templateFile } from './templatefile.js'
import { parseRates, type RateOf } from './rates.js'

const COMMAND: CommandLine = {
  name: 'flow-decode',
  summary: 'Decodes NetFlow v1, v5, v7, v9, IPFIX and sFlow v5: datagrams of flow-listen or flow-pcap in, flows out.',
  options: [
    { flags: 'mapping <file>', help: 'YAML file of fields to add and elements to map to them' },
    { flags: 'decap <tunnels>', help: 'report the packet inside these tunnels: vxlan,gre,… or all', parse: parseTunnels },
    { flags: 'samplingrate <rates>', help: 'rate of exporters that tell none: N, or NETWORK=N,…', parse: parseRates },
    { flags: 'err.cnt <n>', help: 'errors logged per interval', parse: wholeNumber(), default: 10 },
    { flags: 'err.int <duration>', help: 'the interval', parse: duration, default: '10s' },
    { flags: 'exporters.max <n>', help: 'exporters known at a time', parse: wholeNumber(1), default: 10_000 },
    { flags: 'templates.max <n>', help: 'templates of one exporter', parse: wholeNumber(1), default: 4096 },
    { flags: 'templates.json.path <file>', help: 'keep templates in this file, and load them at the start' },
    { flags: 'templates.json.interval <duration>', help: 'how often it is written', parse: timerDuration, default: '10s' },
    { flags: 'templates.ttl <duration>', help: 'forget templates not defined again for so long; 0: never', parse: duration, default: '0' },
    { flags: 'templates.ttl.extend-on-access', help: 'use counts as definition' },
    { flags: 'templates.sweep-interval <duration>', help: 'how often old ones are looked for', parse: timerDuration, default: '1m' },
    { flags: 'templates.path <path>', help: 'where -addr shows the templates', parse: urlPath, default: '/templates' },
    { flags: 'state.bytes <n>', help: 'memory for what all exporters told', parse: wholeNumber(), default: 256 << 20 },
    { flags: 'held.bytes <n>', help: 'data held per exporter until its template comes', parse: wholeNumber(), default: 1 << 20 },
    { flags: 'held.total <n>', help: 'data held for all exporters', parse: wholeNumber(), default: 64 << 20 },
    { flags: 'held.time <duration>', help: 'how long it is held', parse: duration, default: '30m' },
    {
      flags: 'produce <what>',
      help: 'sample: flows; raw: all that a datagram holds, for people',
      choices: ['sample', 'raw'],
      default: 'sample'
    },
    { flags: 'format <format>', help: 'of raw: json, a line a datagram (which it is), or text', choices: RAW_FORMATS }
  ],
  examples: [
    'flow-listen | flow-decode | flow-format',
    'flow-pcap capture.pcap | flow-decode -samplingrate 192.0.2.0/24=1000 | flow-format'
  ]
}

interface Options {
  mapping?: string
  decap?: readonly Tunnel[]
  samplingrate?: RateOf
  'err.cnt': number
  'err.int': number
  'exporters.max': number
  'templates.max': number
  'templates.json.path'?: string
  'templates.json.interval': number
  'templates.ttl': number
  'templates.ttl.extend-on-access'?: boolean
  'templates.sweep-interval': number
  'templates.path': string
  'state.bytes': number
  'held.bytes': number
  'held.total': number
  'held.time': number
  produce: 'sample' | 'raw'
  format?: RawFormat
}

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

export async function main(): Promise<void> {
  await runTool<Options>(COMMAND, run)
}

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  const input = filterInput(tool)
  const stopInput = (): void => {
    input.stop()
  }
  if (options.produce !== 'raw' && options.format !== undefined) {
    throw new UserError(EXIT.usage, `-format ${options.format} goes with -produce raw; flow-format prints flows`)
  }
  const raw = options.produce === 'raw' ? (options.format ?? 'json') : undefined
  const output = raw === undefined ? binaryStdout(tool, stopInput) : textStdout(stopInput)
  const mapping = await loadMapping(options.mapping)
  for (const warning of mapping.warnings) log.warn(warning)
  const decoder = datagramDecoder({
    output,
    log,
    mapping,
    rateOf: options.samplingrate ?? (() => 0),
    errorLines: options['err.cnt'],
    errorIntervalMs: options['err.int'],
    maxExporters: options['exporters.max'],
    maxStateBytes: options['state.bytes'],
    maxTemplates: options['templates.max'],
    templateTtlMs: options['templates.ttl'],
    templateAccess: options['templates.ttl.extend-on-access'] === true,
    ...(options.decap === undefined ? {} : { decap: options.decap }),
    held: { exporterBytes: options['held.bytes'], totalBytes: options['held.total'], ms: options['held.time'] },
    timed: options.addr !== undefined,
    ...(raw === undefined ? {} : { raw })
  })
  const file = keepTemplates(decoder, options, log)
  const sweeping = setInterval(decoder.sweep, options['templates.sweep-interval'] || 60_000).unref()
  const expiring = setInterval(decoder.expire, 1000).unref()
  if (options.addr !== undefined) {
    await serveMetrics(options.addr, decodeMetrics(decoder), new Map([[options['templates.path'], showTemplates(decoder)]]), log)
  }
  try {
    await filterFrames(tool, input, 'Datagram', output, decoder.decode, decoder.more)
  } finally {
    clearInterval(sweeping)
    clearInterval(expiring)
    decoder.end()
    file?.end()
  }
  log.info(summaryOf(decoder))
}

/** Loads the file of templates and keeps it up to date, where there is to be one. */
function keepTemplates(decoder: DatagramDecoder, options: Options, log: Log): TemplateFile | undefined {
  const path = options['templates.json.path']
  if (path === undefined) return undefined
  loadTemplates(path, decoder.restore, log)
  return templateFile(path, options['templates.json.interval'], () => decoder.netflow.changes, decoder.state, log)
}

/** The page of templates, by exporter, version and domain. */
function showTemplates(decoder: DatagramDecoder): Route {
  return (_request, response) => {
    response.setHeader('content-type', 'application/json').end(`${JSON.stringify([...decoder.state()], undefined, 2)}\n`)
  }
}
