/** flow-top: FlowMessages in, a live view of their biggest groups on the terminal. */
import { setTimeout as sleep } from 'node:timers/promises'
import tty from 'node:tty'
import { EXIT, UserError } from '../cli/exit.js'
import { filterFrames, filterInput } from '../cli/filter.js'
import { plural } from '../cli/plural.js'
import { runTool, textStdout, type Tool } from '../cli/tool.js'
import { BrokenStreamError } from '../flow/frames.js'
import type { Sink } from '../flow/output.js'
import { timedInput } from '../query/streamtime.js'
import { groupingOf, type Looking } from './controls.js'
import { compileFilter, type Matcher } from './filter.js'
import { groupTable, noteWords, ratesText } from './lines.js'
import { COMMAND, type Options } from './options.js'
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

export async function main(): Promise<void> {
  await runTool<Options>(COMMAND, run)
}

async function run(tool: Tool<Options>): Promise<void> {
  const { options, operands } = tool
  const looking: Looking = { by: options.by, order: options.order, filter: operands.join(' ') }
  const matcher = matcherOf(looking.filter)
  const live = liveWindow(options.window, groupingOf(looking), matcher)
  if (options.once === true || !tty.isatty(1)) await printOnce(tool, live, looking)
  else await watch(tool, live, looking, matcher)
}

function matcherOf(filter: string): Matcher | undefined {
  const compiled = compileFilter(filter)
  if (!('error' in compiled)) return compiled.matches
  throw new UserError(EXIT.usage, `${compiled.error} (character ${compiled.at + 1} of '${filter}')`)
}

/** Nothing is written while frames come in. */
const NO_SINK: Sink = { commit: () => undefined, blocked: false, ready: () => Promise.resolve(), end: () => Promise.resolve() }

async function printOnce(tool: Tool<Options>, live: LiveWindow, looking: Looking): Promise<void> {
  const { options } = tool
  const input = filterInput(tool)
  const output = textStdout(() => {
    input.stop()
  })
  const expire = (): boolean => {
    live.expire()
    return false
  }
  let failure: unknown
  try {
    await filterFrames(
      tool,
      timedInput(input, live.time, () => Infinity),
      'FlowMessage',
      NO_SINK,
      live.add,
      expire
    )
  } catch (error) {
    if (!(error instanceof BrokenStreamError)) throw error
    failure = error
  }
  const grouping = groupingOf(looking)
  const shot = snapshot(live, grouping, options.window, live.now(), GROUPS_ONCE)
  const { header, lines } = groupTable(shot.rows, grouping, [], tty.isatty(1) ? process.stdout.columns : undefined)
  const head = [ratesText(shot.rates).trimStart(), noteWords(shot, options.window).join(', ')]
  const rest = shot.others > 0 ? [`   and ${shot.others} more`] : []
  const text = [...head, '', header, ...lines.map(({ text, bar }) => (text + bar).trimEnd()), ...rest].join('\n') + '\n'
  output.reserve(Buffer.byteLength(text))
  output.pos += output.buf.write(text, output.pos)
  await output.end()
  summarize(tool, live)
  if (failure !== undefined) throw failure as Error
}

async function watch(tool: Tool<Options>, live: LiveWindow, looking: Looking, matcher: Matcher | undefined): Promise<void> {
  const input = filterInput(tool)
  const view = liveView(tool, live, looking, matcher)
  let screen: Screen | undefined
  try {
    const reading = filterFrames(tool, timedInput(input, live.time, view.due), 'FlowMessage', NO_SINK, live.add, view.tick).then(
      () => view.end(undefined),
      view.end
    )
    await Promise.race([view.started, sleep(LONGEST_START_MS), reading])
    screen = openScreen()
    await view.on(screen)
  } finally {
    screen?.close()
    input.stop()
  }
  summarize(tool, live)
  if (view.broken() !== undefined) throw view.broken()!
}

function summarize({ log }: Tool<Options>, { counts }: LiveWindow): void {
  log.info(`${plural(counts.flows, 'flow')} in, ${counts.malformed} malformed`)
}
