/**
 * How the value of each field is shown, whatever the format around it: a rendering is chosen once per column, and then writes values
 * as bytes. Strings are the exception: they need the format's own quoting, and are left to it.
 */
import type { VirtualColumn } from '../schema/virtual.js'
import { type Field, flowMessage } from '../flow/proto.js'
import { rowOf } from '../schema/fields.js'
import { kindRow, type Renderer } from '../schema/kinds.js'
import { MAX_ADDRESS_BYTES, writeIPv4, writeIPv6, writeMac } from './addresses.js'
import { writeDecimal32, writeDecimal64, writeHex, writeHexByte } from './digits.js'
import { ETYPE_NAMES, type Names, namesOf, PROTOCOL_NAMES, writeName } from './names.js'
import { MAX_VIRTUAL_BYTES } from './virtual.js'
import { MAX_TIME_BYTES, writeNanoseconds, writeSeconds } from './times.js'

/** What a rendering does; numbers, for a switch. */
export const SHOW = {
  /** a number in decimal */
  decimal: 0,
  /** a number by its name, else in decimal, in hexadecimal for Ethernet types */
  name: 1,
  etype: 2,
  /** an enum's name, else its number, which may be negative */
  enum: 3,
  /** 48 bits, or 6 bytes, as a MAC address */
  mac: 4,
  /** 4 or 16 bytes, or 32 bits, as an IP address */
  ip: 5,
  seconds: 6,
  nanoseconds: 7,
  hex: 8,
  /** bytes as text in UTF-8: the format's business */
  text: 9,
  /** a prefix length with the address that it belongs to */
  network: 10,
  /** a virtual column, made of several fields */
  virtual: 11
} as const
export type Show = (typeof SHOW)[keyof typeof SHOW]

export interface Rendering {
  readonly show: Show
  /** the value is a word and not a number: JSON puts it in quotes */
  readonly isWord: boolean
  /** for `name` and `enum` */
  readonly names: Names
  /** the most bytes that a value takes, but for text and hex, which grow with the value */
  readonly most: number
}

const NO_NAMES = namesOf([])
const FLOW_TYPES = namesOf(flowMessage.field('type').names ?? [])
const MAX_DECIMAL_BYTES = 20
const MINUS = 0x2d

/** What suits the kind of a field's values; those of a user's own fields may be anything. */
function defaultRenderer(field: Field): Renderer {
  const row = rowOf(field.name)
  return row === undefined ? 'none' : kindRow(row.kind).renderer
}

/** The rendering of a field's values; without a renderer the one that suits the field. */
export function renderingOf(field: Field, renderer: Renderer = defaultRenderer(field)): Rendering {
  const rendering = (show: Show, most: number, isWord = true, names = NO_NAMES): Rendering => ({ show, isWord, names, most })
  const named = (show: Show, names: Names): Rendering => rendering(show, Math.max(names.longest, MAX_DECIMAL_BYTES), true, names)
  const isNumber = field.type !== 'bytes' && field.type !== 'string'
  switch (renderer) {
    case 'ip':
      return rendering(SHOW.ip, MAX_ADDRESS_BYTES)
    case 'mac':
      return rendering(SHOW.mac, MAX_ADDRESS_BYTES)
    case 'etype':
      return named(SHOW.etype, ETYPE_NAMES)
    case 'proto':
      return named(SHOW.name, PROTOCOL_NAMES)
    case 'type':
      return field.names === undefined ? named(SHOW.name, FLOW_TYPES) : named(SHOW.enum, namesOf(field.names))
    case 'network':
      return rendering(SHOW.network, MAX_ADDRESS_BYTES)
    case 'datetime':
      return rendering(SHOW.seconds, MAX_TIME_BYTES)
    case 'datetimenano':
      return rendering(SHOW.nanoseconds, MAX_TIME_BYTES)
    case 'hex':
      return rendering(SHOW.hex, MAX_DECIMAL_BYTES)
    case 'string':
      return isNumber ? rendering(SHOW.decimal, MAX_DECIMAL_BYTES) : rendering(SHOW.text, 0)
    case 'none':
      if (field.names !== undefined) return named(SHOW.enum, namesOf(field.names))
      if (isNumber) return rendering(SHOW.decimal, MAX_DECIMAL_BYTES, false)
      return rendering(field.type === 'string' ? SHOW.text : SHOW.hex, MAX_DECIMAL_BYTES)
  }
}

/** The rendering of a virtual column: only a name is a word. */
export function virtualRendering(column: VirtualColumn): Rendering {
  return { show: SHOW.virtual, isWord: column === 'icmp_name', names: NO_NAMES, most: MAX_VIRTUAL_BYTES }
}

/** Writes the number hi · 2^32 + lo; returns the position behind it. */
export function writeNumber(out: DataView, pos: number, rendering: Rendering, hi: number, lo: number): number {
  switch (rendering.show) {
    case SHOW.name:
    case SHOW.etype:
    case SHOW.enum:
      return writeNamed(out, pos, rendering, hi, lo)
    case SHOW.mac:
      // not 48 bits: no MAC address, whoever mapped it
      return hi > 0xffff ? writeDecimal64(out, pos, hi, lo) : writeMac(out, pos, hi, lo)
    case SHOW.ip:
      return hi === 0 ? writeNumberAsIPv4(out, pos, lo) : writeDecimal64(out, pos, hi, lo)
    case SHOW.seconds:
      return writeSeconds(out, pos, hi, lo)
    case SHOW.nanoseconds:
      return writeNanoseconds(out, pos, hi, lo)
    case SHOW.hex:
      return writeHex(out, pos, hi, lo, 1)
    default:
      return writeDecimal64(out, pos, hi, lo)
  }
}

function writeNamed(out: DataView, pos: number, { show, names }: Rendering, hi: number, lo: number): number {
  if (hi === 0) {
    const end = writeName(out, pos, names, lo)
    if (end > pos) return end
  }
  if (show === SHOW.etype) return writeHex(out, pos, hi, lo, 4)
  if (show === SHOW.enum && hi === 0 && lo > 0x7fffffff) {
    out.setUint8(pos, MINUS)
    return writeDecimal32(out, pos + 1, -(lo | 0))
  }
  return writeDecimal64(out, pos, hi, lo)
}

const word = Buffer.alloc(4)

function writeNumberAsIPv4(out: DataView, pos: number, value: number): number {
  word.writeUInt32BE(value)
  return writeIPv4(out, pos, word, 0)
}

/** Writes the bytes `buf[start, end)`, in hexadecimal where they are not what the rendering is for; returns the position behind them. */
export function writeBytes(out: DataView, pos: number, rendering: Rendering, buf: Buffer, start: number, end: number): number {
  if (rendering.show === SHOW.ip) {
    if (end - start === 4) return writeIPv4(out, pos, buf, start)
    if (end - start === 16) return writeIPv6(out, pos, buf, start)
  } else if (rendering.show === SHOW.mac && end - start === 6) {
    return writeMac(out, pos, (buf[start] << 8) | buf[start + 1], buf.readUInt32BE(start + 2))
  }
  while (start < end) pos = writeHexByte(out, pos, buf[start++])
  return pos
}
