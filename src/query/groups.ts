/**
 * Groups of flows by key: an open-addressing hash over records that stand one behind another in one block of memory, so that a flow that is
 * added to a group touches two places, and makes no object.
 *
 *     record := sums (COUNTERS_SIZE doubles), extra (as many doubles as the groups have), hash and words of the key (a pair of 32 bits), key
 *
 * A record is known by where it begins, counted in doubles.
 */
import { addCounters, COUNTERS_SIZE } from './counters.js'
import { hashWords } from './hash.js'
import type { Key } from './keys.js'

/** What all groups of a tool may take together. */
export interface Budget {
  readonly maxGroups: number
  readonly maxBytes: number
  groups: number
  bytes: number
}

export interface Groups {
  readonly budget: Budget
  /** doubles that each group has behind its sums, zero at first */
  readonly extra: number
  readonly seed: number
  count: number
  /** the same memory as doubles and as words */
  records: Float64Array
  words: Int32Array
  /** where the next record begins */
  end: number
  /** hash and record in turns; no record begins at 0 */
  slots: Int32Array
  mask: number
}

const FIRST_RECORD = 1
const FIRST_SLOTS = 32
const FIRST_DOUBLES = 128
/** A block that cannot double grows to what is free, unless that is too little to be worth the copy. */
const LEAST_GROWTH = 1.125

/** Without a group; each has `extra` doubles behind its sums, and what they take comes out of the budget. */
export function newGroups(budget: Budget, extra: number): Groups {
  const groups: Groups = {
    budget,
    extra,
    seed: (Math.random() * 2 ** 32) | 0, // nobody can send keys that all fall into one slot
    count: 0,
    ...blockOf(FIRST_DOUBLES),
    end: FIRST_RECORD,
    slots: new Int32Array(2 * FIRST_SLOTS),
    mask: FIRST_SLOTS - 1
  }
  budget.bytes += bytesOf(groups)
  return groups
}

/** Takes the groups out of the budget: they are done with, or written soon. */
export function releaseGroups(groups: Groups): void {
  groups.budget.groups -= groups.count
  groups.budget.bytes -= bytesOf(groups)
}

function bytesOf({ records, slots }: Groups): number {
  return records.byteLength + slots.byteLength
}

function blockOf(doubles: number): Pick<Groups, 'records' | 'words'> {
  const records = new Float64Array(doubles)
  return { records, words: new Int32Array(records.buffer) }
}

/** The group of a key, made where there is none; 0 where the budget has no room for it. */
export function groupOf(groups: Groups, key: Key): number {
  const hash = hashWords(key.words, key.length, groups.seed)
  const slot = slotOf(groups, key, hash)
  const found = groups.slots[2 * slot + 1]
  return found !== 0 ? found : addGroup(groups, key, hash, slot)
}

/** The group of a key; 0 where there is none. */
export function findGroup(groups: Groups, key: Key): number {
  return groups.slots[2 * slotOf(groups, key, hashWords(key.words, key.length, groups.seed)) + 1]
}

/** The slot of that key, or the free one where it belongs. */
function slotOf(groups: Groups, key: Key, hash: number): number {
  const { slots, mask, words } = groups
  const own = key.words
  const { length } = key
  const head = 2 * (COUNTERS_SIZE + groups.extra) + 1
  let slot = hash & mask
  for (;;) {
    const record = slots[2 * slot + 1]
    if (record === 0) return slot
    if (slots[2 * slot] === hash) {
      let at = 2 * record + head
      if (words[at++] === length) {
        let i = 0
        while (i < length && words[at] === own[i]) {
          i++
          at++
        }
        if (i === length) return slot
      }
    }
    slot = (slot + 1) & mask
  }
}

function addGroup(groups: Groups, key: Key, hash: number, slot: number): number {
  const { budget } = groups
  const size = COUNTERS_SIZE + groups.extra + 1 + ((key.length + 1) >> 1)
  if (budget.groups >= budget.maxGroups) return 0
  if (groups.end + size > groups.records.length && !growRecords(groups, size)) return 0
  if (2 * (groups.count + 1) > groups.mask) {
    if (!growSlots(groups)) return 0
    slot = slotOf(groups, key, hash)
  }
  const record = groups.end
  const at = 2 * (record + COUNTERS_SIZE + groups.extra)
  const { words } = groups
  words[at] = hash
  words[at + 1] = key.length
  for (let i = 0; i < key.length; i++) words[at + 2 + i] = key.words[i]
  groups.slots[2 * slot] = hash
  groups.slots[2 * slot + 1] = record
  groups.end += size
  groups.count++
  budget.groups++
  return record
}

function growRecords(groups: Groups, more: number): boolean {
  const { budget, records, end } = groups
  const free = Math.floor((budget.maxBytes - budget.bytes) / records.BYTES_PER_ELEMENT) // the old block is there until all is copied
  const least = Math.max(end + more, Math.ceil(LEAST_GROWTH * records.length))
  const doubles = Math.min(Math.max(2 * records.length, least), free)
  if (doubles < least) return false
  budget.bytes -= bytesOf(groups)
  Object.assign(groups, blockOf(doubles))
  groups.records.set(records.subarray(0, end))
  budget.bytes += bytesOf(groups)
  return true
}

function growSlots(groups: Groups): boolean {
  const { budget, slots } = groups
  if (budget.bytes + 2 * slots.byteLength > budget.maxBytes) return false
  budget.bytes += slots.byteLength
  const larger = new Int32Array(2 * slots.length)
  const mask = larger.length / 2 - 1
  for (let i = 0; i < slots.length; i += 2) {
    if (slots[i + 1] === 0) continue
    let slot = slots[i] & mask
    while (larger[2 * slot + 1] !== 0) slot = (slot + 1) & mask
    larger[2 * slot] = slots[i]
    larger[2 * slot + 1] = slots[i + 1]
  }
  groups.slots = larger
  groups.mask = mask
  return true
}

/** Adds the counters at `from[fromAt]` to those of a group. */
export function addToGroup(groups: Groups, group: number, from: Float64Array, fromAt: number): void {
  addCounters(groups.records, group, from, fromAt)
}

/** Whether nothing was added to a group: it was made for one end of a flow whose other end found no room. */
export function isEmptyGroup({ records }: Groups, group: number): boolean {
  for (let i = group; i < group + COUNTERS_SIZE; i++) if (records[i] !== 0) return false
  return true
}

/** Where a group's extra doubles begin in `records`, twice that in `words`. */
export function extraOf(group: number): number {
  return group + COUNTERS_SIZE
}

/** Where the words of a group's key begin in `words`. */
export function keyOf(groups: Groups, group: number): number {
  return 2 * (group + COUNTERS_SIZE + groups.extra + 1)
}

/** Sets `key` to that of a group. */
export function readKey(groups: Groups, group: number, key: Key): void {
  const { words } = groups
  const at = keyOf(groups, group)
  key.length = words[at - 1]
  if (key.words.length < key.length) key.words = new Int32Array(2 * key.length)
  for (let i = 0; i < key.length; i++) key.words[i] = words[at + i]
}

/** The first group, for a walk over all in the order in which they came; 0 where there is none. */
export function firstGroup(groups: Groups): number {
  return groups.count === 0 ? 0 : FIRST_RECORD
}

/** The group behind that one; 0 behind the last. */
export function nextGroup(groups: Groups, group: number): number {
  const at = keyOf(groups, group)
  const next = at / 2 + ((groups.words[at - 1] + 1) >> 1)
  return next === groups.end ? 0 : next
}
