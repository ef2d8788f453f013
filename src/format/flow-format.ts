/** flow-format: FlowMessages, or CounterSamples, in, lines of text out. */
import { FILES } from '../cli/definition.js'
import { readFrames } from '../cli/filter.js'
import type { Metrics } from '../cli/metrics.js'
import { badValue, wordList } from '../cli/options.js'
import { type OptionsOf, optionTable, thatFile } from '../cli/optiontable.js'
import { others, plural } from '../cli/plural.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { messageKind } from '../flow/streamkind.js'
import { fieldListText } from '../mapping/fieldlist.js'
import { MAPPING_OPTION, mappingOf } from '../mapping/option.js'
import { formatsByKind } from './bykind.js'
import type { Asked } from './anyformat.js'
import { FORMAT_NAMES } from './formats.js'
import { pausingSink } from './pause.js'
import { separator } from './separator.js'
import { fileTarget, stdoutTarget, type Target } from './target.js'

const OPTIONS = optionTable({
  format: {
    argument: 'format',
    help: 'json, text, csv, table, arrow; bin: the stream as it came',
    choices: [...FORMAT_NAMES, 'arrow'],
    default: 'json'
  },
  fields: {
    isFields: true,
    argument: 'names',
    help: 'show these fields in every line, as src_addr,bytes; help lists them',
    parse: wordList,
    aliases: ['format.selector']
  },
  exact: { help: 'in a table: all digits, times to the nanosecond' },
  tz: { argument: 'zone', help: 'in a table: times in utc or local [utc]', choices: ['utc', 'local'] },
  mapping: { ...MAPPING_OPTION.mapping, help: 'YAML file: your fields, names, and how values are shown' },
  'transport.file': { argument: 'file', help: 'append to this file; SIGHUP opens it anew', writes: thatFile },
  'transport.file.sep': {
    rare: true,
    argument: 'text',
    help: 'what ends a line, as \\n, \\r\\n or \\0 (default: \\n; none for bin)',
    parse: separator
  },
  transport: { argument: 'name', help: 'file, the only one here', parse: onlyFile, hidden: true }
})
type Options = OptionsOf<typeof OPTIONS>

export const tool = defineTool(
  {
    name: 'flow-format',
    summary: 'Prints flows, a line each: as a table for people, as JSON, text or CSV for programs.',
    operands: FILES,
    modes: [
      { when: ['fields=help'], reads: 'nothing', writes: 'text' },
      { when: ['format=bin', 'transport.file'], reads: ['FlowMessage', 'CounterSample'], writes: 'nothing' },
      { when: ['format=bin'], reads: ['FlowMessage', 'CounterSample'], writes: ['FlowMessage', 'CounterSample'] },
      { when: ['format=arrow'], reads: ['FlowMessage'], writes: 'arrow' },
      { reads: ['FlowMessage', 'CounterSample'], writes: 'text' }
    ],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-decode | flow-format -format table',
      "flow-format day.bin | jq -r 'select(.dst_port == 53) | .src_addr'",
      'flow-format -format csv -fields src_addr,dst_addr,bytes day.bin'
    ]
  },
  run
)

interface Counters {
  /** messages read: flows, or counter samples */
  messages: number
  isOfCounters: boolean
  /** lines written, or frames for bin */
  lines: number
  /** messages that are no protobuf */
  malformed: number
}

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  const mapping = await mappingOf(tool)
  if (tool.mode.reads === 'nothing') {
    process.stdout.write(fieldListText(mapping.schema))
    return
  }
  const asked: Asked = {
    mapping,
    fields: options.fields,
    terminator: options['transport.file.sep'],
    isExact: options.exact,
    zone: options.tz,
    toStdout: isStdout(options),
    log
  }
  const formats = await (options.format === 'arrow'
    ? (await import('./arrow.js')).arrowFormat(asked)
    : formatsByKind(options.format, asked))
  const target = targetOf(tool)
  const format = formats((header) => {
    target.begin(header)
  })
  const counters: Counters = { messages: 0, isOfCounters: false, lines: 0, malformed: 0 }
  await tool.serve((metrics) => {
    declareMetrics(metrics, counters, target)
  })
  tool.summary(() => summaryOf(counters))
  const { output } = target
  await readFrames(tool, pausingSink(output, format), (buf, start, end, frameStart) => {
    if (counters.messages++ === 0) counters.isOfCounters = messageKind(buf.subarray(start, end)) === 'CounterSample'
    if (format.row(output, buf, start, end, frameStart)) counters.lines++
    else if (counters.malformed++ === 0) log.warn('a message is no protobuf and has no line; more of them are only counted')
  })
  await target.close()
}

function isStdout(options: Options): boolean {
  return options['transport.file'] === undefined || options['transport.file'] === ''
}

function targetOf(tool: Tool<Options>): Target {
  const file = tool.options['transport.file']
  if (file === undefined || isStdout(tool.options)) return stdoutTarget(tool.stdout())
  // before there is a file, so that whoever sees it may rotate it; it is called from the event loop, when there is a target
  process.on('SIGHUP', () => {
    target.reopen()
  })
  const target = fileTarget(file, tool.log, () => {
    tool.inputs.stop()
  })
  return target
}

function onlyFile(word: string): string {
  if (word === 'file') return word
  throw badValue(word === 'kafka' ? 'flow-kafka sends flows to Kafka: put it in the place of flow-format.' : "Only 'file' here.")
}

function declareMetrics({ counter }: Metrics, counters: Counters, { output }: Target): void {
  counter('flows', 'Flows, or counter samples, read', () => counters.messages)
  counter('lines', 'Lines written (frames for bin)', () => counters.lines)
  counter('errors', 'Messages without a line, by cause', () => [[{ kind: 'malformed-message' }, counters.malformed]], ['kind'])
  counter('written_bytes', 'Bytes of lines written', () => output.bytesWritten)
}

function summaryOf({ messages, isOfCounters, lines, malformed }: Counters): string {
  return `${plural(messages, isOfCounters ? 'counter sample' : 'flow')} in, ${plural(lines, 'line')} out${others([malformed, 'malformed'])}`
}
