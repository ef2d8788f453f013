/** flow-filter: FlowMessages in, those that match an expression out. */
import { EXIT, UserError } from '../cli/exit.js'
import { readFrames } from '../cli/filter.js'
import { readGiven } from '../cli/givenfile.js'
import type { Metrics } from '../cli/metrics.js'
import { INPUT_FILES, type OptionsOf, optionTable, thatFile } from '../cli/optiontable.js'
import { others, plural } from '../cli/plural.js'
import { bothOf, fileOutput } from '../cli/secondoutput.js'
import { defineTool, type Tool } from '../cli/tool.js'
import type { FrameHandler } from '../flow/frames.js'
import { appender } from '../flow/copy.js'
import type { Output } from '../flow/output.js'
import { MAPPING_OPTION, mappingOf } from '../mapping/option.js'
import { compileFilter, type Filter } from '../query/filter.js'
import { asUserError } from '../query/usererror.js'
import { declareLists, newListCounts, watchLists } from '../query/watchlists.js'

const OPTIONS = optionTable({
  f: { argument: 'file', help: 'read the expression from this file' },
  fail: { argument: 'file', help: 'write the flows that do not match there; >(COMMAND) and /dev/fd/3 do too', writes: thatFile },
  ...INPUT_FILES,
  check: { help: 'print the expression as it was understood, with all parentheses, and end' },
  ...MAPPING_OPTION
})
type Options = OptionsOf<typeof OPTIONS>

export const tool = defineTool(
  {
    name: 'flow-filter',
    summary: 'Passes on the flows that match an expression, byte for byte: flows in, flows out.',
    operands: 'EXPRESSION...',
    modes: [
      { when: ['check'], reads: 'nothing', writes: 'text' },
      { reads: ['FlowMessage'], writes: ['FlowMessage'] }
    ],
    options: OPTIONS,
    examples: [
      "flow-listen | flow-decode | flow-filter 'tcp and dst port 443' | flow-format",
      "flow-filter -r day.bin 'not src net 10.0.0.0/8 and bytes > 1M' | flow-format",
      "flow-filter -r day.bin 'host in [192.0.2.0/24, 2001:db8::/32]' | flow-top"
    ]
  },
  run,
  prepare
)

interface Counts {
  /** read, matched, and no protobuf */
  flows: number
  matched: number
  malformed: number
}

async function prepare(tool: Tool<Options>): Promise<Filter> {
  const { f } = tool.options
  const { schema } = await mappingOf(tool)
  const text = expressionOf(tool)
  const now = BigInt(Date.now()) * 1_000_000n
  return asUserError(() => compileFilter(text, { schema, now, ...(f === undefined ? {} : { file: f }) }), { tool: tool.name })
}

async function run(tool: Tool<Options>, filter: Filter): Promise<void> {
  const { options } = tool
  if (options.check) {
    process.stdout.write(`${filter.written}\n`)
    return
  }
  const counts: Counts = { flows: 0, matched: 0, malformed: 0 }
  const output = tool.stdout()
  const rejected = options.fail === undefined ? undefined : fileOutput('-fail', options.fail, tool.inputs)
  const lists = newListCounts()
  await watchLists(filter, lists, tool.log)
  await tool.serve((metrics) => {
    declareMetrics(metrics, counts)
    declareLists(metrics, lists)
  })
  tool.summary(() => summaryOf(counts))
  await readFrames(tool, bothOf(output, rejected), passer(filter, counts, output, rejected))
}

/** The text of the operands, or of the file of -f. */
function expressionOf({ options, operands }: Tool<Options>): string {
  if (options.f !== undefined) {
    if (operands.length > 0)
      throw new UserError(EXIT.usage, '-f FILE and an expression: give one of them (a file can be put in by @include "FILE")')
    return readGiven(options.f, `cannot read ${options.f}`).toString()
  }
  const text = operands.join(' ')
  if (text.trim() === '') throw new UserError(EXIT.usage, "an expression is missing, as flow-filter 'tcp and dst port 443'; any passes all")
  return text
}

/** Hands each frame to one of the two outputs, or to none. */
function passer(filter: Filter, counts: Counts, output: Output, rejected: Output | undefined): FrameHandler {
  const append = appender(output)
  const reject = rejected === undefined ? undefined : appender(rejected)
  return (buf, start, end, frameStart) => {
    counts.flows++
    if (filter.matches(buf, start, end)) {
      counts.matched++
      append(buf, frameStart, end)
      return
    }
    if (filter.isBroken()) counts.malformed++
    reject?.(buf, frameStart, end)
  }
}

function declareMetrics({ counter }: Metrics, counts: Counts): void {
  counter('flows', 'Flows read', () => counts.flows)
  counter('matched', 'Flows that matched and were passed on', () => counts.matched)
  counter('malformed', 'Messages that are no protobuf', () => counts.malformed)
}

function summaryOf({ flows, matched, malformed }: Counts): string {
  return `${plural(flows, 'flow')} in, ${matched} out${others([flows - matched, 'did not match'], [malformed, 'malformed'])}`
}
