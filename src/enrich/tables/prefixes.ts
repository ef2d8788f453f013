/**
 * The longest prefix that an address is in: all prefixes together as ranges of addresses that do not touch one another's, in typed arrays,
 * and one binary search.
 *
 * Addresses are four words, an IPv4 address as ::ffff:a.b.c.d. IPv4 is a world of its own all the same: ::/0 is all of IPv6 and nothing of
 * IPv4, so that ::ffff:0:0/96 is always a prefix, with none around it.
 */
import { MAPPED_WORD, type Network } from '../../flow/address.js'
import { readUint32 } from '../../flow/bigendian.js'
import { numberList } from './numberlist.js'

const WORDS = 4
const MAPPED_BITS = 96

/** Prefixes as they come, the same one perhaps more than once: a row each. */
export interface PrefixRows {
  readonly count: number
  /** four words a row, host bits cleared */
  readonly words: Uint32Array
  readonly lengths: Uint32Array
}

export interface PrefixList extends PrefixRows {
  /** False where bits behind the prefix were set; they are cleared. */
  readonly add: (network: Network) => boolean
}

export interface PrefixIndex {
  /** Prefixes have numbers from 1 to this, one that lies in another a higher one. */
  readonly count: number
  /** the number of each row's prefix */
  readonly numbers: Uint32Array
  /** the next shorter prefix around each; 0 where there is none */
  readonly parents: Uint32Array
  /** The longest prefix with the address of these four words; 0 where there is none. */
  readonly find: (a: number, b: number, c: number, d: number) => number
}

/** An empty list. */
export function prefixList(): PrefixList {
  const words = numberList()
  const lengths = numberList()
  return {
    get count() {
      return lengths.length
    },
    get words() {
      return words.numbers
    },
    get lengths() {
      return lengths.numbers
    },
    add({ address, prefix }) {
      const length = address.length === 4 ? MAPPED_BITS + prefix : prefix
      let isClean = true
      wordsOf(address).forEach((word, i) => {
        const cut = firstBits(word, length - 32 * i)
        if (cut !== word) isClean = false
        words.push(cut)
      })
      lengths.push(length)
      return isClean
    }
  }
}

/** The word with all but its first bits cleared. */
function firstBits(word: number, bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? word : (word & (-1 << (32 - bits))) >>> 0
}

/** The four words of an address of 4 or 16 bytes. */
export function wordsOf(address: Uint8Array): [number, number, number, number] {
  if (address.length === 4) return [0, 0, MAPPED_WORD, readUint32(address, 0)]
  return [readUint32(address, 0), readUint32(address, 4), readUint32(address, 8), readUint32(address, 12)]
}

/** The index of all rows; takes the time of sorting them. */
export function prefixIndex({ count: rows, words, lengths }: PrefixRows): PrefixIndex {
  const order = sortedRows(rows, words, lengths)
  const numbers = new Uint32Array(rows)
  const parents = new Uint32Array(rows + 2)
  /** a range begins at these four words, and belongs to this prefix */
  const starts = new Uint32Array(WORDS * (2 * rows + 3))
  const owners = new Uint32Array(2 * rows + 3)
  let ranges = 0
  let count = 0
  /** the prefixes around the place where we are, and the last address of each */
  const open: number[] = []
  const lasts: Uint32Array[] = []
  const next = new Uint32Array(WORDS)

  function isSameRow(x: number, y: number): boolean {
    for (let i = 0; i < WORDS; i++) if (words[WORDS * x + i] !== words[WORDS * y + i]) return false
    return lengths[x] === lengths[y]
  }

  function begin(from: Uint32Array, at: number, owner: number): void {
    const before = (ranges - 1) * WORDS
    const isSame =
      ranges > 0 &&
      starts[before] === from[at] &&
      starts[before + 1] === from[at + 1] &&
      starts[before + 2] === from[at + 2] &&
      starts[before + 3] === from[at + 3]
    if (isSame) owners[ranges - 1] = owner
    else {
      for (let i = 0; i < WORDS; i++) starts[ranges * WORDS + i] = from[at + i]
      owners[ranges++] = owner
    }
  }

  /** Closes the innermost prefix: what is behind it belongs to the one around it. */
  function close(): void {
    const number = open.pop()!
    next.set(lasts[open.length])
    for (let i = WORDS - 1; i >= 0; i--) {
      next[i]++
      if (next[i] !== 0) break
    }
    if (next.some((word) => word !== 0)) begin(next, 0, number === ipv4 ? outside : parents[number])
  }

  function enter(from: Uint32Array, at: number, length: number): number {
    while (open.length > 0 && isBehind(from, at, lasts[open.length - 1])) close()
    const number = ++count
    parents[number] = open.at(-1) ?? 0
    open.push(number)
    const last = (lasts[open.length - 1] ??= new Uint32Array(WORDS))
    for (let i = 0; i < WORDS; i++) {
      const bits = Math.min(32, Math.max(0, length - 32 * i))
      last[i] = bits === 32 ? from[at + i] : from[at + i] | (0xffffffff >>> bits)
    }
    begin(from, at, number)
    return number
  }

  const mapped = Uint32Array.of(0, 0, MAPPED_WORD, 0)
  let ipv4 = 0
  /** the prefix around all of IPv4 */
  let outside = 0
  function enterIPv4(): void {
    ipv4 = enter(mapped, 0, MAPPED_BITS)
    outside = parents[ipv4]
    parents[ipv4] = 0
  }

  for (let i = 0, before = -1; i < rows; i++) {
    const row = order[i]
    const at = row * WORDS
    if (ipv4 === 0 && !comesBeforeIPv4(words, at, lengths[row])) enterIPv4()
    const isAgain = before >= 0 && isSameRow(before, row)
    const isIPv4 = words[at] === 0 && words[at + 1] === 0 && words[at + 2] === MAPPED_WORD && lengths[row] === MAPPED_BITS
    numbers[row] = isIPv4 ? ipv4 : isAgain ? numbers[before] : enter(words, at, lengths[row])
    before = row
  }
  if (ipv4 === 0) enterIPv4()
  while (open.length > 0) close()

  const ipv4Starts = startsByHalf(starts, ranges)
  return {
    count,
    numbers,
    parents,
    find(a, b, c, d) {
      a >>>= 0
      b >>>= 0
      c >>>= 0
      d >>>= 0
      let low = 0
      let high = ranges
      if (a === 0 && b === 0 && c === MAPPED_WORD) {
        low = ipv4Starts[d >>> 16]
        high = ipv4Starts[(d >>> 16) + 1]
        while (low < high) {
          const middle = (low + high) >>> 1
          if (starts[WORDS * middle + 3] <= d) low = middle + 1
          else high = middle
        }
      } else {
        while (low < high) {
          const middle = (low + high) >>> 1
          const at = WORDS * middle
          const difference = starts[at] - a || starts[at + 1] - b || starts[at + 2] - c || starts[at + 3] - d
          if (difference <= 0) low = middle + 1
          else high = middle
        }
      }
      return low === 0 ? 0 : owners[low - 1]
    }
  }
}

/** The rows by address, then by length, then as they came: sorted by 16 bits at a time, the last first. */
function sortedRows(rows: number, words: Uint32Array, lengths: Uint32Array): Uint32Array {
  let order = Uint32Array.from({ length: rows }, (_, row) => row)
  let next = new Uint32Array(rows)
  const counts = new Uint32Array(0x10001)
  function sortBy(numbers: Uint32Array, step: number, offset: number, shift: number): void {
    counts.fill(0)
    for (let row = 0; row < rows; row++) counts[((numbers[row * step + offset] >>> shift) & 0xffff) + 1]++
    if (counts.includes(rows)) return
    for (let digit = 0; digit < 0x10000; digit++) counts[digit + 1] += counts[digit]
    for (const row of order) next[counts[(numbers[row * step + offset] >>> shift) & 0xffff]++] = row
    ;[order, next] = [next, order]
  }
  sortBy(lengths, 1, 0, 0)
  for (let word = WORDS - 1; word >= 0; word--) for (const shift of [0, 16]) sortBy(words, WORDS, word, shift)
  return order
}

function isBehind(words: Uint32Array, at: number, last: Uint32Array): boolean {
  return (words[at] - last[0] || words[at + 1] - last[1] || words[at + 2] - last[2] || words[at + 3] - last[3]) > 0
}

/** Before ::ffff:0:0/96 and what is in it; a prefix around it comes before it, too. */
function comesBeforeIPv4(words: Uint32Array, at: number, length: number): boolean {
  return (words[at] || words[at + 1]) === 0 && (words[at + 2] < MAPPED_WORD || (words[at + 2] === MAPPED_WORD && length < MAPPED_BITS))
}

/** The first range that begins at or behind each /16 of IPv4, and behind all of IPv4. */
function startsByHalf(starts: Uint32Array, ranges: number): Uint32Array {
  const index = new Uint32Array(0x10001)
  let range = 0
  const isBefore = (half: number): boolean => {
    const at = WORDS * range
    if ((starts[at] || starts[at + 1]) !== 0 || starts[at + 2] > MAPPED_WORD) return false
    return starts[at + 2] < MAPPED_WORD || starts[at + 3] >>> 16 < half
  }
  for (let half = 0; half <= 0x10000; half++) {
    while (range < ranges && isBefore(half)) range++
    index[half] = range
  }
  return index
}
