/** flow-top: FlowMessages in, a live view of their biggest groups on the terminal. */
import { setTimeout as sleep } from 'node:timers/promises'
import tty from 'node:tty'
import { BrokenInputError, EXIT, UserError } from '../cli/exit.js'
import { readFrames } from '../cli/filter.js'
import { others, plural } from '../cli/plural.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { appendText } from '../flow/appendable.js'
import type { Sink } from '../flow/output.js'
import type { Filter } from '../query/filter.js'
import { timedInput } from '../query/streamtime.js'
import { fileAdvice } from '../query/usererror.js'
import { declareLists, type ListCounts, newListCounts, watchLists } from '../query/watchlists.js'
import { groupingOf, type Looking } from './controls.js'
import { typedFilter } from './filter.js'
import { groupTable, noteWords, ratesText } from './lines.js'
import { type Options, OPTIONS } from './options.js'
import { openScreen, type Screen } from './screen.js'
import { snapshot } from './snapshot.js'
import { liveView } from './view.js'
import { type LiveWindow, liveWindow } from './window.js'

/**
 * The terminal is taken over when flows come, or so late. Node leaves a terminal at its exit as it found it at its start: what stands before
 * in the pipeline should have started before that, or it would leave the terminal raw.
 */
const LONGEST_START_MS = 1000
/** What `-once` prints at the most. */
const GROUPS_ONCE = 20

export const tool = defineTool(
  {
    name: 'flow-top',
    summary: 'A live view of the biggest groups of flows, as top is one of processes.',
    operands: '[EXPRESSION...]',
    modes: [{ reads: ['FlowMessage'], writes: 'text' }],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-decode | flow-top',
      'flow-listen | flow-decode | flow-top -by dst_as src port 443',
      'flow-pcap -speed 1 a.pcap | flow-decode | flow-top',
      'flow-pcap a.pcap | flow-decode | flow-top -once -by src_addr/24,proto'
    ]
  },
  run,
  prepare
)

interface Prepared {
  readonly looking: Looking
  readonly filter: Filter | undefined
  readonly live: LiveWindow
}

function prepare({ options, operands }: Tool<Options>): Prepared {
  const looking: Looking = { by: options.by, order: options.order, filter: operands.join(' ') }
  const filter = filterOf(looking.filter)
  return { looking, filter, live: liveWindow(options.window, groupingOf(looking), filter) }
}

async function run(tool: Tool<Options>, { looking, filter, live }: Prepared): Promise<void> {
  const { options } = tool
  const lists = newListCounts()
  await tool.serve((metrics) => {
    const { counter } = metrics
    counter('flows', 'Flows read', () => live.counts.flows)
    counter('malformed', 'Messages that are no protobuf', () => live.counts.malformed)
    declareLists(metrics, lists)
  })
  tool.summary(() => summaryOf(live))
  if (options.once || !tty.isatty(1)) {
    if (filter !== undefined) await watchLists(filter, lists, tool.log)
    await printOnce(tool, live, looking)
  } else await watch(tool, live, looking, filter, lists)
}

function filterOf(text: string): Filter | undefined {
  const compiled = typedFilter(text)
  if (!('error' in compiled)) return compiled.filter
  const advice = fileAdvice('flow-top', text, compiled.at)
  throw new UserError(EXIT.usage, `${compiled.error} (character ${compiled.at + 1} of '${text}')${advice}`)
}

/** Nothing is written while frames come in. */
const NO_SINK: Sink = { commit: () => undefined, blocked: false, ready: () => Promise.resolve(), end: () => Promise.resolve() }

async function printOnce(tool: Tool<Options>, live: LiveWindow, looking: Looking): Promise<void> {
  const { options } = tool
  const output = tool.stdout()
  const expire = (): boolean => {
    live.expire()
    return false
  }
  let failure: unknown
  try {
    await readFrames(tool, NO_SINK, live.add, { more: expire, through: (input) => timedInput(input, live.time, () => Infinity) })
  } catch (error) {
    if (!(error instanceof BrokenInputError)) throw error
    failure = error
  }
  const grouping = groupingOf(looking)
  const shot = snapshot(live, grouping, options.window, live.now(), GROUPS_ONCE)
  const { header, lines } = groupTable(shot.rows, grouping, [], tty.isatty(1) ? process.stdout.columns : undefined)
  const head = [ratesText(shot.rates).trimStart(), noteWords(shot, options.window).join(', ')]
  const rest = shot.others > 0 ? [`   and ${shot.others} more`] : []
  const text = [...head, '', header, ...lines.map(({ text, bar }) => (text + bar).trimEnd()), ...rest].join('\n') + '\n'
  appendText(output, text)
  await output.end()
  if (failure !== undefined) throw failure as Error
}

async function watch(
  tool: Tool<Options>,
  live: LiveWindow,
  looking: Looking,
  filter: Filter | undefined,
  lists: ListCounts
): Promise<void> {
  const view = liveView(tool, live, looking, filter, lists)
  let screen: Screen | undefined
  try {
    const reading = readFrames(tool, NO_SINK, live.add, {
      more: view.tick,
      through: (input) => timedInput(input, live.time, view.due)
    }).then(() => view.end(undefined), view.end)
    await Promise.race([view.started, sleep(LONGEST_START_MS), reading])
    screen = openScreen()
    await view.on(screen)
  } finally {
    screen?.close()
    tool.inputs.stop()
  }
  if (view.broken() !== undefined) throw view.broken()!
}

function summaryOf({ counts }: LiveWindow): string {
  return `${plural(counts.flows, 'flow')} in${others([counts.malformed, 'malformed'])}`
}
