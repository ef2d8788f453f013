/** What is wrong with a filter, as data; flow-filter shows it with a caret, flow-top under its input. */
import type { TextRange } from './filterast.js'

export class FilterError extends Error {
  constructor(
    message: string,
    readonly at: TextRange,
    /** what the position counts in */
    public text = '',
    /** where the text stands, if it is not the expression given */
    public file: string | undefined = undefined
  ) {
    super(message)
  }
}

/** What of a long line is shown around the caret. */
const SHOWN = 60

/** The line with the mistake, and a line with carets under it. */
export function shownMistake({ text, at }: FilterError): [line: string, carets: string] {
  const from = text.lastIndexOf('\n', at.start - 1) + 1
  const next = text.indexOf('\n', at.start)
  const line = text.slice(from, next < 0 ? undefined : next).replace(/\p{Cc}/gu, ' ')
  const column = at.start - from
  const cut = line.length <= SHOWN + 12 ? 0 : Math.max(0, Math.min(column - SHOWN / 2, line.length - SHOWN))
  const before = cut > 0 ? '… ' : ''
  const part = line.slice(cut, cut === 0 && line.length <= SHOWN + 12 ? undefined : cut + SHOWN)
  const after = cut + part.length < line.length ? ' …' : ''
  const size = Math.max(1, Math.min(at.end, from + cut + part.length) - at.start)
  return [before + part + after, ' '.repeat(before.length + column - cut) + '^'.repeat(size)]
}
