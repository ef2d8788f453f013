/**
 * The fields of FlowMessage that flow-enrich reads and writes, by a code each. Sets of fields are two words of bits: that of the codes
 * below 32, and that of the others.
 */
import type { FieldName } from '../flow/names.js'
import { flowMessage, wireTypeOf } from '../flow/proto.js'

/** Fields of either end, in the order of their codes: those of the source from 0 on, those of the destination from ENDS on. */
export const END_FIELDS = ['as', 'as_name', 'country', 'city', 'network', 'role', 'site', 'region', 'tenant'] as const
export const ENDS = END_FIELDS.length

/** Their bits, as of the source; shifted by ENDS as of the destination. */
export const AS = 1
export const AS_NAME = 2

/** The second word. */
export const REST = 32

const CODES = {
  ...endCodes('src', 0),
  ...endCodes('dst', ENDS),
  src_addr: 2 * ENDS,
  dst_addr: 2 * ENDS + 1,
  sampler_address: 2 * ENDS + 2,
  in_if: 2 * ENDS + 3,
  out_if: 2 * ENDS + 4,
  proto: 2 * ENDS + 5,
  src_port: 2 * ENDS + 6,
  dst_port: 2 * ENDS + 7,
  icmp_type: 2 * ENDS + 8,
  icmp_code: 2 * ENDS + 9,
  sampling_rate: REST,
  community_id: REST + 1,
  exporter_name: REST + 2,
  exporter_group: REST + 3,
  exporter_role: REST + 4,
  exporter_site: REST + 5,
  exporter_region: REST + 6,
  exporter_tenant: REST + 7,
  in_if_name: REST + 8,
  in_if_description: REST + 9,
  in_if_speed: REST + 10,
  in_if_boundary: REST + 11,
  out_if_name: REST + 12,
  out_if_description: REST + 13,
  out_if_speed: REST + 14,
  out_if_boundary: REST + 15
} satisfies Partial<Record<FieldName, number>>

export type EnrichField = keyof typeof CODES

type EndField<End extends 'src' | 'dst'> = `${End}_${(typeof END_FIELDS)[number]}`

function endCodes<End extends 'src' | 'dst'>(end: End, first: number): Record<EndField<End>, number> {
  return Object.fromEntries(END_FIELDS.map((name, i) => [`${end}_${name}`, first + i])) as Record<EndField<End>, number>
}

/** The code of a field. */
export function codeOf(field: EnrichField): number {
  return CODES[field]
}

/** The bit of a field in its word. */
export function bitOf(field: EnrichField): number {
  return 1 << (CODES[field] & 31)
}

/** No field. */
export const NO_CODE = 0xff

/** The code of each of these fields by its tag's value (number << 3 | wire type); NO_CODE, or beyond the end, for those that pass as they are. */
export function codesByTag(fields: readonly EnrichField[]): Uint8Array {
  const entries = fields.map((name) => {
    const field = flowMessage.field(name)
    return [(field.number << 3) | wireTypeOf(field), CODES[name]] as const
  })
  const codes = new Uint8Array(Math.max(0, ...entries.map(([tag]) => tag + 1))).fill(NO_CODE)
  for (const [tag, code] of entries) codes[tag] = code
  return codes
}
