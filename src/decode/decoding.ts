/** What all protocols share while flow-decode works on a datagram. */
import type { Messages } from './memory/out.js'

/** What can be wrong with a datagram or a part of it; the values are the label `kind` of flow_decode_errors_total. */
export const ERROR_KINDS = [
  'unknown-protocol', // the first bytes are no protocol we decode
  'truncated', // the bytes end before what the header or a length says
  'malformed-set', // a set's length, id or contents make no sense
  'malformed-template',
  'malformed-record',
  'malformed-sample', // an sFlow sample or one of its records
  'mapping', // a value that the mapping file sends to a number, and that is none
  'template-not-found', // data whose template did not come while it was held
  'internal' // a mistake of this program
] as const
export type ErrorKind = (typeof ERROR_KINDS)[number]

export interface Decoding {
  /** where FlowMessage frames are appended */
  readonly messages: Messages
  /** sFlow counter samples */
  counterSamples: number
  /** Counts an error of the current datagram, and logs it unless there were too many of late. */
  readonly report: (kind: ErrorKind, detail: string) => void
}
