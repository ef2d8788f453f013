/** A second place that a filter writes to beside stdout. */
import fs from 'node:fs'
import { openOutput, type Output, type Sink } from '../flow/output.js'
import { EXIT, reasonNotMade, reasonOf, UserError } from './exit.js'

/** The file of `option` as an output; a FIFO, `>(COMMAND)` and /dev/fd/3 are files, too. Throws UserError: 73 where there can be no such file, 74 later. */
export function fileOutput(option: string, file: string): Output {
  let fd: number
  try {
    fd = fs.openSync(file, 'w')
  } catch (error) {
    throw new UserError(EXIT.cannotCreate, `${option}: cannot write ${file}: ${reasonNotMade(file, error)}`)
  }
  return openOutput(fs.createWriteStream('', { fd, autoClose: false }), (error) => {
    return new UserError(EXIT.ioError, `${option}: cannot write ${file}: ${reasonOf(error)}`)
  })
}

/** Both outputs as one sink: the slower of the two readers sets the pace. */
export function bothOf(output: Output, second: Output | undefined): Sink {
  if (second === undefined) return output
  return {
    commit() {
      output.commit()
      second.commit()
    },
    get blocked() {
      return output.blocked || second.blocked
    },
    async ready() {
      await Promise.all([output.ready(), second.ready()])
    },
    async end() {
      await Promise.all([output.end(), second.end()])
    }
  }
}
