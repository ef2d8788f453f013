/** stdin and stdout of a tool: binary to or from a terminal is refused with the pipeline that was likely meant, a reader that goes away ends the work. */
import fs from 'node:fs'
import tty from 'node:tty'
import { openOutput, type Output } from '../flow/output.js'
import { SOURCES, VIEWERS } from '../flow/streamkind.js'
import { choosing, type Definition, FILES, invocation, type Mode, type Traffic } from './definition.js'
import { EXIT, reasonOf, UserError } from './exit.js'

/** Thrown through a tool's work when whoever read our stdout went away: the end of the work, and no error. */
export class ReaderGoneError extends Error {}

/** stdout as an output. `onGone` is called when the reader went away: stop reading then, the output's next `ready` or `end` ends the tool. */
export function stdoutOutput(onGone: () => void): Output {
  // process.stdout writes to a file at once and holds up all else for as long as the disk takes
  const stdout = fs.fstatSync(1).isFile() ? fs.createWriteStream('', { fd: 1, autoClose: false }) : process.stdout
  return openOutput(stdout, (error) => {
    onGone()
    return error.code === 'EPIPE' ? new ReaderGoneError() : new UserError(EXIT.ioError, `cannot write stdout: ${reasonOf(error)}`)
  })
}

/** Refuses a terminal where the mode reads stdin, or writes, what no person types or reads. Throws UserError, 64. */
export function refuseTerminals(definition: Definition, mode: Mode, options: Readonly<Record<string, unknown>>, readsStdin: boolean): void {
  const { name, operands, modes } = definition
  const viewer = pipesOf(mode.writes, VIEWERS)
  const source = pipesOf(mode.reads, SOURCES)
  const tool = invocation(name, mode, options)
  const command = [...(source === undefined ? [] : [source]), tool].join(' | ')
  if (source !== undefined && readsStdin && tty.isatty(0)) {
    const file = operands === FILES ? `, or ${tool} FILE` : ''
    throw new UserError(
      EXIT.usage,
      `stdin is a terminal and the input is binary: try ${[command, ...(viewer === undefined ? [] : [viewer])].join(' | ')}${file}`
    )
  }
  if (viewer !== undefined && tty.isatty(1)) {
    const asText = modes.find(({ writes, when }) => writes === 'text' && when === undefined)
    const advice = asText === undefined ? `${command} | ${viewer}` : `${name} without ${choosing(mode, options).join(' ')}`
    throw new UserError(EXIT.usage, `stdout is a terminal and the output is binary: try ${advice}`)
  }
}

/** The pipeline that makes, or shows, such traffic; undefined where a terminal may. */
function pipesOf(traffic: Traffic, pipes: Partial<typeof VIEWERS>): string | undefined {
  if (traffic === 'text' || traffic === 'nothing') return undefined
  return pipes[typeof traffic === 'string' ? traffic : traffic[0]]
}
