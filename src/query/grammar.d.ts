/** The parser that the build makes of filter.peggy. */
import type { Expression } from './filterast.js'

export interface GrammarOptions {
  /** whether a primitive may begin with the word, in lower case */
  isWhat: (word: string) => boolean
  isField: (word: string) => boolean
}

/** Throws SyntaxError. */
export function parse(text: string, options: GrammarOptions): Expression

export class SyntaxError extends Error {
  expected: readonly { type: string; description?: string; text?: string }[] | null
  found: string | null
  location: { start: { offset: number }; end: { offset: number } }
}
