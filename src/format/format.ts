/** What flow-format needs of a form that flows are printed in. */
import type { Output } from '../flow/output.js'
import type { FlowWriter } from '../text/line.js'

export interface Format {
  /** what stands at the start of each file, with its line end */
  readonly header?: string
  /** Is told where rows go, before the first of them. */
  readonly begin?: (output: Output) => void
  /** Takes a message; what it makes of it is appended at once or later. */
  readonly row: FlowWriter
  /** Appends what is held back, when no more messages come. */
  readonly end?: (output: Output) => void
}
