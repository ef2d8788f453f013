/**
 * Templates: how an exporter lays out its records.
 *
 *     v9  template         := id(2) field count(2), field*                                   RFC 3954 section 5.2
 *     v9  options template := id(2) scope length(2) option length(2), field*  (lengths in bytes) RFC 3954 section 6.1
 *     v9  field            := type(2) length(2)
 *     IPFIX template         := id(2) field count(2), field*                                 RFC 7011 section 3.4.1
 *     IPFIX options template := id(2) field count(2) scope field count(2), field*  (the scopes first) section 3.4.2.2
 *     IPFIX field            := enterprise bit | element(15 bits), length(2), enterprise(4, if the bit is set)  section 3.2
 *     withdrawal             := id(2) 0(2)                                                   section 8.1
 */
import { readUint16, readUint32 } from '../../../flow/bigendian.js'

export const VARIABLE_LENGTH = 0xffff
export const MAX_FIELDS = 1024
const MAX_RECORD_BYTES = 65535

export interface TemplateField {
  /** element number without the enterprise bit; in v9 a type as it is, in v9 scopes a scope type */
  readonly id: number
  /** 0: IANA's (or v9's) own elements */
  readonly enterprise: number
  /** bytes, or VARIABLE_LENGTH */
  readonly length: number
}

export interface Template {
  readonly version: 9 | 10
  readonly id: number
  readonly fields: readonly TemplateField[]
  /** how many of the fields, from the first, are scopes: an options template has some (RFC 7011 section 3.4.2.2), but one that has none is taken */
  readonly scopes: number
  readonly options: boolean
  /** the indexes of the fields that have bytes: there may be hundreds that have none */
  readonly filled: readonly number[]
  /** where a record's fields start, from its own start; rewritten for each record where lengths vary */
  readonly offsets: Int32Array
  readonly lengths: Int32Array
  /** bytes of every record, 0 where lengths vary */
  readonly recordBytes: number
  /** bytes of the shortest record */
  readonly leastBytes: number
}

/**
 * A template as its exporter defined it, checked. Most of what is defined never sees data, and who makes exporters up defines a lot: until data comes it
 * stays the bytes that it came in.
 */
export interface Definition {
  readonly version: 9 | 10
  readonly options: boolean
  readonly id: number
  /** the record of the template set, from its id to its last field, a letter a byte: the least memory that V8 keeps bytes in */
  readonly record: string
}

/** What stands at one position of a template set. */
export type TemplateRecord =
  | { kind: 'template'; definition: Definition; end: number }
  | { kind: 'withdrawal'; id: number; end: number }
  /** a template that must not be used; what follows it can be read all the same */
  | { kind: 'refused'; id: number; reason: string; end: number }
  /** the set ends inside it, behind its id or in front of it (−1) */
  | { kind: 'cut'; id: number }

export const ENTERPRISE_BIT = 0x8000

/** Reads and checks the template at `buf[start]` of a set that ends at `end`. */
export function readTemplate(version: 9 | 10, options: boolean, buf: Buffer, start: number, end: number): TemplateRecord {
  if (end - start < 2) return { kind: 'cut', id: -1 }
  const id = readUint16(buf, start)
  if (end - start < 4) return { kind: 'cut', id }
  let count = readUint16(buf, start + 2)
  let scopes = 0
  let pos = start + 4
  if (version === 10 && count === 0) return { kind: 'withdrawal', id, end: pos }
  if (options) {
    if (end - pos < 2) return { kind: 'cut', id }
    const second = readUint16(buf, pos)
    pos += 2
    if (version === 9) {
      // scope length stood where the count was; both are bytes
      if (count % 4 !== 0 || second % 4 !== 0)
        return { kind: 'refused', id, reason: `template ${id}: odd length of scopes or options`, end }
      scopes = count / 4
      count = scopes + second / 4
    } else scopes = second
  }
  let least = 0
  for (let i = 0; i < count; i++) {
    if (end - pos < 4) return { kind: 'cut', id }
    const bytes = fieldBytes(version, buf, pos)
    if (bytes > end - pos) return { kind: 'cut', id }
    least += leastLength(readUint16(buf, pos + 2))
    pos += bytes
  }
  const refuse = (reason: string): TemplateRecord => ({ kind: 'refused', id, reason: `template ${id}: ${reason}`, end: pos })
  if (id < 256) return refuse('its id is under 256')
  if (count > MAX_FIELDS) return refuse(`${count} fields, more than ${MAX_FIELDS}`)
  if (scopes > count) return refuse('more scopes than fields')
  if (least === 0) return refuse('records of no bytes')
  if (least > MAX_RECORD_BYTES) return refuse(`records of more than ${MAX_RECORD_BYTES} bytes`)
  return { kind: 'template', definition: { version, options, id, record: buf.toString('latin1', start, pos) }, end: pos }
}

function fieldBytes(version: 9 | 10, buf: Buffer, pos: number): number {
  return version === 10 && readUint16(buf, pos) >= ENTERPRISE_BIT ? 8 : 4
}

// IPFIX's, but H3C's NetStream has it in v9, where no field can be as long as that; it takes one byte at the least
const leastLength = (length: number): number => (length === VARIABLE_LENGTH ? 1 : length)

/** The template of a definition, ready to walk records by. */
export function openDefinition({ version, options, id, record }: Definition): Template {
  const buf = Buffer.from(record, 'latin1')
  const second = options ? readUint16(buf, 4) : 0
  const scopes = version === 9 && options ? readUint16(buf, 2) / 4 : second
  const fields: TemplateField[] = []
  for (let pos = options ? 6 : 4; pos < buf.length; pos += fieldBytes(version, buf, pos)) {
    const element = readUint16(buf, pos)
    const hasEnterprise = fieldBytes(version, buf, pos) === 8
    fields.push({
      id: hasEnterprise ? element & ~ENTERPRISE_BIT : element,
      enterprise: hasEnterprise ? readUint32(buf, pos + 4) : 0,
      length: readUint16(buf, pos + 2)
    })
  }
  return makeTemplate(version, id, fields, scopes, options)
}

/** The definition of a template of these fields, which is checked as one that came; throws an Error with what is wrong with it. */
export function definitionOf(version: 9 | 10, id: number, fields: readonly TemplateField[], scopes: number, options: boolean): Definition {
  const words = [id, version === 9 && options ? 4 * scopes : fields.length]
  if (options) words.push(version === 9 ? 4 * (fields.length - scopes) : scopes)
  for (const { id: element, enterprise, length } of fields) {
    if (enterprise === 0) words.push(element, length)
    else words.push(element | ENTERPRISE_BIT, length, enterprise >>> 16, enterprise & 0xffff)
  }
  const record = Buffer.alloc(2 * words.length)
  words.forEach((word, i) => record.writeUInt16BE(word, 2 * i))
  const read = readTemplate(version, options, record, 0, record.length)
  if (read.kind === 'refused') throw new Error(read.reason)
  if (read.kind !== 'template' || read.end !== record.length) throw new Error(`template ${id}: fields that no template has`)
  return read.definition
}

/** A template of these fields, with the offsets of its fields worked out. */
export function makeTemplate(version: 9 | 10, id: number, fields: readonly TemplateField[], scopes: number, options: boolean): Template {
  const offsets = new Int32Array(fields.length)
  const lengths = new Int32Array(fields.length)
  let least = 0
  let variable = false
  fields.forEach(({ length }, i) => {
    offsets[i] = least
    lengths[i] = length
    variable ||= length === VARIABLE_LENGTH
    least += leastLength(length)
  })
  const filled = [...fields.keys()].filter((index) => fields[index].length > 0)
  return {
    version,
    id,
    fields,
    scopes,
    options,
    filled,
    offsets,
    lengths,
    recordBytes: variable ? 0 : least,
    leastBytes: least
  }
}

/** Whether both lay records out alike and mean the same by them. */
export function isSameDefinition(a: Definition, b: Definition): boolean {
  return a.record === b.record && a.options === b.options && a.version === b.version
}
