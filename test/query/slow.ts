/** What the filter language means, said slowly over the objects that protobufjs makes of messages: the judge of the quick one. */
import { FlowMessage } from '../support/datagram-stream.js'

/** A message's fields that are there: numbers and enums as bigints, bytes as hex, lists as arrays of these. */
export type Message = Readonly<Record<string, Value | readonly Value[] | undefined>>
export type Value = bigint | string

/** Whether a value fits, in the message that it is of. */
export type Fits = (value: Value, message: Message) => boolean

/** An expression as text, with what it says. `level`: 0 for `or`, 1 for `and`, 2 for what binds tighter. */
export interface Said {
  readonly text: string
  readonly level: number
  readonly holds: (message: Message) => boolean
}

/** Decodes one message, without its length. */
export function messageOf(bytes: Buffer): Message {
  const object = FlowMessage.toObject(FlowMessage.decode(bytes), { longs: String }) as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((entry) => valueOf(name, entry)) : valueOf(name, value)
    ])
  )
}

function valueOf(name: string, value: unknown): Value {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return FlowMessage.fields[name].type === 'string' ? (value as string) : BigInt(value as string | number)
}

/** Not zero, not empty, at least one entry. */
export function isThere(message: Message, field: string): boolean {
  const value = message[field]
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== 0n && value !== ''
}

/** Absent numbers are 0 and texts are ""; an absent address fits nothing; a list fits by any of its entries. */
export function fieldFits(message: Message, field: string, fits: Fits): boolean {
  const { type, repeated } = FlowMessage.fields[field]
  const value = message[field]
  if (repeated) return Array.isArray(value) && value.some((entry: Value) => fits(entry, message))
  if (type === 'bytes') return isThere(message, field) && fits(value as Value, message)
  return fits((value as Value | undefined) ?? (type === 'string' ? '' : 0n), message)
}

/** The fields that a word is about. */
export interface About {
  readonly one?: string
  /** of the source and the destination, or of the way in and the way out */
  readonly ends?: readonly [string, string]
  /** flow-agg's key for either end: where it is there, an end that is not there was no key, and is not 0 */
  readonly either?: string
  /** one more, where no direction is given */
  readonly also?: string
}

export type Ends = 'any' | 0 | 1 | 'both'

/** Whether what the word is about fits; `negated`: x != v is not (x == v), and of both ends each differs. */
export function aboutFits(message: Message, { one, ends, either, also }: About, which: Ends, fits: Fits, negated: boolean): boolean {
  const of = (field: string): boolean => fieldFits(message, field, fits)
  if (ends !== undefined && which === 'both') return ends.every((field) => of(field) !== negated)
  if (ends !== undefined && which !== 'any') return of(ends[which as 0 | 1]) !== negated
  const all = [one, ...(ends ?? []), also].filter((field) => field !== undefined)
  if (either !== undefined && isThere(message, either))
    return (of(either) || all.some((field) => isThere(message, field) && of(field))) !== negated
  return all.some(of) !== negated
}

/** An address as its family and number; an IPv4-mapped one is the IPv4 address. */
export function addressOf(hex: Value): { bits: 32 | 128; number: bigint } {
  const digits = /^0{20}f{4}(.{8})$/.exec(String(hex))?.[1] ?? String(hex)
  return { bits: digits.length === 8 ? 32 : 128, number: BigInt(`0x${digits}`) }
}

export const ORDERS: Readonly<Record<string, (difference: bigint) => boolean>> = {
  '<': (difference) => difference < 0n,
  '<=': (difference) => difference <= 0n,
  '>': (difference) => difference > 0n,
  '>=': (difference) => difference >= 0n,
  '==': (difference) => difference === 0n
}

/** Two addresses of one family in an order; of two families in none. */
export function addressesFit(a: Value, order: string, b: Value): boolean {
  const [left, right] = [addressOf(a), addressOf(b)]
  return left.bits === right.bits && ORDERS[order](left.number - right.number)
}

/** Seconds from start to end; 0 where a flow ends before it starts. */
export function durationOf(message: Message): number {
  const [start, end] = [message.time_flow_start_ns ?? 0n, message.time_flow_end_ns ?? 0n] as [bigint, bigint]
  return end > start ? Number(end - start) / 1e9 : 0
}

/** What is worked out: rates are 0 where end = start, bytes a packet where there are no packets. */
export function ratioOf(message: Message, word: string): number {
  const [bytes, packets] = [Number(message.bytes ?? 0n), Number(message.packets ?? 0n)]
  const seconds = durationOf(message)
  const by = (amount: number, divisor: number): number => (divisor === 0 ? 0 : amount / divisor)
  if (word === 'duration') return seconds
  return word === 'bps' ? by(8 * bytes, seconds) : word === 'pps' ? by(packets, seconds) : by(bytes, packets)
}
