/** ICMP's type and code. */
import { capped, firstOf, number, type Values } from './values.js'

/** A number without a type is one. */
const ofIcmp6 = (both: bigint): [bigint, bigint] => (both < 256n ? [both, 0n] : [both >> 8n, both & 0xffn])

export function icmpOf(values: Values, isReverse: boolean): [type: bigint, code: bigint] {
  for (const id of [32, 139]) {
    const both = capped(number(values, id) ?? 0n)
    if (both !== 0n) return id === 139 ? ofIcmp6(both) : [both >> 8n, both & 0xffn]
  }
  if ([176, 177, 178, 179].some((id) => number(values, id) !== undefined)) return [firstOf(values, [176, 178]), firstOf(values, [177, 179])]
  const protocol = number(values, 4)
  const port = capped(number(values, 11) ?? 0n)
  if (isReverse || (number(values, 7) ?? 0n) !== 0n) return [0n, 0n]
  return protocol === 1n ? [port >> 8n, port & 0xffn] : protocol === 58n ? ofIcmp6(port) : [0n, 0n]
}
