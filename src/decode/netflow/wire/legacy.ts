/**
 * NetFlow v1, v5 and v7: one header, and records of one layout. A layout is a template of v9's fields, so that they mean the same in all versions.
 *
 *     v5 header := version(2) count(2) uptime(4) seconds(4) nanoseconds(4) sequence(4) engine type(1) engine id(1) sampling(2)
 *     v7 header := version(2) count(2) uptime(4) seconds(4) nanoseconds(4) sequence(4) reserved(4)
 *     v1 header := version(2) count(2) uptime(4) seconds(4) nanoseconds(4)
 *     sampling  := mode(2 bits) interval(14 bits)
 *
 * Cisco, "NetFlow Export Datagram Formats".
 */
import { readUint16, readUint32 } from '../../../flow/bigendian.js'
import type { ErrorKind } from '../../decoding.js'
import { IE } from './ie.js'
import type { OnRecord } from './records.js'
import { makeTemplate, type Template, type TemplateField } from './template.js'

export interface LegacyLayout {
  /** a value of FlowType */
  readonly type: 'NETFLOW_V1' | 'NETFLOW_V5' | 'NETFLOW_V7'
  readonly headerBytes: number
  readonly template: Template
}

export interface LegacyHeader {
  readonly layout: LegacyLayout
  /** the records that it announces */
  readonly count: number
  /** milliseconds */
  readonly uptime: number
  /** when it was sent, since 1970; the nanoseconds are fewer than a second has */
  readonly seconds: number
  readonly nanos: number
  /** 0 in v1 */
  readonly sequence: number
  /** of v5, 0 in the others */
  readonly engineType: number
  readonly engineId: number
  readonly samplingMode: number
  readonly samplingInterval: number
}

const field = (id: number, length: number): TemplateField => ({ id, enterprise: 0, length })
const pad = (length: number): TemplateField => field(IE.paddingOctets, length)

/** The same in all three. */
const COMMON = [
  field(8, 4), // srcaddr
  field(12, 4), // dstaddr
  field(15, 4), // nexthop
  field(10, 2), // input
  field(14, 2), // output
  field(2, 4), // dPkts
  field(1, 4), // dOctets
  field(22, 4), // first
  field(21, 4), // last
  field(7, 2), // srcport
  field(11, 2) // dstport
]
/** tcp_flags, prot, tos, src_as, dst_as, src_mask, dst_mask */
const V5 = [...COMMON, pad(1), field(6, 1), field(4, 1), field(5, 1), field(16, 2), field(17, 2), field(9, 1), field(13, 1), pad(2)]
const V7 = [...V5, pad(4)] // flags stand in v5's first padding and its last, then the router that was passed by
const V1 = [...COMMON, pad(2), field(4, 1), field(5, 1), field(6, 1), pad(7)]

const layoutOf = (type: LegacyLayout['type'], headerBytes: number, fields: readonly TemplateField[]): LegacyLayout => ({
  type,
  headerBytes,
  template: makeTemplate(9, 0, fields, 0, false)
})
const NETFLOW_V5 = layoutOf('NETFLOW_V5', 24, V5)
const NETFLOW_V7 = layoutOf('NETFLOW_V7', 24, V7)
const NETFLOW_V1 = layoutOf('NETFLOW_V1', 16, V1)
/** Some exporters send v1 records of 52 bytes. */
const NETFLOW_V1_LONG = layoutOf('NETFLOW_V1', 16, [...V1, pad(4)])

export const LEGACY_LAYOUTS: readonly LegacyLayout[] = [NETFLOW_V1, NETFLOW_V1_LONG, NETFLOW_V5, NETFLOW_V7]

/** Reads the header of the datagram of version 1, 5 or 7 at `buf[start, end)`; undefined where it is cut. */
export function readLegacyHeader(buf: Buffer, start: number, end: number): LegacyHeader | undefined {
  const version = readUint16(buf, start)
  const count = readUint16(buf, start + 2)
  const layout = version === 5 ? NETFLOW_V5 : version === 7 ? NETFLOW_V7 : layoutOfV1(count, end - start)
  if (end - start < layout.headerBytes) return undefined
  const sampling = version === 5 ? readUint16(buf, start + 22) : 0
  return {
    layout,
    count,
    uptime: readUint32(buf, start + 4),
    seconds: readUint32(buf, start + 8),
    nanos: Math.min(readUint32(buf, start + 12), 999_999_999),
    sequence: version === 1 ? 0 : readUint32(buf, start + 16),
    engineType: version === 5 ? buf[start + 20] : 0,
    engineId: version === 5 ? buf[start + 21] : 0,
    samplingMode: sampling >> 14,
    samplingInterval: sampling & 0x3fff
  }
}

function layoutOfV1(count: number, bytes: number): LegacyLayout {
  const body = bytes - NETFLOW_V1.headerBytes
  return count > 0 && body === count * NETFLOW_V1_LONG.template.recordBytes ? NETFLOW_V1_LONG : NETFLOW_V1
}

/** Finds the records of the datagram at `[start, end)`: as many as its header announces, if they are there. */
export function forEachLegacyRecord(
  { layout, count }: LegacyHeader,
  start: number,
  end: number,
  onRecord: OnRecord,
  onError: (kind: ErrorKind, detail: string) => void
): void {
  const { recordBytes } = layout.template
  let pos = start + layout.headerBytes
  const whole = Math.min(count, Math.floor((end - pos) / recordBytes))
  if (whole < count) onError('truncated', `${count} records announced, ${whole} there`)
  for (let i = 0; i < whole; i++, pos += recordBytes) onRecord(pos, pos + recordBytes)
}
