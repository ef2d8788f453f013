/**
 * What flows are grouped by. A key is a row of 32-bit words, one part after another, such that words compare as the bytes of the values do:
 *
 *     key    := part*
 *     part   := number (1 word, or 2 for 64 bits, the upper first)
 *             | length (1 word), bytes (4 a word, the first highest, zeros behind the last)
 *
 * An absent field is zero, or no bytes. An IPv4-mapped address is the IPv4 one. A repeated field is the bytes of its entries as this module writes them.
 */
import { MAPPED_WORD } from '../flow/address.js'
import { type FieldValues, isSet } from '../flow/fieldvalues.js'
import type { Field } from '../flow/proto.js'
import { rowOf } from '../schema/fields.js'
import { listBytes } from './lists.js'

/** One part of a key. */
export interface KeyPart {
  /** what it is written as */
  readonly field: Field
  /** where it is read: for the source and the destination of a flow, twice the same unless it counts either end */
  readonly ends: readonly [Field, Field]
  /** what is left of addresses */
  readonly cut?: Cut
}

export interface Cut {
  /** prefix lengths; without one for IPv6 these addresses stay whole */
  readonly ipv4: number
  readonly ipv6: number | undefined
  /** the field that the prefix length is written to */
  readonly length?: Field
}

/** Whose part of a message is read where a key counts either end: an aggregate has the key itself already. */
export const END = { source: 0, destination: 1, itself: 2 } as const
export type End = (typeof END)[keyof typeof END]

export const SHAPE = { number: 0, wideNumber: 1, bytes: 2, address: 3, list: 4 } as const
export type Shape = (typeof SHAPE)[keyof typeof SHAPE]

/** How the value of a part stands in a key. */
export function shapeOf({ field, cut }: KeyPart): Shape {
  if (field.repeated) return SHAPE.list
  if (cut !== undefined || rowOf(field.name)?.kind === 'address') return SHAPE.address
  if (field.type === 'bytes' || field.type === 'string') return SHAPE.bytes
  return field.type === 'uint64' ? SHAPE.wideNumber : SHAPE.number
}

export interface KeyReader {
  /** Reads the key of one end of the message in `values` into `key.words`. */
  read(end: End): void
  /** Whether the message has one of the keys that count either end itself, as an aggregate does. */
  hasItself(): boolean
}

/** A key's words; the array is replaced by a longer one where they do not fit. */
export interface Key {
  words: Int32Array
  length: number
}

/** An empty key. */
export function newKey(): Key {
  return { words: new Int32Array(64), length: 0 }
}

const IPV4_BYTES = 4
const IPV6_BYTES = 16
const NO_MASK = new Int32Array(4).fill(-1)

/** A reader of keys of these parts, whose fields are all in `values`. */
export function keyReader(parts: readonly KeyPart[], values: FieldValues, key: Key): KeyReader {
  const { lo, hi, start, end, schema } = values
  const indexOf = (field: Field): number => schema.fields.findIndex(({ number }) => number === field.number)
  const indexes = [...parts.map(({ ends }) => indexOf(ends[0])), ...parts.map(({ ends }) => indexOf(ends[1])), ...parts.map(itself)]
  const either = parts.filter(countsEitherEnd).map(({ field }) => indexOf(field))
  const shapes = parts.map(shapeOf)
  const masks4 = parts.map(({ cut }) => (cut === undefined ? NO_MASK : maskOf(cut.ipv4)))
  const masks6 = parts.map(({ cut }) => (cut?.ipv6 === undefined ? NO_MASK : maskOf(cut.ipv6)))

  function itself({ field, ends }: KeyPart): number {
    return indexOf(ends[0] === ends[1] ? ends[0] : field)
  }

  /** Appends `buf[from, to)`; whole words come with up to three bytes that stand behind, which the last mask takes off. */
  function appendBytes(buf: Buffer, from: number, to: number): void {
    const size = to - from
    const words = (size + 3) >> 2
    reserve(words + 1)
    let at = key.length
    key.words[at++] = size
    for (; to - from >= 4; from += 4) {
      key.words[at++] = (buf[from] << 24) | (buf[from + 1] << 16) | (buf[from + 2] << 8) | buf[from + 3]
    }
    if (from < to) {
      let word = buf[from] << 24
      if (to - from > 1) word |= buf[from + 1] << 16
      if (to - from > 2) word |= buf[from + 2] << 8
      key.words[at++] = word
    }
    key.length = at
  }

  /** Makes an address whose length stands at `at` an IPv4 one where it is mapped, and cuts it. */
  function trimAddress(part: number, at: number): void {
    const { words } = key
    if (words[at] === IPV6_BYTES && words[at + 3] === MAPPED_WORD && words[at + 2] === 0 && words[at + 1] === 0) {
      words[at] = IPV4_BYTES
      words[at + 1] = words[at + 4]
      key.length = at + 2
    }
    const mask = words[at] === IPV4_BYTES ? masks4[part] : words[at] === IPV6_BYTES ? masks6[part] : NO_MASK
    for (let i = at + 1, j = 0; i < key.length && j < mask.length; i++, j++) words[i] &= mask[j]
  }

  function reserve(words: number): void {
    if (key.length + words <= key.words.length) return
    const larger = new Int32Array(2 * (key.length + words))
    larger.set(key.words)
    key.words = larger
  }

  return {
    read(whose) {
      key.length = 0
      const base = whose * shapes.length
      for (let part = 0; part < shapes.length; part++) {
        const index = indexes[base + part]
        const present = isSet(values, index)
        const shape = shapes[part]
        if (shape === SHAPE.number) {
          reserve(1)
          key.words[key.length++] = present ? lo[index] : 0
        } else if (shape === SHAPE.wideNumber) {
          reserve(2)
          key.words[key.length++] = present ? hi[index] : 0
          key.words[key.length++] = present ? lo[index] : 0
        } else if (shape === SHAPE.list) {
          const bytes = listBytes(values, index)
          appendBytes(bytes, 0, bytes.length)
        } else {
          const at = key.length
          appendBytes(values.buf, present ? start[index] : 0, present ? end[index] : 0)
          if (shape === SHAPE.address) trimAddress(part, at)
        }
      }
    },
    hasItself: () => either.some((index) => isSet(values, index))
  }
}

/** Whether a flow counts for the part of its source and for that of its destination. */
export function countsEitherEnd({ ends }: KeyPart): boolean {
  return ends[0] !== ends[1]
}

/** The four words of an address of which the first `prefix` bits stay; an IPv4 address is the first word. */
function maskOf(prefix: number): Int32Array {
  return Int32Array.from([0, 32, 64, 96], (from) => {
    const bits = Math.min(32, Math.max(0, prefix - from))
    return bits === 0 ? 0 : -1 << (32 - bits)
  })
}

/** The words that the part of that shape takes at `words[at]`. */
export function partSize(shape: Shape, words: Int32Array, at: number): number {
  if (shape === SHAPE.number) return 1
  return shape === SHAPE.wideNumber ? 2 : 1 + ((words[at] + 3) >> 2)
}

/** Orders two keys of these shapes as the bytes of their values: below 0 where the first comes first. */
export function compareKeys(shapes: readonly Shape[], words: Int32Array, a: number, b: number): number {
  for (const shape of shapes) {
    const aSize = partSize(shape, words, a)
    const bSize = partSize(shape, words, b)
    const counted = shape === SHAPE.number || shape === SHAPE.wideNumber ? 0 : 1 // the word of the length decides last
    const size = Math.min(aSize, bSize)
    for (let i = counted; i < size; i++) {
      const difference = (words[a + i] >>> 0) - (words[b + i] >>> 0)
      if (difference !== 0) return difference
    }
    if (counted === 1 && words[a] !== words[b]) return words[a] - words[b]
    a += aSize
    b += bSize
  }
  return 0
}
