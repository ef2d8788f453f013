import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addSum, addToSum, readSum, share, SUM_LIMIT, sumHi, sumLo, valueHi, valueLo } from '../../src/query/sums.js'

const MAX = 2n ** 64n - 1n
const whole = fc.oneof(
  fc.bigInt(0n, MAX),
  fc.bigInt(0n, 10_000n),
  fc.bigInt(2n ** 49n, 2n ** 54n),
  fc.constantFrom(0n, MAX, 2n ** 32n - 1n, 2n ** 52n - 1n, 2n ** 52n)
)
const hi = (value: bigint): number => Number(value >> 32n)
const lo = (value: bigint): number => Number(value & 0xffffffffn)
const capped = (value: bigint): bigint => (value > MAX ? MAX : value)
const joined = (hi: number, lo: number): bigint => BigInt(hi) * 2n ** 32n + BigInt(lo)

function amount(sums: Float64Array, at: number): [bigint, boolean] {
  const fits = readSum(sums, at)
  return [joined(sumHi, sumLo), fits]
}

test('a sum is exact to 2^64 - 1 and stops there', () => {
  fc.assert(
    fc.property(fc.array(whole, { maxLength: 50 }), (values) => {
      const sums = new Float64Array(6)
      const other = new Float64Array(2)
      for (const [i, value] of values.entries()) {
        const [sum, at] = i % 3 === 0 ? [other, 0] : [sums, 2]
        if (value < BigInt(SUM_LIMIT)) addToSum(sum, at, 0, Number(value))
        else addToSum(sum, at, hi(value), lo(value))
      }
      addSum(sums, 2, other, 0)
      const exact = values.reduce((sum, value) => sum + value, 0n)
      assert.deepEqual(amount(sums, 2), [capped(exact), exact <= MAX])
      assert.deepEqual([sums[0], sums[1], sums[4], sums[5]], [0, 0, 0, 0])
    }),
    { numRuns: 2000 }
  )
})

test('a share is the floor of the exact quotient', () => {
  const nanoseconds = fc.oneof(
    fc.integer({ min: 1, max: 1000 }),
    fc.integer({ min: 1, max: 2 ** 47 }),
    fc.integer({ min: 2 ** 49, max: 2 ** 53 - 1 })
  )
  fc.assert(
    fc.property(whole, nanoseconds, fc.double({ min: 0, max: 1, noNaN: true }), (total, duration, ratio) => {
      const part = Math.floor(duration * ratio)
      if (total < BigInt(SUM_LIMIT)) share(0, Number(total), part, duration)
      else share(hi(total), lo(total), part, duration)
      assert.equal(joined(valueHi, valueLo), (total * BigInt(part)) / BigInt(duration))
    }),
    { numRuns: 5000 }
  )
})
