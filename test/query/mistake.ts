/** The error of a filter that is none. */
import { flowMessage } from '../../src/flow/proto.js'
import { compileFilter, FilterError } from '../../src/query/filter.js'

export function mistake(text: string): FilterError {
  try {
    compileFilter(text, { schema: flowMessage, now: 1_800_000_000_000_000_000n })
  } catch (error) {
    if (error instanceof FilterError) return error
    throw error
  }
  throw new Error(`no mistake: ${text}`)
}
