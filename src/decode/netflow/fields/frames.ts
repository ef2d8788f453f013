/** Sections of sampled packets in records: elements 104, 313 and 315 (IANA; 313: RFC 5477, 315: RFC 7133). */
import { outUint32 } from '../../memory/out.js'
import { writeFrameFields, writeMappedFields } from '../../packet/walk.js'
import { readCapped } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { call, type Step } from './step.js'

/** The section of a packet that a record carries. */
export interface Section {
  readonly place: Place
  /** what it starts with: one of LINK */
  readonly link: number
  /** its exported length: what is behind that is padding */
  readonly exported: Place | undefined
}

function bytesOf({ place, exported }: Section, record: number): number {
  const length = lengthOf(place)
  return exported === undefined ? length : Math.min(length, readCapped(startOf(exported, record), lengthOf(exported)))
}

/** The bytes of the section as a number. */
export function sectionBytes(tag: number, section: Section): Step {
  return call((pos, record) => outUint32(pos, tag, bytesOf(section, record)))
}

/** The fields of the frame in it, but those in these sets (of `frameFieldSet`): `own`, which the record has itself, and of them `mapped`, which mapped elements fill. */
export function frameFields(section: Section, own: number, mapped: number): Step {
  return call((pos, record, { walk }) => {
    const start = startOf(section.place, record)
    return writeMappedFields(walk, writeFrameFields(walk, start, start + bytesOf(section, record), section.link, pos, own, mapped))
  })
}
