/** The filter of a view, as it is typed: the language of flow-filter, its mistakes as data for the editor. */
import { flowMessage } from '../flow/proto.js'
import { compileFilter, type Filter, FilterError } from '../query/filter.js'

export type Compiled =
  | { readonly filter: Filter | undefined }
  /** what is wrong, and at which character */
  | { readonly error: string; readonly at: number }

/** An empty text is no filter: all flows pass. */
export function typedFilter(text: string): Compiled {
  if (text.trim() === '') return { filter: undefined }
  try {
    const now = BigInt(Date.now()) * 1_000_000n
    return { filter: compileFilter(text, { schema: flowMessage, now }) }
  } catch (error) {
    if (error instanceof FilterError) return { error: error.message, at: error.at.start }
    throw error
  }
}
