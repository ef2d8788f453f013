/** The records of a data set (RFC 3954 section 5.3, RFC 7011 section 3.4.3): one after another, then padding. */
import { readUint16 } from '../../../flow/bigendian.js'
import type { ErrorKind } from '../../decoding.js'
import { type Template, VARIABLE_LENGTH } from './template.js'

/**
 * Finds the fields of the record of varying length at `buf[pos]` of a set that ends at `end`: fills the template's offsets
 * (from `pos`) and lengths, and returns the record's end, or −1 where it runs past the set.
 *
 *     variable length := length(1) | 255, length(2)        RFC 7011 section 7
 */
function walkRecord(template: Template, buf: Buffer, pos: number, end: number): number {
  const { fields, filled, offsets, lengths } = template
  let at = pos
  for (const i of filled) {
    let { length } = fields[i]
    if (length === VARIABLE_LENGTH) {
      if (at >= end) return -1
      length = buf[at++]
      if (length === 255) {
        if (end - at < 2) return -1
        length = readUint16(buf, at)
        at += 2
      }
    }
    if (length > end - at) return -1
    offsets[i] = at - pos
    lengths[i] = length
    at += length
  }
  return at
}

/** Where the record at `buf[pos]` ends, of which the least bytes are there, with its fields found; −1 where it runs past `end`. */
export function recordEnd(template: Template, buf: Buffer, pos: number, end: number): number {
  return template.recordBytes > 0 ? pos + template.recordBytes : walkRecord(template, buf, pos, end)
}

/** What there is to do with a record, whose bytes are `[start, end)`; where its fields are is in the template. */
export type OnRecord = (start: number, end: number) => void

/**
 * Finds the records of the data set that holds `buf[start, end)`. Returns how many there were, −1 where an exporter may have counted others: the last
 * runs past the set, or zeros stand there that may be padding or records.
 */
export function forEachRecord(
  template: Template,
  buf: Buffer,
  start: number,
  end: number,
  onRecord: OnRecord,
  onError: (kind: ErrorKind, detail: string) => void
): number {
  const { id, leastBytes } = template
  const zeros = trailingZeros(buf, start, end)
  let records = 0
  let pos = start
  while (end - pos >= leastBytes && pos < zeros) {
    const next = recordEnd(template, buf, pos, end)
    if (next < 0) {
      onError('malformed-record', `a record of template ${id} runs past its set`)
      break
    }
    records++
    onRecord(pos, next)
    pos = next
  }
  if (records === 0 && pos < zeros && end - pos < leastBytes) {
    onError('malformed-record', `${end - pos} bytes of data where a record of template ${id} takes ${leastBytes}`)
  }
  return end - pos < leastBytes ? records : -1
}

/** Where the zeros at the end of `buf[start, end)` begin: padding, of any length. */
export function trailingZeros(buf: Buffer, start: number, end: number): number {
  while (end > start && buf[end - 1] === 0) end--
  return end
}
