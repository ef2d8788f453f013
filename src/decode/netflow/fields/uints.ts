/** Numbers into fields. Zero is not written (proto3). */
import type { FieldName } from '../../../flow/names.js'
import { fieldTag, flowMessage } from '../../../flow/proto.js'
import { inI32, inU16, inU8 } from '../../memory/in.js'
import { outUint32, outUint64 } from '../../memory/out.js'
import { readCapped, readUint, type Uint64 } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { printStart, printUint16, printUint32, printUint64, printUint8 } from './print.js'
import { source } from './source.js'
import { call, type Step } from './step.js'

const value: Uint64 = { hi: 0, lo: 0 }

/** The number at a place. */
export function uint(to: FieldName, place: Place): Step {
  const tag = fieldTag(to)
  const isWide = flowMessage.field(to).type === 'uint64'
  switch (place.bytes) {
    case 1:
      return uint8(tag, place)
    case 2:
      return uint16(tag, place)
    case 4:
      return uint32(tag, place)
    default:
      return !isWide ? cappedUint(tag, place) : place.bytes === 8 ? uint64(tag, place) : wideUint(tag, place)
  }
}

function uint8(tag: number, place: Place): Step {
  return {
    write: (pos, record) => outUint32(pos, tag, inU8(startOf(place, record))),
    print: () => printUint8(tag, source`input.getUint8(${printStart(place)})`)
  }
}

function uint16(tag: number, place: Place): Step {
  return {
    write: (pos, record) => outUint32(pos, tag, inU16(startOf(place, record))),
    print: () => printUint16(tag, source`input.getUint16(${printStart(place)})`)
  }
}

function uint32(tag: number, place: Place): Step {
  return {
    write: (pos, record) => outUint32(pos, tag, inI32(startOf(place, record))),
    print: () => printUint32(tag, source`input.getInt32(${printStart(place)})`)
  }
}

function uint64(tag: number, place: Place): Step {
  return {
    write(pos, record) {
      const at = startOf(place, record)
      return outUint64(pos, tag, inI32(at), inI32(at + 4))
    },
    print: () => printUint64(tag, place)
  }
}

/** Of any length, capped at 32 bits. */
function cappedUint(tag: number, place: Place): Step {
  return call((pos, record) => outUint32(pos, tag, readCapped(startOf(place, record), lengthOf(place))))
}

/** Of any length. */
export function wideUint(tag: number, place: Place): Step {
  return call((pos, record) => {
    readUint(startOf(place, record), lengthOf(place), value)
    return outUint64(pos, tag, value.hi, value.lo)
  })
}

/** (number >>> shift) & mask */
export function bitsOf(tag: number, place: Place, shift: number, mask: number): Step {
  if (place.bytes === 1) {
    return {
      write: (pos, record) => outUint32(pos, tag, (inU8(startOf(place, record)) >>> shift) & mask),
      print: () => printUint8(tag, source`(input.getUint8(${printStart(place)}) >>> ${shift}) & ${mask}`)
    }
  }
  return call((pos, record) => {
    readUint(startOf(place, record), lengthOf(place), value)
    return outUint32(pos, tag, (value.lo >>> shift) & mask)
  })
}

/** A number that is the same in all records. */
export function constant(tag: number, number: number): Step {
  return { write: (pos) => outUint32(pos, tag, number), print: () => printUint32(tag, source`${number}`) }
}
