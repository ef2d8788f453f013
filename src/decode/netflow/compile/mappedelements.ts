/** The elements that a mapping file sends to fields, as plans have them. */
import type { ElementMapping } from '../../../mapping/mapping.js'
import type { MappedElement } from '../fields/mapped.js'

/** IANA is enterprise 0; v9 has no other. */
export function mappedElements(mapping: readonly ElementMapping[]): MappedElement[] {
  return mapping.map(({ field, pen, destination, endianness }) => ({
    id: field,
    enterprise: pen ?? 0,
    destination,
    littleEndian: endianness === 'little'
  }))
}
