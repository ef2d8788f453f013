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
import { readUint16, readUint32 } from '../../flow/bigendian.js'

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
  /** how many of the fields, from the first, are scopes; an options template has some, or in v9 none */
  readonly scopes: number
  readonly options: boolean
  /** the places of the fields that have bytes: there may be hundreds that have none */
  readonly places: readonly number[]
  /** where a record's fields start, from its own start; rewritten for each record where lengths vary */
  readonly offsets: Int32Array
  readonly lengths: Int32Array
  /** bytes of every record, 0 where lengths vary */
  readonly recordBytes: number
  /** bytes of the shortest record */
  readonly leastBytes: number
}

/** What stands at a place of a template set. */
export type TemplateRecord =
  | { kind: 'template'; template: Template; end: number }
  | { kind: 'withdrawal'; id: number; end: number }
  /** a template that must not be used; what follows it can be read all the same */
  | { kind: 'refused'; id: number; reason: string; end: number }
  /** the set ends inside it, behind its id or in front of it (−1) */
  | { kind: 'cut'; id: number }

/** Reads the template at `buf[pos]` of a set that ends at `end`. */
export function readTemplate(version: 9 | 10, options: boolean, buf: Buffer, pos: number, end: number): TemplateRecord {
  if (end - pos < 4) return { kind: 'cut', id: -1 }
  const id = readUint16(buf, pos)
  let count = readUint16(buf, pos + 2)
  let scopes = 0
  pos += 4
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
  const fields: TemplateField[] = []
  for (let i = 0; i < count; i++) {
    if (end - pos < 4) return { kind: 'cut', id }
    let field = readUint16(buf, pos)
    const length = readUint16(buf, pos + 2)
    let enterprise = 0
    pos += 4
    if (version === 10 && field >= 0x8000) {
      if (end - pos < 4) return { kind: 'cut', id }
      field &= 0x7fff
      enterprise = readUint32(buf, pos)
      pos += 4
    }
    if (i < MAX_FIELDS) fields.push({ id: field, enterprise, length })
  }
  const refuse = (reason: string): TemplateRecord => ({ kind: 'refused', id, reason: `template ${id}: ${reason}`, end: pos })
  if (id < 256) return refuse('its id is under 256')
  if (count > MAX_FIELDS) return refuse(`${count} fields, more than ${MAX_FIELDS}`)
  if (scopes > count) return refuse('more scopes than fields')
  const template = makeTemplate(version, id, fields, scopes, options)
  if (template.leastBytes === 0) return refuse('records of no bytes')
  if (template.leastBytes > MAX_RECORD_BYTES) return refuse(`records of more than ${MAX_RECORD_BYTES} bytes`)
  return { kind: 'template', template, end: pos }
}

/** A template of these fields, with the places of its fields worked out. */
export function makeTemplate(version: 9 | 10, id: number, fields: readonly TemplateField[], scopes: number, options: boolean): Template {
  const offsets = new Int32Array(fields.length)
  const lengths = new Int32Array(fields.length)
  let least = 0
  let variable = false
  fields.forEach(({ length }, i) => {
    offsets[i] = least
    lengths[i] = length
    // IPFIX's, but H3C's NetStream has it in v9, where no field can be as long as that; it takes one byte at the least
    if (length === VARIABLE_LENGTH) {
      variable = true
      least += 1
    } else least += length
  })
  const places = [...fields.keys()].filter((place) => fields[place].length > 0)
  return {
    version,
    id,
    fields,
    scopes,
    options,
    places,
    offsets,
    lengths,
    recordBytes: variable ? 0 : least,
    leastBytes: least
  }
}

/** What is wrong with a set of so many bytes that holds no record of the template. */
export function tooShort({ id, leastBytes }: Template, bytes: number): string {
  return `${bytes} bytes of data where a record of template ${id} takes ${leastBytes}`
}

/** Whether both lay records out alike and mean the same by them. */
export function isSameTemplate(a: Template, b: Template): boolean {
  return (
    a.options === b.options &&
    a.scopes === b.scopes &&
    a.fields.length === b.fields.length &&
    a.fields.every(({ id, enterprise, length }, i) => {
      const other = b.fields[i]
      return id === other.id && enterprise === other.enterprise && length === other.length
    })
  )
}

/**
 * Finds the fields of the record of varying length at `buf[pos]` of a set that ends at `end`: fills the template's offsets
 * (from `pos`) and lengths, and gives the record's end, or −1 where it runs past the set.
 *
 *     variable length := length(1) | 255, length(2)        RFC 7011 section 7
 */
export function walkRecord(template: Template, buf: Buffer, pos: number, end: number): number {
  const { fields, places, offsets, lengths } = template
  let at = pos
  for (const i of places) {
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
