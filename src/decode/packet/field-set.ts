/** Fields of FlowMessage with a bit each, so that a set of them is one number. */
import { packedTag, WIRE_BYTES, WIRE_VARINT } from '../../flow/message.js'
import { flowMessage } from '../../flow/schema.js'

export interface FieldBit {
  /** for message.ts */
  readonly tag: number
  readonly bit: number
}

/** Up to 32 fields, in the order in which they were asked for. */
export interface FieldBits {
  /** Adds the field of that name. */
  field: (name: string) => FieldBit
  /** The set of those of the named fields that were added. */
  setOf: (names: Iterable<string>) => number
}

export function fieldBits(): FieldBits {
  const bits = new Map<string, number>()
  return {
    field(name) {
      if (bits.size === 32) throw new RangeError('a set holds 32 fields')
      const { number, type, repeated } = flowMessage.field(name)
      const bit = 1 << bits.size
      bits.set(name, bit)
      return { tag: packedTag(number, repeated || type === 'bytes' || type === 'string' ? WIRE_BYTES : WIRE_VARINT), bit }
    },
    setOf(names) {
      let set = 0
      for (const name of names) set |= bits.get(name) ?? 0
      return set
    }
  }
}
