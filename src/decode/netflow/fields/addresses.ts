/** Addresses into fields. */
import { inIsZero } from '../../memory/in.js'
import { outInput } from '../../memory/out.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { printAddress } from './print.js'
import { call, type Step } from './step.js'

/** The address of 4 or 16 bytes at a place, as it is. */
export function address(tag: number, place: Place): Step {
  const { bytes } = place
  return {
    write(pos, record) {
      const at = startOf(place, record)
      return outInput(pos, tag, at, at + bytes)
    },
    print: () => printAddress(tag, place)
  }
}

/** The same, but not of zeros alone. */
export function realAddress(tag: number, place: Place): Step {
  return call((pos, record) => {
    const at = startOf(place, record)
    const length = lengthOf(place)
    return inIsZero(at, length) ? pos : outInput(pos, tag, at, at + length)
  })
}
