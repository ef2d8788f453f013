/**
 * What the quick way through a message does behind each tag: an action in the lower bits of a number, and above them the index of the field in the
 * schema. Tags of one and two bytes, most of those there are, are looked up; what they do not tell goes slowly.
 */
import { WIRE_BYTES, WIRE_VARINT } from './message.js'
import { type Field, type Schema, wireTypeOf } from './proto.js'

export const SHORT_TAGS = 16_384

/** A tag of two bytes and a varint: the quick way reads that far without looking where the buffer ends. */
export const QUICK_BYTES = 12

export const SLOWLY = 0
/** fields that the schema does not have: what reads a few fields passes quickly over the others */
export const SKIP_NUMBER = 1
export const SKIP_BYTES = 2
/** from here on the reader's own */
export const FIRST_ACTION = 3
export const ACTION = 15
/** a bit that the reader may set for itself */
export const MARKED = 16
export const ACTION_BITS = 5

/**
 * By tag. Entries of a repeated field come in either wire type; `actionOf` says what is done with bytes of one, numbers of one go slowly. A field
 * of a wire type that is not its own is skipped.
 */
export function tagActions(schema: Schema, actionOf: (field: Field, index: number) => number): Int32Array {
  const actions = new Int32Array(SHORT_TAGS)
  // field 0 is none at all
  for (let tag = 8; tag < SHORT_TAGS; tag += 8) {
    actions[tag + WIRE_VARINT] = SKIP_NUMBER
    actions[tag + WIRE_BYTES] = SKIP_BYTES
  }
  schema.fields.forEach((field, index) => {
    const { number, repeated } = field
    if (number * 8 >= SHORT_TAGS) return
    if (repeated) actions[number * 8 + WIRE_VARINT] = SLOWLY
    const action = actionOf(field, index)
    actions[number * 8 + (repeated ? WIRE_BYTES : wireTypeOf(field))] = action === SLOWLY ? SLOWLY : (index << ACTION_BITS) | action
  })
  return actions
}
