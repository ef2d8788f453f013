/** flow-agg: FlowMessages in, their sums by key and window out, as FlowMessages again. */
import { FILES } from '../cli/definition.js'
import { readFrames } from '../cli/filter.js'
import { defineTool, type Tool } from '../cli/tool.js'
import type { Output } from '../flow/output.js'
import { timedInput } from '../query/streamtime.js'
import { declareLists, newListCounts, watchLists } from '../query/watchlists.js'
import { aggregation } from './aggregation.js'
import { type Options, OPTIONS, type Request, requestOf } from './options.js'
import { seriesOf } from './series.js'
import { declareMetrics, summaryOf } from './metrics.js'

export const tool = defineTool(
  {
    name: 'flow-agg',
    summary: 'Sums flows into groups, by keys and windows of time: flows in, flows out.',
    operands: FILES,
    modes: [{ reads: ['FlowMessage'], writes: ['FlowMessage'] }],
    options: OPTIONS,
    examples: [
      'flow-agg -by src_addr -top 10 day.bin | flow-format -format table',
      'flow-listen | flow-decode | flow-agg -by src_as -every 1m | flow-format'
    ]
  },
  run,
  ({ options }) => requestOf(options)
)

async function run(tool: Tool<Options>, request: Request): Promise<void> {
  const { options, log } = tool
  const output = tool.stdout()
  const budget = { maxGroups: options['max-groups'], maxBytes: options.memory, groups: 0, bytes: 0 }
  const series = options.addr === undefined ? undefined : seriesOf(request.grouping, options['metrics.series'])
  const summing = aggregation(request, budget, series, output, log)
  const lists = newListCounts()
  if (request.having !== undefined) await watchLists(request.having, lists, log)
  await tool.serve((metrics) => {
    declareMetrics(metrics, summing)
    declareLists(metrics, lists)
    series?.declareMetrics(metrics)
  })
  tool.summary(() => summaryOf(summing))
  try {
    await readFrames(tool, output, summing.onFrame, {
      more: summing.more,
      through: (input) => timedInput(input, summing.time, () => summing.nextDue())
    })
  } finally {
    summing.end()
    await drain(summing.more, output)
  }
}

/** Writes what is left at the reader's pace. */
async function drain(more: () => boolean, output: Output): Promise<void> {
  while (more()) {
    output.commit()
    if (output.blocked) await output.ready()
  }
  await output.end()
}
