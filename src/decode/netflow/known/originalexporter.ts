/**
 * The exporter that observed a flow, where a proxy, a mediator or a collector exports the flow again (RFC 6183): its address stands in the record, or in
 * options data of the domain.
 */
import { inIsZero, inLetters } from '../../memory/in.js'
import { IE } from '../wire/ie.js'

/** In the order in which they count. */
export const EXPORTER_ELEMENTS: readonly number[] = [
  IE.originalExporterIPv4Address,
  IE.originalExporterIPv6Address,
  IE.exporterIPv4Address,
  IE.exporterIPv6Address
]

/** An address of options data, a letter a byte; '' where it is none or all zero. */
export function readExporter(at: number, length: number): string {
  return (length === 4 || length === 16) && !inIsZero(at, length) ? inLetters(at, at + length) : ''
}
