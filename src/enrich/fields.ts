/**
 * The fields of FlowMessage that flow-enrich reads and writes.
 *
 * A set of fields is a number: the bits of what is known of an address (AS, AS_NAME, COUNTRY, CITY), as they are for the source and
 * shifted by DST_SHIFT for the destination, and SAMPLING_RATE.
 */
import type { FieldName } from '../flow/names.js'
import { flowMessage, wireTypeOf } from '../flow/proto.js'

export const AS = 1
export const AS_NAME = 2
export const COUNTRY = 4
export const CITY = 8
export const DST_SHIFT = 4
export const SAMPLING_RATE = 1 << 8
/** not replaced, but looked up */
export const SRC_ADDR = 1 << 9
export const DST_ADDR = 1 << 10

const BITS = {
  src_as: AS,
  src_as_name: AS_NAME,
  src_country: COUNTRY,
  src_city: CITY,
  dst_as: AS << DST_SHIFT,
  dst_as_name: AS_NAME << DST_SHIFT,
  dst_country: COUNTRY << DST_SHIFT,
  dst_city: CITY << DST_SHIFT,
  sampling_rate: SAMPLING_RATE,
  src_addr: SRC_ADDR,
  dst_addr: DST_ADDR
} satisfies Partial<Record<FieldName, number>>

/** The bit of the field by its tag's value (number << 3 | wire type); 0, or beyond the end, for those that pass as they are. */
export const BIT_OF_TAG: Uint16Array = bitsByTag()

function bitsByTag(): Uint16Array {
  const entries = (Object.keys(BITS) as (keyof typeof BITS)[]).map((name) => {
    const field = flowMessage.field(name)
    return [(field.number << 3) | wireTypeOf(field), BITS[name]] as const
  })
  const bits = new Uint16Array(Math.max(...entries.map(([tag]) => tag)) + 1)
  for (const [tag, bit] of entries) bits[tag] = bit
  return bits
}
