/** Runs a plan over a record: FlowMessage bytes straight from the record's bytes. */
import { copyBytesField, writeTag, writeUint32Field, writeUint64Field } from '../../flow/message.js'
import { writeVarint32, writeVarint64 } from '../../flow/varint.js'
import { type Frame, writeFrameFields } from '../packet/frame.js'
import type { Domain, Names } from './domain.js'
import { writeCommunities, writeMplsLabels, writeSegments } from './lists.js'
import { Op, type Plan, type Program, STEP } from './ops.js'
import { writeMapped } from './mapped.js'
import { learnedRate, type Rate, setRateOfPopulation, setRateOfSpace } from './sampling.js'
import {
  type Instant,
  isZero,
  nearestUptime,
  NTP_BYTES,
  readNumber,
  readUint,
  readCapped,
  setInstant,
  setMillis,
  setMoved,
  setNtp,
  type Uint64,
  uptimeAge,
  writeInstant
} from './values.js'

/** What the records of a datagram share. */
export interface RecordContext {
  /** takes apart the sections of packets in records */
  readonly frame: Frame
  /** the first bytes of every message: `shared[0, sharedBytes)` */
  readonly shared: Buffer
  sharedBytes: number
  exportSeconds: number
  exportNanos: number
  /** the exporter's uptime in milliseconds (v5, v9) */
  uptime: number
  domain: Domain
  /** the same exporter's domain 0, where there is one */
  domain0: Domain | undefined
  /** the rate of v5's header */
  headerRate: Rate | undefined
  /** the rate that the user set for this exporter */
  defaultRate: Rate | undefined
}

const value: Uint64 = { hi: 0, lo: 0 }
const other: Uint64 = { hi: 0, lo: 0 }
const start: Instant = { seconds: 0, nanos: 0 }
const end: Instant = { seconds: 0, nanos: 0 }
const ETYPE_IPV4 = 0x0800
const ETYPE_IPV6 = 0x86dd

/** The program for the record at `base`: the family is that of source and destination together, IPv6 where both are set. */
export function programOf(plan: Plan, reverse: boolean, offsets: Int32Array, lengths: Int32Array, buf: Buffer, base: number): Program {
  const programs = reverse ? plan.reverse! : plan.forward
  if (plan.addresses6.length === 0) return programs[plan.family]
  for (const place of plan.addresses6) if (!isZero(buf, base + offsets[place], lengths[place])) return programs[6]
  for (const place of plan.addresses4) if (!isZero(buf, base + offsets[place], lengths[place])) return programs[4]
  return programs[0]
}

/** Whether the record has a second direction: any of its counters is not zero. */
export function hasReverse(plan: Plan, offsets: Int32Array, lengths: Int32Array, buf: Buffer, base: number): boolean {
  for (const place of plan.reverseCounters) if (!isZero(buf, base + offsets[place], lengths[place])) return true
  return false
}

/**
 * Writes the message of the record at `buf[base]` at `out[pos]`, where `plan.extraBytes` and thrice the record's bytes must fit; gives the
 * position behind it. The steps of most records are here; the others are in a function of their own, so that this one stays
 * small enough for what it calls to be inlined.
 */
export function writeRecord(
  program: Program,
  offsets: Int32Array,
  lengths: Int32Array,
  buf: Buffer,
  base: number,
  out: Buffer,
  pos: number,
  context: RecordContext
): number {
  const { code } = program
  const { shared, sharedBytes } = context
  for (let i = 0; i < sharedBytes; i++) out[pos++] = shared[i]
  for (let i = 0; i < code.length; ) {
    const field = code[i + 1]
    const at = base + offsets[field]
    let word = 0 // what a step that fills a field of 32 bits has to write
    switch (code[i] as Op) {
      case Op.u8:
        word = buf[at]
        break
      case Op.u16:
        word = (buf[at] << 8) | buf[at + 1]
        break
      case Op.u32:
        word = ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
        break
      case Op.u64: {
        const hi = ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
        word = ((buf[at + 4] << 24) | (buf[at + 5] << 16) | (buf[at + 6] << 8) | buf[at + 7]) >>> 0
        if (hi === 0) break
        pos = writeVarint64(out, writeTag(out, pos, code[i + 2]), hi, word)
        i = code[i + 4]
        continue
      }
      case Op.constant:
        word = code[i + 3]
        break
      case Op.address: {
        const length = lengths[field]
        pos = writeTag(out, pos, code[i + 2])
        out[pos++] = length
        for (let from = at; from < at + length; from++) out[pos++] = buf[from]
        i = code[i + 4]
        continue
      }
      case Op.uptime: {
        const switched = ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
        setMillis(code[i + 3] === 0 ? start : end, context.exportSeconds * 1000 - uptimeAge(context.uptime, switched), context.exportNanos)
        i = code[i + 4]
        continue
      }
      case Op.writeTime:
        pos = writeInstant(out, pos, code[i + 2], code[i + 3] === 0 ? start : end)
        i = code[i + 4]
        continue
      default: {
        const written = writeOther(program, i, offsets, lengths, buf, base, out, pos, context)
        i = written === pos ? i + STEP : code[i + 4]
        if (written >= 0) pos = written
        continue
      }
    }
    if (word === 0) i += STEP
    else {
      pos = writeVarint32(out, writeTag(out, pos, code[i + 2]), word)
      i = code[i + 4]
    }
  }
  return pos
}

/** What `writeOther` gives for a step that did its work without writing. */
const DONE = -1

/** Runs a step of the rarer kinds: gives the position behind what it wrote, `pos` where it had nothing to write, or DONE. */
function writeOther(
  { code, lists }: Program,
  i: number,
  offsets: Int32Array,
  lengths: Int32Array,
  buf: Buffer,
  base: number,
  out: Buffer,
  pos: number,
  context: RecordContext
): number {
  const field = code[i + 1]
  const tag = code[i + 2]
  const argument = code[i + 3]
  const at = base + offsets[field]
  const instant = argument === 0 ? start : end
  switch (code[i] as Op) {
    case Op.uint32: {
      const word = readCapped(buf, at, lengths[field])
      return word === 0 ? pos : writeVarint32(out, writeTag(out, pos, tag), word)
    }
    case Op.uint64:
      readUint(buf, at, lengths[field], value)
      return writeUint64Field(out, pos, tag, value.hi, value.lo)
    case Op.bits:
      readUint(buf, at, lengths[field], value)
      return writeUint32Field(out, pos, tag, (value.lo >>> (argument & 0xff)) & (argument >>> 8))
    case Op.realAddress:
      return isZero(buf, at, lengths[field]) ? pos : copyBytesField(out, pos, tag, buf, at, at + lengths[field])
    case Op.ipVersion: {
      const version = readCapped(buf, at, lengths[field])
      return writeUint32Field(out, pos, tag, version === 4 ? ETYPE_IPV4 : version === 6 ? ETYPE_IPV6 : 0)
    }
    case Op.uptimeOfAnyLength:
      readUint(buf, at, lengths[field], value)
      setMillis(instant, context.exportSeconds * 1000 - uptimeAge(context.uptime, value.lo), context.exportNanos)
      return DONE
    case Op.initUptime: {
      const places = lists[field] // by index: taking it apart as a pattern runs an iterator
      const uptime = places[0]
      const last = places[1]
      const init = places[2]
      const initMs = init < 0 ? 0 : readNumber(buf, base + offsets[init], lengths[init])
      const lastUptime = last < 0 ? NaN : readCapped(buf, base + offsets[last], lengths[last])
      setInitUptime(context, initMs, readCapped(buf, base + offsets[uptime], lengths[uptime]), lastUptime, argument)
      return DONE
    }
    case Op.seconds:
    case Op.millis: {
      const number = readNumber(buf, at, lengths[field])
      if (number === 0) return pos
      if ((code[i] as Op) === Op.seconds) setInstant(instant, number, 0)
      else setMillis(instant, number, 0)
      return DONE
    }
    case Op.ntpMicros:
    case Op.ntpNanos:
      if (lengths[field] !== NTP_BYTES) return pos
      readUint(buf, at, NTP_BYTES, value)
      if (value.hi === 0 && value.lo === 0) return pos
      setNtp(instant, value.hi, value.lo, (code[i] as Op) === Op.ntpMicros ? 1000 : 1)
      return DONE
    case Op.deltaMicros:
      setMoved(instant, context.exportSeconds, context.exportNanos, readNumber(buf, at, lengths[field]), 1e6, -1)
      return DONE
    case Op.exportTime:
      setInstant(instant, context.exportSeconds, context.exportNanos)
      return DONE
    case Op.durationMillis:
    case Op.durationMicros: {
      const duration = readNumber(buf, at, lengths[field])
      const perSecond = (code[i] as Op) === Op.durationMillis ? 1000 : 1e6
      if (argument === 0) setMoved(start, end.seconds, end.nanos, duration, perSecond, -1)
      else setMoved(end, start.seconds, start.nanos, duration, perSecond, 1)
      return DONE
    }
    case Op.otherEnd:
      if (argument === 0) setInstant(start, end.seconds, end.nanos)
      else setInstant(end, start.seconds, start.nanos)
      return DONE
    case Op.rateOfSpace:
    case Op.rateOfPopulation: {
      readUint(buf, at, lengths[field], value)
      readUint(buf, base + offsets[argument], lengths[argument], other)
      if ((code[i] as Op) === Op.rateOfSpace) setRateOfSpace(value, value, other)
      else setRateOfPopulation(value, value, other)
      return writeUint64Field(out, pos, tag, value.hi, value.lo)
    }
    case Op.learnedRate: {
      const sampler = field === 0 ? -1 : readNumber(buf, base + offsets[field - 1], lengths[field - 1])
      const input = argument === 0 ? -1 : readNumber(buf, base + offsets[argument - 1], lengths[argument - 1])
      const rate = context.headerRate ?? learnedRate(context.domain, context.domain0, sampler, input) ?? context.defaultRate
      return rate === undefined ? pos : writeUint64Field(out, pos, tag, rate.hi, rate.lo)
    }
    case Op.icmpTypeCode: {
      const both = readCapped(buf, at, lengths[field])
      return writeIcmp(out, pos, tag, both >>> 8, argument, both & 0xff)
    }
    case Op.icmpPorts: {
      const places = lists[field]
      const protocol = places[0]
      const source = places[1]
      const destination = places[2]
      const number = readCapped(buf, base + offsets[protocol], lengths[protocol])
      if (number !== places[3] && number !== places[4]) return pos
      if (source >= 0 && readCapped(buf, base + offsets[source], lengths[source]) !== 0) return pos
      const port = readCapped(buf, base + offsets[destination], lengths[destination])
      return writeIcmp(out, pos, tag, port >>> 8, argument, port & 0xff)
    }
    case Op.icmpApart: {
      const places = lists[field]
      const type = firstNumber(places[0], places[1], offsets, lengths, buf, base)
      return writeIcmp(out, pos, tag, type, argument, firstNumber(places[2], places[3], offsets, lengths, buf, base))
    }
    case Op.mpls:
      return writeMplsLabels(out, pos, tag, lists[field], buf, base, offsets, lengths)
    case Op.communities:
      return writeCommunities(out, pos, tag, argument, lists[field], buf, base, offsets, lengths)
    case Op.segments:
      return writeSegments(out, pos, tag, argument, lists[field], buf, base, offsets, lengths)
    case Op.sectionBytes:
      return writeUint32Field(out, pos, tag, sectionBytes(offsets, lengths, buf, base, field, argument))
    case Op.frame: {
      const bytes = sectionBytes(offsets, lengths, buf, base, field, argument >>> 8)
      return writeFrameFields(context.frame, buf, at, at + bytes, argument & 0xff, out, pos, tag)
    }
    case Op.interfaceName:
      return writeName(out, pos, argument, context.domain, 'interfaces', buf, at, lengths[field])
    case Op.vrfName:
      return writeName(out, pos, argument, context.domain, 'vrfs', buf, at, lengths[field])
    case Op.applicationName:
      return writeName(out, pos, argument, context.domain, 'applications', buf, at, lengths[field])
    default:
      return writeMapped(code[i], out, pos, tag, buf, at, lengths[field], argument)
  }
}

/** Sets the start (0) or the end (1) from IPFIX's uptimes: from the boot time if that is known, else back from the export time, which then is the end. */
function setInitUptime(context: RecordContext, recordInitMs: number, uptime: number, last: number, which: number): void {
  const instant = which === 0 ? start : end
  const init = recordInitMs > 0 ? recordInitMs : context.domain.systemInitMs
  const exportMs = context.exportSeconds * 1000
  if (init > 0) setMillis(instant, nearestUptime(init, uptime, exportMs), 0)
  else if (which === 1 || Number.isNaN(last)) setInstant(instant, context.exportSeconds, 0)
  else setMillis(instant, exportMs - uptimeAge(last, uptime), 0)
}

function firstNumber(a: number, b: number, offsets: Int32Array, lengths: Int32Array, buf: Buffer, base: number): number {
  const first = a < 0 ? 0 : readCapped(buf, base + offsets[a], lengths[a])
  return first !== 0 || b < 0 ? first : readCapped(buf, base + offsets[b], lengths[b])
}

/** The bytes of the section at `place`, or what the element at `exported` − 1 says of it where that is less. */
function sectionBytes(offsets: Int32Array, lengths: Int32Array, buf: Buffer, base: number, place: number, exported: number): number {
  if (exported === 0) return lengths[place]
  return Math.min(lengths[place], readCapped(buf, base + offsets[exported - 1], lengths[exported - 1]))
}

function writeIcmp(out: Buffer, pos: number, typeTag: number, type: number, codeTag: number, code: number): number {
  if (type !== 0) pos = writeVarint32(out, writeTag(out, pos, typeTag), type)
  if (code !== 0) pos = writeVarint32(out, writeTag(out, pos, codeTag), code)
  return pos
}

/** What options data called the thing that the element numbers, in this domain or in any of the exporter's. */
function writeName(out: Buffer, pos: number, side: number, domain: Domain, kind: keyof Names, buf: Buffer, at: number, length: number): number {
  const all = domain.exporter.names[kind]
  if (all.size === 0) return pos
  const number = readNumber(buf, at, length)
  const name = domain.names[kind].get(number) ?? all.get(number)
  if (name === undefined) return number === 0 ? pos : DONE // another element's name would be that of another thing
  const field = side === 0 ? name.in : name.out
  out.set(field, pos)
  return pos + field.length
}
