/**
 * Templates: how the records of flows of one shape are laid out.
 *
 *     template record := id(2) field count(2), (element(2) length(2))*           RFC 7011 section 3.4.1
 */
import type { FieldName } from '../../flow/names.js'
import { type FieldValues, isSet } from '../../flow/fieldvalues.js'
import { IP_PROTOCOL } from '../../flow/ipprotocols.js'
import { ADDRESSES, ALWAYS, exportedAs, EXPORTED, GROUPS, fieldIndex } from './groups.js'

/** The least id of a template (RFC 7011 section 3.4.1). */
export const FIRST_TEMPLATE_ID = 256
export const VARIABLE_LENGTH = 0xffff

/** How a field is written. Those up to `uint8` are unsigned numbers. */
export type Form =
  'uint1' | 'uint2' | 'uint4' | 'uint6' | 'uint8' | 'millis' | 'ntp' | 'flags' | 'address' | 'labels' | 'communities' | 'application'

export interface Step {
  readonly form: Form
  /** of the field in EXPORTED */
  readonly index: number
  /** on the wire; of an address the bytes of its family */
  readonly bytes: number
}

/** A template and how its records are written. */
export interface Layout {
  readonly id: number
  /** the template record */
  readonly template: Buffer
  readonly steps: readonly Step[]
  /** bytes of a record, but for what varies */
  readonly fixedBytes: number
  /** it has a list or an application, whose lengths vary */
  readonly varies: boolean
}

/** MPLS label stack sections (70 to 79). */
export const MOST_LABELS = 10

/** The shape of a flow: a bit for each group, and for each address two, of the families that it is there in. */
const GROUP_FIELDS = Object.values(GROUPS)
const ADDRESS_SHIFT = GROUP_FIELDS.length
export const IPV4 = 1
export const IPV6 = 2

const GROUP_INDEXES = GROUP_FIELDS.map((names) => names.map((name) => fieldIndex(name)))
const ADDRESS_INDEXES = ADDRESSES.map((name) => fieldIndex(name))
const MPLS_IP = ADDRESSES.indexOf('mpls_ip')
const ICMP_BIT = 1 << Object.keys(GROUPS).indexOf('icmp')
const PROTO = fieldIndex('proto')

/** `set` words of the fields of each group. */
const GROUP_MASKS = GROUP_INDEXES.map((indexes) => {
  const words = new Int32Array((EXPORTED.fields.length + 31) >> 5)
  for (const index of indexes) words[index >> 5] |= 1 << (index & 31)
  return words
})
const WORDS = GROUP_MASKS[0].length

/** The shape of the flow in these values. */
export function flowShape(values: FieldValues): number {
  const { set, start, end, lo } = values
  let shape = 0
  for (let group = 0; group < GROUP_MASKS.length; group++) {
    const mask = GROUP_MASKS[group]
    for (let word = 0; word < WORDS; word++) {
      if ((set[word] & mask[word]) === 0) continue
      shape |= 1 << group
      break
    }
  }
  // without them, ICMP's type and code are looked for in the ports
  if (isSet(values, PROTO) && (lo[PROTO] === IP_PROTOCOL.icmp || lo[PROTO] === IP_PROTOCOL.icmp6)) shape |= ICMP_BIT
  for (let i = 0; i < MPLS_IP; i++) {
    const index = ADDRESS_INDEXES[i]
    if (!isSet(values, index)) continue
    const bytes = end[index] - start[index]
    shape |= (bytes === 4 ? IPV4 : bytes === 16 ? IPV6 : 0) << (ADDRESS_SHIFT + 2 * i)
  }
  // a list: both of its families have a field
  if (isSet(values, ADDRESS_INDEXES[MPLS_IP])) shape |= (IPV4 | IPV6) << (ADDRESS_SHIFT + 2 * MPLS_IP)
  return shape
}

const familiesOf = (shape: number, address: (typeof ADDRESSES)[number]): number =>
  (shape >> (ADDRESS_SHIFT + 2 * ADDRESSES.indexOf(address))) & (IPV4 | IPV6)

/** A shape with room for all that flows of these addresses may have: zeros stand for what they do not have. */
function widest(shape: number): number {
  const isIPv6 = ((familiesOf(shape, 'src_addr') | familiesOf(shape, 'dst_addr')) & IPV6) !== 0
  const hasNone = (familiesOf(shape, 'src_addr') | familiesOf(shape, 'dst_addr')) === 0
  let wide = (1 << ADDRESS_SHIFT) - 1
  ADDRESSES.forEach((name, i) => {
    const shift = ADDRESS_SHIFT + 2 * i
    if (name === 'src_addr' || name === 'dst_addr') wide |= (hasNone ? 0 : isIPv6 ? IPV6 : IPV4) << shift
    // a next hop of zeros is one: it has a field where there is one only
    else if (name === 'next_hop' || name === 'bgp_next_hop') wide |= familiesOf(shape, name) << shift
    else wide |= (IPV4 | IPV6) << shift
  })
  return wide
}

/** Templates of exact shapes. With the widest shapes (three of addresses, three each of two next hops) and five of options they are at most 64. */
const MOST_EXACT = 32

export interface Layouts {
  /** The layout for flows of that shape. */
  of(shape: number): Layout
}

/** `firstId` is that of the first template. */
export function layoutsFrom(firstId: number, nanoseconds: boolean): Layouts {
  const layouts = new Map<number, Layout>()
  let exact = 0
  let nextId = firstId
  let lastShape = -1
  let last: Layout | undefined

  function make(shape: number): Layout {
    const layout = layoutOf(nextId++, shape, nanoseconds)
    layouts.set(shape, layout)
    return layout
  }

  function find(shape: number): Layout {
    const known = layouts.get(shape)
    if (known !== undefined) return known
    if (exact < MOST_EXACT) {
      exact++
      return make(shape)
    }
    const wide = widest(shape)
    return layouts.get(wide) ?? make(wide)
  }

  return {
    of(shape) {
      if (last === undefined || shape !== lastShape) {
        last = find(shape)
        lastShape = shape
      }
      return last
    }
  }
}

function layoutOf(id: number, shape: number, nanoseconds: boolean): Layout {
  const steps: Step[] = []
  const elements: [id: number, bytes: number][] = []
  const add = (element: number, step: Step, bytes = step.bytes): void => {
    elements.push([element, bytes])
    steps.push(step)
  }
  const hasIPv6 = (address: 'src_addr' | 'dst_addr'): boolean => (familiesOf(shape, address) & IPV6) !== 0
  const anyIPv6 = hasIPv6('src_addr') || hasIPv6('dst_addr')
  const field = (name: FieldName): void => {
    addField(name, name === 'dst_net' ? hasIPv6('dst_addr') : name === 'src_net' ? hasIPv6('src_addr') : anyIPv6, nanoseconds, add)
  }
  ALWAYS.slice(0, 7).forEach(field)
  for (const name of ADDRESSES) {
    const index = fieldIndex(name)
    const families = familiesOf(shape, name)
    for (const [family, isIPv6] of [[IPV4, false] as const, [IPV6, true] as const]) {
      if ((families & family) === 0) continue
      const { id: element, bytes } = exportedAs(name, isIPv6)
      add(element, { form: 'address', index, bytes })
    }
  }
  ALWAYS.slice(7).forEach(field)
  GROUP_FIELDS.forEach((names, group) => {
    if ((shape & (1 << group)) !== 0) names.forEach(field)
  })
  const fixedBytes = steps.reduce((sum, { bytes }) => sum + bytes, 0)
  const varies = elements.some(([, bytes]) => bytes === VARIABLE_LENGTH)
  return { id, template: templateRecord(id, elements), steps, fixedBytes, varies }
}

/** flowStartNanoseconds and flowEndNanoseconds, for the elements in milliseconds. */
const IN_NANOSECONDS: Readonly<Record<number, number>> = { 152: 156, 153: 157 }

function addField(
  name: FieldName,
  isIPv6: boolean,
  nanoseconds: boolean,
  add: (element: number, step: Step, bytes?: number) => void
): void {
  const index = fieldIndex(name)
  const { id, bytes } = exportedAs(name, isIPv6)
  switch (name) {
    case 'time_flow_start_ns':
    case 'time_flow_end_ns':
      if (nanoseconds) add(IN_NANOSECONDS[id], { form: 'ntp', index, bytes })
      else add(id, { form: 'millis', index, bytes })
      return
    case 'time_received_ns':
      add(id, { form: 'millis', index, bytes })
      return
    case 'ip_flags':
      add(id, { form: 'flags', index, bytes })
      return
    case 'mpls_label': {
      add(id, { form: 'labels', index, bytes: bytes * MOST_LABELS }, bytes)
      return
    }
    case 'bgp_communities':
      add(id, { form: 'communities', index, bytes: 0 }, VARIABLE_LENGTH)
      return
    case 'application_id':
      add(id, { form: 'application', index, bytes: 0 }, VARIABLE_LENGTH)
      return
    default:
      add(id, { form: `uint${bytes as 1 | 2 | 4 | 6 | 8}`, index, bytes })
  }
}

/** The label stack's sections stand one behind another, each of an element of its own. */
const LABEL_STACK = 70

function templateRecord(id: number, elements: readonly (readonly [id: number, bytes: number])[]): Buffer {
  const all = elements.flatMap(([element, bytes]) =>
    element === LABEL_STACK ? Array.from({ length: MOST_LABELS }, (_, i) => [element + i, bytes] as const) : [[element, bytes] as const]
  )
  const record = Buffer.alloc(4 + 4 * all.length)
  record.writeUInt16BE(id, 0)
  record.writeUInt16BE(all.length, 2)
  all.forEach(([element, bytes], i) => {
    record.writeUInt16BE(element, 4 + 4 * i)
    record.writeUInt16BE(bytes, 6 + 4 * i)
  })
  return record
}
