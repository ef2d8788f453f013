/** What every tool does around its work: command line, log, signals, exit code. */
import fs from 'node:fs'
import tty from 'node:tty'
import { BrokenStreamError } from '../flow/frames.js'
import { openOutput, type Output } from '../flow/output.js'
import { EXIT, type ExitCode, reasonOf, UserError } from './exit.js'
import { type Log, openLog } from './log.js'
import { type CommandLine, type CommonOptions, parseCommandLine } from './options.js'
import { type Signals, watchSignals } from './signals.js'

/** What a tool's `run` works with. */
export interface Tool<O> {
  readonly name: string
  readonly options: O & CommonOptions
  readonly operands: readonly string[]
  readonly log: Log
  readonly signals: Signals
}

/** Thrown through `run` when whoever read our stdout went away: the end of the work, and no error. */
class ReaderGoneError extends Error {}

/**
 * Runs a tool to its end and leaves the process with its exit code: the one that `run` gives, 0 without. Errors a user can make cost one
 * line.
 */
export async function runTool<O>(line: CommandLine, run: (tool: Tool<O>) => Promise<ExitCode | void>): Promise<void> {
  // ps, top and pkill see the tool, not node
  process.title = [line.name, ...process.argv.slice(2)].join(' ')
  let log = openLog(line.name, 'info', 'normal')
  let code: number = EXIT.ok
  try {
    const parsed = parseCommandLine<O>(line, packageVersion(), process.argv.slice(2))
    if ('text' in parsed) process.stdout.write(parsed.text)
    else {
      const { options, operands } = parsed
      nameProcess(line.name)
      log = openLog(line.name, options.loglevel, options.logfmt)
      code = (await run({ name: line.name, options, operands, log, signals: watchSignals() })) ?? EXIT.ok
    }
  } catch (error) {
    code = exitCodeOf(error, log)
  }
  // all that was written has been taken by now (Output.end); what may still hold the loop open is a source that was stopped
  process.exitCode = code
  if (process.stdout.writableLength === 0) process.exit(code)
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
  if (error instanceof BrokenStreamError) {
    log.error(`stdin: ${error.message}`)
    return EXIT.badData
  }
  log.error(`internal error: ${reasonOf(error)}`)
  if (error instanceof Error) log.debug(error.stack ?? '')
  return EXIT.software
}

function packageVersion(): string {
  const { version } = JSON.parse(fs.readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}

/**
 * stdout as an output for a stream of messages; refused where it is a terminal. `onGone` is called when the reader went away:
 * stop reading then, the output's next `ready` or `end` ends the tool.
 */
export function binaryStdout(tool: Tool<unknown>, onGone: () => void): Output {
  if (tty.isatty(1)) {
    throw new UserError(EXIT.usage, `stdout is a terminal and the output is binary: try ${pipelineFrom(tool.name)}`)
  }
  return stdoutOutput(onGone)
}

/** stdout as an output for text. */
export function textStdout(onGone: () => void): Output {
  return stdoutOutput(onGone)
}

function stdoutOutput(onGone: () => void): Output {
  // process.stdout writes to a file at once and holds up all else for as long as the disk takes
  const stdout = fs.fstatSync(1).isFile() ? fs.createWriteStream('', { fd: 1, autoClose: false }) : process.stdout
  return openOutput(stdout, (error) => {
    onGone()
    return error.code === 'EPIPE' ? new ReaderGoneError() : new UserError(EXIT.ioError, `cannot write stdout: ${reasonOf(error)}`)
  })
}

function pipelineFrom(tool: string): string {
  switch (tool) {
    case 'flow-listen':
    case 'flow-pcap':
      return `${tool} | flow-decode | flow-format`
    case 'flow-format':
      return 'flow-format without -format bin'
    case 'flow-kafka':
      return `${tool} -consume | flow-format`
    default:
      return `… | ${tool} | flow-format`
  }
}

/** Refuses a terminal as binary input. */
export function refuseTerminalInput(tool: Tool<unknown>): void {
  if (!tty.isatty(0)) return
  const source =
    tool.name === 'flow-decode' ? 'flow-listen' : tool.name === 'flow-pcap' ? 'tcpdump -w - udp port 2055' : 'flow-listen | flow-decode'
  throw new UserError(
    EXIT.usage,
    `stdin is a terminal and the input is binary: try ${source} | ${tool.name}${tool.name === 'flow-pcap' ? ' | flow-decode | flow-format, or flow-pcap FILE' : ''}`
  )
}
