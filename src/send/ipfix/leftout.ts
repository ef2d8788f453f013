/** Says once which fields of the flows are not exported: those that no element says. */
import type { Log } from '../../cli/log.js'
import { fieldCursor, nextField } from '../../flow/message.js'
import { flowMessage } from '../../flow/proto.js'
import { EXPORTED } from './groups.js'

/** Flows that are looked at: those of an exporter are much alike. */
const LOOKED_AT = 1000

export interface LeftOut {
  /** Looks at the flow at `buf[start, end)`, if it is one of the first. */
  look(buf: Buffer, start: number, end: number): void
  /** Says what was found, unless more is to be looked at and this is not the end. */
  report(isEnd: boolean): void
}

/** What it finds is logged in one line. */
export function leftOut(log: Log): LeftOut {
  const found = new Set<string>()
  const cursor = fieldCursor()
  let looked = 0
  let isReported = false

  return {
    look(buf, start, end) {
      if (looked >= LOOKED_AT) return
      looked++
      cursor.pos = start
      while (nextField(buf, end, cursor)) {
        const { field } = cursor
        if (EXPORTED.byNumber(field) === undefined) found.add(flowMessage.byNumber(field)?.name ?? `field ${field}`)
      }
    },
    report(isEnd) {
      if (isReported || (looked < LOOKED_AT && !isEnd)) return
      isReported = true
      if (found.size > 0) log.info(`left out, because no element of IPFIX says them: ${[...found].join(', ')}`)
    }
  }
}
