/**
 * sFlow v5 datagrams as trees.
 *
 *     datagram := version(4) agent(address) sub-agent(4) sequence(4) uptime(4) count(4), sample*
 *     sample   := enterprise(20 bits) format(12 bits), length(4), body(length)
 *     record   := enterprise(20 bits) format(12 bits), length(4), body(length)
 */
import { readUint32 } from '../../flow/bigendian.js'
import { recordBytes, sampleBytes } from '../sflow/lengths.js'
import type { OnError } from './netflow.js'
import { COUNTER_RECORDS, FLOW_RECORDS } from '../sflow/structures.js'
import type { Tree } from '../../text/tree.js'
import { type Member, membersOf, readStructure, type Structure, type XdrCursor } from '../sflow/xdr.js'

const HEADER = membersOf('agent:address sub_agent:u32 sequence:u32 uptime:u32 samples:u32')

interface SampleKind {
  readonly name: string
  /** the members in front of the records, whose number is the last of them */
  readonly layout: readonly Member[]
  readonly records: ReadonlyMap<number, Structure>
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
  1: { name: 'flow', layout: COMPACT, records: FLOW_RECORDS },
  2: { name: 'counters', layout: COUNTERS, records: COUNTER_RECORDS },
  3: { name: 'expanded_flow', layout: EXPANDED, records: FLOW_RECORDS },
  4: { name: 'expanded_counters', layout: EXPANDED_COUNTERS, records: COUNTER_RECORDS },
  5: { name: 'discarded_packet', layout: DISCARDED, records: FLOW_RECORDS }
}

/** The datagram in `buf[start, end)`; undefined where its header is cut. */
export function sflowTree(buf: Buffer, start: number, end: number, onError: OnError): Record<string, Tree> | undefined {
  const cursor: XdrCursor = { buf, pos: start + 4, end }
  const header = readStructure(HEADER, cursor)
  if (!('samples' in header)) return undefined
  const { samples: count, ...rest } = header
  const samples: Tree[] = []
  while (samples.length < Number(count)) {
    const left = Number(count) - samples.length - 1
    const tagged = readTagged(cursor, (_tag, at, length) => sampleBytes(buf, at, length, left, end))
    if (tagged === undefined) {
      onError('truncated', `${Number(count)} samples announced, ${samples.length} there`)
      break
    }
    samples.push(sampleTree(tagged))
  }
  return { protocol: 'SFLOW_5', version: 5, ...rest, count, samples }
}

/** A structure behind its enterprise, format and length. */
interface Tagged extends XdrCursor {
  readonly enterprise: number
  readonly format: number
}

/** Steps over the sample or record at the cursor; undefined where it is not whole. */
function readTagged(cursor: XdrCursor, bytesOf: (tag: number, at: number, length: number) => number): Tagged | undefined {
  const { buf, pos, end } = cursor
  if (end - pos < 8) return undefined
  const tag = readUint32(buf, pos)
  const length = bytesOf(tag, pos + 8, readUint32(buf, pos + 4))
  if (length > end - pos - 8) return undefined
  cursor.pos = pos + 8 + length
  return { buf, pos: pos + 8, end: cursor.pos, enterprise: tag >>> 12, format: tag & 0xfff }
}

/** Of counters, whose structures are not those of flows. */
const NO_FORMAT = 0

function sampleTree(tagged: Tagged): Tree {
  const kind = tagged.enterprise === 0 ? SAMPLES[tagged.format] : undefined
  if (kind === undefined) return unknown(tagged)
  const { records: count, ...members } = readStructure(kind.layout, tagged)
  const records: Tree[] = []
  while (records.length < Number(count ?? 0)) {
    const { buf, end } = tagged
    const left = Number(count) - records.length - 1
    const isFlow = kind.records === FLOW_RECORDS
    const record = readTagged(tagged, (tag, at, length) => recordBytes(buf, isFlow ? tag : NO_FORMAT, at, length, left, end))
    if (record === undefined) break
    records.push(recordTree(record, kind.records))
  }
  return { sample: kind.name, ...members, records }
}

function recordTree(tagged: Tagged, known: ReadonlyMap<number, Structure>): Tree {
  const structure = known.get(tagged.enterprise * 4096 + tagged.format)
  if (structure === undefined) return unknown(tagged)
  const isUnpadded = tagged.enterprise === 0 && tagged.format === 2 && known === FLOW_RECORDS && tagged.end - tagged.pos < 24
  return { record: structure.name, ...readStructure(isUnpadded ? withoutPadding(structure) : structure.members, tagged) }
}

/** The members with MACs of 6 bytes. */
function withoutPadding({ members }: Structure): Member[] {
  return members.map(({ name, type }) => ({ name, type: type === 'mac' ? 'mac6' : type }))
}

function unknown({ enterprise, format, buf, pos, end }: Tagged): Tree {
  return { enterprise, format, bytes: buf.toString('hex', pos, end) }
}
