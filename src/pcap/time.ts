/** Times of a capture as nanoseconds since 1970 in two unsigned 32-bit halves. */

export interface Time {
  hi: number
  lo: number
}

const TWO_32 = 2 ** 32
const NS_PER_SECOND = 1_000_000_000

/** Sets `time` to seconds (unsigned, 32 bits) and nanoseconds since 1970. */
export function setSeconds(time: Time, seconds: number, nanoseconds: number): void {
  // in two steps of 16 bits, so that every product is far below 2^53
  const high = (seconds >>> 16) * NS_PER_SECOND
  const low = (seconds & 0xffff) * NS_PER_SECOND + (high % 0x10000) * 0x10000 + nanoseconds
  time.hi = (Math.floor(high / 0x10000) + Math.floor(low / TWO_32)) >>> 0
  time.lo = low >>> 0
}

/** Sets `time` to the computer's clock. */
export function setNow(time: Time): void {
  const ms = Date.now()
  setSeconds(time, Math.floor(ms / 1000), (ms % 1000) * 1_000_000)
}

/** The difference a − b in milliseconds. */
export function millisecondsBetween(a: Time, b: Time): number {
  return ((a.hi - b.hi) * TWO_32 + (a.lo - b.lo)) / 1e6
}

/** What turns the 64-bit timestamps of a pcapng interface into times. */
export interface Clock {
  /** nanoseconds of a tick where that is a whole number, else 0 */
  readonly nsPerTick: number
  readonly ticksPerSecond: bigint
  /** seconds to add */
  readonly offset: bigint
}

/**
 * The clock of an interface from its options if_tsresol and if_tsoffset (draft-ietf-opsawg-pcapng, "Interface Description Block"): the
 * top bit of the resolution says whether a tick is 2^-n or 10^-n seconds.
 */
export function clockOf(resolution: number, offset: bigint): Clock {
  const exponent = resolution & 0x7f
  const decimal = resolution < 0x80
  return {
    nsPerTick: decimal && exponent <= 9 && offset === 0n ? 10 ** (9 - exponent) : 0,
    ticksPerSecond: (decimal ? 10n : 2n) ** BigInt(exponent),
    offset
  }
}

/** Sets `time` to hi · 2^32 + lo ticks of the clock; what does not fit in 64 bits is cut off. */
export function setTicks(time: Time, clock: Clock, hi: number, lo: number): void {
  const { nsPerTick } = clock
  if (nsPerTick === 1) {
    time.hi = hi
    time.lo = lo
  } else if (nsPerTick !== 0 && nsPerTick <= 1_000_000) {
    const low = lo * nsPerTick
    time.hi = (hi * nsPerTick + Math.floor(low / TWO_32)) >>> 0
    time.lo = low >>> 0
  } else {
    const ticks = (BigInt(hi) << 32n) | BigInt(lo)
    const ns = BigInt.asUintN(64, (ticks * BigInt(NS_PER_SECOND)) / clock.ticksPerSecond + clock.offset * BigInt(NS_PER_SECOND))
    time.hi = Number(ns >> 32n)
    time.lo = Number(ns & 0xffffffffn)
  }
}
