/** Moments in nanoseconds since 1970, as two unsigned 32-bit halves: hi · 2^32 + lo. */
export interface Moment {
  hi: number
  lo: number
}

/** From 0 to 2^64, which is past all times. */
export function momentOf(nanoseconds: bigint): Moment {
  return { hi: Number(nanoseconds >> 32n), lo: Number(nanoseconds & 0xffffffffn) }
}

/** Whether `a` is earlier. */
export function isBefore(a: Readonly<Moment>, b: Readonly<Moment>): boolean {
  return a.hi < b.hi || (a.hi === b.hi && a.lo < b.lo)
}
