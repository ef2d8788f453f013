/** The second direction of a biflow (RFC 5103). */
import type { Values } from './values.js'

export const REVERSE = 29305

const SWAPS: [number, number][] = [
  [8, 12],
  [27, 28],
  [7, 11],
  [9, 13],
  [29, 30],
  [16, 17],
  [10, 14],
  [252, 253],
  [56, 80],
  [81, 57],
  [58, 59],
  [243, 254],
  [245, 255],
  [234, 235],
  [225, 226],
  [281, 282],
  [227, 228],
  [40001, 40002],
  [40003, 40004]
]
const COUNTERS = [1, 2, 23, 24, 85, 86]
/** tos, flags, flow label, ttl, fragment, direction, forwarding status; ICMP; next hops, BGP, MPLS and segment routing */
const OF_FORWARD = [
  ...[5, 6, 31, 52, 54, 61, 88, 89, 192, 197],
  ...[32, 139, 176, 177, 178, 179],
  ...[15, 62, 18, 63, 128, 47, 140, 483, 484, 485],
  ...[70, 71, 72, 73, 74, 75, 76, 77, 78, 79],
  ...[494, 495, 496, 497, 498, 499]
]
const STARTS = [156, 154, 152, 150, 158, 22]
const ENDS = [157, 155, 153, 151, 159, 21, 325, 324, 323, 322]
const DURATIONS = [162, 161]

/** The values of the other direction; `of` gives those of the record. */
export function reverseOf(of: (id: number, enterprise?: number) => Buffer[]): Values {
  const has = (ids: number[]): boolean => ids.some((id) => of(id, REVERSE).length > 0)
  const ownStart = has(STARTS) || (has(ENDS) && has(DURATIONS))
  const ownEnd = has(ENDS) || (has(STARTS) && has(DURATIONS))
  return (id) => {
    const own = of(id, REVERSE)
    if (own.length > 0) return own
    if ((STARTS.includes(id) && ownStart) || (ENDS.includes(id) && ownEnd)) return []
    if (id === 231 || id === 298) return of(id + 1)
    if (COUNTERS.includes(id) || OF_FORWARD.includes(id)) return []
    const pair = SWAPS.find((each) => each.includes(id))
    return of(pair === undefined ? id : pair[0] === id ? pair[1] : pair[0])
  }
}
