/** Elements that a mapping file sends to a field: numbers of either byte order, bytes as they are. */
import { inU8 } from '../../memory/in.js'
import { outInput, outTag, outVarint64 } from '../../memory/out.js'
import { Op } from '../compile/program.js'

/** Writes the element at `[at, at + length)` of the input; `flags`: 1 little-endian, 2 capped at 32 bits. Nothing for zero, for empty and for a number of no length. */
export function writeMapped(op: Op, pos: number, tag: number, at: number, length: number, flags: number): number {
  if (op === Op.mappedNumber) return writeNumber(pos, tag, at, length, flags)
  // a string is the bytes as they came, as in goflow2: they may be an address, whatever the mapping file calls them
  return outInput(pos, tag, at, at + length)
}

/** Values that were sent to a number and are longer than one can be, since this was asked for last. */
let unfit = 0
export function takeUnfit(): number {
  const count = unfit
  unfit = 0
  return count
}

function writeNumber(pos: number, tag: number, at: number, length: number, flags: number): number {
  if (length > 8) {
    unfit++
    return pos
  }
  let hi = 0
  let lo = 0
  for (let i = 0; i < length; i++) {
    const byte = (flags & 1) === 0 ? inU8(at + i) : inU8(at + length - 1 - i)
    hi = ((hi << 8) | (lo >>> 24)) >>> 0
    lo = ((lo << 8) | byte) >>> 0
  }
  if ((flags & 2) !== 0 && hi !== 0) {
    hi = 0
    lo = 0xffffffff
  }
  if (hi === 0 && lo === 0) return pos
  return outVarint64(outTag(pos, tag), hi, lo)
}
