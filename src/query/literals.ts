/** Values as they are written in a filter, by what is expected. */
import { nanosecondsOf } from '../cli/durations.js'
import { parseAddress, parseNetwork } from '../flow/address.js'
import { IP_PROTOCOL } from '../flow/ipprotocols.js'
import { lazy } from '../flow/lazy.js'
import type { Field } from '../flow/proto.js'
import { ETYPE_NAMES, PROTOCOL_NAMES } from '../text/names.js'
import type { Kind } from './filterwords.js'
import { MAX_64, type Range } from './rangesets.js'
import { portsOf, serviceNames } from './services.js'

/** Kinds whose values are numbers. */
export type NumberKind = Exclude<Kind, 'address' | 'text' | 'country'>

interface NumberRule {
  /** what is expected, for errors */
  readonly expects: string
  /** the largest value */
  readonly most: bigint
  readonly read: (text: string, context: Context) => bigint | undefined
  /** what a name of several values stands for */
  readonly several?: (text: string) => readonly Range[] | undefined
  /** the names that would do */
  readonly names?: (context: Context) => Iterable<string>
}

export interface Context {
  /** nanoseconds since 1970: what durations count back from */
  readonly now: bigint
  /** the field that the value is compared with */
  readonly field: Field | undefined
}

const MAX_16 = 0xffffn
const MAX_32 = 0xffff_ffffn

const NAMED_DSCP: Readonly<Record<string, number>> = {
  be: 0,
  df: 0,
  ef: 46,
  va: 44,
  le: 1,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`cs${i}`, 8 * i])),
  ...Object.fromEntries([1, 2, 3, 4].flatMap((level) => [1, 2, 3].map((drop) => [`af${level}${drop}`, 8 * level + 2 * drop])))
}

/** IANA "IPFIX Information Elements", natEvent; RFC 8158 section 4.1. */
const NAT_EVENTS =
  'nat_create nat_delete addresses_exhausted nat44_session_create nat44_session_delete nat64_session_create nat64_session_delete ' +
  'nat44_bib_create nat44_bib_delete nat64_bib_create nat64_bib_delete ports_exhausted quota_exceeded address_binding_create ' +
  'address_binding_delete port_block_allocation port_block_deallocation threshold_reached'
const NAT_EVENT_NAMES = NAT_EVENTS.split(' ')

const PROTOCOL_NUMBERS = new Map([
  ...PROTOCOL_NAMES.entries.map(([number, name]) => [name.toLowerCase().replaceAll(' ', '_'), number] as const),
  ['icmp6', IP_PROTOCOL.icmp6] as const
])
const ETYPE_NUMBERS = new Map([
  ...ETYPE_NAMES.entries.map(([number, name]) => [name.toLowerCase(), number] as const),
  ...Object.entries({ ip4: 0x0800, ip6: 0x86dd, vlan: 0x8100, qinq: 0x88a8, mpls: 0x8847, pppoe: 0x8864, lldp: 0x88cc, lacp: 0x8809 })
])

/** RFC 9293 section 3.1 and RFC 8311: the bits by their letters. */
const FLAG_LETTERS = 'FSRPAUEC'

export const NUMBERS: Readonly<Record<NumberKind, NumberRule>> = {
  number: { expects: 'a number', most: MAX_64, read: plainNumber },
  counter: { expects: 'a number, as 1000, 10k, 1.5M or 2Gi', most: MAX_64, read: counted },
  port: {
    expects: 'a port from 0 to 65535 or the name of a service',
    most: MAX_16,
    read: (text) => plainNumber(text) ?? single(/[a-z]/i.test(text) ? portsOf(text) : undefined),
    several: portsOf,
    names: serviceNames
  },
  as: { expects: 'an AS number, as 64500', most: MAX_32, read: asNumber },
  proto: named('a protocol from 0 to 255 or its name', 255n, () => PROTOCOL_NUMBERS),
  etype: named('an Ethernet type or its name, as 0x0800 or ipv4', MAX_16, () => ETYPE_NUMBERS),
  dscp: named('a DSCP from 0 to 63 or its name, as ef, af41 or cs1', 63n, () => new Map(Object.entries(NAMED_DSCP))),
  flags: {
    expects: 'TCP flags by their letters CEUAPRSF, as S, S/SA, or 0x12',
    most: MAX_32,
    read: (text) => flagBits(text) ?? plainNumber(text)
  },
  mac: { expects: 'a MAC address, as 02:00:5e:10:00:01', most: 2n ** 48n - 1n, read: macNumber },
  community: { expects: 'a community, as 64500:100', most: MAX_32, read: communityNumber },
  natevent: named('a NAT event from 0 to 255 or its name, as nat44_session_create', 255n, () => {
    return new Map(NAT_EVENT_NAMES.map((name, i) => [name, i + 1]))
  }),
  time: { expects: 'a time, as 2026-11-25T09:00, or how long ago, as 5m', most: MAX_64, read: timeOf },
  enum: named(
    'a number or a name',
    MAX_32,
    ({ field }) => new Map(Array.from(field?.names ?? [], ([value, name]) => [name.toLowerCase(), value]))
  )
}

function named(expects: string, most: bigint, names: (context: Context) => ReadonlyMap<string, number>): NumberRule {
  return {
    expects,
    most,
    names: (context) => names(context).keys(),
    read(text, context) {
      const number = names(context).get(text.toLowerCase())
      return number === undefined ? plainNumber(text) : BigInt(number)
    }
  }
}

/** The value of what stands for one. */
function single(ranges: readonly Range[] | undefined): bigint | undefined {
  if (ranges?.length !== 1) return undefined
  const [[from, to]] = ranges
  return from === to ? from : undefined
}

function plainNumber(text: string): bigint | undefined {
  return /^(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text) ? BigInt(text) : undefined
}

const UNITS: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 10n ** 3n,
  m: 10n ** 6n,
  g: 10n ** 9n,
  t: 10n ** 12n,
  ki: 2n ** 10n,
  mi: 2n ** 20n,
  gi: 2n ** 30n,
  ti: 2n ** 40n
}

/** Undefined too where the number is not whole: 0.5 bytes. */
function counted(text: string): bigint | undefined {
  const plain = plainNumber(text)
  if (plain !== undefined) return plain
  const match = /^(\d{1,20})(?:\.(\d{1,12}))?([kmgt]i?)$/i.exec(text)
  if (match === null) return undefined
  const [, whole, fraction = '', unit] = match
  const scale = 10n ** BigInt(fraction.length)
  const product = BigInt(whole + fraction) * UNITS[unit.toLowerCase()]
  return product % scale === 0n ? product / scale : undefined
}

/** A number that need not be whole, with a unit or none: 1.5, 10k. */
export function fractionOf(text: string): number | undefined {
  const match = /^(\d{1,20}(?:\.\d{1,12})?)([kmgt]i?|)$/i.exec(text)
  return match === null ? undefined : Number(match[1]) * Number(UNITS[match[2].toLowerCase()])
}

function asNumber(text: string): bigint | undefined {
  const match = /^(?:as)?(\d{1,10})(?:\.(\d{1,5}))?$/i.exec(text)
  if (match === null) return undefined
  const [high, low] = [BigInt(match[1]), match[2]]
  if (low === undefined) return high
  return high <= MAX_16 && BigInt(low) <= MAX_16 ? high * 0x1_0000n + BigInt(low) : undefined // RFC 5396, asdot
}

function macNumber(text: string): bigint | undefined {
  const digits = /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4})$/i.test(text)
  return digits ? BigInt(`0x${text.replace(/[^0-9a-f]/gi, '')}`) : undefined
}

function communityNumber(text: string): bigint | undefined {
  const match = /^(\d{1,5}):(\d{1,5})$/.exec(text)
  if (match === null) return plainNumber(text)
  const [high, low] = [BigInt(match[1]), BigInt(match[2])]
  return high <= MAX_16 && low <= MAX_16 ? high * 0x1_0000n + low : undefined
}

/** SA → 0x12. */
export function flagBits(text: string): bigint | undefined {
  let bits = 0
  for (const letter of text.toUpperCase()) {
    const bit = FLAG_LETTERS.indexOf(letter)
    if (bit < 0) return undefined
    bits |= 1 << bit
  }
  return text === '' ? undefined : BigInt(bits)
}

/** RFC 3339, where a blank may stand for the T, and seconds, zone (UTC) and the time of the day may be left out; a duration is so long before now. Nanoseconds since 1970. */
export function timeOf(text: string, { now }: Pick<Context, 'now'>): bigint | undefined {
  const ago = nanosecondsOf(text)
  if (ago !== undefined) return now > ago ? now - ago : 0n
  const match = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:\d\d)?)?$/.exec(text)
  if (match === null) return undefined
  const [, day, minute = '00:00', second = '00', fraction = '', zone = 'Z'] = match
  const ms = Date.parse(`${day}T${minute}:${second}${zone.toUpperCase()}`)
  // 2026-02-30 is another day
  if (Number.isNaN(ms) || !new Date(`${day}T00:00Z`).toISOString().startsWith(day) || ms < 0) return undefined
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** `read` of both sides of a dash, whichever dash it is. */
export function rangeOf<T>(text: string, read: (text: string) => T | undefined): [from: T, to: T] | undefined {
  for (let dash = text.indexOf('-', 1); dash > 0; dash = text.indexOf('-', dash + 1)) {
    const [from, to] = [read(text.slice(0, dash)), read(text.slice(dash + 1))]
    if (from !== undefined && to !== undefined) return [from, to]
  }
  return undefined
}

/** 192.0.2.1 or 192.0.2.0/24 as first and last, both numbers; undefined where it is written otherwise. A million of them are read in a second. */
export function ipv4Range(text: string): [from: number, to: number] | undefined {
  let address = 0
  let part = 0
  let digits = 0
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) {
      if (digits > 0 && part === 0) return undefined
      part = 10 * part + code - 0x30
      if (++digits > 3 || part > 255) return undefined
    } else if (digits === 0) return undefined
    else if (code === 0x2e && dots < 3) {
      address = 256 * address + part
      part = digits = 0
      dots++
    } else if (code === 0x2f && dots === 3) {
      const prefix = text.slice(i + 1)
      if (!/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return undefined
      const size = 2 ** (32 - Number(prefix))
      const from = 256 * address + part
      const first = from - (from % size)
      return [first, first + size - 1]
    } else return undefined
  }
  if (dots !== 3 || digits === 0) return undefined
  address = 256 * address + part
  return [address, address]
}

/** An address, a network (10/8, host bits cut) or a range of addresses of one family. */
export function addressRange(text: string): { readonly isIPv6: boolean; readonly range: Range } | undefined {
  const network = parseNetwork(text.replace(SHORT_NETWORK, longNetwork))
  if (network !== undefined) {
    const { isIPv6, number } = addressNumber(network.address)
    const free = BigInt((isIPv6 ? 128 : 32) - network.prefix)
    const from = (number >> free) << free
    return { isIPv6, range: [from, from + (1n << free) - 1n] }
  }
  const both = rangeOf(text, singleAddress)
  if (both === undefined || both[0].isIPv6 !== both[1].isIPv6) return undefined
  return { isIPv6: both[0].isIPv6, range: [both[0].number, both[1].number] }
}

/** 10/8, 172.16/12 */
const SHORT_NETWORK = /^\d{1,3}(\.\d{1,3}){0,2}(?=\/)/
const longNetwork = (short: string): string => short + '.0'.repeat(4 - short.split('.').length)

function singleAddress(text: string): AddressNumber | undefined {
  const bytes = text.includes('%') ? undefined : parseAddress(text)
  return bytes === undefined ? undefined : addressNumber(bytes)
}

interface AddressNumber {
  readonly isIPv6: boolean
  readonly number: bigint
}

function addressNumber(bytes: Uint8Array): AddressNumber {
  return { isIPv6: bytes.length === 16, number: BigInt(`0x${Buffer.from(bytes).toString('hex')}`) }
}

/** In English, which has a name for each code that there is: ISO 3166-1 alpha-2 as Unicode has it. */
const regions = lazy(() => new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }))

/** Whether these letters, in either case, are the code of a country. */
export function isCountry(code: string): boolean {
  return /^[a-z]{2}$/i.test(code) && regions().of(code.toUpperCase()) !== undefined
}

/** The codes that there are, for errors. */
export function countryCodes(): string[] {
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  return letters.flatMap((first) => letters.map((second) => first + second)).filter(isCountry)
}
