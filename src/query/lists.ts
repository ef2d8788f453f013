/** A repeated field as one run of bytes: equal for equal entries, however the message packs them. */
import { entryCursor, type FieldValues, firstEntry, isSet, nextEntry } from '../flow/fieldvalues.js'
import { packedTag, WIRE_BYTES, writeTag } from '../flow/message.js'
import { writeVarint32, writeVarint64 } from '../flow/varint.js'

const entries = entryCursor()
const MAX_VARINT_BYTES = 10
let list = Buffer.alloc(256)

/**
 * The entries of the field at `index`, valid until the next call: numbers as varints one after another, which is what a packed field holds;
 * bytes and strings as whole fields, tag and length before each.
 */
export function listBytes(values: FieldValues, index: number): Buffer {
  if (!isSet(values, index)) return list.subarray(0, 0)
  const { number, packed } = values.schema.fields[index]
  const tag = packedTag(number, WIRE_BYTES)
  let pos = 0
  firstEntry(values, index, entries)
  while (nextEntry(values, index, entries)) {
    const size = packed ? 0 : entries.end - entries.start
    if (list.length - pos < size + 2 * MAX_VARINT_BYTES) {
      list = Buffer.concat([list.subarray(0, pos)], 2 * (pos + size + 2 * MAX_VARINT_BYTES))
    }
    if (packed) pos = writeVarint64(list, pos, entries.hi, entries.lo)
    else {
      pos = writeVarint32(list, writeTag(list, pos, tag), size)
      values.buf.copy(list, pos, entries.start, entries.end)
      pos += size
    }
  }
  return list.subarray(0, pos)
}
