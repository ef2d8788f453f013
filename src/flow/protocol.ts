/** The protocols of exporters, by the first bytes of a datagram. */
import { readUint16, readUint32 } from './bigendian.js'

export interface Protocol {
  /** as people call it */
  readonly title: string
  /** its name in FlowMessage's FlowType */
  readonly type: 'SFLOW_5' | 'NETFLOW_V1' | 'NETFLOW_V5' | 'NETFLOW_V7' | 'NETFLOW_V9' | 'IPFIX'
  readonly version: number
}

export const SFLOW_5: Protocol = { title: 'sFlow v5', type: 'SFLOW_5', version: 5 }
const NETFLOW: readonly Protocol[] = [
  { title: 'NetFlow v1', type: 'NETFLOW_V1', version: 1 },
  { title: 'NetFlow v5', type: 'NETFLOW_V5', version: 5 },
  { title: 'NetFlow v7', type: 'NETFLOW_V7', version: 7 },
  { title: 'NetFlow v9', type: 'NETFLOW_V9', version: 9 },
  { title: 'IPFIX', type: 'IPFIX', version: 10 }
]
/** The versions whose header says how many records follow, and how many of their 48 bytes and more a datagram can carry. */
const COUNTED_VERSIONS = [1, 5, 7]
const MOST_RECORDS = Math.floor(65_535 / 48)
const BY_VERSION = Array.from({ length: 11 }, (_, version) => NETFLOW.find((protocol) => protocol.version === version))

/** NetFlow or IPFIX of that version. */
export const protocolOfVersion = (version: number): Protocol | undefined => BY_VERSION[version]

/**
 * The protocol of the payload `buf[start, end)`; undefined where it is none of them. Whether more than these bytes is there is the decoder's to judge.
 *
 *     1 | 5 | 7 (2), count (2), …   NetFlow v1, v5, v7; a count that no datagram can carry is that of something else
 *     9 | 10 (2), …                 NetFlow v9, IPFIX
 *     5 (4), …                      sFlow v5
 */
export function protocolOf(buf: Buffer, start: number, end: number): Protocol | undefined {
  if (end - start < 2) return undefined
  const version = readUint16(buf, start)
  if (COUNTED_VERSIONS.includes(version) && end - start >= 4 && readUint16(buf, start + 2) > MOST_RECORDS) return undefined
  if (version !== 0) return version < BY_VERSION.length ? BY_VERSION[version] : undefined
  return end - start >= 4 && readUint32(buf, start) === SFLOW_5.version ? SFLOW_5 : undefined
}
