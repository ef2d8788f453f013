/** A filter as it is written: the tree that filter.peggy makes. Positions count UTF-16 units from 0. */

export interface TextRange {
  readonly start: number
  /** behind the last character */
  readonly end: number
}

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'any' }
  | { readonly kind: 'include'; readonly file: string; readonly at: TextRange }
  | { readonly kind: 'protocol'; readonly word: string; readonly isAlone: boolean; readonly at: TextRange }
  /** no primitive: an error to be shown */
  | { readonly kind: 'stray'; readonly value: Value; readonly at: TextRange }
  | Test

export interface Test {
  readonly kind: 'test'
  readonly direction: { readonly ends: Direction; readonly at: TextRange } | undefined
  /** about the addresses and ports behind a translation */
  readonly nat: boolean
  readonly what: { readonly word: string; readonly field: boolean; readonly at: TextRange }
  readonly comparison: Comparison | undefined
  readonly at: TextRange
}

export type Direction = 'src' | 'dst' | 'in' | 'out' | 'src or dst' | 'src and dst' | 'in or out' | 'in and out'

export interface Comparison {
  /** '': none is written */
  readonly op: '' | '=' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in' | '=~' | '!~'
  readonly value: Value
  readonly at: TextRange
}

export type Value = Item | { readonly kind: 'list'; readonly items: readonly Item[]; readonly at: TextRange }

export type Item =
  /** without quotes: a number, an address, a range, a word … */
  | { readonly kind: 'raw'; readonly text: string; readonly at: TextRange }
  | { readonly kind: 'quoted'; readonly text: string; readonly at: TextRange }
  /** one value a line; a path from the folder of the file that the expression is from */
  | { readonly kind: 'file'; readonly file: string; readonly at: TextRange }

/** The expression with all of its parentheses, as the parser reads it again. */
export function written(expression: Expression): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return `(${expression.parts.map(written).join(` ${expression.kind} `)})`
    case 'not':
      return `(not ${written(expression.part)})`
    case 'any':
      return 'any'
    case 'include':
      return `@include ${quoted(expression.file)}`
    case 'protocol':
      // `ip` alone is none, and as a part of `ip tcp` it stands alone where that is written out
      return expression.word === 'ip' ? 'ip4' : expression.word
    case 'stray':
      return writtenValue(expression.value)
    case 'test': {
      const { direction, nat, what, comparison } = expression
      const words = [direction?.ends, nat ? 'nat' : undefined, what.field ? `.${what.word}` : what.word]
      if (comparison !== undefined) words.push(comparison.op === '' ? undefined : comparison.op, writtenValue(comparison.value))
      const text = words.filter((word) => word !== undefined).join(' ')
      return words[1] === undefined && comparison === undefined ? text : `(${text})`
    }
  }
}

function writtenValue(value: Value): string {
  switch (value.kind) {
    case 'raw':
      return value.text
    case 'quoted':
      return quoted(value.text)
    case 'file':
      return `@${quoted(value.file)}`
    case 'list':
      return `[${value.items.map(writtenValue).join(', ')}]`
  }
}

/** A text as a quoted string that the parser reads as this text. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
