/**
 * The values of information elements as people read them, by their abstract data types (RFC 7011 section 6.1); lists (RFC 6313) unfolded.
 *
 *     basicList            := semantic(1), element(2), length(2), [enterprise(4)], value*         section 4.5.1
 *     subTemplateList      := semantic(1), template(2), record*                                   section 4.5.2
 *     subTemplateMultiList := semantic(1), (template(2), length(2, with these four bytes), record*)*  section 4.5.3
 */
import { readUint16, readUint32 } from '../../flow/bigendian.js'
import { elementName, elementOf, type ElementType } from '../../schema/elements.js'
import { addressText } from '../../text/addresses.js'
import type { Domain } from '../netflow/known/exporter.js'
import { templateOf } from '../netflow/known/standin.js'
import { walkRecord } from '../netflow/wire/records.js'
import { type Template, VARIABLE_LENGTH } from '../netflow/wire/template.js'
import { templateFor } from '../netflow/known/templates.js'
import { type Instant, secondsOf, setMillis, setNtp, setSeconds } from '../netflow/wire/instants.js'
import { instantText } from '../../text/times.js'
import { addTo, type Tree } from '../../text/tree.js'

/** Lists inside lists are unfolded so deep; deeper ones are shown as bytes. */
const MAX_DEPTH = 8
const SEMANTICS: Record<number, string> = { 0: 'noneOf', 1: 'exactlyOneOf', 2: 'oneOrMoreOf', 3: 'allOf', 4: 'ordered', 255: 'undefined' }
const V9_SCOPES: Record<number, string> = { 1: 'System', 2: 'Interface', 3: 'LineCard', 4: 'Cache', 5: 'Template' }
const instant: Instant = { millis: 0, nanos: 0 }

/** What a field of a template is called. */
export function fieldName({ version, fields, scopes }: Template, index: number): string {
  const { id, enterprise } = fields[index]
  return version === 9 && index < scopes ? `scope${V9_SCOPES[id] ?? id}` : elementName(id, enterprise)
}

/** The record at `buf[base]`, whose fields the template's offsets and lengths give: its values by name. */
export function recordTree(template: Template, buf: Buffer, base: number, domain: Domain, depth = 0): Record<string, Tree> {
  const record: Record<string, Tree> = {}
  const repeated = new Set<string>()
  const { fields, offsets, lengths, version, scopes } = template
  // lists inside walk templates too, perhaps this one: note the positions first
  const positions = template.places.map((index) => [index, base + offsets[index], lengths[index]] as const)
  for (const [index, at, length] of positions) {
    const { id, enterprise } = fields[index]
    const type = version === 9 && index < scopes ? 'unsigned32' : elementOf(id, enterprise)?.type
    addTo(record, fieldName(template, index), valueTree(type, buf, at, length, domain, depth), repeated)
  }
  return record
}

/** One value; a length that does not go with the type leaves the bytes in hexadecimal. */
function valueTree(type: ElementType | undefined, buf: Buffer, at: number, length: number, domain: Domain, depth: number): Tree {
  if (length === 0) return type === 'string' ? '' : null
  switch (type) {
    case 'unsigned8':
    case 'unsigned16':
    case 'unsigned32':
    case 'unsigned64':
      return length <= 8 ? small(unsigned(buf, at, length)) : hex(buf, at, length)
    case 'signed32':
      return length <= 6 ? buf.readIntBE(at, length) : hex(buf, at, length)
    case 'float64':
      return length === 8 ? buf.readDoubleBE(at) : length === 4 ? buf.readFloatBE(at) : hex(buf, at, length)
    case 'boolean':
      return length === 1 && (buf[at] === 1 || buf[at] === 2) ? buf[at] === 1 : hex(buf, at, length)
    case 'macAddress':
      return length === 6 ? buf.toString('hex', at, at + 6).replace(/..(?!$)/g, '$&:') : hex(buf, at, length)
    case 'ipv4Address':
    case 'ipv6Address':
      return length === 4 || length === 16 ? addressText(buf.subarray(at, at + length)) : hex(buf, at, length)
    case 'string':
      return buf.toString('utf8', at, at + length).replace(/\0+$/, '')
    case 'dateTimeSeconds':
    case 'dateTimeMilliseconds':
    case 'dateTimeMicroseconds':
    case 'dateTimeNanoseconds':
      return timeTree(type, buf, at, length)
    case 'basicList':
      return depth < MAX_DEPTH ? basicList(buf, at, at + length, domain, depth) : hex(buf, at, length)
    case 'subTemplateList':
      return depth < MAX_DEPTH ? subTemplateList(buf, at, at + length, domain, depth) : hex(buf, at, length)
    case 'subTemplateMultiList':
      return depth < MAX_DEPTH ? subTemplateMultiList(buf, at, at + length, domain, depth) : hex(buf, at, length)
    default:
      return hex(buf, at, length)
  }
}

/** One to eight bytes. */
function unsigned(buf: Buffer, at: number, length: number): bigint {
  return BigInt(`0x${hex(buf, at, length)}`)
}

/** A number as a number where it has all its digits there. */
function small(value: bigint): number | bigint {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function hex(buf: Buffer, at: number, length: number): string {
  return buf.toString('hex', at, at + length)
}

function timeTree(type: ElementType, buf: Buffer, at: number, length: number): Tree {
  if (length > 8) return hex(buf, at, length)
  if (type === 'dateTimeSeconds') setSeconds(instant, Number(unsigned(buf, at, length)), 0)
  else if (type === 'dateTimeMilliseconds') setMillis(instant, Number(unsigned(buf, at, length)), 0)
  else if (length !== 8) return hex(buf, at, length)
  else setNtp(instant, readUint32(buf, at), readUint32(buf, at + 4), type === 'dateTimeMicroseconds' ? 1000 : 1)
  return instantText(secondsOf(instant))
}

const semantic = (value: number): string => SEMANTICS[value] ?? String(value)

function basicList(buf: Buffer, at: number, end: number, domain: Domain, depth: number): Tree {
  const enterprised = end - at >= 5 && (buf[at + 1] & 0x80) !== 0
  const header = enterprised ? 9 : 5
  if (end - at < header) return hex(buf, at, end - at)
  const id = readUint16(buf, at + 1) & 0x7fff
  const enterprise = enterprised ? readUint32(buf, at + 5) : 0
  const fixed = readUint16(buf, at + 3)
  const type = elementOf(id, enterprise)?.type
  const values: Tree[] = []
  for (let pos = at + header; pos < end;) {
    let length = fixed
    if (fixed === VARIABLE_LENGTH) {
      length = buf[pos++]
      if (length === 255) {
        if (end - pos < 2) break
        length = readUint16(buf, pos)
        pos += 2
      }
    }
    if (length > end - pos || (length === 0 && fixed === 0)) {
      values.push(hex(buf, pos, end - pos))
      break
    }
    values.push(valueTree(type, buf, pos, length, domain, depth + 1))
    pos += length
  }
  return { semantic: semantic(buf[at]), element: elementName(id, enterprise), values }
}

function subTemplateList(buf: Buffer, at: number, end: number, domain: Domain, depth: number): Tree {
  if (end - at < 3) return hex(buf, at, end - at)
  const template = readUint16(buf, at + 1)
  return { semantic: semantic(buf[at]), template, records: records(template, buf, at + 3, end, domain, depth) }
}

function subTemplateMultiList(buf: Buffer, at: number, end: number, domain: Domain, depth: number): Tree {
  const lists: Tree[] = []
  let pos = at + 1
  while (end - pos >= 4) {
    const template = readUint16(buf, pos)
    const length = readUint16(buf, pos + 2)
    if (length < 4 || length > end - pos) break
    lists.push({ template, records: records(template, buf, pos + 4, pos + length, domain, depth) })
    pos += length
  }
  if (pos < end) lists.push(hex(buf, pos, end - pos))
  return { semantic: semantic(buf[at]), lists }
}

function records(id: number, buf: Buffer, start: number, end: number, domain: Domain, depth: number): Tree {
  const node = templateOf(domain, id)
  if (node === undefined) return hex(buf, start, end - start)
  const template = templateFor(node)
  const trees: Tree[] = []
  for (let pos = start; end - pos >= template.leastBytes;) {
    const next = template.recordBytes > 0 ? pos + template.recordBytes : walkRecord(template, buf, pos, end)
    if (next < 0) {
      trees.push(hex(buf, pos, end - pos))
      break
    }
    trees.push(recordTree(template, buf, pos, domain, depth + 1))
    pos = next
  }
  return trees
}
