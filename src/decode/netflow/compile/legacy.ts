/**
 * NetFlow v1, v5 and v7: one header, records of one layout. Their records are run as templates of the same plan engine, so that the
 * fields mean the same in all versions.
 *
 *     v5 header := version(2) count(2) uptime(4) seconds(4) nanoseconds(4) sequence(4) engine type(1) engine id(1) sampling(2)
 *     v7 header := version(2) count(2) uptime(4) seconds(4) nanoseconds(4) sequence(4) reserved(4)
 *     v1 header := version(2) count(2) uptime(4) seconds(4) nanoseconds(4)
 *
 * Cisco, "NetFlow Export Datagram Formats".
 */
import { IE } from '../wire/ie.js'
import type { Plan } from './plan.js'
import { compilePlan } from './compile.js'
import { makeTemplate, type Template, type TemplateField } from '../wire/template.js'

export interface Legacy {
  readonly type: string
  readonly headerBytes: number
  readonly recordBytes: number
  readonly template: Template
  readonly plan: Plan
}

const field = (id: number, length: number): TemplateField => ({ id, enterprise: 0, length })
const pad = (length: number): TemplateField => field(IE.paddingOctets, length)

/** srcaddr, dstaddr, nexthop, input, output, dPkts, dOctets, first, last, srcport, dstport: the same in all three. */
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
const V5 = [...COMMON, pad(1), field(6, 1), field(4, 1), field(5, 1), field(16, 2), field(17, 2), field(9, 1), field(13, 1), pad(2)]
const V7 = [...V5, pad(4)] // flags stand in v5's first padding and its last, then the router that was passed by
const V1 = [...COMMON, pad(2), field(4, 1), field(5, 1), field(6, 1), pad(7)]
const V1_LONG = [...V1, pad(4)]

function legacy(type: string, headerBytes: number, fields: readonly TemplateField[]): Legacy {
  const template = makeTemplate(9, 0, fields, 0, false)
  return { type, headerBytes, recordBytes: template.recordBytes, template, plan: compilePlan(template, { icmpInPort: true }) }
}

const NETFLOW_V5 = legacy('NETFLOW_V5', 24, V5)
const NETFLOW_V7 = legacy('NETFLOW_V7', 24, V7)
const NETFLOW_V1 = legacy('NETFLOW_V1', 16, V1)
/** Some exporters send v1 records of 52 bytes. */
const NETFLOW_V1_LONG = legacy('NETFLOW_V1', 16, V1_LONG)

/** The layout of a datagram of version 1, 5 or 7 with `count` records in `bytes` bytes. */
export function legacyOf(version: number, count: number, bytes: number): Legacy {
  if (version === 5) return NETFLOW_V5
  if (version === 7) return NETFLOW_V7
  const body = bytes - NETFLOW_V1.headerBytes
  return count > 0 && body === count * NETFLOW_V1_LONG.recordBytes ? NETFLOW_V1_LONG : NETFLOW_V1
}
