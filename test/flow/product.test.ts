import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { multiply, productHi, productLo } from '../../src/flow/product.js'

const MAX = 2n ** 64n - 1n
const whole = fc.oneof(fc.bigInt(0n, MAX), fc.bigInt(0n, 2n ** 33n), fc.constantFrom(0n, 1n, MAX, 2n ** 32n - 1n, 2n ** 32n))
const hi = (value: bigint): number => Number(value >> 32n)
const lo = (value: bigint): number => Number(value & 0xffffffffn)

test('a product is exact to 2^64 - 1 and stops there', () => {
  fc.assert(
    fc.property(whole, whole, (a, b) => {
      assert.equal(multiply(hi(a), lo(a), hi(b), lo(b)), a * b <= MAX)
      assert.equal(BigInt(productHi) * 2n ** 32n + BigInt(productLo), a * b > MAX ? MAX : a * b)
    }),
    { numRuns: 10_000 }
  )
})
