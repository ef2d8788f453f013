/** The sampling rate that a record tells itself, exact and by the elements that count. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { decode } from '../../../support/decode.js'
import {
  assertFlow,
  type Element,
  optionsMessage,
  PROTO,
  raw,
  recordMessage,
  systemScope,
  uint,
  VERSIONS
} from '../../../support/records.js'
import type { DecoderOptions } from '../../../../src/decode/decoderoptions.js'

/** The rates, in the order of the flows, that come of these datagrams; undefined where a flow has none. */
async function rates(datagrams: Parameters<typeof decode>[0], options: Partial<DecoderOptions> = {}): Promise<unknown[]> {
  const { flows } = await decode(datagrams, options)
  return flows.map((flow) => flow.sampling_rate)
}

/** An interface as a scope: v9's scope type 2, IPFIX's ingressInterface. */

test('the record’s own rate: 34, 50, 305 alone, 305 with 306, 309 of 310', async () => {
  for (const version of VERSIONS) {
    const own = (elements: Element[], rate: string | undefined): Promise<void> =>
      assertFlow(version, elements, rate === undefined ? {} : { sampling_rate: rate })
    await own([uint(34, 1000)], '1000')
    await own([uint(50, 512)], '512')
    await own([uint(305, 100)], '100')
    await own([uint(305, 1), uint(306, 999)], '1000')
    await own([uint(306, 9, 8), uint(305, 3, 1)], '4')
    await own([uint(305, 7), uint(306, 0)], '1')
    await own([uint(309, 1), uint(310, 2000)], '2000')
    await own([uint(310, 1000, 3), uint(309, 10, 8)], '100')
    await own([uint(34, 1)], '1')
  }
})

test('a rate is rounded to the nearest', async () => {
  for (const version of VERSIONS) {
    for (const [size, population, rate] of [
      [3, 10, 3],
      [3, 11, 4],
      [2, 5, 3],
      [4, 9, 2],
      [10, 1000, 100],
      [7, 4_294_967_295, 613_566_756]
    ]) {
      await assertFlow(version, [uint(309, size), uint(310, population)], { sampling_rate: String(rate) })
      await assertFlow(version, [uint(305, size), uint(306, population - size)], { sampling_rate: String(rate) })
    }
  }
})

test('rates are exact to 64 bits', async () => {
  const max = 2n ** 64n - 1n
  for (const version of VERSIONS) {
    await assertFlow(version, [uint(309, 1, 8), uint(310, max, 8)], { sampling_rate: String(max) })
    await assertFlow(version, [uint(309, 3, 1), uint(310, max - 1n, 8)], { sampling_rate: String(6_148_914_691_236_517_205n) })
    await assertFlow(version, [uint(305, 1, 8), uint(306, max - 1n, 8)], { sampling_rate: String(max) })
    // more than 64 bits hold
    await assertFlow(version, [uint(305, 1, 8), uint(306, max, 8)], { sampling_rate: String(max) })
    assert.deepEqual(await rates([optionsMessage(version, 0, [systemScope(version)], uint(34, max, 8)), recordMessage(version, 0)]), [
      String(max)
    ])
    assert.deepEqual(
      await rates([
        optionsMessage(version, 0, [systemScope(version)], uint(309, 1, 8), uint(310, 2n ** 53n + 1n, 8)),
        recordMessage(version, 0)
      ]),
      [String(2n ** 53n + 1n)]
    )
  }
})

test('a zero rate or a zero divisor is no value', async () => {
  for (const version of VERSIONS) {
    const own = (elements: Element[], rate: string | undefined): Promise<void> =>
      assertFlow(version, [PROTO, ...elements], { proto: 6, ...(rate === undefined ? {} : { sampling_rate: rate }) })
    await own([uint(34, 0)], undefined)
    await own([uint(34, 0), uint(50, 7)], '7')
    await own([uint(34, 0), uint(50, 0), uint(305, 0), uint(306, 5), uint(309, 0), uint(310, 100)], undefined)
    await own([uint(305, 0), uint(306, 5), uint(309, 2), uint(310, 100)], '50')
    await own([uint(309, 5), uint(310, 0)], undefined)
    await own([uint(309, 5), uint(310, 1)], undefined)
    await own([uint(306, 100)], undefined)
    await own([uint(310, 100)], undefined)
    await own([uint(309, 100)], undefined)
  }
})

test('a record with several ways to tell takes the first: 305/306, 309/310, 34, 50, 305 alone', async () => {
  const all = [uint(305, 9), uint(50, 20), uint(34, 10), uint(310, 900), uint(309, 1), uint(306, 891)]
  for (const version of VERSIONS) {
    await assertFlow(version, all, { sampling_rate: '100' })
    await assertFlow(version, all.slice(0, 5), { sampling_rate: '900' })
    await assertFlow(version, all.slice(0, 4), { sampling_rate: '10' })
    await assertFlow(version, all.slice(0, 2), { sampling_rate: '20' })
    await assertFlow(version, all.slice(0, 1), { sampling_rate: '9' })
  }
})

test('a selector’s algorithm says where its rate is told', async () => {
  const all = [uint(305, 1), uint(306, 99), uint(309, 1), uint(310, 256), raw(311, '3c23d70a'), uint(34, 7)]
  const ways: [algorithm: number, rate: string][] = [
    [1, '100'],
    [2, '100'],
    [3, '256'],
    [4, '100'],
    [5, '100'],
    [0, '100']
  ]
  for (const version of VERSIONS) {
    for (const [algorithm, rate] of ways) await assertFlow(version, [uint(304, algorithm, 2), ...all], { sampling_rate: rate })
    const only = (algorithm: number, ...elements: Element[]): Element[] => [uint(304, algorithm, 2), ...elements]
    // IOS-XR: 305 beside n out of N
    await assertFlow(version, only(3, uint(305, 1), uint(309, 1), uint(310, 256)), { sampling_rate: '256' })
    await assertFlow(version, only(4, raw(311, '3f50624dd2f1a9fc'), uint(34, 7)), { sampling_rate: '1000' })
    await assertFlow(version, only(4, uint(34, 7)), { sampling_rate: '7' })
    await assertFlow(version, only(3, uint(305, 50)), { sampling_rate: '50' })
  }
})
