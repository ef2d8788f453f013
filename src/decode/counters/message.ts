/** Counter samples → CounterSample messages (proto/counter.proto). */
import { closeFrame } from '../../flow/frames.js'
import {
  packedTag,
  WIRE_BYTES,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_VARINT,
  writeBytesField,
  writeTag,
  writeUint32Field,
  writeUint64Field
} from '../../flow/message.js'
import type { CounterSampleFieldName } from '../../flow/names.js'
import type { Appendable } from '../../flow/appendable.js'
import { counterField, counterMessage, type NestedField } from '../../flow/proto.js'
import { writeVarint32, writeVarintBig } from '../../flow/varint.js'
import { viewOf } from '../../flow/view.js'
import type { Tree } from '../../text/tree.js'
import type { SourceNames } from './names.js'
import type { CounterRecord, CounterSample, KnownRecord } from './sample.js'

/** Where a sample came from. */
export interface Origin {
  readonly agent: Buffer
  readonly subAgent: number
  /** milliseconds */
  readonly uptime: number
  readonly receivedHi: number
  readonly receivedLo: number
}

const WIRE_TYPES: Record<NestedField['type'], number> = {
  uint32: WIRE_VARINT,
  uint64: WIRE_VARINT,
  enum: WIRE_VARINT,
  bytes: WIRE_BYTES,
  string: WIRE_BYTES,
  message: WIRE_BYTES,
  float: WIRE_FIXED32,
  double: WIRE_FIXED64
}

const tagOf = ({ number, type }: NestedField): number => packedTag(number, WIRE_TYPES[type])
const tag = (name: CounterSampleFieldName): number => tagOf(counterField(name))

const TIME_RECEIVED = tag('time_received_ns')
const AGENT = tag('agent')
const SUB_AGENT = tag('sub_agent')
const UPTIME = tag('uptime')
const SEQUENCE_NUM = tag('sequence_num')
const SOURCE_CLASS = tag('source_class')
const SOURCE_INDEX = tag('source_index')
const IF_NAME = tag('if_name')
const HOST_NAME = tag('host_name')
const VALUES = tag('values')

/** Records with a message of their own, by the structure's name: its tag, and those of its members. */
const TYPED: ReadonlyMap<string, TypedRecord> = new Map(
  counterMessage.filter(({ type, repeated }) => type === 'message' && !repeated).map((field) => [field.name, typedRecord(field)])
)

interface TypedRecord {
  readonly tag: number
  readonly members: ReadonlyMap<string, number>
}

function typedRecord(field: NestedField): TypedRecord {
  return { tag: tagOf(field), members: new Map(field.fields!.map((member) => [member.name, tagOf(member)])) }
}

const VALUE_TAGS = typedRecord(counterField('values')).members
const NAME = VALUE_TAGS.get('name')!
const NUMBER = VALUE_TAGS.get('number')!
const REAL = VALUE_TAGS.get('real')!
const TEXT = VALUE_TAGS.get('text')!
const RAW = VALUE_TAGS.get('raw')!

/** What a message takes beside its records, and the most that it has for a byte of them: the name of a number of four bytes. */
const HEAD_BYTES = 1024
const BYTES_PER_BYTE = 32
/** The length of a message, but for short and long ones. */
const PREFIX_BYTES = 2

/** Appends a sample of `sampleBytes` bytes as a frame. */
export function writeCounterSample(
  output: Appendable,
  sampleBytes: number,
  origin: Origin,
  sample: CounterSample,
  { interfaceName, hostName }: SourceNames
): void {
  output.reserve(HEAD_BYTES + BYTES_PER_BYTE * sampleBytes)
  const { buf, pos: lengthAt } = output
  let pos = writeUint64Field(buf, lengthAt + PREFIX_BYTES, TIME_RECEIVED, origin.receivedHi, origin.receivedLo)
  pos = writeBytesField(buf, pos, AGENT, origin.agent)
  pos = writeUint32Field(buf, pos, SUB_AGENT, origin.subAgent)
  pos = writeUint32Field(buf, pos, UPTIME, origin.uptime)
  pos = writeUint32Field(buf, pos, SEQUENCE_NUM, sample.sequence)
  pos = writeVarint32(buf, writeTag(buf, pos, SOURCE_CLASS), sample.sourceClass)
  pos = writeVarint32(buf, writeTag(buf, pos, SOURCE_INDEX), sample.sourceIndex)
  pos = writeText(buf, pos, IF_NAME, interfaceName)
  pos = writeText(buf, pos, HOST_NAME, hostName)
  const seen = new Map<string, number>()
  for (const record of sample.records) {
    const name = record.structure === undefined ? `${record.enterprise}.${record.format}` : record.structure.name
    const nth = seen.get(name) ?? 0
    seen.set(name, nth + 1)
    const typed = nth === 0 ? TYPED.get(name) : undefined
    pos =
      typed !== undefined
        ? writeTyped(buf, pos, typed, record as KnownRecord)
        : writeValues(buf, pos, nth === 0 ? name : `${name}[${nth}]`, record)
  }
  output.pos = closeFrame(buf, lengthAt, PREFIX_BYTES, pos)
}

function writeTyped(buf: Buffer, pos: number, typed: TypedRecord, { structure, values }: KnownRecord): number {
  const lengthAt = writeTag(buf, pos, typed.tag)
  pos = lengthAt + PREFIX_BYTES
  values.forEach((value, i) => {
    if (value === undefined) return
    const { name, type } = structure.members[i]
    pos = writeTag(buf, pos, typed.members.get(name)!)
    pos = type === 'f32' ? writeFloat(buf, pos, value as number) : writeWhole(buf, pos, value as number | bigint)
  })
  return closeFrame(buf, lengthAt, PREFIX_BYTES, pos)
}

/** What a record holds as names and values, what stands inside it behind brackets and points. */
function writeValues(buf: Buffer, pos: number, name: string, record: CounterRecord): number {
  if (record.structure === undefined) {
    return writeValue(buf, pos, name, (at) => writeBytes(buf, at, RAW, record.bytes))
  }
  record.values.forEach((value, i) => {
    if (value !== undefined) pos = writeTree(buf, pos, `${name}.${record.structure.members[i].name}`, value)
  })
  return pos
}

function writeTree(buf: Buffer, pos: number, name: string, value: Tree): number {
  if (Array.isArray(value)) {
    value.forEach((item, i) => (pos = writeTree(buf, pos, `${name}[${i}]`, item)))
    return pos
  }
  if (typeof value === 'object' && value !== null) {
    for (const [member, part] of Object.entries(value)) pos = writeTree(buf, pos, `${name}.${member}`, part)
    return pos
  }
  return writeValue(buf, pos, name, (at) => {
    if (typeof value === 'string') return writeBytes(buf, at, TEXT, Buffer.from(value))
    if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value) && value >= 0))
      return writeWhole(buf, writeTag(buf, at, NUMBER), value)
    const end = writeTag(buf, at, REAL) + 8
    viewOf(buf).setFloat64(end - 8, Number(value), true)
    return end
  })
}

function writeValue(buf: Buffer, pos: number, name: string, write: (pos: number) => number): number {
  const lengthAt = writeTag(buf, pos, VALUES)
  return closeFrame(buf, lengthAt, PREFIX_BYTES, write(writeText(buf, lengthAt + PREFIX_BYTES, NAME, name)))
}

function writeWhole(buf: Buffer, pos: number, value: number | bigint): number {
  return typeof value === 'number' ? writeVarint32(buf, pos, value) : writeVarintBig(buf, pos, value)
}

function writeFloat(buf: Buffer, pos: number, value: number): number {
  viewOf(buf).setFloat32(pos, value, true)
  return pos + 4
}

/** Written where it is empty, too. */
function writeBytes(buf: Buffer, pos: number, bytesTag: number, bytes: Buffer): number {
  pos = writeVarint32(buf, writeTag(buf, pos, bytesTag), bytes.length)
  return pos + bytes.copy(buf, pos)
}

function writeText(buf: Buffer, pos: number, textTag: number, text: string): number {
  return writeBytesField(buf, pos, textTag, Buffer.from(text))
}
