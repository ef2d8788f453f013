/** A filter's tree against the schema: words become fields, values what their fields are tested with. */
import type { Field, Schema } from '../flow/proto.js'
import { nearestField } from '../schema/fields.js'
import { type Compared, flagMask, isText, type Maker, makersOf, ratioTest, type ValueContext } from './comparisons.js'
import type { Condition, Order } from './conditions.js'
import type { Comparison, Direction, Expression, Item, TextRange, Test, Value } from './filterast.js'
import { FilterError } from './filtererror.js'
import { NAT_HOST, NAT_PORT, PROTOCOLS, RATIOS, type Target, type Word, wordOfField, WORDS } from './filterwords.js'
import { numberSet, type Range } from './rangesets.js'
import { namesIn, strayError } from './strays.js'

export interface Resolving extends ValueContext {
  readonly schema: Schema
  /** the expression, for advice */
  readonly text: string
}

/** Throws FilterError. */
export function resolved(expression: Expression, resolving: Resolving): Condition {
  const stray = strayError(expression, resolving)
  if (stray !== undefined) throw stray
  return conditionOf(expression, resolving)
}

function conditionOf(expression: Expression, resolving: Resolving): Condition {
  const { schema } = resolving
  const self = (part: Expression): Condition => conditionOf(part, resolving)
  switch (expression.kind) {
    case 'any':
      return { kind: 'always' }
    case 'and':
    case 'or':
      return { kind: expression.kind, parts: expression.parts.map(self) }
    case 'not':
      return { kind: 'not', part: self(expression.part) }
    case 'stray':
      throw new Error('a stray is found before')
    case 'include':
      throw new FilterError('a file cannot be included here', expression.at)
    case 'protocol': {
      const { word, at } = expression
      if (word === 'ip' && expression.isAlone) {
        throw new FilterError("'ip' alone is ambiguous: ip4 is what is IPv4, ip6 what is IPv6, ip ADDRESS a host", at)
      }
      const [name, number] = PROTOCOLS[word === 'ip' ? 'ip4' : word]
      return numberIs(schema.field(name), [[BigInt(number), BigInt(number)]])
    }
    case 'test':
      return testCondition(expression, resolving)
  }
}

function numberIs(field: Field, ranges: readonly Range[]): Condition {
  const set = numberSet()
  set.fill(ranges)
  return { kind: 'number', field, shift: 0, set }
}

/** More fragments (RFC 791 section 3.1), as ip_flags has it. */
const MORE_FRAGMENTS = 1
/** RFC 7270 section 4.12: the upper two bits of the forwarding status are 10. */
const DROPPED: Range = [128n, 191n]

function testCondition(test: Test, resolving: Resolving): Condition {
  const { schema } = resolving
  const { what, direction, comparison, nat } = test
  const { word } = what
  if (!what.field && Object.hasOwn(RATIOS, word)) return ratioCondition(test, resolving)
  if (!what.field && (word === 'fragment' || word === 'dropped')) {
    if (direction !== undefined) throw new FilterError(`${word} has no direction`, direction.at)
    if (comparison !== undefined) throw new FilterError(`${word} takes no value`, comparison.at)
    if (word === 'dropped') {
      const hasReason: Condition = { kind: 'set', field: schema.field('drop_reason') }
      return { kind: 'or', parts: [hasReason, numberIs(schema.field('forwarding_status'), [DROPPED])] }
    }
    const more: Condition = { kind: 'bits', field: schema.field('ip_flags'), bits: MORE_FRAGMENTS, mask: MORE_FRAGMENTS }
    return { kind: 'or', parts: [{ kind: 'set', field: schema.field('fragment_offset') }, more] }
  }
  const meant = meaning(test, resolving)
  const ends = endsOf(meant, word, direction)
  if (comparison === undefined) return aloneCondition(test, meant, schema)

  const { order, isNegated, isPattern } = operatorOf(comparison)
  const targets = meant.targets.filter((target) => namesOf(target).some((name) => schema.find(name) !== undefined))
  if (targets.length === 0) throw new FilterError(`no field of the messages tells ${nat ? 'nat ' : ''}${word}`, what.at)
  const makers = makersFor(targets, comparison, order, isPattern, resolving)
  let condition: Condition
  if (ends === 'both') {
    const each = [0, 1].map((end) => endCondition(targets, makers, end, schema))
    condition = { kind: 'and', parts: isNegated ? each.map((part) => ({ kind: 'not', part })) : each }
    return implied(condition, meant, schema)
  }
  condition =
    ends === 'any'
      ? anyOf(targets.map((target, i) => eitherCondition(target, makers[i], schema)))
      : endCondition(targets, makers, ends, schema)
  condition = implied(condition, meant, schema)
  return isNegated ? { kind: 'not', part: condition } : condition
}

function implied(condition: Condition, { implies }: Word, schema: Schema): Condition {
  if (implies === undefined) return condition
  return { kind: 'and', parts: [numberIs(schema.field('proto'), [[BigInt(implies), BigInt(implies)]]), condition] }
}

function meaning({ what, nat }: Test, { schema }: Resolving): Word {
  const { word, field, at } = what
  if (nat) return word === 'port' ? NAT_PORT : NAT_HOST
  if (!field) return WORDS[word]
  const found = schema.find(word)
  if (found === undefined) throw new FilterError(`unknown field '${word}'; nearest: ${nearestField(word, namesIn(schema))}`, at)
  return wordOfField(found)
}

/** Which ends of a flow a test is about: 0 or 1, any of them, or both. */
function endsOf({ axis }: Word, word: string, direction: Test['direction']): 0 | 1 | 'any' | 'both' {
  if (direction === undefined) return 'any'
  const { ends, at } = direction
  if (axis === undefined) throw new FilterError(`'${word}' has no direction`, at)
  if (ends.startsWith('src') || ends === 'dst' ? axis === 'in' : axis === 'src') {
    throw new FilterError(`'${word}' takes ${axis === 'in' ? 'in or out' : 'src or dst'} as its direction`, at)
  }
  return ENDS[ends]
}

const ENDS: Readonly<Record<Direction, 0 | 1 | 'any' | 'both'>> = {
  src: 0,
  in: 0,
  dst: 1,
  out: 1,
  'src or dst': 'any',
  'in or out': 'any',
  'src and dst': 'both',
  'in and out': 'both'
}

function aloneCondition({ what, direction }: Test, meant: Word, schema: Schema): Condition {
  if (meant.alone !== true) {
    throw new FilterError(`a value is missing behind '${what.word}'`, { start: what.at.end, end: what.at.end + 1 })
  }
  const target = meant.targets[0]
  const ends = direction === undefined ? 'any' : ENDS[direction.ends]
  const names = ends === 'any' ? namesOf(target) : ends === 'both' ? target.ends! : [target.ends![ends]]
  const parts = names.flatMap((name): Condition[] => {
    const field = schema.find(name)
    return field === undefined ? [] : [{ kind: 'set', field }]
  })
  return parts.length === 1 ? parts[0] : { kind: ends === 'both' ? 'and' : 'or', parts }
}

function operatorOf({ op, value, at }: Comparison): { order: Order; isNegated: boolean; isPattern: boolean } {
  const isNegated = op === '!=' || op === 'not in' || op === '!~'
  const isPattern = op === '=~' || op === '!~'
  const order = op === '<' || op === '<=' || op === '>' || op === '>=' ? op : '=='
  if (order !== '==' && (value.kind === 'list' || value.kind === 'file')) throw new FilterError(`${op} takes one value, no list`, at)
  return { order, isNegated, isPattern }
}

/** The values of a comparison; one of them unless it is a list. */
function itemsOf(value: Value): readonly Item[] {
  if (value.kind !== 'list') return [value]
  if (value.items.length === 0) throw new FilterError('the list is empty', value.at)
  return value.items
}

function namesOf({ one, ends, either, also }: Target): string[] {
  return [one, ...(ends ?? []), either, also].filter((name) => name !== undefined)
}

/** Makers of the condition of one field, one for each target. */
function makersFor(targets: readonly Target[], comparison: Comparison, order: Order, isPattern: boolean, resolving: Resolving): Maker[] {
  const { schema, now, files } = resolving
  const { op, value } = comparison
  if (isPattern) return patternMakers(targets, value)
  const compared = targets.map((target): Compared => ({ target, field: namesOf(target).flatMap((name) => schema.find(name) ?? [])[0] }))
  if (value.kind === 'raw') {
    const other = schema.find(value.text.replace(/^\./, ''))
    if (other !== undefined) return fieldMakers(compared, order, other, value.at)
    if (targets[0].kind === 'flags' && order === '==') {
      const mask = op === '' || value.text.includes('/') ? flagMask(value.text) : undefined
      if (mask !== undefined) return [(field) => ({ kind: 'bits', field, ...mask })]
    }
  }
  return makersOf(compared, order, itemsOf(value), { now, files })
}

function patternMakers(targets: readonly Target[], value: Value): Maker[] {
  if (!targets.some(({ kind }) => isText(kind))) throw new FilterError('=~ and !~ are for texts, and this is none', value.at)
  if (value.kind !== 'quoted') throw new FilterError('expected a regular expression in quotes', value.at)
  let pattern: RegExp
  try {
    pattern = new RegExp(value.text, 'u')
  } catch (error) {
    throw new FilterError(`no regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`, value.at)
  }
  return targets.map(
    ({ kind }) =>
      (field) =>
        isText(kind) ? { kind: 'pattern', field, pattern } : NEVER
  )
}

const NEVER: Condition = { kind: 'not', part: { kind: 'always' } }

function fieldMakers(compared: readonly Compared[], order: Order, right: Field, at: TextRange): Maker[] {
  const fits = compared.map(({ target, field }) => {
    const types = [field.type, right.type].map((type) => (type === 'bytes' || type === 'string' ? type : 'number'))
    return (
      types[0] === types[1] && (types[0] !== 'string' || order === '==') && !field.repeated && !right.repeated && target.shift === undefined
    )
  })
  if (!fits.includes(true)) throw new FilterError(`'${right.name}' is a field of another type; put it in quotes if it is a text`, at)
  return fits.map((isFit) => (left) => (isFit ? { kind: 'fields', left, order, right } : NEVER))
}

function anyOf(parts: readonly Condition[]): Condition {
  return parts.length === 1 ? parts[0] : { kind: 'or', parts }
}

/** The test of one end, whichever target has it. */
function endCondition(targets: readonly Target[], makers: readonly Maker[], end: number, schema: Schema): Condition {
  return anyOf(
    targets.flatMap(({ ends }, i) => {
      const field = ends === undefined ? undefined : schema.find(ends[end])
      return field === undefined ? [] : [makers[i](field)]
    })
  )
}

/**
 * The test of either end. An aggregate by flow-agg's key for either end has that, and its own ends only if they are keys too:
 * where they are absent they are not 0.
 */
function eitherCondition({ one, ends, either, also }: Target, make: Maker, schema: Schema): Condition {
  const fields = [one, ...(ends ?? []), also].flatMap((name) => (name === undefined ? [] : (schema.find(name) ?? [])))
  const plain = anyOf(fields.map(make))
  const key = either === undefined ? undefined : schema.find(either)
  if (key === undefined) return plain
  const ofSet = fields.map((field): Condition => ({ kind: 'and', parts: [{ kind: 'set', field }, make(field)] }))
  return { kind: 'if', field: key, then: { kind: 'or', parts: [make(key), ...ofSet] }, otherwise: plain }
}

function ratioCondition({ what, direction, comparison }: Test, { schema }: Resolving): Condition {
  const { word } = what
  if (direction !== undefined) throw new FilterError(`'${word}' has no direction`, direction.at)
  const { column, fields } = RATIOS[word]
  const read = fields.map((name) => schema.field(name))
  if (comparison === undefined) {
    return { kind: 'ratio', column, fields: read, test: (value) => value !== 0 }
  }
  const { order, isNegated, isPattern } = operatorOf(comparison)
  if (isPattern) throw new FilterError('=~ and !~ are for texts, and this is none', comparison.value.at)
  const condition: Condition = { kind: 'ratio', column, fields: read, test: ratioTest(word, order, itemsOf(comparison.value)) }
  return isNegated ? { kind: 'not', part: condition } : condition
}
