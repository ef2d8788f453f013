/** Runs a plan over a record: FlowMessage bytes straight from the record's bytes. */
import { inIsZero, inI32, inU16, inU8 } from '../../memory/in.js'
import { outInputBytes, outByte, outCommon, outSizedTag, outVarint32, outVarint64 } from '../../memory/out.js'
import { valueAt, valueLength, word } from '../../memory/plans.js'
import { ICMP, ICMPV6 } from '../compile/field-rules.js'
import { type Family, Op, type Plan, type Program, STEP } from '../compile/program.js'
import { flowEnd, flowStart, type RecordContext, writeOther } from './steps.js'
import { readCapped } from '../wire/numbers.js'
import { setMillis64, setUptime, writeInstant } from './timefields.js'
import { ETHERTYPE } from '../../packet/next.js'

/** Whether a protocol, of which this is the first byte, may be ICMP's, ICMPv6's or one that is not told in one byte. */
const mayBeIcmp = (protocol: number): boolean => protocol === ICMP || protocol === ICMPV6 || protocol === 0

// What is imported is looked up and checked at each use; V8 builds what is a constant of this module into the code.
const start = flowStart
const end = flowEnd
const plain = word
const u8 = inU8
const u16 = inU16
const i32 = inI32
const putByte = outByte
const putTag = outSizedTag
const putVarint32 = outVarint32
const putVarint64 = outVarint64
const putInput = outInputBytes
const putInstant = writeInstant
const putUptime = setUptime
const putMillis64 = setMillis64

/** The program for the record at hand. */
export function programOf(plan: Plan, reverse: boolean): Program {
  const programs = reverse ? plan.reverse! : plan.forward
  return programs[plan.familyVaries ? familyOf(plan) : plan.family]
}

/**
 * The family of the record at hand, of source and destination together: that of an address that is not zero, IPv6 where both have one; else what the
 * Ethernet type says, and then the IP version. 0: neither, as in a frame of ARP.
 */
function familyOf(plan: Plan): Family {
  for (const place of plan.addresses6) if (!inIsZero(valueAt(place), valueLength(place))) return 6
  for (const place of plan.addresses4) if (!inIsZero(valueAt(place), valueLength(place))) return 4
  const etype = plan.etype < 0 ? 0 : readCapped(valueAt(plan.etype), valueLength(plan.etype))
  if (etype !== 0) return etype === ETHERTYPE.ipv4 ? 4 : etype === ETHERTYPE.ipv6 ? 6 : 0
  const version = plan.ipVersion < 0 ? 0 : readCapped(valueAt(plan.ipVersion), valueLength(plan.ipVersion))
  return version === 4 || version === 6 ? version : plan.family
}

/** Whether the record at hand has a second direction: any of its counters is not zero. */
export function hasReverse(plan: Plan): boolean {
  for (const place of plan.reverseCounters) if (!inIsZero(valueAt(place), valueLength(place))) return true
  return false
}

/**
 * Writes the message of the record at hand, which starts at `record` in the input, at `pos` of the messages, where there must be room for
 * `plan.extraBytes`, `plan.growth` times the record's bytes and the fields of a frame in it; gives the position behind it. `codeAt` is where
 * the arena has the plan's code. The steps of most records are here; the others are in a function of their own, so that this one stays
 * small enough for what it calls to be built into it.
 */
export function writeRecord(
  plan: Plan,
  { start: first, end: last }: Program,
  codeAt: number,
  record: number,
  pos: number,
  context: RecordContext
): number {
  const offsetsAt = plan.at
  const stop = codeAt + last
  const { exportSeconds, exportNanos, uptime, fixedRate, interfacesNamed, ratesVary } = context
  pos = outCommon(pos, context.commonBytes)
  for (let i = codeAt + first; i < stop;) {
    const at = record + plain(offsetsAt + plain(i + 1))
    let bits = 0 // what a step that fills a field of 32 bits has to write
    const op = plain(i) as Op
    switch (op) {
      case Op.u8:
        bits = u8(at)
        break
      case Op.u16:
        bits = u16(at)
        break
      case Op.u32:
        bits = i32(at)
        break
      case Op.u64: {
        const hi = i32(at)
        bits = i32(at + 4)
        if (hi === 0) break
        pos = putVarint64(putTag(pos, plain(i + 2), plain(i + 5)), hi, bits)
        i = codeAt + plain(i + 4)
        continue
      }
      case Op.constant:
        bits = plain(i + 3)
        break
      case Op.address4:
        pos = putTag(pos, plain(i + 2), plain(i + 5))
        putByte(pos, 4)
        pos = putInput(pos + 1, at, at + 4)
        i = codeAt + plain(i + 4)
        continue
      case Op.address6:
        pos = putTag(pos, plain(i + 2), plain(i + 5))
        putByte(pos, 16)
        pos = putInput(pos + 1, at, at + 16)
        i = codeAt + plain(i + 4)
        continue
      case Op.uptime:
        putUptime(plain(i + 3) === 0 ? start : end, exportSeconds, exportNanos, uptime, at)
        i = codeAt + plain(i + 4)
        continue
      case Op.millis64:
        i = putMillis64(plain(i + 3) === 0 ? start : end, at) ? codeAt + plain(i + 4) : i + STEP
        continue
      case Op.writeTime:
        pos = putInstant(pos, plain(i + 2), plain(i + 3) === 0 ? start : end)
        i = codeAt + plain(i + 4)
        continue
      case Op.bits8:
        bits = (u8(at) >>> (plain(i + 3) & 0xff)) & (plain(i + 3) >>> 8)
        break
      case Op.fixedRate:
        bits = fixedRate
        break
      default: {
        if (op === Op.interfaceName ? !interfacesNamed : op === Op.learnedRate ? !ratesVary : op === Op.icmpPorts && !mayBeIcmp(u8(at))) {
          i += STEP
          continue
        }
        const written = writeOther(plan, i, pos, context)
        i = written === pos ? i + STEP : codeAt + plain(i + 4)
        if (written >= 0) pos = written
        continue
      }
    }
    if (bits === 0) i += STEP
    else {
      pos = putVarint32(putTag(pos, plain(i + 2), plain(i + 5)), bits)
      i = codeAt + plain(i + 4)
    }
  }
  return pos
}
