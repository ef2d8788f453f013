/** Certificates and keys of a command line. */
import { readGiven } from './givenfile.js'

/** The bytes of a PEM file; `where` is what it was given for. Throws UserError, 66. */
export function readPem(where: string, file: string): Buffer {
  return readGiven(file, `${where}: cannot read ${file}`)
}
