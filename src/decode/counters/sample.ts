/** Counter samples, compact and expanded, as what they hold (sFlow Version 5, section 5 "Counter Data Types"). */
import type { Tree } from '../../text/tree.js'
import type { Decoding } from '../decoding.js'
import { inputBytes, inU32 } from '../memory/in.js'
import { eachItem, ITEM } from '../sflow/items.js'
import { EXPANDED_COUNTER_SAMPLE } from '../sflow/sample.js'
import { counterRecords } from '../sflow/structures.js'
import { readMember, type Structure } from '../sflow/xdr.js'

/** What is counted: 0 an interface, whose index is its ifIndex, 1 a VLAN, 2 a physical, 3 a logical entity of the device. */
export const INTERFACE = 0

export interface CounterSample {
  /** of the samples of this source */
  sequence: number
  sourceClass: number
  sourceIndex: number
  records: CounterRecord[]
}

/** A record of a structure that is known: the values of its members, in their order, as far as its bytes go. */
export interface KnownRecord {
  readonly structure: Structure
  /** undefined for what sFlow writes for unknown */
  readonly values: readonly (Tree | undefined)[]
}

/** A record that is not known. */
export interface OtherRecord {
  readonly structure: undefined
  readonly enterprise: number
  readonly format: number
  readonly bytes: Buffer
}

export type CounterRecord = KnownRecord | OtherRecord

/**
 * Reads the sample of that format whose data is `[start, end)` of the input; undefined where its head is cut. Of a record that is cut the others before
 * it count.
 *
 *     compact  := sequence(4) source(class(8 bits) index(24 bits)) records(4), record*
 *     expanded := sequence(4) source class(4) source index(4) records(4), record*
 */
export function readCounterSample(format: number, start: number, end: number, report: Decoding['report']): CounterSample | undefined {
  const isExpanded = format === EXPANDED_COUNTER_SAMPLE
  const headBytes = isExpanded ? 16 : 12
  if (end - start < headBytes) {
    report('malformed-sample', `a counter sample has ${end - start} bytes`)
    return undefined
  }
  const source = inU32(start + 4)
  const records: CounterRecord[] = []
  const onRecord = (tag: number, from: number, to: number): void => {
    records.push(readRecord(tag, from, to))
  }
  eachItem(ITEM.counterRecord, inU32(start + headBytes - 4), start + headBytes, end, onRecord, report)
  return {
    sequence: inU32(start),
    sourceClass: isExpanded ? source : source >>> 24,
    sourceIndex: isExpanded ? inU32(start + 8) : source & 0xffffff,
    records
  }
}

const buf = inputBytes()

function readRecord(tag: number, start: number, end: number): CounterRecord {
  const structure = counterRecords().get(tag)
  if (structure === undefined) {
    return { structure, enterprise: tag >>> 12, format: tag & 0xfff, bytes: Buffer.from(buf.subarray(start, end)) }
  }
  const cursor = { buf, pos: start, end }
  const values: (Tree | undefined)[] = []
  for (const { type } of structure.members) {
    const value = readMember(type, cursor)
    if (value === undefined) break
    values.push(isUnknown(type, value) ? undefined : value)
  }
  return { structure, values }
}

const ALL_ONES_32 = 0xffffffff
const ALL_ONES_64 = 0xffffffffffffffffn

/** What an agent writes for a counter or gauge that it does not have: all ones, −1 for a fraction (sFlow Host Structures, section 3). */
function isUnknown(type: string, value: Tree): boolean {
  switch (type) {
    case 'u32':
    case 'c32':
      return value === ALL_ONES_32
    case 'u64':
    case 'c64':
      return value === ALL_ONES_64
    case 'f32':
      return value === -1 || !Number.isFinite(value)
    default:
      return false
  }
}

/** The first record of that structure's name. */
export function recordOf({ records }: CounterSample, name: string): KnownRecord | undefined {
  return records.find((record): record is KnownRecord => record.structure?.name === name)
}

/** The value of a record's member; undefined where there is none. */
export function valueOf({ structure, values }: KnownRecord, member: string): Tree | undefined {
  return values[structure.members.findIndex(({ name }) => name === member)]
}
