/** The steps of a plan that few records have. */
import { fieldTag } from '../../../flow/proto.js'
import { inIsZero } from '../../memory/in.js'
import { COMMON_AT, outInput, outRaw, outLetters, outTag, outUint32, outUint64, outVarint32 } from '../../memory/out.js'
import { ETHERTYPE } from '../../packet/next.js'
import { type FrameWalk, writeFrameFields, writeMappedFields } from '../../packet/walk.js'
import { valueAt, valueLength, word } from '../../memory/plans.js'
import { writeCommunities, writeMplsLabels, writeSegments } from './lists.js'
import { writeMapped } from './mapped.js'
import { ICMPV6 } from '../compile/field-rules.js'
import type { Domain, NameTables, Told } from '../known/exporter.js'
import { Op, type Plan } from '../compile/program.js'
import { isUniform, type Rate, toldRate } from '../known/sampling.js'
import { findName, hasNames, originalExporterOf, systemInitOf, toldOf } from '../known/standin.js'
import { setOwnRate } from './recordrate.js'
import { type Instant, isBefore, nearestUptime, NTP_BYTES, setInstant, setMillis, setMoved, setNtp, uptimeAge } from '../wire/instants.js'
import { readCapped, readNumber, readUint, type Uint64 } from '../wire/numbers.js'

/** What the records of a datagram share. */
export interface RecordContext {
  /** takes apart the sections of packets in records */
  readonly walk: FrameWalk
  /** bytes of the fields that every message of the datagram starts with, and of the data set */
  baseBytes: number
  commonBytes: number
  /** what options data says of the exporter goes before the datagram's source */
  readonly samplerOfRecord: boolean
  exportSeconds: number
  exportNanos: number
  /** the exporter's uptime in milliseconds (v5, v9) */
  uptime: number
  domain: Domain
  /** the rate of v5's header */
  headerRate: Rate | undefined
  /** the rate that the user set for this exporter */
  defaultRate: Rate | undefined
  // of the data set at hand, by `settle`:
  templateId: number
  /** the exporter's address, a letter a byte */
  sampler: string
  told: Told
  systemInitMs: number
  /** the rate of all records, if there is one and it has 32 bits; else 0 */
  fixedRate: number
  /** the rate is another one, perhaps for each record */
  ratesVary: boolean
  /** some interface has a name */
  interfacesNamed: boolean
}

const TAG_SAMPLER_ADDRESS = fieldTag('sampler_address')
const value: Uint64 = { hi: 0, lo: 0 }
/** The flow's, which several steps may set before they are written. */
export const flowStart: Instant = { seconds: 0, nanos: 0 }
export const flowEnd: Instant = { seconds: 0, nanos: 0 }

/** Finds out what the records of a data set, or of a datagram of v5, have in common. `writesSampler`: they write sampler_address themselves. */
export function settle(context: RecordContext, templateId: number, writesSampler: boolean): void {
  const { domain, headerRate, baseBytes } = context
  const { address } = domain.port.exporter
  context.sampler = (context.samplerOfRecord ? originalExporterOf(domain) : '') || address
  const baseEnd = COMMON_AT + baseBytes
  context.commonBytes = (writesSampler ? baseEnd : outLetters(baseEnd, TAG_SAMPLER_ADDRESS, context.sampler)) - COMMON_AT
  context.templateId = templateId
  context.told = toldOf(domain)
  context.systemInitMs = systemInitOf(domain)
  const { own, whole, domain0 } = context.told.rates
  const vary = headerRate === undefined && !(isUniform(own) && isUniform(whole) && isUniform(domain0))
  const rate = vary ? undefined : rateOf(context, -1, -1, -1)
  context.ratesVary = vary || (rate !== undefined && rate.hi !== 0)
  context.fixedRate = rate === undefined || context.ratesVary ? 0 : rate.lo | 0
  context.interfacesNamed = hasNames(context.told.interfaces)
}

function rateOf(
  { headerRate, told, templateId, defaultRate }: RecordContext,
  sampler: number,
  lineCard: number,
  interface_: number
): Rate | undefined {
  return headerRate ?? toldRate(told.rates, sampler, templateId, lineCard, interface_) ?? defaultRate
}

/** flowDirection (61) of a flow that was seen as it left. */
const EGRESS = 1

/** The rate that options data told for the record; `places` are those of sampler, input, output, direction and line card, or −1. */
function toldRateOf(context: RecordContext, places: Int32Array): Rate | undefined {
  const number = (i: number): number => (places[i] < 0 ? -1 : readNumber(valueAt(places[i]), valueLength(places[i])))
  const isEgress = number(3) === EGRESS && places[2] >= 0
  return rateOf(context, number(0), number(4), number(isEgress ? 2 : 1))
}

/** What `writeOther` gives for a step that did its work without writing. */
const DONE = -1

/** Runs a step of the rarer kinds: gives the position behind what it wrote, `pos` where it had nothing to write, or DONE. */
export function writeOther({ lists }: Plan, i: number, pos: number, context: RecordContext): number {
  const op = word(i) as Op
  const field = word(i + 1)
  const tag = word(i + 2)
  const argument = word(i + 3)
  const at = valueAt(field)
  const length = valueLength(field)
  const instant = argument === 0 ? flowStart : flowEnd
  switch (op) {
    case Op.uint32: {
      const bits = readCapped(at, length)
      return bits === 0 ? pos : outVarint32(outTag(pos, tag), bits)
    }
    case Op.uint64:
      readUint(at, length, value)
      return outUint64(pos, tag, value.hi, value.lo)
    case Op.bits:
      readUint(at, length, value)
      return outUint32(pos, tag, (value.lo >>> (argument & 0xff)) & (argument >>> 8))
    case Op.realAddress:
      return inIsZero(at, length) ? pos : outInput(pos, tag, at, at + length)
    case Op.ipVersion: {
      const version = readCapped(at, length)
      return outUint32(pos, tag, version === 4 ? ETHERTYPE.ipv4 : version === 6 ? ETHERTYPE.ipv6 : 0)
    }
    case Op.uptimeOfAnyLength:
      readUint(at, length, value)
      setMillis(instant, context.exportSeconds * 1000 - uptimeAge(context.uptime, value.lo), context.exportNanos)
      return DONE
    case Op.initUptime: {
      const places = lists[field] // by index: taking it apart as a pattern runs an iterator
      const uptime = places[0]
      const last = places[1]
      const init = places[2]
      const initMs = init < 0 ? 0 : readNumber(valueAt(init), valueLength(init))
      const lastUptime = last < 0 ? NaN : readCapped(valueAt(last), valueLength(last))
      setInitUptime(context, initMs, readCapped(valueAt(uptime), valueLength(uptime)), lastUptime, argument)
      return DONE
    }
    case Op.seconds:
    case Op.millis: {
      const number = readNumber(at, length)
      if (number === 0) return pos
      if (op === Op.seconds) setInstant(instant, number, 0)
      else setMillis(instant, number, 0)
      return DONE
    }
    case Op.ntpMicros:
    case Op.ntpNanos:
      if (length !== NTP_BYTES) return pos
      readUint(at, NTP_BYTES, value)
      if (value.hi === 0 && value.lo === 0) return pos
      setNtp(instant, value.hi, value.lo, op === Op.ntpMicros ? 1000 : 1)
      return DONE
    case Op.deltaMicros:
      setMoved(instant, context.exportSeconds, context.exportNanos, readNumber(at, length), 1e6, -1)
      return DONE
    case Op.exportTime:
      setInstant(instant, context.exportSeconds, context.exportNanos)
      // the export may be told in seconds, and so seem to come before a start in milliseconds
      if (field === 1 && isBefore(flowEnd, flowStart)) setInstant(flowEnd, flowStart.seconds, flowStart.nanos)
      return DONE
    case Op.durationMillis:
    case Op.durationMicros: {
      const duration = readNumber(at, length)
      const perSecond = op === Op.durationMillis ? 1000 : 1e6
      if (argument === 0) setMoved(flowStart, flowEnd.seconds, flowEnd.nanos, duration, perSecond, -1)
      else setMoved(flowEnd, flowStart.seconds, flowStart.nanos, duration, perSecond, 1)
      return DONE
    }
    case Op.otherEnd:
      if (argument === 0) setInstant(flowStart, flowEnd.seconds, flowEnd.nanos)
      else setInstant(flowEnd, flowStart.seconds, flowStart.nanos)
      return DONE
    case Op.ownRate:
      setOwnRate(value, lists[field])
      return outUint64(pos, tag, value.hi, value.lo)
    case Op.learnedRate: {
      const rate = toldRateOf(context, lists[field])
      return rate === undefined ? pos : outUint64(pos, tag, rate.hi, rate.lo)
    }
    case Op.icmpTypeCode:
    case Op.icmpTypeCodeIPv6: {
      const both = readCapped(at, length)
      return writeIcmp(pos, tag, argument, op === Op.icmpTypeCodeIPv6 ? typeAndCode(both) : both)
    }
    case Op.icmpPorts: {
      const places = lists[argument]
      const source = places[0]
      const destination = places[1]
      const protocol = readCapped(at, length)
      if (protocol !== places[2] && protocol !== places[3]) return pos
      if (source >= 0 && readCapped(valueAt(source), valueLength(source)) !== 0) return pos
      const port = readCapped(valueAt(destination), valueLength(destination))
      return writeIcmp(pos, tag, places[4], protocol === ICMPV6 ? typeAndCode(port) : port)
    }
    case Op.icmpApart: {
      const places = lists[field]
      const type = firstNumber(places[0], places[1])
      const code = firstNumber(places[2], places[3])
      return writeUint32Fields(pos, tag, type, argument, code)
    }
    case Op.mpls:
      return writeMplsLabels(pos, tag, lists[field])
    case Op.communities:
      return writeCommunities(pos, tag, argument, lists[field])
    case Op.segments:
      return writeSegments(pos, tag, argument, lists[field])
    case Op.sectionBytes:
      return outUint32(pos, tag, sectionBytes(field, argument))
    case Op.frame: {
      const { walk } = context
      const [place, exported, link, own, mapped] = lists[field]
      const start = valueAt(place)
      const end = start + sectionBytes(place, exported)
      return writeMappedFields(walk, writeFrameFields(walk, start, end, link, pos, own, mapped))
    }
    case Op.interfaceName:
      return writeName(pos, argument, context.told.interfaces, at, length)
    case Op.vrfName:
      return writeName(pos, argument, context.told.vrfs, at, length)
    case Op.applicationName:
      return writeName(pos, argument, context.told.applications, at, length)
    case Op.sampler:
      return outLetters(pos, tag, context.sampler)
    default:
      return writeMapped(op, pos, tag, at, length, argument)
  }
}

/** Sets the start (0) or the end (1) from IPFIX's uptimes: from the boot time if that is known, else back from the export time, which then is the end. */
function setInitUptime(context: RecordContext, recordInitMs: number, uptime: number, last: number, which: number): void {
  const instant = which === 0 ? flowStart : flowEnd
  const init = recordInitMs > 0 ? recordInitMs : context.systemInitMs
  const exportMs = context.exportSeconds * 1000
  if (init > 0) setMillis(instant, nearestUptime(init, uptime, exportMs), 0)
  else if (which === 1 || Number.isNaN(last)) setInstant(instant, context.exportSeconds, 0)
  else setMillis(instant, exportMs - uptimeAge(last, uptime), 0)
}

function firstNumber(a: number, b: number): number {
  const first = a < 0 ? 0 : readCapped(valueAt(a), valueLength(a))
  return first !== 0 || b < 0 ? first : readCapped(valueAt(b), valueLength(b))
}

/** The bytes of the section at `place`, or what the element at `exported` − 1 says of it where that is less. */
function sectionBytes(place: number, exported: number): number {
  if (exported === 0) return valueLength(place)
  return Math.min(valueLength(place), readCapped(valueAt(exported - 1), valueLength(exported - 1)))
}

/** ICMPv6's type 0 is reserved: what has no type has it where the code should be, as IOS-XR does. */
const typeAndCode = (both: number): number => (both < 0x100 ? both << 8 : both)

function writeIcmp(pos: number, typeTag: number, codeTag: number, both: number): number {
  return writeUint32Fields(pos, typeTag, both >>> 8, codeTag, both & 0xff)
}

/** A tag of 0 is that of a field that something else fills. */
function writeUint32Fields(pos: number, typeTag: number, type: number, codeTag: number, code: number): number {
  if (typeTag !== 0) pos = outUint32(pos, typeTag, type)
  if (codeTag !== 0) pos = outUint32(pos, codeTag, code)
  return pos
}

/** What options data called the thing that the element numbers, in this domain or in any of the exporter's. */
function writeName(pos: number, side: number, tables: NameTables, at: number, length: number): number {
  if (!hasNames(tables)) return pos
  const number = readNumber(at, length)
  const name = findName(tables, number)
  if (name === undefined) return number === 0 ? pos : DONE // another element's name would be that of another thing
  const field = side === 0 ? name.in : name.out
  return outRaw(pos, field)
}
