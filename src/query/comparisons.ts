/** A comparison's value made into what its field is tested with. */
import { readFileSync } from 'node:fs'
import { nanosecondsOf } from '../cli/durations.js'
import { nearest } from '../cli/nearest.js'
import { reasonOf } from '../cli/exit.js'
import type { Field } from '../flow/proto.js'
import type { Condition, Order } from './conditions.js'
import type { Item, TextRange } from './filterast.js'
import { FilterError } from './filtererror.js'
import type { Target, Kind } from './filterwords.js'
import { addressRange, countryCodes, flagBits, fractionOf, ipv4Range, isCountry, type NumberKind, NUMBERS, rangeOf } from './literals.js'
import { addressSet, MAX_64, numberSet, type Range, textSet } from './rangesets.js'

/** A file whose lines are values of the filter. */
export interface ListFile {
  readonly path: string
  /** Reads it again. Throws FilterError, and leaves what was there. */
  readonly reload: () => void
}

/** What values may speak of. */
export interface ValueContext {
  /** nanoseconds since 1970 */
  readonly now: bigint
  readonly files: ListFile[]
}

/** What a filter accepts at one place: values by kind. */
interface Accepted {
  readonly numbers: Range[]
  /** first and last in turns */
  readonly ipv4: number[]
  readonly ipv6: Range[]
  readonly texts: string[]
}

/** The fields of a target that are there, with what is to be known of them. */
export interface Compared {
  readonly target: Target
  readonly field: Field
}

/** Makes the condition of one field of one target. */
export type Maker = (field: Field) => Condition

const MAX_IPV4 = 2n ** 32n - 1n
const MAX_IPV6 = 2n ** 128n - 1n

/**
 * Makers for the targets, in their order: a value goes to the first that accepts it. `order` is '==' for anything but one value with a
 * sign of order. Throws FilterError.
 */
export function makersOf(compared: readonly Compared[], order: Order, items: readonly Item[], context: ValueContext): Maker[] {
  const sets = compared.map(({ target: { kind } }) => ({ number: numberSet(), address: addressSet(), text: textSet(kind === 'country') }))

  function fill(): void {
    const accepted = compared.map((): Accepted => ({ numbers: [], ipv4: [], ipv6: [], texts: [] }))
    for (const item of items) {
      if (item.kind === 'file') addFile(item, compared, accepted, context)
      else addItem(item.text, item.kind === 'quoted', item.at, compared, order, accepted, context)
    }
    accepted.forEach(({ numbers, ipv4, ipv6, texts }, i) => {
      sets[i].number.fill(numbers)
      sets[i].address.fill(ipv4, ipv6)
      sets[i].text.fill(texts)
    })
  }

  fill()
  for (const item of items) if (item.kind === 'file') context.files.push({ path: item.file, reload: fill })
  return compared.map(({ target }, i) => (field) => {
    if (isText(target.kind)) return { kind: 'text', field, set: sets[i].text }
    if (target.kind === 'address') return { kind: 'address', field, set: sets[i].address }
    return { kind: 'number', field, shift: target.shift ?? 0, set: sets[i].number }
  })
}

/** Whether values of that kind are compared as texts. */
export function isText(kind: Kind): kind is 'text' | 'country' {
  return kind === 'text' || kind === 'country'
}

/** Line by line; `#` begins a comment, blanks around a value are cut. */
function addFile(item: Item & { kind: 'file' }, compared: readonly Compared[], accepted: readonly Accepted[], context: ValueContext): void {
  let text: string
  try {
    text = readFileSync(item.file, 'utf8')
  } catch (error) {
    throw new FilterError(`cannot read ${item.file}: ${reasonOf(error)}`, item.at)
  }
  text.split('\n').forEach((line, number) => {
    const comment = /(^|\s)#/.exec(line)
    const value = (comment === null ? line : line.slice(0, comment.index)).trim()
    if (value === '') return
    const quoted = /^"(.*)"$/.exec(value)
    const isQuoted =
      quoted !== null ||
      (compared.some(({ target }) => target.kind === 'text') &&
        !compared.some(({ target, field }) => accepts(target.kind, value, field, context)))
    try {
      addItem(quoted?.[1] ?? value, isQuoted, item.at, compared, '==', accepted, context)
    } catch (error) {
      if (!(error instanceof FilterError)) throw error
      throw new FilterError(`${item.file}:${number + 1}: '${value}': ${error.message}`, item.at)
    }
  })
}

function accepts(kind: Kind, text: string, field: Field, { now }: ValueContext): boolean {
  if (kind === 'text') return false
  if (kind === 'country') return isCountry(text)
  if (kind === 'address') return addressRange(text) !== undefined
  return numberRanges(kind, text, field, now) !== undefined
}

function addItem(
  text: string,
  isQuoted: boolean,
  at: TextRange,
  compared: readonly Compared[],
  order: Order,
  accepted: readonly Accepted[],
  context: ValueContext
): void {
  for (const [i, { target, field }] of compared.entries()) {
    const { kind } = target
    if (isText(kind)) {
      if (!isQuoted && !/^[A-Za-z_][A-Za-z0-9_.]*$/.test(text)) continue
      if (kind === 'country' && text !== '' && !isCountry(text)) continue
      if (order !== '==') throw new FilterError('texts have no order: ==, !=, in, =~ or !~', at)
      accepted[i].texts.push(text)
      return
    }
    if (isQuoted && kind !== 'time') continue // a time may have a blank in it
    if (kind === 'address') {
      if (addAddress(text, at, order, accepted[i])) return
      continue
    }
    const ranges = numberRanges(kind, text, field, context.now)
    if (ranges === undefined) continue
    if (ranges.length > 1 && order !== '==') throw new FilterError(`${order} takes one value, and '${text}' are several`, at)
    const { most } = NUMBERS[kind]
    for (const range of ranges) {
      checkRange(range, at)
      if (range[1] > most)
        throw new FilterError(`'${text}' is more than ${most}, the most that there is: expected ${NUMBERS[kind].expects}`, at)
      const ordered = orderedRange(range, order, MAX_64, at)
      if (ordered !== undefined) accepted[i].numbers.push(ordered)
    }
    return
  }
  throw new FilterError(expectedOf(text, isQuoted, compared, context.now), at)
}

/** False where the text is no address. */
function addAddress(text: string, at: TextRange, order: Order, { ipv4, ipv6 }: Accepted): boolean {
  const quickly = order === '==' ? ipv4Range(text) : undefined
  if (quickly !== undefined) {
    ipv4.push(quickly[0], quickly[1])
    return true
  }
  const address = addressRange(text)
  if (address === undefined) return false
  const { isIPv6, range } = address
  checkRange(range, at)
  const ordered = orderedRange(range, order, isIPv6 ? MAX_IPV6 : MAX_IPV4, at)
  if (ordered === undefined) return true
  if (isIPv6) ipv6.push(ordered)
  else ipv4.push(Number(ordered[0]), Number(ordered[1]))
  return true
}

/** What a text stands for: mostly one number, or one range. */
function numberRanges(kind: NumberKind, text: string, field: Field, now: bigint): readonly Range[] | undefined {
  const { read, several } = NUMBERS[kind]
  const readPart = (part: string): bigint | undefined => read(part, { now, field })
  const single = readPart(text)
  if (single !== undefined) return [[single, single]]
  const range = rangeOf(text, readPart)
  return range === undefined ? several?.(text) : [range]
}

function checkRange([from, to]: Range, at: TextRange): void {
  if (from > to) throw new FilterError('the range ends before it starts', at)
}

/** What is in that order to the value; undefined: nothing is. */
function orderedRange([from, to]: Range, order: Order, most: bigint, at: TextRange): Range | undefined {
  if (order === '==') return [from, to]
  if (from !== to) throw new FilterError(`${order} takes one value, no range and no network`, at)
  if (order === '<') return from === 0n ? undefined : [0n, from - 1n]
  if (order === '>') return from === most ? undefined : [from + 1n, most]
  return order === '<=' ? [0n, from] : [from, most]
}

function expectedOf(text: string, isQuoted: boolean, compared: readonly Compared[], now: bigint): string {
  const expected = compared.map(({ target: { kind } }) => {
    if (kind === 'address') return 'an address or a network, as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32'
    if (kind === 'country') return 'a country by its two letters'
    return kind === 'text' ? 'a text, in quotes unless it is one word' : NUMBERS[kind].expects
  })
  const [{ target, field }] = compared
  const names =
    target.kind === 'country'
      ? countryCodes()
      : target.kind === 'address' || target.kind === 'text'
        ? undefined
        : NUMBERS[target.kind].names?.({ now, field })
  const near = !isQuoted && names !== undefined && /[a-z]/i.test(text) ? `; nearest: ${nearest(text, names)}` : ''
  const advice = target.kind === 'time' && /^\d+$/.test(text) ? ' (a number needs its unit, as 100ms)' : ''
  return `expected ${expected.join(', or ')}${advice}${near}`
}

/** The test of a value that is worked out: `duration`, which takes durations, and rates. Throws FilterError. */
export function ratioTest(word: string, order: Order, items: readonly Item[]): (value: number) => boolean {
  const read = word === 'duration' ? secondsOf : fractionOf
  const ranges = items.map((item): [number, number] => {
    const single = item.kind === 'raw' ? read(item.text) : undefined
    const range = single !== undefined ? ([single, single] as [number, number]) : item.kind === 'raw' ? rangeOf(item.text, read) : undefined
    if (range === undefined) {
      throw new FilterError(
        `expected ${word === 'duration' ? 'a duration, as 100ms, 10s or 5m' : 'a number, as 1000, 10k, 1.5M or 2Gi'}`,
        item.at
      )
    }
    if (range[0] > range[1]) throw new FilterError('the range ends before it starts', item.at)
    if (order !== '==' && range[0] !== range[1]) throw new FilterError(`${order} takes one value, no range`, item.at)
    return range
  })
  const [[bound]] = ranges
  if (order === '<') return (value) => value < bound
  if (order === '<=') return (value) => value <= bound
  if (order === '>') return (value) => value > bound
  if (order === '>=') return (value) => value >= bound
  return (value) => ranges.some(([from, to]) => value >= from && value <= to)
}

function secondsOf(text: string): number | undefined {
  const nanoseconds = nanosecondsOf(text)
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e9
}

/** S and S/SA as bits and mask; undefined where it is a number, which means exactly these bits. */
export function flagMask(text: string): { bits: number; mask: number } | undefined {
  const [set, among, more] = text.split('/')
  const bits = flagBits(set)
  const mask = among === undefined ? bits : flagBits(among)
  if (bits === undefined || mask === undefined || more !== undefined) return undefined
  return { bits: Number(bits), mask: Number(mask) }
}
