/** flow-format: FlowMessages in, lines of text out. */
import tty from 'node:tty'
import { EXIT, UserError } from '../cli/exit.js'
import { filterFrames, filterInput } from '../cli/filter.js'
import { type Metric, serveMetrics } from '../cli/metrics.js'
import { badValue, type CommandLine, wordList } from '../cli/options.js'
import { binaryStdout, runTool, textStdout, type Tool } from '../cli/tool.js'
import { plural } from '../cli/plural.js'
import { BrokenStreamError } from '../flow/frames.js'
import { loadMapping } from '../mapping/mapping.js'
import type { Sink } from '../flow/output.js'
import { lineWriter } from '../text/line.js'
import { frameCopier } from './bin.js'
import { coloured } from './colour.js'
import { chooseColumns } from './columns.js'
import { csvHeader, csvStyle } from './csv.js'
import type { Format } from './format.js'
import { jsonStyle } from './json.js'
import { separator } from './separator.js'
import { fileTarget, stdoutTarget, type Target } from './target.js'
import { tableFormat } from './table.js'
import { textStyle } from './text.js'

const FORMATS = ['json', 'text', 'csv', 'table', 'bin'] as const
const ZONES = ['utc', 'local'] as const

const COMMAND_LINE: CommandLine = {
  name: 'flow-format',
  summary: 'Prints flows, a line each: as a table for people, as JSON, text or CSV for programs.',
  options: [
    { flags: 'format <format>', help: 'json, text, csv, table, or bin for the stream as it came', choices: FORMATS, default: 'json' },
    {
      flags: 'fields <names>',
      help: 'show these fields in every line, as src_addr,dst_addr,bytes (default: those that are set)',
      parse: wordList,
      aliases: ['format.selector']
    },
    { flags: 'exact', help: 'in a table: all digits of numbers, times to the nanosecond' },
    { flags: 'tz <zone>', help: 'in a table: times in utc or local [utc]', choices: ZONES },
    { flags: 'mapping <file>', help: 'YAML file with fields, their names and how they are shown, and fields of your own' },
    { flags: 'transport.file <file>', help: 'append to this file instead of stdout; SIGHUP opens it anew' },
    { flags: 'transport.file.sep <text>', help: 'what ends a line, as \\n, \\r\\n or \\0 (default: \\n; none for bin)', parse: separator },
    { flags: 'transport <name>', help: 'file, the only one here', parse: onlyFile, hidden: true }
  ],
  examples: [
    'flow-listen | flow-decode | flow-format -format table',
    "flow-pcap day.pcap.gz | flow-decode | flow-format | jq -r 'select(.dst_port == 53) | .src_addr'",
    'flow-listen | flow-decode | flow-format -format csv -fields time_received_ns,src_addr,dst_addr,bytes -transport.file flows.csv'
  ]
}

interface Options {
  format: (typeof FORMATS)[number]
  fields?: string[]
  exact?: boolean
  tz?: (typeof ZONES)[number]
  mapping?: string
  'transport.file'?: string
  'transport.file.sep'?: string
}

interface Counters {
  /** messages read */
  flows: number
  /** lines written, or frames for bin */
  lines: number
  /** messages that are no protobuf */
  malformed: number
}

export const main = (): Promise<void> => runTool<Options>(COMMAND_LINE, run)

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  const format = await formatOf(tool)
  const input = filterInput(tool)
  const target = targetOf(tool, format.header ?? '', () => {
    input.stop()
  })
  const counters: Counters = { flows: 0, lines: 0, malformed: 0 }
  if (options.addr !== undefined) await serveMetrics(options.addr, metricsOf(counters, target), new Map(), log)
  const { output } = target
  format.begin?.(output)
  const sink: Sink = {
    commit() {
      output.commit()
    },
    ready: () => output.ready(),
    get blocked() {
      return output.blocked
    },
    async end() {
      format.end?.(output)
      await output.end()
    }
  }
  try {
    await filterFrames(tool, input, 'FlowMessage', sink, (buf, start, end, frameStart) => {
      counters.flows++
      if (format.row(output, buf, start, end, frameStart)) counters.lines++
      else if (counters.malformed++ === 0) log.warn('a message is no protobuf and has no line; more of them are only counted')
    })
    await target.close()
  } catch (error) {
    if (error instanceof BrokenStreamError) summarize(tool, counters)
    throw error
  }
  summarize(tool, counters)
}

async function formatOf({ options, log }: Tool<Options>): Promise<Format> {
  const { format, fields, exact, tz } = options
  const mapping = await loadMapping(options.mapping)
  for (const warning of mapping.warnings) log.warn(warning)
  const toStdout = isStdout(options)
  const terminator = options['transport.file.sep'] ?? (format === 'bin' ? '' : '\n')
  if (format !== 'table' && (exact === true || tz !== undefined)) {
    throw new UserError(
      EXIT.usage,
      `-${exact === true ? 'exact' : 'tz'} is for -format table: the other formats have all digits, and times as numbers`
    )
  }
  switch (format) {
    case 'json': {
      const row = lineWriter(chooseColumns(mapping, fields), jsonStyle, terminator)
      return { row: toStdout && tty.isatty(1) && process.env.NO_COLOR === undefined ? coloured(row) : row }
    }
    case 'text':
      return { row: lineWriter(chooseColumns(mapping, fields), textStyle, terminator) }
    case 'csv': {
      const columns = chooseColumns(mapping, fields)
      return {
        row: lineWriter({ ...columns, listed: true }, csvStyle, terminator),
        header: csvHeader(columns.all.map(({ name }) => name)) + terminator
      }
    }
    case 'table':
      if (options['transport.file.sep'] !== undefined)
        throw new UserError(EXIT.usage, '-transport.file.sep is for the other formats: a table has lines')
      return tableFormat(mapping, { fields, isExact: exact === true, zone: tz ?? 'utc', toStdout }, log)
    case 'bin':
      if (fields !== undefined) throw new UserError(EXIT.usage, '-fields is not for bin, which passes every flow on as it came')
      return { row: frameCopier(terminator) }
  }
}

function isStdout(options: Options): boolean {
  return options['transport.file'] === undefined || options['transport.file'] === ''
}

function targetOf(tool: Tool<Options>, header: string, onBroken: () => void): Target {
  const file = tool.options['transport.file']
  if (file === undefined || isStdout(tool.options)) {
    return stdoutTarget(tool.options.format === 'bin' ? binaryStdout(tool, onBroken) : textStdout(onBroken), header)
  }
  // before there is a file, so that whoever sees it may rotate it; it is called from the event loop, when there is a target
  process.on('SIGHUP', () => {
    target.reopen()
  })
  const target = fileTarget(file, header, tool.log, onBroken)
  return target
}

function onlyFile(word: string): string {
  if (word === 'file') return word
  throw badValue(word === 'kafka' ? 'flow-kafka sends flows to Kafka: put it in the place of flow-format.' : "Only 'file' here.")
}

function metricsOf(counters: Counters, { output }: Target): Metric[] {
  return [
    { name: 'flow_format_flows_total', help: 'Flows read', type: 'counter', read: () => counters.flows },
    { name: 'flow_format_lines_total', help: 'Lines written (frames for bin)', type: 'counter', read: () => counters.lines },
    {
      name: 'flow_format_errors_total',
      help: 'Messages without a line, by cause',
      type: 'counter',
      labels: ['kind'],
      read: () => [[{ kind: 'malformed-message' }, counters.malformed]]
    },
    { name: 'flow_format_written_bytes_total', help: 'Bytes of lines written', type: 'counter', read: () => output.bytesWritten }
  ]
}

function summarize({ log }: Tool<Options>, { flows, lines, malformed }: Counters): void {
  log.info(`${plural(flows, 'flow')} in, ${plural(lines, 'line')} out${malformed === 0 ? '' : `, ${malformed} malformed`}`)
}
