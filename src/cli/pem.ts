/** Certificates and keys of a command line. */
import fs from 'node:fs'
import { EXIT, reasonOf, UserError } from './exit.js'

/** The bytes of a PEM file; `where` is what it was given for. Throws UserError, 66. */
export function readPem(where: string, file: string): Buffer {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    throw new UserError(EXIT.noInput, `${where}: cannot read ${file}: ${reasonOf(error)}`)
  }
}
