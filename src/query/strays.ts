/** What stands where a primitive should: an unknown word, or a value whose word was left out. */
import type { Schema } from '../flow/proto.js'
import { nearestField } from '../schema/fields.js'
import type { Expression, TextRange } from './filterast.js'
import { FilterError } from './filtererror.js'
import { ALL_WORDS } from './filterwords.js'

interface Source {
  readonly schema: Schema
  /** what the expression was read from */
  readonly text: string
}

type Stray = Expression & { kind: 'stray' }

/** What is wrong with the first stray of an expression; undefined where it has none. */
export function strayError(expression: Expression, source: Source): FilterError | undefined {
  switch (expression.kind) {
    case 'and':
    case 'or':
      for (const [i, part] of expression.parts.entries()) {
        const error =
          part.kind === 'stray' && i > 0 ? errorOf(part, source, expression.kind, expression.parts[i - 1]) : strayError(part, source)
        if (error !== undefined) return error
      }
      return undefined
    case 'not':
      return strayError(expression.part, source)
    case 'stray':
      return errorOf(expression, source)
    default:
      return undefined
  }
}

/** The names of a schema's fields. */
export function namesIn(schema: Schema): string[] {
  return schema.fields.map(({ name }) => name)
}

/** `operator` and `before`: what stands between it and the part before, and that part; undefined for the first one. */
function errorOf({ value, at }: Stray, { schema, text }: Source, operator?: 'and' | 'or', before?: Expression): FilterError {
  const shown = text.slice(value.at.start, value.at.end)
  const isUnknownWord = value.kind === 'raw' && /^[.]?[A-Za-z_][A-Za-z0-9_.]*$/.test(value.text)
  const last = before?.kind === 'and' ? before.parts.at(-1) : before
  const standsAlone = /^\s*(\)|\|\||&&|#|$|(and|or)\b)/i.test(text.slice(value.at.end))
  if (last?.kind === 'test' && last.comparison !== undefined && operator === 'or' && standsAlone) {
    const { comparison, at: all } = last
    const isEqual = comparison.op === '' || comparison.op === '=' || comparison.op === '=='
    const first = comparison.value
    if (isEqual && first.kind !== 'list' && first.kind !== 'file') {
      const left = text.slice(all.start, comparison.at.start).trim()
      return new FilterError(`a value alone is no test: ${left} in [${text.slice(first.at.start, first.at.end)} ${shown}]`, at)
    }
  }
  if (isUnknownWord) return unknownWord(shown, at, schema)
  return new FilterError(`a value alone is no test: expected a word before it, as host ${shown} or port 80`, at)
}

const DIRECTIONS = ['src', 'dst', 'in', 'out']

/** The error for a word that no test begins with. */
export function unknownWord(word: string, at: TextRange, schema: Schema): FilterError {
  const isDirection = DIRECTIONS.includes(word.toLowerCase())
  const names = new Set([...ALL_WORDS, ...(isDirection ? [] : DIRECTIONS), ...namesIn(schema)])
  const directions = isDirection ? ' (behind a direction comes what it is the direction of)' : ''
  return new FilterError(`unknown word '${word}'${directions}; nearest: ${nearestField(word, [...names])}`, at)
}

/** Whether a test may begin with the word, in lower case, or what stands before tests. */
export function mayBegin(word: string): boolean {
  return ALL_WORDS.includes(word) || DIRECTIONS.includes(word) || ['and', 'or', 'not', 'any', 'nat'].includes(word)
}
