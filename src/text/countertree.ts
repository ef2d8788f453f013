/** A CounterSample message (proto/counter.proto) as a tree: keys as in the .proto file, in the message's order. */
import { fieldCursor, type FieldCursor, nextField, WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64 } from '../flow/message.js'
import { counterField, counterMessage, type NestedField } from '../flow/proto.js'
import { addressText } from './addresses.js'
import type { Tree } from './tree.js'

type Branch = Record<string, Tree>

const AGENT = counterField('agent')
const VALUES = counterField('values')

/** Fields by number, of each message. */
const BY_NUMBER = new Map<readonly NestedField[], ReadonlyMap<number, NestedField>>()

function fieldOf(fields: readonly NestedField[], number: number): NestedField | undefined {
  let numbers = BY_NUMBER.get(fields)
  if (numbers === undefined) {
    numbers = new Map(fields.map((field) => [field.number, field]))
    BY_NUMBER.set(fields, numbers)
  }
  return numbers.get(number)
}

/** The message at `buf[start, end)`; undefined where it is no protobuf. The agent is its address as text, `values` an object of names and values. */
export function counterTree(buf: Buffer, start: number, end: number): Branch | undefined {
  return messageTree(counterMessage, buf, start, end)
}

function messageTree(fields: readonly NestedField[], buf: Buffer, start: number, end: number): Branch | undefined {
  const cursor = fieldCursor()
  const tree: Branch = {}
  cursor.pos = start
  while (nextField(buf, end, cursor)) {
    const field = fieldOf(fields, cursor.field)
    if (field === undefined) continue
    const isLong = field.type === 'message' || field.type === 'string' || field.type === 'bytes'
    if (isLong !== (cursor.wireType === WIRE_BYTES)) continue
    const value = field.type === 'message' ? messageTree(field.fields!, buf, cursor.start, cursor.end) : scalarTree(field, buf, cursor)
    if (value === undefined) return undefined
    if (field === VALUES) addValue((tree.values ??= {}) as Branch, value as Branch)
    else tree[field.name] = value
  }
  return cursor.pos === end ? tree : undefined
}

/** A CounterValue has a name and, in one of several fields, a value. */
function addValue(values: Branch, { name, ...value }: Branch): void {
  if (typeof name === 'string') for (const one of Object.values(value)) values[name] = one
}

function scalarTree(field: NestedField, buf: Buffer, { wireType, start, end, lo, hi }: FieldCursor): Tree {
  switch (field.type) {
    case 'string':
      return buf.toString('utf8', start, end)
    case 'bytes':
      return field === AGENT && (end - start === 4 || end - start === 16)
        ? addressText(buf.subarray(start, end))
        : buf.toString('hex', start, end)
    case 'float':
      return wireType === WIRE_FIXED32 ? shortest(buf.readFloatLE(end - 4)) : 0
    case 'double':
      return wireType === WIRE_FIXED64 ? buf.readDoubleLE(end - 8) : 0
    case 'enum':
      return Object.entries(field.values!).find(([, value]) => value === lo)?.[0] ?? lo
    case 'uint32':
      return lo
    default:
      return hi < 2 ** 21 ? hi * 2 ** 32 + lo : (BigInt(hi) << 32n) | BigInt(lo)
  }
}

/** The fewest digits that are the same number of 32 bits. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

/** Names by which a value can be asked for: `generic_interface.if_in_octets`, and `if_in_octets`, where no other message has a field of that name. */
export function counterColumns(): string[] {
  const columns: string[] = []
  for (const field of counterMessage) {
    if (field === VALUES) continue
    if (field.type === 'message') columns.push(...field.fields!.map(({ name }) => `${field.name}.${name}`))
    else columns.push(field.name)
  }
  return columns
}

/** The path of a column by its own or by its last name; undefined where there is none, or several. What stands in `values` is found by its whole name. */
export function counterPath(name: string): string | undefined {
  const columns = counterColumns()
  if (columns.includes(name)) return name
  const ending = columns.filter((column) => column.endsWith(`.${name}`))
  if (ending.length > 0) return ending.length === 1 ? ending[0] : undefined
  return /^\w+(\[\d+\])?\.[\w.[\]]+$/.test(name) ? `values.${name}` : undefined
}

/** The value at a path of `counterPath`; undefined where there is none. */
export function valueAt(tree: Branch, path: string): Tree | undefined {
  const point = path.indexOf('.')
  if (point < 0) return tree[path]
  const branch = tree[path.slice(0, point)] as Branch | undefined
  return branch?.[path.slice(point + 1)]
}
