/** What a tool reads: the files of its command line one after another, or stdin. */
import fs from 'node:fs'
import { type Input, openInput } from '../flow/input.js'
import { EXIT, reasonOf, UserError } from './exit.js'
import type { Signals, StopSignal } from './signals.js'

/** The operand that stands for stdin. */
export const STDIN = '-'
/** What messages call it. */
export const STDIN_NAME = 'stdin'
/** After SIGTERM a filter whose input has been idle for so long stops. */
const IDLE_AFTER_TERM_MS = 1000

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
  let isStopped = false
  let isSignalled = false

  /** Reading of a file stops at once. stdin is read to its end: the process that writes to it gets the same Ctrl-C, and ends. */
  function obey(signal: StopSignal): void {
    isSignalled = true
    if (isFile) current?.stop()
    else if (signal === 'SIGTERM') current?.stopWhenIdle(IDLE_AFTER_TERM_MS)
  }

  return {
    *each() {
      for (const path of paths) {
        isFile = path !== STDIN
        if (isStopped || (isSignalled && isFile)) return
        current = isFile ? openFile(path) : openInput(0)
        if (path === paths[0]) signals.onStop(obey)
        yield Object.assign(current, { name: isFile ? path : STDIN_NAME })
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

function openFile(path: string): Input {
  try {
    // without O_NONBLOCK, a named pipe that nobody writes to would hold up everything, signals too
    return openInput(fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK))
  } catch (error) {
    throw cannotRead(path, error)
  }
}

function cannotRead(path: string, error: unknown): UserError {
  const hint = /^(true|false)$/.test(path) ? '; a switch takes true or false behind =, as -x=false' : ''
  return new UserError(EXIT.noInput, `cannot read ${path}: ${reasonOf(error)}${hint}`)
}
