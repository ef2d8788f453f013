import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { wallClock } from '../../src/listen/clock.js'

/** True time in nanoseconds, the two clocks that a system shows of it, and ours on top of them. */
interface Fake {
  time: bigint
  monotonic: number
  read(): bigint
}

function fakeClocks(time: bigint): Fake {
  const system = { time, monotonic: 5000 }
  const clock = wallClock(
    () => Number(system.time / 1_000_000n),
    () => system.monotonic
  )
  return Object.assign(system, {
    read() {
      clock.read()
      return (BigInt(clock.hi) << 32n) | BigInt(clock.lo)
    }
  })
}

const MS = 1_000_000n
const START = 1_790_000_000_123_456_789n

test('the real clocks agree', () => {
  const clock = wallClock()
  const before = Date.now()
  clock.read()
  const ms = Number(((BigInt(clock.hi) << 32n) | BigInt(clock.lo)) / MS)
  // to a second: the wall clock does not tell how far it is in a millisecond, and anything may run between two looks at it
  assert.ok(Math.abs(ms - before) < 1000, `${before} ${ms}`)
})

test('between two looks at the wall clock nanoseconds go on with the monotonic one', () => {
  const fake = fakeClocks(START)
  const first = fake.read()
  fake.time += 250_000n
  fake.monotonic += 0.25
  assert.equal(fake.read() - first, 250_000n)
  fake.time += 700n * MS
  fake.monotonic += 700
  assert.equal(fake.read() - first, 700_250_000n)
})

test('a monotonic clock that runs 100 ppm fast or slow for days stays within 2 ms', () => {
  for (const rate of [0.9999, 1.0001]) {
    const fake = fakeClocks(START)
    let last = 0n
    for (let i = 0; i < 100_000; i++) {
      fake.time += 997n * MS + 123n
      fake.monotonic += 997.000123 * rate
      const now = fake.read()
      const off = Number(now - fake.time) / 1e6
      assert.ok(Math.abs(off) < 2, `${off} ms off`)
      assert.ok(now > last, 'time goes on')
      last = now
    }
  }
})

test('a step of the wall clock is followed within a second', () => {
  for (const step of [3600_000n * MS, -86_400_000n * MS]) {
    const fake = fakeClocks(START)
    fake.read()
    fake.time += 1000n * MS + step
    fake.monotonic += 1000
    const off = Number(fake.read() - fake.time) / 1e6
    assert.ok(Math.abs(off) < 1, `${off} ms off`)
  }
})

test('any time and any pace: within 1 ms of the wall clock whenever that was looked at', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 4_000_000_000n),
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.array(fc.integer({ min: 0, max: 5000 })),
      (seconds, ns, pauses) => {
        const fake = fakeClocks(seconds * 1000n * MS + BigInt(ns))
        for (const pause of pauses) {
          fake.time += BigInt(pause) * MS
          fake.monotonic += pause
          const off = Number(fake.read() - fake.time)
          assert.ok(Math.abs(off) <= 1e6, `${off} ns off`)
        }
      }
    )
  )
})
