/**
 * Source text that writes a tag and a varint. How long a varint is cannot be foretold: so its bytes are all written, and then its size is looked up, without a
 * branch; what is written too much, the next field writes over. `bits` is the number.
 */
import { tagBytes } from '../../../flow/message.js'
import { isFixed, type Place } from '../wire/place.js'
import { joined, type Source, source } from './source.js'

/** Where a field stands in the input. */
export function printStart(place: Place): Source {
  return isFixed(place) ? source`record + ${place.template.offsets[place.index]}` : source`record + offsets[${place.index}]`
}

/** A number of 8 bits: with its tag it fits the four bytes of one store. */
export function printUint8(tag: number, number: Source): Source {
  const size = tagBytes(tag)
  if (size > 2) return printUint32(tag, number)
  const varint = source`(bits | (bits & 0x80) << 1)`
  return source`{ const bits = ${number}
if (bits !== 0) { output.setInt32(pos, ${tag} | ${varint} << ${8 * size}, true); pos += ${size + 1} + (bits >>> 7) } }`
}

/** A number of 16 bits. */
export function printUint16(tag: number, number: Source): Source {
  return printVarint(tag, number, source`bits & 0x7f | bits << 1 & 0x7f00 | bits << 2 & 0x7f0000`, source``)
}

/** A number of 32 bits, signed or not. */
export function printUint32(tag: number, number: Source): Source {
  const at = 4 + tagBytes(tag)
  return printVarint(
    tag,
    number,
    source`bits & 0x7f | bits << 1 & 0x7f00 | bits << 2 & 0x7f0000 | bits << 3 & 0x7f000000`,
    source`output.setUint8(pos + ${at}, bits >>> 28)`
  )
}

function printVarint(tag: number, number: Source, sevens: Source, fifth: Source): Source {
  const size = tagBytes(tag)
  return source`{ const bits = ${number}
if (bits !== 0) {
const zeros = Math.clz32(bits)
output.setInt32(pos, ${tag}, true)
output.setInt32(pos + ${size}, ${sevens} | VARINT_MARKS[zeros], true)
${fifth}
pos += ${size} + VARINT_SIZES[zeros] } }`
}

/** A number of 64 bits at a place. */
export function printUint64(tag: number, place: Place): Source {
  return source`if (input.getInt32(${printStart(place)}) === 0) ${printUint32(tag, source`input.getInt32(${printStart(place)} + 4)`)}
else pos = outUint64(pos, ${tag}, input.getInt32(${printStart(place)}), input.getInt32(${printStart(place)} + 4))`
}

/** An address of 4 or 16 bytes at a place, whatever they are. */
export function printAddress(tag: number, place: Place): Source {
  const { bytes } = place
  const size = tagBytes(tag)
  const words = Array.from({ length: bytes / 4 }, (_, i) => 4 * i)
  const copies = words.map((at) => source`output.setInt32(pos + ${size + 1 + at}, input.getInt32(${printStart(place)} + ${at}))`)
  return source`{ output.setInt32(pos, ${tag}, true); output.setUint8(pos + ${size}, ${bytes})
${joined(copies, '\n')}
pos += ${size + 1 + bytes} }`
}
