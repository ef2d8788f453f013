/** The cells that a table shows in a way of its own: times, quantities with SI factors, addresses with their ports, names before numbers. */
import { type FieldValues, isSet } from '../flow/fieldvalues.js'
import { IP_PROTOCOL } from '../flow/ipprotocols.js'
import { lengthOf, rowOf } from '../schema/fields.js'
import { kindRow } from '../schema/kinds.js'
import { writeIPv4, writeIPv6, writeNetwork } from '../text/addresses.js'
import { writeDecimal32, writeDecimal64, writeFixed, writeHex, writeNineDigits } from '../text/digits.js'
import { ETYPE_NAMES, PROTOCOL_NAMES, respelled, writeName } from '../text/names.js'
import { virtualColumns } from '../text/virtual.js'
import { productHi, productLo } from '../flow/product.js'
import { writeSi } from './si.js'
import { writeTime, type Zone } from './times.js'
import { writeShown } from './width.js'

/** Gives the position behind what it wrote at `pos`. */
export type CellWrite = (out: DataView, pos: number) => number

export interface SpecialCell {
  readonly write: CellWrite
  /** a quantity has an SI factor, a number has all its digits; an endpoint is an address with a port */
  readonly kind: 'quantity' | 'number' | 'address' | 'endpoint' | 'word' | 'text'
  readonly header?: string | undefined
}

export interface CellContext {
  readonly values: FieldValues
  readonly zone: Zone
  /** all digits, and nanoseconds */
  readonly isExact: boolean
  /** the mapping file says how that field is shown */
  readonly isRendered: (name: string) => boolean
}

const TWO_32 = 4_294_967_296
const PERCENT = 0x25
const COLON = 0x3a
const BRACKET = 0x5b
const CLOSING = 0x5d
const DOT = 0x2e

/** The bits of tcp_flags from the eighth to the first. */
const FLAGS = Buffer.from('CEUAPRSF')

/** The filter language's word, since IANA's takes the room of a port. */
const SHORT_PROTOCOLS = respelled(PROTOCOL_NAMES, (name) => (name === 'IPv6-ICMP' ? 'ICMP6' : name))
/** Protocols whose messages have ports; 33: DCCP, 136: UDP-Lite. */
const WITH_PORTS = new Set<number>([IP_PROTOCOL.tcp, IP_PROTOCOL.udp, 33, IP_PROTOCOL.sctp, 136])

/** Finds the cell of a column that a table shows in its own way; undefined for any other. */
export function specialCells({ values, zone, isExact, isRendered }: CellContext): (name: string) => SpecialCell | undefined {
  const { lo, hi, start, end, schema } = values
  const virtuals = virtualColumns(values)
  const has = (index: number): boolean => index >= 0 && isSet(values, index)
  const low = (index: number): number => (has(index) ? lo[index] : 0)
  const proto = schema.indexOf('proto')
  const etype = schema.indexOf('etype')
  const icmpType = schema.indexOf('icmp_type')
  const icmpCode = schema.indexOf('icmp_code')
  const flowCount = schema.indexOf('flows')

  function time(name: string, header?: string): SpecialCell {
    const index = schema.indexOf(name)
    return {
      kind: 'word',
      header: header === undefined ? undefined : `${header} (${zone === 'utc' ? 'UTC' : 'local'})`,
      write: (out, pos) => (has(index) ? writeTime(out, pos, hi[index], lo[index], zone, isExact) : pos)
    }
  }

  function counter(name: string): SpecialCell {
    const index = schema.indexOf(name)
    return {
      kind: 'quantity',
      write(out, pos) {
        const valueHi = has(index) ? hi[index] : 0
        return isExact ? writeDecimal64(out, pos, valueHi, low(index)) : writeSi(out, pos, valueHi * TWO_32 + low(index))
      }
    }
  }

  function scaled(name: 'scaled_bytes' | 'scaled_packets'): SpecialCell {
    return {
      kind: 'quantity',
      write(out, pos) {
        virtuals.scale(name)
        return isExact ? writeDecimal64(out, pos, productHi, productLo) : writeSi(out, pos, productHi * TWO_32 + productLo)
      }
    }
  }

  /** A rate is blank where it is undefined. */
  function rate(name: 'bps' | 'pps' | 'bpp'): SpecialCell {
    return {
      kind: 'quantity',
      write(out, pos) {
        const value = virtuals.ratio(name)
        if (value === 0 && (name === 'bpp' || virtuals.ratio('duration') === 0)) return pos
        return isExact ? writeFixed(out, pos, value, 3) : writeSi(out, pos, value)
      }
    }
  }

  const duration: SpecialCell = {
    kind: 'number',
    write: (out, pos) => (isExact ? virtuals.write(out, pos, 'duration') : writeThousandths(out, pos, virtuals.ratio('duration')))
  }

  const total = schema.indexOf('total')
  const share: SpecialCell = {
    kind: 'number',
    write(out, pos) {
      if (!has(total)) return pos
      pos = isExact ? writeFixed(out, pos, 100 * virtuals.ratio('share'), 6) : writeTenths(out, pos, 100 * virtuals.ratio('share'))
      out.setUint8(pos, PERCENT)
      return pos + 1
    }
  }

  function writeAddress(out: DataView, pos: number, index: number): number {
    if (!has(index)) return pos
    const size = end[index] - start[index]
    if (size === 4) return writeIPv4(out, pos, values.buf, start[index])
    return size === 16 ? writeIPv6(out, pos, values.buf, start[index]) : pos
  }

  function address(name: string): SpecialCell {
    const index = schema.indexOf(name)
    const length = schema.indexOf(lengthOf(name) ?? '')
    return {
      kind: 'address',
      write(out, pos) {
        // an aggregate's key may be a network: the cut address, and the length of the prefix beside it
        if (!has(flowCount) || !has(length) || !has(index)) return writeAddress(out, pos, index)
        return writeNetwork(out, pos, values.buf, start[index], end[index], lo[length])
      }
    }
  }

  /** An address with its port; where a flow of ICMP goes to stand its type and code, as nfdump has them: 192.0.2.1:8.0 */
  function endpoint(addressName: string, portName: string, isTarget: boolean): SpecialCell {
    const index = schema.indexOf(addressName)
    const port = schema.indexOf(portName)
    return {
      kind: 'endpoint',
      write(out, pos) {
        const isIcmp = low(proto) === IP_PROTOCOL.icmp || low(proto) === IP_PROTOCOL.icmp6
        const hasPort = isIcmp ? isTarget : has(port) || WITH_PORTS.has(low(proto))
        if (!has(index) || !hasPort) return writeAddress(out, pos, index)
        const isV6 = end[index] - start[index] === 16
        if (isV6) out.setUint8(pos++, BRACKET)
        pos = writeAddress(out, pos, index)
        if (isV6) out.setUint8(pos++, CLOSING)
        out.setUint8(pos++, COLON)
        if (!isIcmp) return writeDecimal32(out, pos, low(port))
        pos = writeDecimal32(out, pos, low(icmpType))
        out.setUint8(pos++, DOT)
        return writeDecimal32(out, pos, low(icmpCode))
      }
    }
  }

  const protocol: SpecialCell = {
    kind: 'word',
    write(out, pos) {
      const number = low(proto)
      // of what is no IP the type of the frame says more
      if (number === 0) return !has(etype) || isIp(lo[etype]) ? pos : writeEtype(out, pos, lo[etype])
      const named = writeName(out, pos, SHORT_PROTOCOLS, number)
      return named > pos ? named : writeDecimal32(out, pos, number)
    }
  }

  const tcpFlags = schema.indexOf('tcp_flags')
  const flags: SpecialCell = {
    kind: 'word',
    write(out, pos) {
      const bits = low(tcpFlags)
      if (bits === 0 && low(proto) !== 6) return pos
      if (bits > 0xff) return writeHex(out, pos, 0, bits, 1)
      for (let i = 0; i < FLAGS.length; i++) out.setUint8(pos++, (bits & (0x80 >> i)) !== 0 ? FLAGS[i] : DOT)
      return pos
    }
  }

  /** A name where there is one, else what `write` writes. */
  function namedBy(name: string, write: CellWrite): SpecialCell {
    const index = schema.indexOf(name)
    return {
      kind: 'text',
      write: (out, pos) => (has(index) ? writeShown(out, pos, values.buf, start[index], end[index]) : write(out, pos))
    }
  }

  function numberOf(name: string): CellWrite {
    const index = schema.indexOf(name)
    return (out, pos) => writeDecimal32(out, pos, low(index))
  }

  const sampler = schema.indexOf('sampler_address')

  const cells: Readonly<Record<string, () => SpecialCell>> = {
    start: () => time('time_flow_start_ns', 'start'),
    end: () => time('time_flow_end_ns', 'end'),
    received: () => time('time_received_ns', 'received'),
    'src_addr:port': () => endpoint('src_addr', 'src_port', false),
    'dst_addr:port': () => endpoint('dst_addr', 'dst_port', true),
    src_addr: () => address('src_addr'),
    dst_addr: () => address('dst_addr'),
    addr: () => address('addr'),
    proto: () => protocol,
    flags: () => flags,
    tcp_flags: () => flags,
    in_if: () => namedBy('in_if_name', numberOf('in_if')),
    out_if: () => namedBy('out_if_name', numberOf('out_if')),
    exporter: () => namedBy('exporter_name', (out, pos) => writeAddress(out, pos, sampler))
  }
  const virtual: Readonly<Record<string, () => SpecialCell>> = {
    duration: () => duration,
    share: () => share,
    bps: () => rate('bps'),
    pps: () => rate('pps'),
    bpp: () => rate('bpp'),
    scaled_bytes: () => scaled('scaled_bytes'),
    scaled_packets: () => scaled('scaled_packets')
  }

  return (name) => {
    if (isRendered(name)) return undefined
    // a field of the user's that has such a name is shown as any field
    if (Object.hasOwn(virtual, name)) return schema.find(name) === undefined ? virtual[name]() : undefined
    if (Object.hasOwn(cells, name)) return cells[name]()
    const kind = rowOf(name)?.kind
    if (kind === 'time') return time(name)
    return kind !== undefined && kindRow(kind).quantity === true ? counter(name) : undefined
  }
}

function writeEtype(out: DataView, pos: number, etype: number): number {
  const named = writeName(out, pos, ETYPE_NAMES, etype)
  return named > pos ? named : writeHex(out, pos, 0, etype, 4)
}

function isIp(etype: number): boolean {
  return etype === 0x0800 || etype === 0x86dd
}

/** 12.345 */
function writeThousandths(out: DataView, pos: number, value: number): number {
  const thousandths = Math.round(value * 1000)
  const whole = Math.floor(thousandths / 1000)
  pos = writeDecimal64(out, pos, Math.floor(whole / TWO_32), whole % TWO_32)
  out.setUint8(pos, DOT)
  // nine digits, of which the first three count
  return writeNineDigits(out, pos + 1, (thousandths - whole * 1000) * 1_000_000) - 6
}

/** 12.3 */
function writeTenths(out: DataView, pos: number, value: number): number {
  return writeThousandths(out, pos, Math.round(value * 10) / 10) - 2
}
