/** What a message gets: each enrichment says what it replaces and what it appends, then appends it. */
import { writeUint64Field } from '../flow/message.js'
import { fieldTag } from '../flow/proto.js'
import { bitOf, type EnrichField } from './fields.js'
import type { Marks } from './scan.js'

/** What becomes of the current message. */
export interface Change {
  /** the fields that go, wherever they stand: those of codes below REST, and the others */
  ends: number
  rest: number
  /** bytes that are appended */
  length: number
}

export interface Enrichment {
  /** the fields that it reads or replaces */
  readonly fields: readonly EnrichField[]
  /** Adds to the change what it does to the message. */
  readonly decide: (buf: Buffer, marks: Marks, change: Change) => void
  /** Writes what the last `decide` appends; returns the position behind it. */
  readonly write: (out: Buffer, pos: number) => number
}

/** Sets the sampling rate. */
export function samplingRate(rate: number): Enrichment {
  const room = Buffer.alloc(16)
  const field = room.subarray(0, writeUint64Field(room, 0, fieldTag('sampling_rate'), Math.floor(rate / 2 ** 32), rate % 2 ** 32))
  return {
    fields: ['sampling_rate'],
    decide(_buf, _marks, change) {
      change.rest |= bitOf('sampling_rate')
      change.length += field.length
    },
    write(out, pos) {
      out.set(field, pos)
      return pos + field.length
    }
  }
}
