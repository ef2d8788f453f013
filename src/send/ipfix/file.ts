/** An IPFIX file (RFC 5655): messages one after another, their export time that at which their flows were received. */
import fs from 'node:fs'
import { EXIT, reasonNotMade, reasonOf, UserError } from '../../cli/exit.js'
import type { Log } from '../../cli/log.js'
import { openOutput } from '../../flow/output.js'
import { drop, newTargetCounts } from '../targetcounts.js'
import type { FileTarget } from '../targets.js'
import { writeUint32 } from '../../flow/bigendian.js'
import type { Route, RouteContext } from './route.js'
import { sessionOf } from './session.js'

/** Where the export time stands in a message's header. */
const EXPORT_TIME_AT = 4

/** Makes the file anew. Throws UserError where it cannot be made. */
export function fileRoute({ name, path, allow }: FileTarget, { exporting, onProgress }: RouteContext, log: Log): Route {
  let fd: number
  try {
    fd = fs.openSync(path, 'w')
  } catch (error) {
    throw new UserError(EXIT.cannotCreate, `cannot write ${path}: ${reasonNotMade(path, error)}`)
  }
  const counts = newTargetCounts()
  let broken: UserError | undefined
  const output = openOutput(fs.createWriteStream('', { fd }), (error) => {
    broken = new UserError(EXIT.ioError, `cannot write ${path}: ${reasonOf(error)}`)
    log.error(`${broken.message}; no more flows go there`)
    onProgress()
    return broken
  })
  const session = sessionOf(exporting, ({ bytes, flows, receivedSeconds }) => {
    output.reserve(bytes.length)
    const { buf, pos } = output
    bytes.copy(buf, pos)
    // a file is read later: what its reader takes for the time of receipt is that of the flows
    if (receivedSeconds > 0) writeUint32(buf, pos + EXPORT_TIME_AT, receivedSeconds)
    output.pos += bytes.length
    output.commit()
    if (output.blocked) void output.ready().then(onProgress, onProgress)
    counts.sent++
    counts.sentBytes += bytes.length
    counts.sentFlows += flows
  })

  return {
    name,
    allow,
    counts,
    send(message) {
      if (broken === undefined) session.send(message)
      else drop(counts, 'error', message.flows)
    },
    defineAgain() {
      // a file keeps what was written
    },
    get blocked() {
      return broken === undefined && output.blocked
    },
    hurry() {
      // a disk takes it or fails
    },
    async end() {
      await output.end()
    }
  }
}
