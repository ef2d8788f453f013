/**
 * The values of information elements as people read them, by their abstract data types (RFC 7011 section 6.1); lists (RFC 6313) unfolded.
 *
 *     subTemplateList      := semantic(1), template(2), record*                                   section 4.5.2
 *     subTemplateMultiList := semantic(1), (template(2), length(2, with these four bytes), record*)*  section 4.5.3
 */
import { elementName, elementOf, type ElementType } from '../../schema/elements.js'
import { addressText } from '../../text/addresses.js'
import { instantText } from '../../text/times.js'
import { addTo, type Tree } from '../../text/tree.js'
import { inputBytes, inU16, inU32, inU8 } from '../memory/in.js'
import type { Domain } from '../netflow/known/state.js'
import { templateOf } from '../netflow/known/standin.js'
import { templateFor } from '../netflow/known/lifecycle.js'
import { type Instant, secondsOf, setMillis, setNtp, setSeconds } from '../netflow/wire/instants.js'
import { listCursor, nextInList, openList } from '../netflow/wire/lists.js'
import { readUint, type Uint64 } from '../netflow/wire/numbers.js'
import { recordEnd } from '../netflow/wire/records.js'
import type { Template } from '../netflow/wire/template.js'

/** Lists inside lists are unfolded so deep; deeper ones are shown as bytes. */
const MAX_DEPTH = 8
const SEMANTICS: Record<number, string> = { 0: 'noneOf', 1: 'exactlyOneOf', 2: 'oneOrMoreOf', 3: 'allOf', 4: 'ordered', 255: 'undefined' }
const V9_SCOPES: Record<number, string> = { 1: 'System', 2: 'Interface', 3: 'LineCard', 4: 'Cache', 5: 'Template' }
const instant: Instant = { millis: 0, nanos: 0 }
const number: Uint64 = { hi: 0, lo: 0 }
const buf = inputBytes()

/** What a field of a template is called. */
export function fieldName({ version, fields, scopes }: Template, index: number): string {
  const { id, enterprise } = fields[index]
  return version === 9 && index < scopes ? `scope${V9_SCOPES[id] ?? id}` : elementName(id, enterprise)
}

/** The record at `base` of the input, whose fields the template's offsets and lengths give: its values by name. */
export function recordTree(template: Template, base: number, domain: Domain, depth = 0): Record<string, Tree> {
  const record: Record<string, Tree> = {}
  const repeated = new Set<string>()
  const { fields, offsets, lengths, version, scopes } = template
  // lists inside walk templates too, perhaps this one: note the positions first
  const positions = template.filled.map((index) => [index, base + offsets[index], lengths[index]] as const)
  for (const [index, at, length] of positions) {
    const { id, enterprise } = fields[index]
    const type = version === 9 && index < scopes ? 'unsigned32' : elementOf(id, enterprise)?.type
    addTo(record, fieldName(template, index), valueTree(type, at, length, domain, depth), repeated)
  }
  return record
}

/** One value; a length that does not go with the type leaves the bytes in hexadecimal. */
function valueTree(type: ElementType | undefined, at: number, length: number, domain: Domain, depth: number): Tree {
  if (length === 0) return type === 'string' ? '' : null
  switch (type) {
    case 'unsigned8':
    case 'unsigned16':
    case 'unsigned32':
    case 'unsigned64':
      return length <= 8 ? unsigned(at, length) : hex(at, length)
    case 'signed32':
      return length <= 6 ? buf.readIntBE(at, length) : hex(at, length)
    case 'float64':
      return length === 8 ? buf.readDoubleBE(at) : length === 4 ? buf.readFloatBE(at) : hex(at, length)
    case 'boolean':
      return length === 1 && (buf[at] === 1 || buf[at] === 2) ? buf[at] === 1 : hex(at, length)
    case 'macAddress':
      return length === 6 ? buf.toString('hex', at, at + 6).replace(/..(?!$)/g, '$&:') : hex(at, length)
    case 'ipv4Address':
    case 'ipv6Address':
      return length === 4 || length === 16 ? addressText(buf.subarray(at, at + length)) : hex(at, length)
    case 'string':
      return buf.toString('utf8', at, at + length).replace(/\0+$/, '')
    case 'dateTimeSeconds':
    case 'dateTimeMilliseconds':
    case 'dateTimeMicroseconds':
    case 'dateTimeNanoseconds':
      return timeTree(type, at, length)
    case 'basicList':
      return depth < MAX_DEPTH ? basicList(at, at + length, domain, depth) : hex(at, length)
    case 'subTemplateList':
      return depth < MAX_DEPTH ? subTemplateList(at, at + length, domain, depth) : hex(at, length)
    case 'subTemplateMultiList':
      return depth < MAX_DEPTH ? subTemplateMultiList(at, at + length, domain, depth) : hex(at, length)
    default:
      return hex(at, length)
  }
}

/** One to eight bytes, as a number where it has all its digits there. */
function unsigned(at: number, length: number): number | bigint {
  readUint(at, length, number)
  const { hi, lo } = number
  return hi < 1 << 21 ? hi * 0x1_0000_0000 + lo : (BigInt(hi) << 32n) | BigInt(lo)
}

function hex(at: number, length: number): string {
  return buf.toString('hex', at, at + length)
}

function timeTree(type: ElementType, at: number, length: number): Tree {
  if (length > 8) return hex(at, length)
  if (type === 'dateTimeSeconds') setSeconds(instant, Number(unsigned(at, length)), 0)
  else if (type === 'dateTimeMilliseconds') setMillis(instant, Number(unsigned(at, length)), 0)
  else if (length !== 8) return hex(at, length)
  else setNtp(instant, inU32(at), inU32(at + 4), type === 'dateTimeMicroseconds' ? 1000 : 1)
  return instantText(secondsOf(instant))
}

const semantic = (value: number): string => SEMANTICS[value] ?? String(value)

function basicList(at: number, end: number, domain: Domain, depth: number): Tree {
  const list = listCursor()
  if (!openList(list, at, end)) return hex(at, end - at)
  const type = elementOf(list.id, list.enterprise)?.type
  const values: Tree[] = []
  while (nextInList(list)) values.push(valueTree(type, list.at, list.bytes, domain, depth + 1))
  if (list.pos < end) values.push(hex(list.pos, end - list.pos))
  return { semantic: semantic(list.semantic), element: elementName(list.id, list.enterprise), values }
}

function subTemplateList(at: number, end: number, domain: Domain, depth: number): Tree {
  if (end - at < 3) return hex(at, end - at)
  const template = inU16(at + 1)
  return { semantic: semantic(inU8(at)), template, records: records(template, at + 3, end, domain, depth) }
}

function subTemplateMultiList(at: number, end: number, domain: Domain, depth: number): Tree {
  const lists: Tree[] = []
  let pos = at + 1
  while (end - pos >= 4) {
    const template = inU16(pos)
    const length = inU16(pos + 2)
    if (length < 4 || length > end - pos) break
    lists.push({ template, records: records(template, pos + 4, pos + length, domain, depth) })
    pos += length
  }
  if (pos < end) lists.push(hex(pos, end - pos))
  return { semantic: semantic(inU8(at)), lists }
}

function records(id: number, start: number, end: number, domain: Domain, depth: number): Tree {
  const node = templateOf(domain, id)
  if (node === undefined) return hex(start, end - start)
  const template = templateFor(node)
  const trees: Tree[] = []
  for (let pos = start; end - pos >= template.leastBytes;) {
    const next = recordEnd(template, buf, pos, end)
    if (next < 0) {
      trees.push(hex(pos, end - pos))
      break
    }
    trees.push(recordTree(template, pos, domain, depth + 1))
    pos = next
  }
  return trees
}
