/** flow-decode: Datagram frames in, FlowMessage frames out. */
import { filterFrames, filterInput } from '../cli/filter.js'
import { serveMetrics } from '../cli/metrics.js'
import { type CommandLine, duration, wholeNumber } from '../cli/options.js'
import { binaryStdout, runTool, type Tool } from '../cli/tool.js'
import { decodeMetrics, summaryOf } from './counts.js'
import { datagramDecoder } from './datagrams.js'
import { parseRates, type RateOf } from './rates.js'

const COMMAND: CommandLine = {
  name: 'flow-decode',
  summary: 'Decodes NetFlow v1, v5, v7, v9, IPFIX and sFlow v5: datagrams of flow-listen or flow-pcap in, flows out.',
  options: [
    { flags: 'samplingrate <rates>', help: 'rate of exporters that tell none: N, or NETWORK=N,…', parse: parseRates },
    { flags: 'err.cnt <n>', help: 'errors logged per interval', parse: wholeNumber(), default: 10 },
    { flags: 'err.int <duration>', help: 'the interval', parse: duration, default: '10s' },
    { flags: 'exporters.max <n>', help: 'exporters known at a time', parse: wholeNumber(1), default: 10_000 },
    { flags: 'templates.max <n>', help: 'templates of one exporter', parse: wholeNumber(1), default: 4096 },
    { flags: 'held.bytes <n>', help: 'data held per exporter until its template comes', parse: wholeNumber(), default: 1 << 20 },
    { flags: 'held.total <n>', help: 'data held for all exporters', parse: wholeNumber(), default: 64 << 20 },
    { flags: 'held.time <duration>', help: 'how long it is held', parse: duration, default: '30m' },
    { flags: 'produce <what>', help: 'sample: flows', choices: ['sample'], default: 'sample', hidden: true }
  ],
  examples: ['flow-listen | flow-decode | flow-format', 'flow-pcap capture.pcap | flow-decode -samplingrate 192.0.2.0/24=1000 | flow-format']
}

interface Options {
  samplingrate?: RateOf
  'err.cnt': number
  'err.int': number
  'exporters.max': number
  'templates.max': number
  'held.bytes': number
  'held.total': number
  'held.time': number
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
  const decoder = datagramDecoder({
    output,
    log,
    rateOf: options.samplingrate ?? (() => 0),
    errorLines: options['err.cnt'],
    errorIntervalMs: options['err.int'],
    maxExporters: options['exporters.max'],
    maxTemplates: options['templates.max'],
    held: { exporterBytes: options['held.bytes'], totalBytes: options['held.total'], ms: options['held.time'] },
    timed: options.addr !== undefined
  })
  if (options.addr !== undefined) await serveMetrics(options.addr, decodeMetrics(decoder), new Map(), log)
  try {
    await filterFrames(tool, input, 'Datagram', output, decoder.decode)
  } finally {
    decoder.end()
  }
  log.info(summaryOf(decoder))
}
