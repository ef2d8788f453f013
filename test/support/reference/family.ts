/** The address family of a record. */
import { isZero, number, type Values } from './values.js'

/** The bytes of an address of the record's family; 0 for no family. */
export function familyOf(values: Values): 0 | 4 | 16 {
  const pair = (length: number): Buffer[] =>
    [
      [8, 27],
      [12, 28]
    ].flatMap((ids) =>
      ids
        .flatMap(values)
        .filter((each) => each.length === length)
        .slice(0, 1)
    )
  const [ipv4, ipv6] = [pair(4), pair(16)]
  if (!ipv6.every(isZero)) return 16
  if (!ipv4.every(isZero)) return 4
  const etype = number(values, 256) ?? 0n
  if (etype !== 0n) return etype === 0x0800n ? 4 : etype === 0x86ddn ? 16 : 0
  const version = number(values, 60)
  if (version === 4n || version === 6n) return version === 4n ? 4 : 16
  if ((ipv4.length === 0) === (ipv6.length === 0)) return 0
  return ipv4.length === 0 ? 16 : 4
}
