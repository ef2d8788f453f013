/** What every tool does around its work: command line, log, signals, metrics, summary, exit code. */
import fs from 'node:fs'
import type { Output } from '../flow/output.js'
import { readPackage } from './package.js'
import { parseCommandLine } from './commandline.js'
import { choosing, type Definition, FILES, invocation, type Mode, modeOf } from './definition.js'
import { BrokenInputError, EXIT, type ExitCode, reasonOf, UserError } from './exit.js'
import { type Inputs, inputsOf } from './inputs.js'
import { type Log, normalLog, openLog } from './log.js'
import { declared, type Metrics, type Served, serveMetrics } from './metrics.js'
import type { CommonOptions, OptionsOf, OptionTable } from './optiontable.js'
import { refuseReadAndWritten } from './readandwritten.js'
import { type Signals, watchSignals } from './signals.js'
import { UnknownOptionError } from './unknownoption.js'
import { ReaderGoneError, refuseTerminals, stdoutOutput } from './stdio.js'

/** What a tool's `run` works with. */
export interface Tool<Options = unknown> {
  readonly name: string
  readonly definition: Definition
  readonly options: Options & CommonOptions
  readonly operands: readonly string[]
  /** what the options make of the tool */
  readonly mode: Mode
  readonly inputs: Inputs
  readonly log: Log
  readonly signals: Signals
  /** stdout as an output; when the reader goes away, `onGone` is called (without: reading stops), and the output's next `ready` or `end` ends the tool. */
  stdout(onGone?: () => void): Output
  /** With -addr: serves the metrics and pages that `declare` adds, until the tool ends. */
  serve(declare: (metrics: Metrics) => void): Promise<void>
  /** Sets the last line of the log, which is written even where the input breaks off; without one, or for '', there is none. */
  summary(text: () => string): void
}

/** What a tool does; `prepared` is what its `prepare` made. */
export type Run<Options, Prepared> = (tool: Tool<Options>, prepared: Prepared) => Promise<ExitCode | void>

/** Makes of the command line what `run` needs of it, before a terminal is refused: whoever mistypes an expression there reads of that first. */
export type Prepare<Options, Prepared> = (tool: Tool<Options>) => Prepared | Promise<Prepared>

/** A defined tool: its bin/ file calls `main`; help, completion and tests read its definition. */
export interface DefinedTool<T extends OptionTable = OptionTable> {
  readonly definition: Definition<T>
  /** Runs it to its end and leaves the process with its exit code: the one that `run` returns, 0 without. Errors a user can make cost one line. */
  main(): Promise<void>
}

/** Both functions throw UserErrors. A tool whose expressions or fields may be wrong has a `prepare`. */
export function defineTool<const T extends OptionTable, Prepared = undefined>(
  definition: Definition<T>,
  run: Run<OptionsOf<T>, Prepared>,
  prepare?: Prepare<OptionsOf<T>, Prepared>
): DefinedTool<T> {
  // without `prepare`, `run` has no use for what it makes
  return { definition, main: () => runTool(definition, run, prepare ?? (() => undefined as Prepared)) }
}

/** Exit codes above it are those of signals. */
const SIGNALLED = 128

async function runTool<T extends OptionTable, Prepared>(
  definition: Definition<T>,
  run: Run<OptionsOf<T>, Prepared>,
  prepare: Prepare<OptionsOf<T>, Prepared>
): Promise<void> {
  const { name } = definition
  // ps, top and pkill see the tool, not node
  process.title = [name, ...process.argv.slice(2)].join(' ')
  let log = normalLog(name, 'info')
  let served: Served | undefined
  let summary: (() => string) | undefined
  let code: number = EXIT.ok
  try {
    const parsed = await parseCommandLine(definition, readPackage().version, process.argv.slice(2))
    if ('text' in parsed) process.stdout.write(parsed.text)
    else {
      const { options, operands } = parsed
      nameProcess(name)
      log = await openLog(name, options.loglevel, options.logfmt)
      const signals = watchSignals()
      // a second signal ends it where it stands: the summary says what was done by then
      process.once('exit', (exitCode) => {
        if (exitCode > SIGNALLED) summarize(summary, log)
      })
      const mode = modeOf(definition, options)
      const files = filesOf(definition, mode, options, operands)
      const inputs = inputsOf(files, signals)
      if (mode.reads !== 'nothing') refuseReadAndWritten(definition, options, files)
      const stopReading = (): void => {
        inputs.stop()
      }
      const tool: Tool<OptionsOf<T>> = {
        name,
        definition,
        options,
        operands,
        mode,
        inputs,
        log,
        signals,
        stdout: (onGone = stopReading) => stdoutOutput(onGone),
        async serve(declare) {
          if (options.addr !== undefined) served = await serveMetrics(options.addr, declared(name, declare), log)
        },
        summary(text) {
          summary = text
        }
      }
      const prepared = await prepare(tool)
      refuseTerminals(definition, mode, options, inputs.fromStdin)
      code = (await run(tool, prepared)) ?? EXIT.ok
      summarize(summary, log)
    }
  } catch (error) {
    if (error instanceof BrokenInputError || (error instanceof UserError && error.exitCode === EXIT.unavailable)) summarize(summary, log)
    code = exitCodeOf(error instanceof UnknownOptionError ? await error.explained() : error, log)
  }
  served?.close()
  // all output has been written by now (Output.end); what may still hold the loop open is a source that was stopped
  process.exitCode = code
  if (process.stdout.writableLength === 0) process.exit(code)
}

function summarize(summary: (() => string) | undefined, log: Log): void {
  const text = summary?.() ?? ''
  if (text !== '') log.info(text)
}

/** The files to read. Throws UserError where there are some that the mode has no use for. */
function filesOf(
  definition: Definition,
  mode: Mode,
  options: Readonly<Record<string, unknown>>,
  operands: readonly string[]
): readonly string[] {
  if (definition.operands === FILES) {
    if (operands.length > 0 && mode.reads === 'nothing')
      throw new UserError(EXIT.usage, needlessOperands(definition, mode, options, operands))
    return operands
  }
  const name = Object.keys(definition.options).find((option) => definition.options[option].isInput)
  const files = name === undefined ? undefined : options[name]
  return Array.isArray(files) ? files.map(String) : []
}

function needlessOperands(
  definition: Definition,
  mode: Mode,
  options: Readonly<Record<string, unknown>>,
  operands: readonly string[]
): string {
  const command = invocation(definition.name, mode, options)
  const { insteadOfOperand: option } = mode
  if (option === undefined || options[option] !== undefined) return `${command} reads nothing: leave out ${operands.join(' ')}`
  const { argument = 'operand' } = definition.options[option]
  return `${choosing(mode, options).join(' ')} takes its ${argument} from -${option}: ${command} -${option} ${operands[0]}`
}

/** Lets ps, top and `pkill -HUP -x flow-format` know the process by the tool's name instead of node's. Linux alone has a way that keeps the arguments. */
function nameProcess(name: string): void {
  try {
    fs.writeFileSync('/proc/self/comm', name)
  } catch {
    // another system, or no /proc here
  }
}

function exitCodeOf(error: unknown, log: Log): number {
  if (error instanceof ReaderGoneError) return EXIT.ok
  if (error instanceof UserError) {
    for (const line of error.shown) log.error(line)
    log.error(error.message)
    return error.exitCode
  }
  log.error(`internal error: ${reasonOf(error)}`)
  if (error instanceof Error) log.debug(error.stack ?? '')
  return EXIT.software
}
