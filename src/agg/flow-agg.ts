/** flow-agg: FlowMessages in, their sums by key and window out, as FlowMessages again. */
import { filterFrames, filterInput } from '../cli/filter.js'
import { serveMetrics } from '../cli/metrics.js'
import { binaryStdout, runTool, type Tool } from '../cli/tool.js'
import type { Output } from '../flow/output.js'
import { timedInput } from '../query/streamtime.js'
import { aggregation } from './aggregation.js'
import { COMMAND, type Options, requestOf } from './options.js'
import { seriesOf } from './series.js'
import { metricsOf, summaryOf } from './told.js'

export async function main(): Promise<void> {
  await runTool<Options>(COMMAND, run)
}

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  const request = requestOf(options)
  const input = filterInput(tool)
  const output = binaryStdout(tool, () => {
    input.stop()
  })
  const budget = { maxGroups: options['max-groups'], maxBytes: options.memory, groups: 0, bytes: 0 }
  const series = options.addr === undefined ? undefined : seriesOf(request.grouping, options['metrics.series'])
  const summing = aggregation(request, budget, request.having, series, output, log)
  if (series !== undefined) await serveMetrics(options.addr!, [...metricsOf(summing), ...series.metrics], new Map(), log)

  const timed = timedInput(input, summing.time, () => summing.nextDue())
  try {
    await filterFrames(tool, timed, 'FlowMessage', output, summing.onFrame, summing.more)
  } finally {
    summing.end()
    await drain(summing.more, output)
  }
  log.info(summaryOf(summing))
}

/** Writes what is left at the reader's pace. */
async function drain(more: () => boolean, output: Output): Promise<void> {
  while (more()) {
    output.commit()
    if (output.blocked) await output.ready()
  }
  await output.end()
}
