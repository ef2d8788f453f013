/**
 * Where plans stand that are in use, and the record at hand. One array for the process, a constant of this module: see in.ts. A plan
 * that is run is put there if it is not there already; when there is no room left, all have to come again.
 *
 *     plan := offset of each field, length of each field, code
 */
/** A program that stands here while it is in use: where its part starts, and which filling of the memory that was. */
export interface Placed {
  readonly code: Int32Array
  at: number
  generation: number
}

/** Where the fields of a record are, from its start; `places` are those that have bytes. */
export interface Layout {
  readonly offsets: Int32Array
  readonly lengths: Int32Array
  readonly places: readonly number[]
}

/** A thousand common plans; the largest there can be, of a template of the most fields all of which are mapped, fits several times. */
const WORDS = 1 << 18
const words = new Int32Array(WORDS)

let generation = 1
let next = 0

/** of the plan at hand */
let offsetsAt = 0
let lengthsAt = 0
/** of the record at hand, in the input */
let record = 0

/** Makes a plan and its template those at hand; gives where the plan's code starts. */
export function usePlan(plan: Placed, { offsets, lengths }: Layout): number {
  const fields = offsets.length
  if (plan.generation !== generation) {
    const size = 2 * fields + plan.code.length
    if (next + size > WORDS) {
      generation++
      next = 0
    }
    plan.at = next
    plan.generation = generation
    words.set(offsets, next)
    words.set(lengths, next + fields)
    words.set(plan.code, next + 2 * fields)
    next += size
  }
  offsetsAt = plan.at
  lengthsAt = plan.at + fields
  return lengthsAt + fields
}

/** Takes over where the fields of the record at hand are, and how long: of a plan whose template has fields of varying length. */
export function useLengths({ places, offsets, lengths }: Layout): void {
  for (const i of places) {
    words[offsetsAt + i] = offsets[i]
    words[lengthsAt + i] = lengths[i]
  }
}

/** Makes the record that starts at `at` the one at hand. */
export function useRecord(at: number): void {
  record = at
}

export function word(i: number): number {
  return words[i]
}

/** Where the value at that place of the template starts in the input. */
export function valueAt(place: number): number {
  return record + words[offsetsAt + place]
}

export function valueLength(place: number): number {
  return words[lengthsAt + place]
}
