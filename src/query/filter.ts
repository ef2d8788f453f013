/** The filter language of flow-filter, flow-agg -having and flow-top: text to a test of messages. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { reasonOf } from '../cli/exit.js'
import { fieldReader, fieldValues } from '../flow/fieldvalues.js'
import { type Field, type Schema, schemaOf } from '../flow/proto.js'
import type { ListFile, ValueContext } from './comparisons.js'
import { fieldsRead, neverSet, testOf } from './conditions.js'
import { type Expression, type Item, type Value, written } from './filterast.js'
import { FilterError } from './filtererror.js'
import { isWord } from './filterwords.js'
import { type GrammarOptions, parse, SyntaxError as GrammarError } from './grammar.js'
import { resolved } from './resolve.js'
import { mayBegin, strayError, unknownWord } from './strays.js'

export type { ListFile } from './comparisons.js'
export { FilterError, shownMistake } from './filtererror.js'

export interface FilterContext {
  readonly schema: Schema
  /** nanoseconds since 1970: what `received > 5m` counts back from */
  readonly now: bigint
  /** the file that the text is from */
  readonly file?: string
}

export interface Filter {
  /** Whether the message at `buf[start, end)` matches; one that is no protobuf does not. */
  readonly matches: (buf: Buffer, start: number, end: number) => boolean
  /** Whether the message that was last looked at was no protobuf. */
  readonly isBroken: () => boolean
  /** A field of a part that reads none of those that messages have: that part is the same for all of them. */
  readonly neverSet: (has: (field: Field) => boolean) => Field | undefined
  /** the expression with all of its parentheses */
  readonly written: string
  /** files of lists, to be read again when they change */
  readonly files: readonly ListFile[]
}

/** Throws FilterError, which has the place of the mistake. */
export function compileFilter(text: string, { schema, now, file }: FilterContext): Filter {
  const files: ListFile[] = []
  try {
    const { expression, condition } = read(text, { schema, now, files, from: file === undefined ? [] : [file] })
    const values = fieldValues(schemaOf([...fieldsRead(condition)]))
    const readFields = fieldReader(values)
    const test = testOf(condition, values)
    let broken = false
    return {
      matches(buf, start, end) {
        broken = !readFields(buf, start, end)
        return !broken && test()
      },
      isBroken: () => broken,
      neverSet: (has) => neverSet(condition, has),
      written: written(expression),
      files
    }
  } catch (error) {
    if (error instanceof RangeError) throw new FilterError('the expression is nested too deeply', { start: 0, end: 1 }, text, file)
    throw error
  }
}

interface Reading extends ValueContext {
  readonly schema: Schema
  /** the files that this one is included by, and itself last */
  readonly from: readonly string[]
}

/** An expression with what it includes. */
function read(text: string, reading: Reading): { expression: Expression; condition: ReturnType<typeof resolved> } {
  const { schema, now, files, from } = reading
  try {
    const expression = included(parsed(text, schema), reading)
    return { expression, condition: resolved(expression, { schema, text, now, files }) }
  } catch (error) {
    if (error instanceof FilterError && error.text === '') {
      error.text = text
      error.file = from.at(-1)
    }
    throw error
  }
}

/**
 * What stands in the place of an `@include`, and files of lists by their paths from the current folder; a file's expression is checked with
 * its own text.
 */
function included(expression: Expression, reading: Reading): Expression {
  const { from } = reading
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { kind: expression.kind, parts: expression.parts.map((part) => included(part, reading)) }
    case 'not':
      return { kind: 'not', part: included(expression.part, reading) }
    case 'include': {
      const file = beside(expression.file, reading)
      if (from.some((other) => path.resolve(other) === path.resolve(file)))
        throw new FilterError(`${expression.file} includes itself`, expression.at)
      let text: string
      try {
        text = readFileSync(file, 'utf8')
      } catch (error) {
        throw new FilterError(`cannot read ${expression.file}: ${reasonOf(error)}`, expression.at)
      }
      // its mistakes show its own lines
      return read(text, { ...reading, files: [], from: [...from, file] }).expression
    }
    case 'test': {
      const { comparison } = expression
      if (comparison === undefined) return expression
      return { ...expression, comparison: { ...comparison, value: valueBeside(comparison.value, reading) } }
    }
    default:
      return expression
  }
}

function valueBeside(value: Value, reading: Reading): Value {
  if (value.kind === 'list') return { ...value, items: value.items.map((item) => itemBeside(item, reading)) }
  return itemBeside(value, reading)
}

function itemBeside(item: Item, reading: Reading): Item {
  return item.kind === 'file' ? { ...item, file: beside(item.file, reading) } : item
}

/** The path of a file that is named in the last of those it is read from, beside which it is. */
function beside(file: string, { from }: Reading): string {
  const naming = from.at(-1)
  return naming === undefined || path.isAbsolute(file) ? file : path.join(path.dirname(naming), file)
}

function parsed(text: string, schema: Schema): Expression {
  const grammar = { isWhat: isWord, isField: (word: string) => schema.find(word) !== undefined }
  try {
    return parse(text, grammar)
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error
    const before = text.slice(0, error.location.start.offset)
    throw earlierMistake(before, schema, grammar) ?? wordBefore(error, before, schema, grammar) ?? syntaxError(error, text)
  }
}

/**
 * What is wrong before the place where the grammar gave up: it takes `srcc port` of `srcc port 443` for an unknown word and its value, and
 * stops at 443. Undefined where nothing is.
 */
function earlierMistake(before: string, schema: Schema, grammar: GrammarOptions): FilterError | undefined {
  const count = (bracket: string): number => before.split(bracket).length - 1
  const text = before + ')'.repeat(Math.max(0, count('(') - count(')')))
  try {
    return strayError(parse(text, grammar), { schema, text })
  } catch (error) {
    if (error instanceof GrammarError) return undefined
    throw error
  }
}

/** The unknown word that the grammar read to its end before it gave up, as srcc of `tcp srcc port 443`. */
function wordBefore({ expected }: GrammarError, before: string, schema: Schema, { isField }: GrammarOptions): FilterError | undefined {
  // behind a value an operator could go on
  if (expected?.some(({ description }) => description === 'and') === true) return undefined
  const word = /[A-Za-z_][A-Za-z0-9_.]*$/.exec(before)?.[0]
  if (word === undefined || mayBegin(word.toLowerCase()) || isField(word)) return undefined
  return unknownWord(word, { start: before.length - word.length, end: before.length }, schema)
}

function syntaxError({ expected, location: { start } }: GrammarError, text: string): FilterError {
  const word = /^[A-Za-z0-9_.:/+%*-]+|^./u.exec(text.slice(start.offset))?.[0] ?? ''
  const descriptions = [...new Set((expected ?? []).map(({ description, text: literal }) => description ?? literal ?? ''))]
  const named = descriptions.filter((what) => / |^(and|or)$/.test(what))
  // where a test may begin, all words that it may begin with would be listed
  const wanted = descriptions.includes('(') || named.length === 0 ? 'a test, as host 192.0.2.1 or port 80' : named.join(', ')
  const found = word === '' ? 'the expression ends here' : `'${word}' cannot stand here`
  return new FilterError(`${found}: expected ${wanted}`, { start: start.offset, end: start.offset + Math.max(1, word.length) })
}
