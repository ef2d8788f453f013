/** The columns that are computed from fields and are none themselves (src/text/virtual.ts). A user's own field of such a name takes its place. */
import type { FieldName } from '../flow/names.js'
import type { Kind } from './kinds.js'

export interface VirtualRow {
  readonly kind: Kind
  /** one line for people */
  readonly about: string
  /** the fields that it is computed from */
  readonly from: readonly FieldName[]
}

export const VIRTUAL = {
  icmp_name: { kind: 'text', about: 'name of the ICMP type', from: ['proto', 'icmp_type'] },
  duration: { kind: 'seconds', about: 'seconds from start to end', from: ['time_flow_start_ns', 'time_flow_end_ns'] },
  bps: { kind: 'rate', about: 'bits a second', from: ['bytes', 'time_flow_start_ns', 'time_flow_end_ns'] },
  pps: { kind: 'rate', about: 'packets a second', from: ['packets', 'time_flow_start_ns', 'time_flow_end_ns'] },
  bpp: { kind: 'rate', about: 'bytes a packet', from: ['bytes', 'packets'] },
  scaled_bytes: { kind: 'counter', about: 'bytes times the sampling rate', from: ['bytes', 'sampling_rate', 'flows'] },
  scaled_packets: { kind: 'counter', about: 'packets times the sampling rate', from: ['packets', 'sampling_rate', 'flows'] },
  share: { kind: 'ratio', about: 'part of the total that groups are ordered by', from: ['bytes', 'total'] }
} as const satisfies Record<string, VirtualRow>

export type VirtualColumn = keyof typeof VIRTUAL

export const VIRTUAL_COLUMNS = Object.keys(VIRTUAL) as VirtualColumn[]
