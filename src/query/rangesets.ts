/** Sets of numbers and of addresses: sorted ranges that do not touch, in typed arrays, and one binary search. */
import { isMappedIPv4 } from '../flow/address.js'
import { readUint32 } from '../flow/bigendian.js'

/** Both ends are in the range. */
export type Range = readonly [from: bigint, to: bigint]

const WORD = 0xffff_ffffn

/** Sorted, and what overlaps or touches joined. */
function joined(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const result: [bigint, bigint][] = []
  for (const [from, to] of sorted) {
    const last = result.at(-1)
    if (last !== undefined && from <= last[1] + 1n) last[1] = to > last[1] ? to : last[1]
    else result.push([from, to])
  }
  return result
}

/** The same of numbers of 32 bits, first and last in turns: sorted as one number of 64 bits each, so that a million takes no second. */
function joined4(pairs: readonly number[]): [from: Uint32Array<ArrayBuffer>, to: Uint32Array<ArrayBuffer>] {
  const words = new Uint32Array(pairs.length)
  const [firstAt, lastAt] = UPPER_WORD === 1 ? [1, 0] : [0, 1]
  for (let i = 0; i < pairs.length; i += 2) {
    words[i + firstAt] = pairs[i]
    words[i + lastAt] = pairs[i + 1]
  }
  new BigUint64Array(words.buffer).sort()
  const from = new Uint32Array(pairs.length / 2)
  const to = new Uint32Array(pairs.length / 2)
  let size = 0
  for (let i = 0; i < words.length; i += 2) {
    const first = words[i + firstAt]
    const last = words[i + lastAt]
    if (size > 0 && first <= to[size - 1] + 1) to[size - 1] = Math.max(to[size - 1], last)
    else {
      from[size] = first
      to[size++] = last
    }
  }
  return [from.slice(0, size), to.slice(0, size)]
}

/** Which of the two words of a number in memory is the upper one. */
const UPPER_WORD = new Uint32Array(new BigUint64Array([1n]).buffer)[0] === 1 ? 1 : 0

export interface RangeSet {
  /** Replaces what is in it. */
  fill(ranges: readonly Range[]): void
}

/** Of 64 bits. */
export interface NumberSet extends RangeSet {
  has(hi: number, lo: number): boolean
}

/** Bounds are two words, the upper first. */
export function numberSet(): NumberSet {
  let from = new Uint32Array(0)
  let to = new Uint32Array(0)
  let size = 0

  return {
    fill(ranges) {
      const sorted = joined(ranges)
      size = sorted.length
      from = pairsOf(sorted.map(([low]) => low))
      to = pairsOf(sorted.map(([, high]) => high))
    },
    has(hi, lo) {
      hi >>>= 0
      lo >>>= 0
      let low = 0
      let high = size
      while (low < high) {
        const middle = (low + high) >> 1
        const upper = from[2 * middle]
        if (upper < hi || (upper === hi && from[2 * middle + 1] <= lo)) low = middle + 1
        else high = middle
      }
      if (low === 0) return false
      const upper = to[2 * low - 2]
      return upper > hi || (upper === hi && to[2 * low - 1] >= lo)
    }
  }
}

function pairsOf(numbers: readonly bigint[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(2 * numbers.length)
  numbers.forEach((number, i) => {
    words[2 * i] = Number(number >> 32n)
    words[2 * i + 1] = Number(number & WORD)
  })
  return words
}

export const MAX_64 = 2n ** 64n - 1n

/** Of IPv4 and IPv6 addresses, each family's in its own numbers. */
export interface AddressSet {
  /** Replaces what is in it; IPv4 as first and last in turns. */
  fill(ipv4: readonly number[], ipv6: readonly Range[]): void
  /** Whether the 4 or 16 bytes are in it; an IPv4-mapped address is the IPv4 one. What has another length is in no set. */
  has(buf: Buffer, start: number, end: number): boolean
}

/** An empty set. */
export function addressSet(): AddressSet {
  let from4 = new Uint32Array(0)
  let to4 = new Uint32Array(0)
  /** where the ranges that start in each /16 begin */
  let index4 = new Uint32Array(0)
  let size6 = 0
  let from6 = new Uint32Array(0)
  let to6 = new Uint32Array(0)

  function has4(buf: Buffer, at: number): boolean {
    const size = from4.length
    const value = readUint32(buf, at)
    let low = 0
    let high = size
    if (index4.length > 0) {
      low = index4[value >>> 16]
      high = index4[(value >>> 16) + 1]
    }
    while (low < high) {
      const middle = (low + high) >> 1
      if (from4[middle] <= value) low = middle + 1
      else high = middle
    }
    return low > 0 && value <= to4[low - 1]
  }

  function has6(buf: Buffer, at: number): boolean {
    const a = readUint32(buf, at)
    const b = readUint32(buf, at + 4)
    const c = readUint32(buf, at + 8)
    const d = readUint32(buf, at + 12)
    let low = 0
    let high = size6
    while (low < high) {
      const middle = (low + high) >> 1
      if (compare(from6, 4 * middle, a, b, c, d) <= 0) low = middle + 1
      else high = middle
    }
    return low > 0 && compare(to6, 4 * (low - 1), a, b, c, d) >= 0
  }

  return {
    fill(ipv4, ipv6) {
      ;[from4, to4] = joined4(ipv4)
      index4 = from4.length < INDEXED ? new Uint32Array(0) : indexOf(from4)
      const six = joined(ipv6)
      size6 = six.length
      from6 = wordsOf(six.map(([low]) => low))
      to6 = wordsOf(six.map(([, high]) => high))
    },
    has(buf, start, end) {
      const size = end - start
      if (size === 4) return has4(buf, start)
      if (size !== 16) return false
      return buf[start] === 0 && isMappedIPv4(buf, start, end) ? has4(buf, start + 12) : has6(buf, start)
    }
  }
}

/** From so many ranges on an index of the upper 16 bits is worth its memory. */
const INDEXED = 64

function indexOf(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const index = new Uint32Array(65_537)
  for (let upper = 0, at = 0; upper <= 65_536; upper++) {
    while (at < from.length && from[at] >>> 16 < upper) at++
    index[upper] = at
  }
  return index
}

function wordsOf(numbers: readonly bigint[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(4 * numbers.length)
  numbers.forEach((number, i) => {
    for (let word = 0; word < 4; word++) words[4 * i + word] = Number((number >> BigInt(96 - 32 * word)) & WORD)
  })
  return words
}

function compare(words: Uint32Array, at: number, a: number, b: number, c: number, d: number): number {
  return words[at] - a || words[at + 1] - b || words[at + 2] - c || words[at + 3] - d
}

/** Of strings, by their bytes; with `fold` ASCII letters of either case are the same. */
export interface TextSet {
  fill(texts: Iterable<string>): void
  has(buf: Buffer, start: number, end: number): boolean
}

/** An empty set. */
export function textSet(fold: boolean): TextSet {
  let sorted: Buffer[] = []
  return {
    fill(texts) {
      const all = Array.from(new Set(texts), (text) => Buffer.from(fold ? text.toUpperCase() : text))
      sorted = all.sort((a, b) => order(a, b, 0, b.length, false))
    },
    has(buf, start, end) {
      let low = 0
      let high = sorted.length
      while (low < high) {
        const middle = (low + high) >> 1
        const difference = order(sorted[middle], buf, start, end, fold)
        if (difference === 0) return true
        if (difference < 0) low = middle + 1
        else high = middle
      }
      return false
    }
  }
}

/** Shorter ones first. */
function order(text: Buffer, buf: Buffer, start: number, end: number, fold: boolean): number {
  if (text.length !== end - start) return text.length - (end - start)
  for (let i = 0; i < text.length; i++) {
    let byte = buf[start + i]
    if (fold && byte >= 0x61 && byte <= 0x7a) byte -= 0x20
    if (text[i] !== byte) return text[i] - byte
  }
  return 0
}
