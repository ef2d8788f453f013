/** The directions of a template: where the elements of a flow are, and those of its second message where it is a biflow. */
import { REVERSE_ENTERPRISE } from '../../../schema/elements.js'
import { forwardOnly, swapped } from './biflow.js'
import { DESTINATION, SOURCE } from './field-rules.js'
import { IE } from '../wire/ie.js'
import type { Place } from '../wire/place.js'
import { type Template, VARIABLE_LENGTH } from '../wire/template.js'
import { DURATION_IDS, END_IDS, START_IDS } from './timeelements.js'

/** The elements of one direction of a template, by number. */
export interface Direction {
  readonly isReverse: boolean
  /** the places of those that hold a value */
  readonly places: (id: number) => readonly Place[]
  /** the first of them that is as long as a number is, and as an address is */
  readonly number: (id: number) => Place | undefined
  readonly address: (id: number) => Place | undefined
  /** the same of several elements, in their order */
  readonly numbers: (ids: readonly number[]) => Place[]
  readonly addresses: (ids: readonly number[]) => Place[]
}

/** The places of a template's fields by element: `enterprise, id` → places, in their order. */
export type Places = (id: number, enterprise: number) => readonly Place[]

/** The other direction of a biflow; undefined for a template of one direction only. */
export function reverseOf(template: Template, places: Places): Direction | undefined {
  const has = (id: number): boolean => places(id, 0).length > 0
  const biflow =
    template.fields.some(({ enterprise }) => enterprise === REVERSE_ENTERPRISE) ||
    (has(IE.initiatorOctets) && has(IE.responderOctets)) ||
    (has(IE.initiatorPackets) && has(IE.responderPackets))
  if (!biflow) return undefined
  const hasOwn = (ids: readonly number[]): boolean => ids.some((id) => places(id, REVERSE_ENTERPRISE).length > 0)
  // a start or end of its own counts, in whatever unit, before the forward direction's, and so does one that its duration gives
  const [starts, ends, durations] = [START_IDS, END_IDS, DURATION_IDS].map(hasOwn)
  const notForward = new Set([...(starts || (ends && durations) ? START_IDS : []), ...(ends || (starts && durations) ? END_IDS : [])])
  return directionOf(true, (id) => {
    const own = places(id, REVERSE_ENTERPRISE)
    if (own.length > 0 || notForward.has(id)) return own
    const otherEnd = swapped().get(id)
    if (otherEnd !== undefined) return places(otherEnd, 0)
    if (!forwardOnly().has(id)) return places(id, 0)
    const counterpart = forwardOnly().get(id)
    return counterpart === undefined ? [] : places(counterpart, 0)
  })
}

/** The direction whose elements stand at these places. */
export function directionOf(isReverse: boolean, places: Direction['places']): Direction {
  const number = (id: number): Place | undefined => places(id).find(({ bytes }) => (bytes >= 1 && bytes <= 8) || bytes === VARIABLE_LENGTH)
  const address = (id: number): Place | undefined => places(id).find(({ bytes }) => bytes === 4 || bytes === 16)
  return { isReverse, places, number, address, numbers: (ids) => existing(ids.map(number)), addresses: (ids) => existing(ids.map(address)) }
}

function existing(places: readonly (Place | undefined)[]): Place[] {
  return places.filter((place) => place !== undefined)
}

/** Indexed once, because every rule asks for its elements in every direction and family. */
export function placesOf(template: Template): Places {
  const none: readonly Place[] = []
  const byElement = new Map<number, Place[]>()
  const key = (id: number, enterprise: number): number => enterprise * 0x10000 + id
  template.fields.forEach(({ id, enterprise, length }, index) => {
    if (length === 0) return
    const place = { bytes: length, index, template }
    const known = byElement.get(key(id, enterprise))
    if (known === undefined) byElement.set(key(id, enterprise), [place])
    else known.push(place)
  })
  return (id, enterprise) => byElement.get(key(id, enterprise)) ?? none
}

const ADDRESS_BYTES = { 4: 4, 6: 16 } as const

/** The first of the elements with an address of that family. */
export function addressPlace(direction: Direction, ids: readonly number[], family: 4 | 6): Place | undefined {
  return ids.flatMap(direction.places).find(({ bytes }) => bytes === ADDRESS_BYTES[family])
}

/** The source and destination address of that family, as far as they are there. */
export function addressPlaces(direction: Direction, family: 4 | 6): Place[] {
  return existing([SOURCE, DESTINATION].map((ids) => addressPlace(direction, ids, family)))
}
