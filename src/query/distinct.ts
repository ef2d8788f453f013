/**
 * How many different values there were, in bounded memory: hashes of up to 256 values, which is exact but where two hash alike (one set in
 * 2^48), and HyperLogLog from there on, with 4,096 registers for a standard error of 1.04 / √4096 = 1.6 %. The sets of many groups share
 * one block of memory; a set is known by the word where it begins.
 *
 *     set       := class (1 word), values (1 word), hashes | registers
 *     hashes    := (upper, lower)*      4 << class slots of two words each, 0 0 is a free one
 *     registers := byte*                4,096 of them, class REGISTERS
 */
import type { Budget } from './groups.js'
import { hashWords } from './hash.js'
import type { Key } from './keys.js'

export interface DistinctSets {
  readonly budget: Budget
  words: Int32Array
  registers: Uint8Array
  /** where the next set begins */
  end: number
  /** the sets of each class that are free again; each has the next one in its second word */
  readonly free: Int32Array
  /** values that found no room: what is counted is less than there was */
  refused: number
}

const EXACT = 256
const FIRST_PLACES = 4
/** how many of them may be taken */
const LEAST_FULL = 3
const REGISTERS = 8
const REGISTER_BITS = 12
const REGISTER_COUNT = 1 << REGISTER_BITS
/** bits of the hash behind those that choose the register */
const RANK_BITS = 64 - REGISTER_BITS
const HEAD = 2
const FIRST_SET = 1
const FIRST_WORDS = 1
const SEEDS = [0x2545f491, 0x5bd1e995] as const

/** Without a set; what they take comes out of the budget. */
export function newDistinctSets(budget: Budget): DistinctSets {
  const words = new Int32Array(FIRST_WORDS)
  budget.bytes += words.byteLength
  return { budget, words, registers: new Uint8Array(words.buffer), end: FIRST_SET, free: new Int32Array(REGISTERS + 1), refused: 0 }
}

/** Takes the sets out of the budget, as `releaseGroups` does. */
export function releaseDistinctSets({ budget, words }: DistinctSets): void {
  budget.bytes -= words.byteLength
}

/** Adds a value to a set, 0 for one that is empty; returns where the set stands now. */
export function addDistinct(sets: DistinctSets, set: number, value: Key): number {
  const upper = hashWords(value.words, value.length, SEEDS[0])
  const lower = hashWords(value.words, value.length, SEEDS[1])
  return addHash(sets, set, upper, upper === 0 && lower === 0 ? 1 : lower)
}

function addHash(sets: DistinctSets, set: number, upper: number, lower: number): number {
  if (set === 0) {
    set = allocate(sets, 0)
    if (set === 0) {
      sets.refused++
      return 0
    }
  }
  const { words } = sets
  const size = words[set]
  if (size === REGISTERS) {
    addToRegisters(sets, set, upper, lower)
    return set
  }
  const slot = slotOf(words, set, upper, lower)
  if (words[slot] !== 0 || words[slot + 1] !== 0) return set
  const count = words[set + 1]
  if (count < Math.min(EXACT, LEAST_FULL << size)) {
    words[slot] = upper
    words[slot + 1] = lower
    words[set + 1]++
    return set
  }
  const larger = allocate(sets, count < EXACT ? size + 1 : REGISTERS)
  if (larger === 0) {
    sets.refused++
    return set
  }
  move(sets, set, larger)
  return addHash(sets, larger, upper, lower)
}

/** The slot of a hash, or the free one where it belongs; there always is one. */
function slotOf(words: Int32Array, set: number, upper: number, lower: number): number {
  const mask = (FIRST_PLACES << words[set]) - 1
  let slot = lower & mask
  for (;;) {
    const at = set + HEAD + 2 * slot
    if ((words[at] === upper && words[at + 1] === lower) || (words[at] === 0 && words[at + 1] === 0)) return at
    slot = (slot + 1) & mask
  }
}

function addToRegisters(sets: DistinctSets, set: number, upper: number, lower: number): void {
  const register = 4 * (set + HEAD) + (upper >>> (32 - REGISTER_BITS))
  const rest = upper << REGISTER_BITS
  const rank = rest !== 0 ? Math.clz32(rest) + 1 : 32 - REGISTER_BITS + Math.clz32(lower) + 1
  if (rank > sets.registers[register]) sets.registers[register] = rank
}

function move(sets: DistinctSets, from: number, to: number): void {
  const { words } = sets
  const size = words[from]
  const end = from + HEAD + 2 * (FIRST_PLACES << size)
  for (let at = from + HEAD; at < end; at += 2) {
    if (words[at] === 0 && words[at + 1] === 0) continue
    if (words[to] === REGISTERS) addToRegisters(sets, to, words[at], words[at + 1])
    else {
      const slot = slotOf(words, to, words[at], words[at + 1])
      words[slot] = words[at]
      words[slot + 1] = words[at + 1]
      words[to + 1]++
    }
  }
  words[from + 1] = sets.free[size]
  sets.free[size] = from
}

/** An empty set of that class; 0 where the budget has no room for it. */
function allocate(sets: DistinctSets, size: number): number {
  const length = HEAD + (size === REGISTERS ? REGISTER_COUNT / 4 : 2 * (FIRST_PLACES << size))
  let set = sets.free[size]
  if (set !== 0) sets.free[size] = sets.words[set + 1]
  else {
    if (sets.end + length > sets.words.length && !grow(sets, length)) return 0
    set = sets.end
    sets.end += length
  }
  sets.words.fill(0, set, set + length)
  sets.words[set] = size
  return set
}

function grow(sets: DistinctSets, more: number): boolean {
  const { budget, words, end } = sets
  const larger = Math.max(2 * words.length, end + more)
  if (budget.bytes + 4 * larger > budget.maxBytes) return false
  budget.bytes += 4 * (larger - words.length)
  sets.words = new Int32Array(larger)
  sets.words.set(words.subarray(0, end))
  sets.registers = new Uint8Array(sets.words.buffer)
  return true
}

/** How many different values were added to a set. */
export function distinctOf({ words, registers }: DistinctSets, set: number): number {
  if (set === 0) return 0
  if (words[set] !== REGISTERS) return words[set + 1]
  const start = 4 * (set + HEAD)
  return Math.round(estimate(registers.subarray(start, start + REGISTER_COUNT)))
}

/** Without bias over the whole range: O. Ertl, New cardinality estimation algorithms for HyperLogLog sketches (2017), algorithm 6. */
function estimate(registers: Uint8Array): number {
  const counts = new Float64Array(RANK_BITS + 2)
  for (const rank of registers) counts[rank]++
  let z = REGISTER_COUNT * tau(1 - counts[RANK_BITS + 1] / REGISTER_COUNT)
  for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + counts[rank])
  z += REGISTER_COUNT * sigma(counts[0] / REGISTER_COUNT)
  return REGISTER_COUNT ** 2 / (2 * Math.LN2 * z)
}

function sigma(x: number): number {
  if (x === 1) return Infinity
  let y = 1
  let z = x
  for (let last = -1; z !== last; y += y) {
    x *= x
    last = z
    z += x * y
  }
  return z
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let y = 1
  let z = 1 - x
  for (let last = -1; z !== last;) {
    x = Math.sqrt(x)
    last = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}
