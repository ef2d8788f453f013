/** Runs a plan over a record: FlowMessage bytes straight from the record's bytes. */
import { writeTag } from '../../flow/message.js'
import { writeVarint32, writeVarint64 } from '../../flow/varint.js'
import type { Domain, Name } from './domain.js'
import { writeCommunities, writeMplsLabels, writeSegments } from './lists.js'
import { OP, type Plan, type Program, STEP } from './ops.js'
import { writeMapped } from './mapped.js'
import {
  type Instant,
  isZero,
  nearestUptime,
  readNumber,
  readUint,
  readUint32,
  setInstant,
  setMillis,
  setNtp,
  type Uint64,
  uptimeAge,
  writeInstant
} from './values.js'

/** What the records of a datagram share. */
export interface RecordContext {
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
  /** the rate of v5's header; 0 elsewhere */
  headerRate: number
  /** the rate that the user set for this exporter; 0 for none */
  defaultRate: number
}

const value: Uint64 = { hi: 0, lo: 0 }
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

/** Writes the message of the record at `buf[base]` at `out[pos]`, where `plan.extraBytes` and thrice the record's bytes must fit; gives the position behind it. */
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
  const { code, lists } = program
  const { shared, sharedBytes } = context
  for (let i = 0; i < sharedBytes; i++) out[pos++] = shared[i]
  let initMs = -1
  for (let i = 0; i < code.length; ) {
    const before = pos
    let done = false // written, or set
    const field = code[i + 1]
    const tag = code[i + 2]
    const argument = code[i + 3]
    const at = base + offsets[field]
    switch (code[i]) {
      case OP.u8: {
        const byte = buf[at]
        if (byte !== 0) pos = writeVarint32(out, writeTag(out, pos, tag), byte)
        break
      }
      case OP.u16: {
        const short = (buf[at] << 8) | buf[at + 1]
        if (short !== 0) pos = writeVarint32(out, writeTag(out, pos, tag), short)
        break
      }
      case OP.u32: {
        const word = ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
        if (word !== 0) pos = writeVarint32(out, writeTag(out, pos, tag), word)
        break
      }
      case OP.uint32: {
        const word = readUint32(buf, at, lengths[field])
        if (word !== 0) pos = writeVarint32(out, writeTag(out, pos, tag), word)
        break
      }
      case OP.uint64:
        readUint(buf, at, lengths[field], value)
        if (value.hi !== 0 || value.lo !== 0) pos = writeVarint64(out, writeTag(out, pos, tag), value.hi, value.lo)
        break
      case OP.bits: {
        readUint(buf, at, lengths[field], value)
        const bits = (value.lo >>> (argument & 0xff)) & (argument >>> 8)
        if (bits !== 0) pos = writeVarint32(out, writeTag(out, pos, tag), bits)
        break
      }
      case OP.address:
      case OP.realAddress: {
        const length = lengths[field]
        if (code[i] === OP.realAddress && isZero(buf, at, length)) break
        pos = writeTag(out, pos, tag)
        out[pos++] = length
        for (let from = at; from < at + length; from++) out[pos++] = buf[from]
        break
      }
      case OP.constant:
        pos = writeVarint32(out, writeTag(out, pos, tag), argument)
        break
      case OP.ipVersion: {
        const version = readUint32(buf, at, lengths[field])
        const etype = version === 4 ? ETYPE_IPV4 : version === 6 ? ETYPE_IPV6 : 0
        if (etype !== 0) pos = writeVarint32(out, writeTag(out, pos, tag), etype)
        break
      }
      case OP.uptime: {
        const age = uptimeAge(context.uptime, readUint32(buf, at, lengths[field]))
        setMillis(argument === 0 ? start : end, context.exportSeconds * 1000 - age, context.exportNanos)
        done = true
        break
      }
      case OP.systemInit:
        initMs = readNumber(buf, at, lengths[field])
        break
      case OP.initUptime: {
        const init = initMs > 0 ? initMs : context.domain.systemInitMs
        const exportMs = context.exportSeconds * 1000
        const uptime = readUint32(buf, at, lengths[field])
        if (init > 0) setMillis(argument === 0 ? start : end, nearestUptime(init, uptime, exportMs), 0)
        else if (argument === 1 || tag === 0) setInstant(argument === 0 ? start : end, context.exportSeconds, 0)
        else {
          const last = readUint32(buf, base + offsets[tag - 1], lengths[tag - 1])
          setMillis(start, exportMs - uptimeAge(last, uptime), 0)
        }
        done = true
        break
      }
      case OP.seconds:
      case OP.millis: {
        const number = readNumber(buf, at, lengths[field])
        if (number === 0) break
        if (code[i] === OP.seconds) setInstant(argument === 0 ? start : end, number, 0)
        else setMillis(argument === 0 ? start : end, number, 0)
        done = true
        break
      }
      case OP.ntpMicros:
      case OP.ntpNanos:
        readUint(buf, at, 8, value)
        if (value.hi === 0 && value.lo === 0) break
        setNtp(argument === 0 ? start : end, value.hi, value.lo, code[i] === OP.ntpMicros ? 1000 : 1)
        done = true
        break
      case OP.deltaMicros:
        moveInstant(argument === 0 ? start : end, context.exportSeconds, context.exportNanos, -1000 * readNumber(buf, at, lengths[field]))
        done = true
        break
      case OP.exportTime:
        setInstant(argument === 0 ? start : end, context.exportSeconds, context.exportNanos)
        done = true
        break
      case OP.durationMillis:
      case OP.durationMicros: {
        const nanos = readNumber(buf, at, lengths[field]) * (code[i] === OP.durationMillis ? 1e6 : 1000)
        if (argument === 0) moveInstant(start, end.seconds, end.nanos, -nanos)
        else moveInstant(end, start.seconds, start.nanos, nanos)
        done = true
        break
      }
      case OP.otherEnd:
        if (argument === 0) setInstant(start, end.seconds, end.nanos)
        else setInstant(end, start.seconds, start.nanos)
        done = true
        break
      case OP.writeTime:
        pos = writeInstant(out, pos, tag, argument === 0 ? start : end)
        break
      case OP.rateOfSpace:
      case OP.rateOfPopulation: {
        const first = readNumber(buf, at, lengths[field])
        const second = readNumber(buf, base + offsets[argument], lengths[argument])
        pos = writeRate(out, pos, tag, code[i] === OP.rateOfSpace ? rateOfSpace(first, second) : rateOfPopulation(first, second))
        break
      }
      case OP.learnedRate: {
        const sampler = field === 0 ? -1 : readNumber(buf, base + offsets[field - 1], lengths[field - 1])
        const input = argument === 0 ? -1 : readNumber(buf, base + offsets[argument - 1], lengths[argument - 1])
        pos = writeRate(out, pos, tag, learnedRate(context, sampler, input))
        break
      }
      case OP.icmpTypeCode: {
        const both = readUint32(buf, at, lengths[field])
        if (both !== 0) {
          pos = writeIcmp(out, pos, tag, both >>> 8, argument, both & 0xff)
          done = true
        }
        break
      }
      case OP.icmpPorts: {
        const [protocol, source, destination] = lists[field]
        const number = readUint32(buf, base + offsets[protocol], lengths[protocol])
        if (number !== 1 && number !== 58) break
        if (source >= 0 && readUint32(buf, base + offsets[source], lengths[source]) !== 0) break
        const port = readUint32(buf, base + offsets[destination], lengths[destination])
        pos = writeIcmp(out, pos, tag, port >>> 8, argument, port & 0xff)
        break
      }
      case OP.icmpApart: {
        const [type4, type6, code4, code6] = lists[field]
        const type = firstNumber(type4, type6, offsets, lengths, buf, base)
        pos = writeIcmp(out, pos, tag, type, argument, firstNumber(code4, code6, offsets, lengths, buf, base))
        break
      }
      case OP.mpls:
        pos = writeMplsLabels(out, pos, tag, lists[field], buf, base, offsets, lengths)
        break
      case OP.communities:
        pos = writeCommunities(out, pos, tag, argument, lists[field], buf, base, offsets, lengths)
        break
      case OP.segments:
        pos = writeSegments(out, pos, tag, argument, lists[field], buf, base, offsets, lengths)
        break
      case OP.interfaceName: {
        const { domain } = context
        if (domain.exporter.names.interfaces.size === 0) break
        const number = readNumber(buf, at, lengths[field])
        pos = writeName(out, pos, argument, domain.names.interfaces.get(number) ?? domain.exporter.names.interfaces.get(number))
        break
      }
      case OP.vrfName: {
        const { domain } = context
        if (domain.exporter.names.vrfs.size === 0) break
        const number = readNumber(buf, at, lengths[field])
        pos = writeName(out, pos, argument, domain.names.vrfs.get(number) ?? domain.exporter.names.vrfs.get(number))
        break
      }
      case OP.applicationName: {
        const { domain } = context
        if (domain.exporter.names.applications.size === 0) break
        const number = readNumber(buf, at, lengths[field])
        pos = writeName(out, pos, argument, domain.names.applications.get(number) ?? domain.exporter.names.applications.get(number))
        break
      }
      default:
        pos = writeMapped(code[i], out, pos, tag, buf, at, lengths[field], argument)
    }
    i = done || pos > before ? code[i + 4] : i + STEP
  }
  return pos
}

/** `into` = the instant given, moved by `nanos`. */
function moveInstant(into: Instant, seconds: number, nanos: number, by: number): void {
  const whole = Math.trunc(by / 1e9)
  setInstant(into, seconds + whole, nanos + (by - whole * 1e9))
}

function firstNumber(a: number, b: number, offsets: Int32Array, lengths: Int32Array, buf: Buffer, base: number): number {
  const first = a < 0 ? 0 : readUint32(buf, base + offsets[a], lengths[a])
  return first !== 0 || b < 0 ? first : readUint32(buf, base + offsets[b], lengths[b])
}

function writeIcmp(out: Buffer, pos: number, typeTag: number, type: number, codeTag: number, code: number): number {
  if (type !== 0) pos = writeVarint32(out, writeTag(out, pos, typeTag), type)
  if (code !== 0) pos = writeVarint32(out, writeTag(out, pos, codeTag), code)
  return pos
}

function writeName(out: Buffer, pos: number, side: number, name: Name | undefined): number {
  if (name === undefined) return pos
  const field = side === 0 ? name.in : name.out
  out.set(field, pos)
  return pos + field.length
}

function writeRate(out: Buffer, pos: number, tag: number, rate: number): number {
  if (rate === 0) return pos
  return writeVarint64(out, writeTag(out, pos, tag), Math.floor(rate / 0x1_0000_0000), rate >>> 0)
}

/** samplingPacketInterval packets are taken, then samplingPacketSpace passed over (RFC 5477 section 8.2); 0 where that is no rate. */
export function rateOfSpace(interval: number, space: number): number {
  if (interval === 0) return 0
  return space === 0 ? 1 : Math.round((interval + space) / interval)
}

/** samplingSize packets out of samplingPopulation (RFC 5477 section 8.2); 0 where that is no rate. */
export function rateOfPopulation(size: number, population: number): number {
  return size === 0 ? 0 : Math.round(population / size)
}

/** The rate that applies to a record which does not tell its own; `sampler` and `input` are −1 where it names none. */
export function learnedRate({ domain, domain0, headerRate, defaultRate }: RecordContext, sampler: number, input: number): number {
  if (headerRate !== 0) return headerRate
  if (sampler >= 0 && domain.samplerRates.size > 0) {
    const rate = domain.samplerRates.get(sampler)
    if (rate !== undefined) return rate
  }
  if (input >= 0 && domain.interfaceRates.size > 0) {
    const rate = domain.interfaceRates.get(input)
    if (rate !== undefined) return rate
  }
  if (domain.rate !== 0) return domain.rate
  if (domain0 !== undefined) {
    const rate = (sampler >= 0 ? domain0.samplerRates.get(sampler) : undefined) ?? domain0.rate
    if (rate !== 0) return rate
  }
  return defaultRate
}
