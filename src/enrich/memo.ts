/**
 * What was learned of keys of four words, in a table of fixed size, two slots a set and a set a cache line:
 *
 *     slot := key (4 words), what was learned (4 words, the first of them 0 in an empty slot)
 *
 * The newest key of a set stands in its first slot and pushes the other to the second.
 */

export interface Memo {
  /** what was learned of a key stands from its slot + LEARNED on */
  readonly table: Int32Array
  /** The slot of the key, which is put there if it is not. */
  readonly slotOf: (a: number, b: number, c: number, d: number) => number
  readonly forget: () => void
  readonly counts: {
    /** keys in the table now */
    entries: number
    /** keys asked for, and those of them that the table knew */
    asked: number
    remembered: number
  }
}

export const LEARNED = 4
const SLOT = 8
const SET = 2 * SLOT

/** Remembers up to 2 << `setBits` keys (1 to 24 bits). `learn` fills in the four words, the first with another number than 0. */
export function memo(setBits: number, learn: (a: number, b: number, c: number, d: number, learned: Int32Array) => void): Memo {
  const table = new Int32Array(SET << setBits)
  const shift = 32 - setBits
  const learned = new Int32Array(SLOT - LEARNED)
  const counts = { entries: 0, asked: 0, remembered: 0 }
  return {
    table,
    counts,
    slotOf(a, b, c, d) {
      counts.asked++
      const first = (hash(a, b, c, d) >>> shift) * SET
      for (let slot = first; slot < first + SET; slot += SLOT) {
        if (table[slot + 3] === d && table[slot + 2] === c && table[slot + 1] === b && table[slot] === a && table[slot + LEARNED] !== 0) {
          counts.remembered++
          return slot
        }
      }
      learn(a, b, c, d, learned)
      if (table[first + SLOT + LEARNED] === 0) counts.entries++
      for (let i = first; i < first + SLOT; i++) table[i + SLOT] = table[i]
      table[first] = a
      table[first + 1] = b
      table[first + 2] = c
      table[first + 3] = d
      for (let i = 0; i < learned.length; i++) table[first + LEARNED + i] = learned[i]
      return first
    },
    forget() {
      table.fill(0)
      counts.entries = 0
    }
  }
}

/** Its high bits are the good ones. */
function hash(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f) ^ d
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return Math.imul(h ^ (h >>> 13), 0x9e3779b1)
}
