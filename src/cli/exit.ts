import path from 'node:path'

/** Exit codes, from BSD's sysexits.h, and the error that carries one. */
export const EXIT = {
  ok: 0,
  usage: 64,
  badData: 65,
  noInput: 66,
  unavailable: 69,
  software: 70,
  cannotCreate: 73,
  ioError: 74,
  badConfig: 78
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Something the user can mend: one line that says what is wrong, where, and what would do. */
export class UserError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    /** lines to be shown before it: what it is about, and where in that */
    readonly shown: readonly string[] = []
  ) {
    super(message)
  }
}

/** An input that breaks off; all that came before is handled. */
export class BrokenInputError extends UserError {
  constructor(
    input: string,
    readonly reason: string
  ) {
    super(EXIT.badData, `${input}: ${reason}`)
  }
}

const REASONS: Partial<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ENOSPC: 'no space left on the device',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'no such address on this machine',
  ECONNREFUSED: 'connection refused',
  EMFILE: 'too many open files',
  EROFS: 'read-only file system'
}

/** A system error in words, without the call's name and the path, which the message around it has. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return (code === undefined ? undefined : REASONS[code]) ?? error.message
}

/** The same of a file that could not be made. */
export function reasonNotMade(file: string, error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' ? `there is no folder ${path.dirname(file)}` : reasonOf(error)
}
