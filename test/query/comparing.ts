/** Comparisons that fast-check makes up: their text, and the values that fit. */
import fc from 'fast-check'
import { addressOf, type Fits, ORDERS } from './slow.js'

/** Behind the word, with the blank that it needs; what fits is turned round where the comparison is negated. */
export interface Comparing {
  readonly text: string
  readonly fits: Fits
  readonly negated: boolean
}

/** Values of one kind: how one is written, and its range; only a single value has an order. */
export interface Written {
  readonly text: string
  readonly fits: Fits
  /** the sign of the difference of a value to it; undefined: in no order to it */
  readonly difference?: (value: Parameters<Fits>[0]) => bigint | undefined
}

const EQUAL = ['= ', '== ', ' = ', ' == ', '==', '=', ' eq ', ' EQ ']
const UNEQUAL = ['!=', ' != ', ' ne ', ' Ne ']
const ORDERED = [
  ...['<', '<=', '>', '>='].flatMap((order) => [[order, order] as const, [` ${order} `, order] as const]),
  ...([
    [' lt ', '<'],
    [' le ', '<='],
    [' gt ', '>'],
    [' GE ', '>=']
  ] as const)
]

/** `isOrdered`: some of the values have an order. */
export function comparing(written: fc.Arbitrary<Written>, isOrdered = true): fc.Arbitrary<Comparing> {
  const one = fc.record({ value: written, equal: fc.constantFrom(' ', ...EQUAL), unequal: fc.constantFrom(...UNEQUAL) })
  const list = fc.record({
    values: fc.array(written, { minLength: 1, maxLength: 4 }),
    separator: fc.constantFrom(', ', ' ', ',', '\n', ' # more\n'),
    sign: fc.constantFrom(' in ', ' IN', ' ', '=', ' == ', ' not in ', ' not  IN', '!=', ' ne ')
  })
  const equals = fc.oneof(
    one.map(({ value, equal }) => ({ text: equal + value.text, fits: value.fits, negated: false })),
    one.map(({ value, unequal }) => ({ text: unequal + value.text, fits: value.fits, negated: true })),
    list.map(({ values, separator, sign }): Comparing => ({
      text: `${sign}[${values.map(({ text }) => text).join(separator)}]`,
      fits: (value, message) => values.some(({ fits }) => fits(value, message)),
      negated: /not|!|ne/.test(sign)
    })),
    one.map(({ value }) => ({ text: ` in ${value.text}`, fits: value.fits, negated: false }))
  )
  if (!isOrdered) return equals
  const ordered = fc
    .record({ value: written.filter(({ difference }) => difference !== undefined), order: fc.constantFrom(...ORDERED) })
    .map(({ value: { text, difference }, order: [sign, order] }): Comparing => ({
      text: sign + text,
      fits: (value) => {
        const by = difference!(value)
        return by !== undefined && ORDERS[order](by)
      },
      negated: false
    }))
  return fc.oneof({ weight: 4, arbitrary: equals }, { weight: 1, arbitrary: ordered })
}

/** A number as it is written, in whichever spelling. */
export function number(text: string, value: bigint): Written {
  return { text, fits: (other) => other === value, difference: (other) => (other as bigint) - value }
}

/** Whether a number is from one to the other, both included. */
export function between(low: bigint, high: bigint): Fits {
  return (value) => (value as bigint) >= low && (value as bigint) <= high
}

/** Numbers by their spellings, and ranges of them where one is in a list. */
export function numbers(spelled: Readonly<Record<string, bigint>>): fc.Arbitrary<Written> {
  return fc.constantFrom(...Object.entries(spelled).map(([text, value]) => number(text, value)))
}

export function withRanges(spelled: Readonly<Record<string, bigint>>): fc.Arbitrary<Written> {
  const any = fc.constantFrom(...Object.entries(spelled).filter(([text]) => !text.includes('-')))
  const ranges = fc.tuple(any, any).map(([a, b]): Written => {
    const [[from, low], [to, high]] = a[1] <= b[1] ? [a, b] : [b, a]
    return { text: `${from}-${to}`, fits: between(low, high) }
  })
  return fc.oneof({ weight: 3, arbitrary: numbers(spelled) }, { weight: 1, arbitrary: ranges })
}

/** An address, a network or a range: first and last in hex. */
function range(text: string, first: string, last = first): Written {
  const [from, to] = [addressOf(first), addressOf(last)]
  const fits: Fits = (value) => {
    const { bits, number } = addressOf(value)
    return bits === from.bits && number >= from.number && number <= to.number
  }
  if (first !== last) return { text, fits }
  return {
    text,
    fits,
    difference: (value) => {
      const { bits, number } = addressOf(value)
      return bits === from.bits ? number - from.number : undefined
    }
  }
}

const DB8 = '20010db8'
export const addresses: fc.Arbitrary<Written> = fc.constantFrom(
  range('10.0.0.1', '0a000001'),
  range('192.0.2.1', 'c0000201'),
  range('255.255.255.255', 'ffffffff'),
  range('0.0.0.0', '00000000'),
  range('::1', `${'0'.repeat(31)}1`),
  range('::', '0'.repeat(32)),
  range('2001:db8::1', `${DB8}${'0'.repeat(23)}1`),
  range('2001:DB8::0:1', `${DB8}${'0'.repeat(23)}1`),
  range('::ffff:10.0.0.1', '0a000001'),
  range('10.0.0.0/8', '0a000000', '0affffff'),
  range('10/8', '0a000000', '0affffff'),
  range('192.0/16', 'c0000000', 'c000ffff'),
  range('10.9.8.7/8', '0a000000', '0affffff'),
  range('192.0.2.1/31', 'c0000200', 'c0000201'),
  range('10.0.0.1/32', '0a000001'),
  range('0.0.0.0/0', '00000000', 'ffffffff'),
  range('0/0', '00000000', 'ffffffff'),
  range('::/0', '0'.repeat(32), 'f'.repeat(32)),
  range('2001:db8::/32', `${DB8}${'0'.repeat(24)}`, `${DB8}${'f'.repeat(24)}`),
  range('2001:db8::9/127', `${DB8}${'0'.repeat(23)}8`, `${DB8}${'0'.repeat(23)}9`),
  range('::ffff:10.0.0.0/104', '0a000000', '0affffff'),
  range('10.0.0.1-192.0.2.0', '0a000001', 'c0000200'),
  range('2001:db8::-2001:db8::ff', `${DB8}${'0'.repeat(24)}`, `${DB8}${'0'.repeat(22)}ff`)
)

/** Texts: quoted, or as they are where they are one word. */
export function texts(...all: readonly string[]): fc.Arbitrary<Written> {
  const quoted = all.map((text): Written => ({ text: `"${text.replace(/["\\]/g, '\\$&')}"`, fits: (value) => value === text }))
  const bare = all
    .filter((text) => /^[A-Za-z_][A-Za-z0-9_.]*$/.test(text))
    .map((text): Written => ({ text, fits: (value) => value === text }))
  return fc.constantFrom(...quoted, ...bare)
}

/** Regular expressions, unanchored. */
export function patterns(...all: readonly (readonly [text: string, pattern: RegExp])[]): fc.Arbitrary<Comparing> {
  return fc
    .record({ pattern: fc.constantFrom(...all), sign: fc.constantFrom('=~', ' =~ ', '!~', ' !~ ') })
    .map(({ pattern: [text, pattern], sign }): Comparing => ({
      text: `${sign}"${text.replace(/["\\]/g, '\\$&')}"`,
      fits: (value) => pattern.test(String(value)),
      negated: sign.includes('!')
    }))
}
