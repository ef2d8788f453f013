/** Runs a plan over a record: FlowMessage bytes straight from the record's bytes. */
import { inIsZero } from '../../memory/in.js'
import { outCommon } from '../../memory/out.js'
import { ETHERTYPE } from '../../packet/next.js'
import type { Family, Plan, Program } from '../compile/plan.js'
import type { RecordContext } from '../fields/context.js'
import { readCapped } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { noteWritten } from './generate.js'

/** The program for the record there. */
export function programOf(plan: Plan, record: number, isReverse: boolean): Program {
  const programs = isReverse ? plan.reverse! : plan.forward
  return programs(plan.familyVaries ? familyOf(plan, record) : plan.family)
}

/**
 * The family of a record, of source and destination together: that of an address that is not zero, IPv6 where both have one; else what the Ethernet type
 * says, and then the IP version. 0: neither, as in a frame of ARP.
 */
function familyOf({ addresses4, addresses6, etype, ipVersion, family }: Plan, record: number): Family {
  if (isAnySet(addresses6, record)) return 6
  if (isAnySet(addresses4, record)) return 4
  const type = etype === undefined ? 0 : readCapped(startOf(etype, record), lengthOf(etype))
  if (type !== 0) return type === ETHERTYPE.ipv4 ? 4 : type === ETHERTYPE.ipv6 ? 6 : 0
  const version = ipVersion === undefined ? 0 : readCapped(startOf(ipVersion, record), lengthOf(ipVersion))
  return version === 4 || version === 6 ? version : family
}

/** Whether the record has a second direction: any of its counters is not zero. */
export function hasReverse({ reverse, reverseCounters }: Plan, record: number): boolean {
  return reverse !== undefined && isAnySet(reverseCounters, record)
}

function isAnySet(places: readonly Place[], record: number): boolean {
  for (const place of places) if (!inIsZero(startOf(place, record), lengthOf(place))) return true
  return false
}

/**
 * Writes the message of the record that starts at `record` of the input at `pos` of the messages, where there must be room for EXTRA_BYTES,
 * `plan.growth` times the record's bytes and the fields of a frame in it; returns the position behind it.
 */
export function writeRecord({ template }: Plan, program: Program, record: number, pos: number, context: RecordContext): number {
  const run = program.code?.run
  if (run !== undefined) return run(pos, record, context, program.calls, template.offsets)
  noteWritten(program)
  pos = outCommon(pos, context.commonBytes)
  for (const { write } of program.steps) pos = write(pos, record, context)
  return pos
}
