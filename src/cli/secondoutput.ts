/** A second place that a filter writes to beside stdout. */
import fs from 'node:fs'
import net from 'node:net'
import type { Writable } from 'node:stream'
import { openOutput, type Output, type Sink } from '../flow/output.js'
import { EXIT, reasonNotMade, reasonOf, UserError } from './exit.js'
import type { Inputs } from './inputs.js'

/**
 * The file of `option` as an output; a FIFO, `>(COMMAND)` and /dev/fd/3 are files, too. Where it breaks, reading of `inputs` stops. Throws UserError: 73
 * where there can be no such file, 74 later.
 */
export function fileOutput(option: string, file: string, inputs: Inputs): Output {
  let stream: Writable
  try {
    stream = socketOf(file) ?? fs.createWriteStream('', { fd: fs.openSync(file, 'w'), autoClose: false })
  } catch (error) {
    throw new UserError(EXIT.cannotCreate, `${option}: cannot write ${file}: ${reasonNotMade(file, error)}`)
  }
  return openOutput(stream, (error) => {
    inputs.stop()
    return new UserError(EXIT.ioError, `${option}: cannot write ${file}: ${reasonOf(error)}`)
  })
}

/** The socket that a descriptor among /dev/fd is, which nobody can open anew, as a FIFO or a file can be; undefined for all else. */
function socketOf(file: string): net.Socket | undefined {
  const fd = Number(/^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(file)?.[1] ?? NaN)
  if (Number.isNaN(fd) || !fs.fstatSync(fd).isSocket()) return undefined
  return new net.Socket({ fd, readable: false })
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
