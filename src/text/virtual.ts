/**
 * Columns that are no fields: they are made of several fields of a message.
 *
 *     duration        end − start, in seconds, exact; 0 where a flow ends before it starts
 *     bps, pps        8 · bytes and packets a second of the duration, not multiplied by the sampling rate; 0 where end = start
 *     bpp             bytes a packet
 *     scaled_bytes,   bytes and packets times the sampling rate (0 or absent: 1; an aggregate, which has `flows`, is multiplied
 *     scaled_packets  already), at most 2^64 − 1
 *     share           of an aggregate: what `total_of` names, as a part of `total`
 *     icmp_name       the name of icmp_type under proto
 */
import { type FieldValues, isSet } from '../flow/fieldvalues.js'
import { multiply, productHi, productLo } from '../flow/product.js'
import { flowMessage } from '../flow/proto.js'
import type { VirtualColumn } from '../schema/virtual.js'
import { billionRest, splitBillion, writeDecimal64, writeFixed, writeNineDigits } from './digits.js'
import { writeIcmpName } from './names.js'

/** The counters that a total may be of, by their numbers in `total_of`. */
const TOTALS = flowMessage.field('total_of').names ?? []

const TWO_32 = 4_294_967_296
const BILLION = 1_000_000_000
const POINT = 0x2e
const ZERO = 0x30

/** What one of these takes at the most. */
export const MAX_VIRTUAL_BYTES = 40

/** Digits behind the point: of rates, and of shares. */
const RATE_DECIMALS = 3
const SHARE_DECIMALS = 6

/** The virtual columns of the message that was read last. */
export interface VirtualColumns {
  /** Writes the column's value as a number, icmp_name's as a word; returns the position behind it. */
  readonly write: (out: DataView, pos: number, column: VirtualColumn) => number
  /** The value of `bps`, `pps`, `bpp`, `share` or `duration`, as near as a double has it; 0 where it is undefined. */
  readonly ratio: (column: VirtualColumn) => number
  /** Puts the value of `scaled_bytes` or `scaled_packets` into `productHi` and `productLo`. */
  readonly scale: (column: 'scaled_bytes' | 'scaled_packets') => void
}

/** Of the messages in `values`. */
export function virtualColumns(values: FieldValues): VirtualColumns {
  const { lo, hi, schema } = values
  const start = schema.indexOf('time_flow_start_ns')
  const end = schema.indexOf('time_flow_end_ns')
  const bytes = schema.indexOf('bytes')
  const packets = schema.indexOf('packets')
  const rate = schema.indexOf('sampling_rate')
  const flows = schema.indexOf('flows')
  const total = schema.indexOf('total')
  const totalOf = schema.indexOf('total_of')
  const totaled = new Map(Array.from(TOTALS, ([value, name]) => [value, schema.indexOf(name.toLowerCase())]))
  const protocol = schema.indexOf('proto')
  const icmpType = schema.indexOf('icmp_type')

  const has = (index: number): boolean => index >= 0 && isSet(values, index)
  const number = (index: number): number => (has(index) ? hi[index] * TWO_32 + lo[index] : 0)
  const low = (index: number): number => (has(index) ? lo[index] : 0)
  const high = (index: number): number => (has(index) ? hi[index] : 0)

  /** end − start as halves of nanoseconds; 0 where that is negative */
  let durationHi = 0
  let durationLo = 0

  function measureDuration(): void {
    durationHi = high(end) - high(start)
    durationLo = low(end) - low(start)
    if (durationLo < 0) {
      durationLo += TWO_32
      durationHi--
    }
    if (durationHi < 0) durationHi = durationLo = 0
  }

  function seconds(): number {
    measureDuration()
    return (durationHi * TWO_32 + durationLo) / BILLION
  }

  function ratio(column: VirtualColumn): number {
    switch (column) {
      case 'duration':
        return seconds()
      case 'bps':
        return quotient(8 * number(bytes), seconds())
      case 'pps':
        return quotient(number(packets), seconds())
      case 'bpp':
        return quotient(number(bytes), number(packets))
      case 'share':
        return quotient(number(totaled.get(low(totalOf)) ?? -1), number(total))
      default:
        return 0
    }
  }

  function scale(column: 'scaled_bytes' | 'scaled_packets'): void {
    const counter = column === 'scaled_bytes' ? bytes : packets
    const scaled = has(rate) && !has(flows)
    multiply(high(counter), low(counter), scaled ? hi[rate] : 0, scaled ? lo[rate] : 1)
  }

  function writeDuration(out: DataView, pos: number): number {
    measureDuration()
    const whole = splitBillion(durationHi, durationLo)
    const nanoseconds = billionRest
    pos = writeDecimal64(out, pos, Math.floor(whole / TWO_32), whole % TWO_32)
    if (nanoseconds === 0) return pos
    out.setUint8(pos, POINT)
    pos = writeNineDigits(out, pos + 1, nanoseconds)
    while (out.getUint8(pos - 1) === ZERO) pos--
    return pos
  }

  function write(out: DataView, pos: number, column: VirtualColumn): number {
    switch (column) {
      case 'icmp_name':
        return writeIcmpName(out, pos, low(protocol), low(icmpType))
      case 'duration':
        return writeDuration(out, pos)
      case 'scaled_bytes':
      case 'scaled_packets':
        scale(column)
        return writeDecimal64(out, pos, productHi, productLo)
      default:
        return writeFixed(out, pos, ratio(column), column === 'share' ? SHARE_DECIMALS : RATE_DECIMALS)
    }
  }

  return { write, ratio, scale }
}

function quotient(value: number, divisor: number): number {
  return divisor > 0 ? value / divisor : 0
}
