/** The filter against a slow reading of its language, over expressions and messages that fast-check makes up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { flowMessage } from '../../src/flow/proto.js'
import { compileFilter } from '../../src/query/filter.js'
import { type FlowSpec, flowFrame } from '../agg/aggregating.js'
import { FlowMessage } from '../support/datagram-stream.js'
import { expression, NOW } from './expressions.js'
import { messageOf } from './slow.js'

const SECOND = 1_000_000_000n

const number = fc.constantFrom(0, 1, 7, 8, 10, 18, 24, 64, 130, 184, 2 ** 32 - 1)
const wide = fc.constantFrom(0n, 1n, 7n, 16n, 1000n, 1500n, 1024n, 2_000_000n, 0x02005e100001n, 2n ** 63n, 2n ** 64n - 1n)
const text = fc.constantFrom('', 'xe', 'xe-0/0/0', '7', 'a"b', 'é', 'office', 'external', 'CH', 'in')
const address = fc.constantFrom(
  '0a000001',
  '0a000000',
  'c0000201',
  'ffffffff',
  '00000000',
  '0'.repeat(32),
  '20010db8000000000000000000000001',
  '20010db9000000000000000000000001',
  '00000000000000000000ffff0a000001',
  'f'.repeat(32)
)
const time = fc.constantFrom(0n, NOW, NOW - 60n * SECOND, NOW - 63n * SECOND, NOW - 120n * SECOND, NOW - 7200n * SECOND, NOW + 1n)

/** What a field holds more often than any number of its type. */
const USUAL: Readonly<Record<string, fc.Arbitrary<FlowSpec[string]>>> = {
  type: fc.constantFrom(0, 1, 4, 101),
  proto: fc.constantFrom(0, 1, 6, 17, 47, 58),
  etype: fc.constantFrom(0, 0x0800, 0x0806, 0x86dd),
  icmp_type: fc.constantFrom(0, 7, 8),
  nat_event: fc.constantFrom(0, 1, 4),
  layer_stack: fc.array(fc.constantFrom(0, 3, 100), { maxLength: 2 }),
  total_of: fc.constantFrom(0, 1, 3),
  bgp_communities: fc.array(fc.constantFrom(7, 64_500 * 65_536 + 100), { maxLength: 3 }),
  ...Object.fromEntries(
    ['src_port', 'dst_port', 'post_nat_src_port', 'post_nat_dst_port', 'port'].map((name) => [
      name,
      fc.constantFrom(0, 53, 100, 443, 65_535)
    ])
  ),
  ...Object.fromEntries(
    ['src_as', 'dst_as', 'next_hop_as', 'as_number'].map((name) => [name, fc.constantFrom(0, 64_500, 64_501, 65_546, 2 ** 32 - 1)])
  ),
  as_path: fc.array(fc.constantFrom(64_500, 65_546), { maxLength: 3 }),
  ...Object.fromEntries(['src_country', 'dst_country', 'country'].map((name) => [name, fc.constantFrom('', 'CH', 'in', 'AS', 'LT')])),
  ...Object.fromEntries(['time_flow_start_ns', 'time_flow_end_ns', 'time_received_ns'].map((name) => [name, time])),
  ...Object.fromEntries(['src_mac', 'dst_mac', 'mac'].map((name) => [name, fc.constantFrom(0n, 7n, 0x02005e100001n)]))
}

/** flow-agg's keys for either end stand in few messages: they change what an absent end means. */
const RARE = /^(addr|port|as_number|country|interface|mac|network|addr_net)$/

const message: fc.Arbitrary<FlowSpec> = fc.record(
  Object.fromEntries(
    Object.values(FlowMessage.fields).map(({ name, type, repeated }) => {
      const plain: fc.Arbitrary<FlowSpec[string]> =
        type === 'uint64' ? wide : type === 'string' ? text : type === 'bytes' ? address : number
      const list = type === 'bytes' ? fc.constant(undefined) : fc.array(number, { maxLength: 3 })
      const value = USUAL[name] ?? (repeated ? list : plain)
      return [name, fc.oneof({ weight: RARE.test(name) ? 8 : 1, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: value })]
    })
  )
)

/** Of a counterexample, what a person can read: the seed, and what the assertion says. */
function told<T>({ failed, seed, counterexamplePath, errorInstance }: fc.RunDetails<T>): void {
  if (failed) throw new Error(`seed ${seed}, path "${counterexamplePath}": ${String(errorInstance)}`)
}

function shown(message: ReturnType<typeof messageOf>): string {
  return Object.entries(message)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join('\n')
}

test('random expressions say of random messages what the language says', () => {
  const context = { schema: flowMessage, now: NOW }
  let [yes, no] = [0, 0]
  fc.assert(
    fc.property(expression, fc.array(message, { minLength: 4, maxLength: 4 }), ({ text, holds }, messages) => {
      const filter = compileFilter(text, context)
      const again = compileFilter(filter.written, context)
      for (const spec of messages) {
        const frame = flowFrame(spec)
        const start = frame.findIndex((byte) => byte < 0x80) + 1
        const decoded = messageOf(frame.subarray(start))
        const slowly = holds(decoded)
        if (slowly) yes++
        else no++
        for (const { matches, written } of [filter, again])
          assert.equal(
            matches(frame, start, frame.length),
            slowly,
            `${text}\nas ${written}, and the language says ${slowly} of\n${shown(decoded)}`
          )
      }
    }),
    { numRuns: Number(process.env.FILTER_RUNS ?? 1000), reporter: told }
  )
  // neither answer comes by itself
  assert.ok(yes > 600 && no > 600, `${yes} messages matched, ${no} did not`)
})
