/**
 * Events that no field of FlowMessage tells of. For a report the decoder writes them into a field of its own: what is decoded for a report is read by it
 * alone.
 */
import { type Field, flowMessage, type Schema, schemaOf } from '../../flow/proto.js'
import type { ElementMapping, Mapping } from '../../mapping/mapping.js'

/** What a firewall did (1 to 5: created, deleted, denied, alert, updated). The element is not in IE, whose elements fill fields. */
const FIREWALL_EVENT_ELEMENT = 233
/** protobuf keeps this number for itself: no field of proto/ or of a mapping file has it */
const FIREWALL_EVENT: Field = { name: 'firewall_event', number: 19_999, type: 'uint32', repeated: false, packed: false }

/** The fields of flows that a report reads. */
export const REPORT_FIELDS: Schema = schemaOf([...flowMessage.fields, FIREWALL_EVENT])
export const FIREWALL_EVENT_INDEX = REPORT_FIELDS.indexOf(FIREWALL_EVENT.name)

/** The user's mapping, and these events beside it. */
export function withEvents(mapping: Mapping): Mapping {
  const event: ElementMapping = { field: FIREWALL_EVENT_ELEMENT, destination: FIREWALL_EVENT, endianness: 'big' }
  return { ...mapping, ipfix: [...mapping.ipfix, event], netflowv9: [...mapping.netflowv9, event] }
}
