/** What a tool reads: the files of its command line one after another, or stdin. */
import fs from 'node:fs'
import { type Input, openInput } from '../flow/input.js'
import { EXIT, reasonOf, UserError } from './exit.js'
import type { Signals, StopSignal } from './signals.js'

/** The operand that stands for stdin. */
export const STDIN = '-'
/** What messages call it. */
export const STDIN_NAME = 'stdin'
/** A filter that a signal asked to end stops when its input has been idle for so long. */
const IDLE_AFTER_SIGNAL_MS = 1000
/** A pipe of the command line is not read for longer behind a signal: bash gives no Ctrl-C to what runs in `<(…)` at its prompt. */
const PIPE_AFTER_SIGNAL_MS = 5000

/** An input with its name for messages. */
export type NamedInput = Input & { readonly name: string }

export interface Inputs {
  /** The inputs in their order, each opened when it is its turn. */
  each(): Generator<NamedInput, void>
  /** Ends the input that is read, and all behind it. */
  stop(): void
  /** whether stdin is one of them */
  readonly fromStdin: boolean
}

/** No files: stdin alone. Throws UserError, 66, where one of them cannot be read. */
export function inputsOf(files: readonly string[], signals: Signals): Inputs {
  const paths = files.length === 0 ? [STDIN] : files
  for (const path of paths) checkReadable(path)
  let current: Input | undefined
  let isFile = false
  let isStdin = false
  let isStopped = false
  let signal: StopSignal | undefined

  /** Reading of a file stops at once. A pipe is read to its end: the process that writes to it gets the same Ctrl-C, and ends. */
  function obey(came: StopSignal): void {
    signal = came
    const input = current
    if (isFile) input?.stop()
    else if (!isStdin) {
      input?.stopWhenIdle(IDLE_AFTER_SIGNAL_MS)
      setTimeout(() => input?.stop(), PIPE_AFTER_SIGNAL_MS).unref()
    } else if (came === 'SIGTERM') input?.stopWhenIdle(IDLE_AFTER_SIGNAL_MS)
  }

  return {
    *each() {
      for (const path of paths) {
        if (isStopped) return
        isStdin = path === STDIN
        const fd = isStdin ? 0 : openFile(path)
        isFile = fs.fstatSync(fd).isFile()
        current = openInput(fd)
        if (path === paths[0]) signals.onStop(obey)
        else if (signal !== undefined) obey(signal)
        yield Object.assign(current, { name: isStdin ? STDIN_NAME : path })
      }
    },
    stop() {
      isStopped = true
      current?.stop()
    },
    fromStdin: paths.includes(STDIN)
  }
}

function checkReadable(path: string): void {
  if (path === STDIN) return
  try {
    fs.accessSync(path, fs.constants.R_OK)
    if (fs.statSync(path).isDirectory()) throw new UserError(EXIT.noInput, `cannot read ${path}: is a directory`)
  } catch (error) {
    throw error instanceof UserError ? error : cannotRead(path, error)
  }
}

function openFile(path: string): number {
  try {
    // without O_NONBLOCK, a named pipe that nobody writes to would hold up everything, signals too
    return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch (error) {
    throw cannotRead(path, error)
  }
}

function cannotRead(path: string, error: unknown): UserError {
  const hint = /^(true|false)$/.test(path) ? '; a switch takes true or false behind =, as -x=false' : ''
  return new UserError(EXIT.noInput, `cannot read ${path}: ${reasonOf(error)}${hint}`)
}
