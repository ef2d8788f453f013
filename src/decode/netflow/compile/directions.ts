/** The directions of a template: where the elements of a flow are, and those of its second message where it is a biflow. */
import { REVERSE_ENTERPRISE } from '../../../schema/elements.js'
import { FORWARD_ONLY, SWAPPED } from './biflow.js'
import { IE } from '../wire/ie.js'
import { type Template, VARIABLE_LENGTH } from '../wire/template.js'
import { DURATION_IDS, END_IDS, START_IDS } from './times.js'

/** The elements of one direction of a template, by number. */
export interface Direction {
  readonly isReverse: boolean
  /** the places of those that hold a value */
  readonly places: (id: number) => readonly number[]
  /** the place of the first of them, −1 where there is none */
  readonly place: (id: number) => number
  /** the same of those that are as long as a number is, and as an address is */
  readonly number: (id: number) => number
  readonly address: (id: number) => number
  readonly length: (place: number) => number
}

/** The places of a template's fields by element: `enterprise, id` → places, in their order. */
export type Places = (id: number, enterprise: number) => readonly number[]

/** The other direction of a biflow; undefined for a template that tells of one direction only. */
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
  return directionOf(template, true, (id) => {
    const own = places(id, REVERSE_ENTERPRISE)
    if (own.length > 0 || notForward.has(id)) return own
    const swapped = SWAPPED.get(id)
    if (swapped !== undefined) return places(swapped, 0)
    if (!FORWARD_ONLY.has(id)) return places(id, 0)
    const counterpart = FORWARD_ONLY.get(id)
    return counterpart === undefined ? [] : places(counterpart, 0)
  })
}

export function directionOf({ fields }: Template, isReverse: boolean, places: Direction['places']): Direction {
  const length = (place: number): number => fields[place].length
  const first = (id: number, usable: (length: number) => boolean): number => places(id).find((place) => usable(length(place))) ?? -1
  return {
    isReverse,
    places,
    place: (id) => places(id)[0] ?? -1,
    number: (id) => first(id, isNumber),
    address: (id) => first(id, isAddress),
    length
  }
}

/** Indexed once, because every rule asks for its elements in every direction and family. */
export function placesOf({ fields }: Template): Places {
  const none: readonly number[] = []
  const byElement = new Map<number, number[]>()
  const key = (id: number, enterprise: number): number => enterprise * 0x10000 + id
  fields.forEach(({ id, enterprise, length }, place) => {
    if (length === 0) return
    const known = byElement.get(key(id, enterprise))
    if (known === undefined) byElement.set(key(id, enterprise), [place])
    else known.push(place)
  })
  return (id, enterprise) => byElement.get(key(id, enterprise)) ?? none
}

const isNumber = (length: number): boolean => (length >= 1 && length <= 8) || length === VARIABLE_LENGTH
const isAddress = (length: number): boolean => length === 4 || length === 16

const ADDRESS_BYTES = { 4: 4, 6: 16 } as const

export function addressPlace(direction: Direction, ids: readonly number[], family: 4 | 6): number {
  for (const id of ids) {
    const place = direction.places(id).find((at) => direction.length(at) === ADDRESS_BYTES[family])
    if (place !== undefined) return place
  }
  return -1
}

export const SOURCE = [IE.sourceIPv4Address, IE.sourceIPv6Address]
export const DESTINATION = [IE.destinationIPv4Address, IE.destinationIPv6Address]

export function addressPlaces(direction: Direction, family: 4 | 6): number[] {
  return [SOURCE, DESTINATION].map((ids) => addressPlace(direction, ids, family)).filter((place) => place >= 0)
}
