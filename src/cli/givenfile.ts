/** Small files that a command line names. */
import fs from 'node:fs'
import { EXIT, reasonOf, UserError } from './exit.js'

/** The bytes of a file. Throws UserError, 66: `cannot` and the reason. */
export function readGiven(file: string, cannot: string): Buffer {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    throw new UserError(EXIT.noInput, `${cannot}: ${reasonOf(error)}`)
  }
}
