/** Start and end of a flow. */
import type { Version } from '../records.js'
import { capped, isZero, number, type ReferenceHeader, UINT64_MAX, type Values } from './values.js'

const SECOND = 1_000_000_000n
const WRAP = 2n ** 32n
const DAY = 86_400_000n

/** When the flow started and ended, in nanoseconds since 1970. */
export function timesOf(version: Version, values: Values, header: ReferenceHeader): [start: bigint, end: bigint] {
  const exported = BigInt(header.seconds) * SECOND + BigInt(header.nanos ?? 0)
  const clamp = (time: bigint): bigint => (time < 0n ? 0n : time > UINT64_MAX ? UINT64_MAX : time)
  const since = (id: number, unit: bigint): bigint | undefined => {
    const value = number(values, id)
    return value === undefined || value === 0n ? undefined : clamp(value * unit)
  }
  const ntp = (id: number, step: bigint): bigint | undefined => {
    const bytes = values(id).find(({ length }) => length === 8)
    if (bytes === undefined || isZero(bytes)) return undefined
    const [seconds, fraction] = [BigInt(bytes.readUInt32BE(0)), BigInt(bytes.readUInt32BE(4))]
    const epoch = 2_208_988_800n
    const perSecond = SECOND / step
    return (seconds - epoch + (seconds < epoch ? WRAP : 0n)) * SECOND + ((2n * fraction * perSecond + WRAP) / (2n * WRAP)) * step
  }
  const before = (id: number): bigint | undefined => {
    const value = number(values, id)
    return value === undefined ? undefined : clamp(exported - value * 1000n)
  }
  /** How long before `now` the uptime `then` was; up to a day after it is after it. */
  const age = (now: bigint, then: bigint): bigint => {
    const back = (((now - then) % WRAP) + WRAP) % WRAP
    return back > WRAP - DAY ? back - WRAP : back
  }
  const uptime = (id: number): bigint | undefined => {
    const value = number(values, id)
    if (value === undefined) return undefined
    if (version === 9) return clamp(exported - age(BigInt(header.uptime), value) * 1_000_000n)
    const boot = number(values, 160) ?? 0n
    if (boot !== 0n) {
      const time = boot + capped(value)
      const near = BigInt(header.seconds) * 1000n
      const off = (((near - time) % WRAP) + WRAP) % WRAP
      return clamp((near - (off < WRAP / 2n ? off : off - WRAP)) * 1_000_000n)
    }
    const last = number(values, 21)
    return id === 21 || last === undefined ? exported : clamp(exported - age(capped(last), capped(value)) * 1_000_000n)
  }
  const first = (times: (() => bigint | undefined)[]): bigint | undefined => {
    for (const time of times) {
      const value = time()
      if (value !== undefined) return value
    }
    return undefined
  }
  const start = first([
    () => ntp(156, 1n),
    () => ntp(154, 1000n),
    () => since(152, 1_000_000n),
    () => since(150, SECOND),
    () => before(158),
    () => uptime(22)
  ])
  const end = first([
    () => ntp(157, 1n),
    () => ntp(155, 1000n),
    () => since(153, 1_000_000n),
    () => since(151, SECOND),
    () => before(159),
    () => uptime(21),
    () => ntp(325, 1n),
    () => ntp(324, 1000n),
    () => since(323, 1_000_000n),
    () => since(322, SECOND)
  ])
  const micros = number(values, 162)
  const millis = number(values, 161)
  const duration = micros !== undefined ? micros * 1000n : millis !== undefined ? millis * 1_000_000n : undefined
  if (start !== undefined) return [start, end ?? (duration !== undefined ? clamp(start + duration) : start > exported ? start : exported)]
  const ended = end ?? exported
  return [duration === undefined ? ended : clamp(ended - duration), ended]
}
