/**
 * What the second message of a biflow makes of the elements of a record: which change ends and which tell of the forward direction only.
 * The field table says it of the fields; the rules say which elements fill them.
 */
import { lazy } from '../../../flow/lazy.js'
import { FIELDS } from '../../../schema/fields.js'
import { elementsOf, RULES } from './field-rules.js'
import { IE } from '../wire/ie.js'

/** Elements that change places in the reverse direction (RFC 5103 section 5). */
export const swapped = lazy(swappedElements)

/** Elements that say nothing of the reverse direction; the numbers to read in their place, where there is one. */
export const forwardOnly = lazy(
  (): ReadonlyMap<number, number | undefined> =>
    new Map<number, number | undefined>([
      ...RULES.filter(({ to }) => FIELDS[to].biflow === 'drop')
        .flatMap(elementsOf)
        .map((id) => [id, undefined] as const),
      // a frame is one direction's
      ...[IE.layer2packetSectionData, IE.ipHeaderPacketSection, IE.dataLinkFrameSection].map((id) => [id, undefined] as const),
      [IE.initiatorOctets, IE.responderOctets],
      [IE.initiatorPackets, IE.responderPackets]
    ])
)

function swappedElements(): ReadonlyMap<number, number> {
  const swapped = new Map<number, number>()
  for (const rule of RULES) {
    const { other } = FIELDS[rule.to]
    if (other === undefined) continue
    // rules of two ends name their elements in one order
    const others = RULES.filter(({ to }) => to === other).flatMap(elementsOf)
    elementsOf(rule).forEach((id, i) => swapped.set(id, others[i]))
  }
  return swapped
}
