/** Elements that a mapping file sends to a field: numbers of either byte order, bytes as they are. */
import { packedTag } from '../../../flow/message.js'
import { type Field, wireTypeOf } from '../../../flow/proto.js'
import { inU8 } from '../../memory/in.js'
import { outInput, outUint64 } from '../../memory/out.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { call, type Step } from './step.js'

/** An element that the user sends to a field of choice, in place of what the table says. */
export interface MappedElement {
  readonly id: number
  readonly enterprise: number
  readonly destination: Field
  readonly littleEndian: boolean
}

/** One of these in a template. */
export interface MappedPlace extends MappedElement {
  readonly place: Place
}

/** Values that were sent to a number and are longer than one can be, since this was asked for last. */
let unfit = 0
/** How many there were, which are forgotten with that. */
export function takeUnfit(): number {
  const count = unfit
  unfit = 0
  return count
}

/** An array gets one entry a value, unpacked, as in goflow2. A string is the bytes as they came, as there: they may be an address, whatever the file calls them. */
export function mapped({ destination: { type, number }, place, littleEndian }: MappedPlace): Step {
  const tag = packedTag(number, wireTypeOf({ type, packed: false }))
  if (type === 'string' || type === 'bytes') {
    return call((pos, record) => {
      const at = startOf(place, record)
      return outInput(pos, tag, at, at + lengthOf(place))
    })
  }
  const isNarrow = type === 'uint32' || type === 'enum'
  return call((pos, record) => outNumber(pos, tag, startOf(place, record), lengthOf(place), littleEndian, isNarrow))
}

/** `isNarrow`: capped at 32 bits. */
function outNumber(pos: number, tag: number, at: number, length: number, littleEndian: boolean, isNarrow: boolean): number {
  if (length > 8) {
    unfit++
    return pos
  }
  let hi = 0
  let lo = 0
  for (let i = 0; i < length; i++) {
    const byte = inU8(littleEndian ? at + length - 1 - i : at + i)
    hi = (hi << 8) | (lo >>> 24)
    lo = (lo << 8) | byte
  }
  return isNarrow && hi !== 0 ? outUint64(pos, tag, 0, 0xffffffff) : outUint64(pos, tag, hi, lo)
}
