/** Refuses a command line by which a tool would empty, or add to, a file that it reads. */
import fs from 'node:fs'
import type { Definition } from './definition.js'
import { EXIT, UserError } from './exit.js'
import { STDIN } from './inputs.js'

/**
 * To be called before anything is opened to write. `inputs` are paths, or STDIN; none: stdin alone. Throws UserError, 64, where an option's file is one
 * of them, under whatever name.
 */
export function refuseReadAndWritten(definition: Definition, options: Readonly<Record<string, unknown>>, inputs: readonly string[]): void {
  const outputs = Object.entries(definition.options).flatMap(([name, option]) => {
    return options[name] === undefined ? [] : (option.writes?.(options[name]) ?? [])
  })
  if (outputs.length === 0) return
  const read = new Set((inputs.length === 0 ? [STDIN] : inputs).map((path) => identityOf(path === STDIN ? 0 : path)))
  for (const path of outputs) {
    const identity = identityOf(path)
    if (identity !== undefined && read.has(identity)) throw new UserError(EXIT.usage, `${path} is read and written: name another file`)
  }
}

/** What two names of one file have in common; undefined of all that is no plain file, which cannot be emptied. */
function identityOf(file: string | number): string | undefined {
  try {
    const stat = typeof file === 'number' ? fs.fstatSync(file, { bigint: true }) : fs.statSync(file, { bigint: true })
    return stat.isFile() ? `${stat.dev}:${stat.ino}` : undefined
  } catch {
    return undefined // it is not there yet, or opening it says what is wrong
  }
}
