import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { multiply, productHi, productLo } from '../../src/flow/product.js'
import { encode, formatter } from '../format/support.js'

const FIELDS = ['duration', 'bps', 'pps', 'bpp', 'scaled_bytes', 'scaled_packets']
const MAX = 2n ** 64n - 1n
const BILLION = 1_000_000_000n

const wide = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 16n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, MAX),
  fc.bigInt({ min: 0n, max: 2n ** 20n }),
  fc.bigInt({ min: 0n, max: MAX })
)
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

test('products are exact up to 2^64 − 1, and stop there', () => {
  fc.assert(
    fc.property(wide, wide, (a, b) => {
      const whole = multiply(Number(a >> 32n), Number(a & 0xffffffffn), Number(b >> 32n), Number(b & 0xffffffffn))
      assert.equal((BigInt(productHi) << 32n) | BigInt(productLo), least(a * b, MAX))
      assert.equal(whole, a * b <= MAX)
    }),
    { numRuns: 5000 }
  )
})

/** `value` in nanoseconds as seconds with all digits. */
function secondsOf(value: bigint): string {
  const digits = value.toString().padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '')
}

/** Whether a number as it is written lies within half of its last place, or a double's error, of value / divisor. */
function isNear(written: string, value: bigint, divisor: bigint): boolean {
  const exact = divisor === 0n ? 0 : Number((value * 10n ** 6n) / divisor) / 1e6
  return Math.abs(Number(written) - exact) <= 0.000502 + exact * 1e-12
}

test('durations, rates and scaled counters of any message', async () => {
  const text = await formatter('text', { fields: FIELDS })
  fc.assert(
    fc.property(wide, wide, wide, wide, wide, fc.boolean(), (start, length, bytes, packets, sampling_rate, isAggregate) => {
      const end = least(start + length, MAX)
      const duration = end - start
      const line = text(
        encode({
          time_flow_start_ns: start,
          time_flow_end_ns: end,
          bytes,
          packets,
          sampling_rate,
          ...(isAggregate ? { flows: 2n } : {})
        })
      )!
      const shown = Object.fromEntries(line.split(' ').map((pair) => pair.split('='))) as Record<string, string>
      const number = (name: string): string => shown[name]
      assert.equal(number('duration'), secondsOf(duration))
      assert.ok(isNear(number('bps'), 8n * bytes * BILLION, duration), `bps ${number('bps')}`)
      assert.ok(isNear(number('pps'), packets * BILLION, duration), `pps ${number('pps')}`)
      assert.ok(isNear(number('bpp'), bytes, packets), `bpp ${number('bpp')}`)
      const rate = isAggregate || sampling_rate === 0n ? 1n : sampling_rate
      assert.equal(number('scaled_bytes'), String(least(bytes * rate, MAX)))
      assert.equal(number('scaled_packets'), String(least(packets * rate, MAX)))
    }),
    { numRuns: 2000 }
  )
})

test('a flow that ends before it starts has no duration', async () => {
  const json = await formatter('json', { fields: ['duration', 'bps', 'pps'] })
  assert.equal(json(encode({ time_flow_start_ns: 2n ** 40n, time_flow_end_ns: 5n, bytes: 9n })), '{"duration":0,"bps":0,"pps":0}')
})

test('they are columns of csv and text too', async () => {
  const flow = encode({
    time_flow_start_ns: 1_000_000_000n,
    time_flow_end_ns: 1_500_000_000n,
    bytes: 1000n,
    packets: 3n,
    sampling_rate: 10n
  })
  const values = ['0.5', '16000', '6', '333.333', '10000', '30']
  assert.equal((await formatter('csv', { fields: FIELDS }))(flow), values.join(','))
  assert.equal((await formatter('text', { fields: FIELDS }))(flow), FIELDS.map((name, i) => `${name}=${values[i]}`).join(' '))
})

test("a user's field of such a name takes its place", async () => {
  const mapping = 'formatter: { protobuf: [{ name: duration, index: 2000, type: varint }], fields: [duration, bps] }'
  const json = await formatter('json', { mapping })
  assert.equal(json(Buffer.concat([Buffer.from([0x80, 0x7d, 0x07]), encode({ bytes: 1n })])), '{"duration":7,"bps":0}')
})
