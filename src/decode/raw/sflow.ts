/** sFlow v5 datagrams as trees. */
import { inputBytes } from '../memory/in.js'
import { eachItem, ITEM } from '../sflow/items.js'
import type { DatagramTree, OnError } from './netflow.js'
import { counterRecords, flowRecords, type Structures } from '../sflow/structures.js'
import type { Tree } from '../../text/tree.js'
import { type Member, membersOf, readStructure, type Structure, type XdrCursor } from '../sflow/xdr.js'

const VERSION_BYTES = 4
const HEADER = membersOf('agent:address sub_agent:u32 sequence:u32 uptime:u32 samples:u32')

interface SampleKind {
  readonly name: string
  /** the members in front of the records, whose number is the last of them */
  readonly layout: readonly Member[]
  readonly records: Structures
}

const COMPACT = membersOf('sequence:u32 source_id:u32 sampling_rate:u32 sample_pool:u32 drops:u32 input:u32 output:u32 records:u32')
const EXPANDED = membersOf(
  'sequence:u32 source_id_type:u32 source_id_index:u32 sampling_rate:u32 sample_pool:u32 drops:u32 ' +
    'input_format:u32 input:u32 output_format:u32 output:u32 records:u32'
)
const DISCARDED = membersOf('sequence:u32 source_id_type:u32 source_id_index:u32 drops:u32 input:u32 output:u32 reason:u32 records:u32')
const COUNTERS = membersOf('sequence:u32 source_id:u32 records:u32')
const EXPANDED_COUNTERS = membersOf('sequence:u32 source_id_type:u32 source_id_index:u32 records:u32')

const SAMPLES: Record<number, SampleKind | undefined> = {
  1: { name: 'flow', layout: COMPACT, records: flowRecords },
  2: { name: 'counters', layout: COUNTERS, records: counterRecords },
  3: { name: 'expanded_flow', layout: EXPANDED, records: flowRecords },
  4: { name: 'expanded_counters', layout: EXPANDED_COUNTERS, records: counterRecords },
  5: { name: 'discarded_packet', layout: DISCARDED, records: flowRecords }
}

const buf = inputBytes()

/** The datagram in `[start, end)` of the input; undefined where its header is cut. */
export function sflowTree(start: number, end: number, onError: OnError): DatagramTree | undefined {
  const cursor: XdrCursor = { buf, pos: start + VERSION_BYTES, end }
  const header = readStructure(HEADER, cursor)
  if (!('samples' in header)) return undefined
  const { samples: count, ...rest } = header
  const samples: Tree[] = []
  const onSample = (tag: number, at: number, to: number): void => {
    samples.push(sampleTree(tag, at, to, onError))
  }
  eachItem(ITEM.sample, Number(count), cursor.pos, end, onSample, onError)
  return { protocol: 'SFLOW_5', version: 5, ...rest, count, samples }
}

function sampleTree(tag: number, start: number, end: number, onError: OnError): Tree {
  const kind = SAMPLES[tag]
  if (kind === undefined) return unknownTree(tag, start, end)
  const cursor: XdrCursor = { buf, pos: start, end }
  const { records: count, ...members } = readStructure(kind.layout, cursor)
  const records: Tree[] = []
  const record = kind.records === flowRecords ? ITEM.flowRecord : ITEM.counterRecord
  const onRecord = (recordTag: number, at: number, to: number): void => {
    records.push(recordTree(recordTag, at, to, kind.records))
  }
  if (count === undefined) onError('malformed-sample', `a sample of format ${tag} has ${end - start} bytes`)
  else eachItem(record, Number(count), cursor.pos, end, onRecord, onError)
  return { sample: kind.name, ...members, records }
}

function recordTree(tag: number, start: number, end: number, known: Structures): Tree {
  const structure = known().get(tag)
  if (structure === undefined) return unknownTree(tag, start, end)
  const isUnpadded = tag === ETHERNET && known === flowRecords && end - start < PADDED_ETHERNET_BYTES
  return { record: structure.name, ...readStructure(isUnpadded ? withoutPadding(structure) : structure.members, { buf, pos: start, end }) }
}

/** The record of an Ethernet header, whose MACs some agents do not pad. */
const ETHERNET = 2
const PADDED_ETHERNET_BYTES = 24

/** The members with MACs of 6 bytes. */
function withoutPadding({ members }: Structure): Member[] {
  return members.map(({ name, type }) => ({ name, type: type === 'mac' ? 'mac6' : type }))
}

function unknownTree(tag: number, start: number, end: number): Tree {
  return { enterprise: tag >>> 12, format: tag & 0xfff, bytes: buf.toString('hex', start, end) }
}
