/** A template, compiled. */
import type { Place } from '../wire/place.js'
import type { Template } from '../wire/template.js'
import type { RecordContext } from '../fields/context.js'
import type { Calls, Step } from '../fields/step.js'

export interface Plan {
  readonly template: Template
  readonly forward: Programs
  /** the second message of a biflow, where the template has reverse elements */
  readonly reverse: Programs | undefined
  /** the elements that must not all be zero for a reverse direction to be there */
  readonly reverseCounters: readonly Place[]
  /** source and destination address */
  readonly addresses4: readonly Place[]
  readonly addresses6: readonly Place[]
  /** each record chooses its family: by its addresses, else by its Ethernet type or IP version */
  readonly familyVaries: boolean
  readonly etype: Place | undefined
  readonly ipVersion: Place | undefined
  /** the family of all records, or of one that has none */
  readonly family: Family
  /** a message takes so many times its record's bytes at the most, beside EXTRA_BYTES */
  readonly growth: number
  /** it writes sampler_address, record by record */
  readonly writesSampler: boolean
  /** memory that it takes, about */
  readonly memory: number
}

export type Family = 0 | 4 | 6

/** The program of one direction for a record of IPv4, of IPv6 and of no addresses: each is compiled when the first such record comes. */
export type Programs = (family: Family) => Program

/** One direction and address family of a template: its steps, and what run/ makes of them. */
export interface Program {
  readonly steps: readonly Step[]
  /** records that its steps wrote one after another */
  written: number
  /** its steps as one function, which programs of the same text share, and what that calls */
  code: Code | undefined
  calls: Calls
}

export interface Code {
  /** undefined once it was given up for others */
  run: ((pos: number, record: number, context: RecordContext, calls: Calls, offsets: Int32Array) => number) | undefined
}
