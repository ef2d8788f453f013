/**
 * Who observed the flows of a proxy, a mediator or a collector that exports them again (RFC 6183): it says so in each record, or in options data of
 * their domain.
 */
import { fieldTag } from '../../flow/proto.js'
import { isZero, letters } from '../input.js'
import { alternatives, type Builder, step } from './builder.js'
import type { Direction } from './directions.js'
import { IE } from './ie.js'
import { Op } from './ops.js'

/** In the order in which they count. */
export const EXPORTER_ELEMENTS: readonly number[] = [
  IE.originalExporterIPv4Address,
  IE.originalExporterIPv6Address,
  IE.exporterIPv4Address,
  IE.exporterIPv6Address
]

/** The steps that write sampler_address from the record, else as `settle` found it; none where the template has no element for it. */
export function samplerSteps(builder: Builder, { address }: Direction): void {
  const places = EXPORTER_ELEMENTS.map(address).filter((place) => place >= 0)
  if (places.length === 0) return
  const tag = fieldTag('sampler_address')
  const start = builder.code.length
  for (const place of places) step(builder, Op.realAddress, place, tag)
  step(builder, Op.sampler, 0, tag)
  alternatives(builder, start)
}

/** An address of options data, a letter a byte; '' where it is none or all zero. */
export function readExporter(at: number, length: number): string {
  return (length === 4 || length === 16) && !isZero(at, length) ? letters(at, at + length) : ''
}
