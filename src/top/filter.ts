/** The filter of a view, as it is typed: the language of flow-filter, its mistakes as data for the editor. */
import { flowMessage } from '../flow/proto.js'
import { compileFilter, FilterError } from '../query/filter.js'

/** Whether the message at `buf[start, end)` passes. */
export type Matcher = (buf: Buffer, start: number, end: number) => boolean

export type Compiled =
  | { readonly matches: Matcher | undefined }
  /** what is wrong, and at which character */
  | { readonly error: string; readonly at: number }

/** An empty filter has no matcher: all flows pass. */
export function typedFilter(text: string): Compiled {
  if (text.trim() === '') return { matches: undefined }
  try {
    const now = BigInt(Date.now()) * 1_000_000n
    return { matches: compileFilter(text, { schema: flowMessage, now }).matches }
  } catch (error) {
    if (error instanceof FilterError) return { error: error.message, at: error.at.start }
    throw error
  }
}
