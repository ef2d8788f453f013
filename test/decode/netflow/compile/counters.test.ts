/** Bytes and packets: deltas before totals, and outgoing counters for exporters that fill only those. */
import test from 'node:test'
import { assertFlow, uint, VERSIONS } from '../../../support/records.js'

const KINDS = [
  { name: 'bytes', delta: 1, post: 23, total: 85, initiator: 231 },
  { name: 'packets', delta: 2, post: 24, total: 86, initiator: 298 }
]

for (const { name, delta, post, total, initiator } of KINDS) {
  test(`${name}: a post counter stands in where the delta is zero`, async () => {
    for (const version of VERSIONS) {
      await assertFlow(version, [uint(delta, 0), uint(post, 700)], { [name]: '700' })
      await assertFlow(version, [uint(post, 700, 8), uint(delta, 0, 3), uint(total, 9000)], { [name]: '700' })
    }
  })

  test(`${name}: a zero delta beside a total means that nothing came since the last export`, async () => {
    for (const version of VERSIONS) {
      await assertFlow(version, [uint(delta, 0), uint(total, 9000)], {})
      await assertFlow(version, [uint(post, 0), uint(total, 9000)], {})
      await assertFlow(version, [uint(delta, 0), uint(post, 0), uint(total, 9000), uint(initiator, 1)], {})
      await assertFlow(version, [uint(initiator, 1), uint(delta, 0)], {})
    }
  })

  test(`${name}: a total counts where no delta is, zero or not`, async () => {
    for (const version of VERSIONS) {
      await assertFlow(version, [uint(total, 9000, 8)], { [name]: '9000' })
      await assertFlow(version, [uint(total, 0, 8), uint(initiator, 5, 8)], {})
      await assertFlow(version, [uint(initiator, 5, 8)], { [name]: '5' })
    }
  })
}

test('bytes and packets fall back apart', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [uint(1, 1500), uint(86, 10)], { bytes: '1500', packets: '10' })
    await assertFlow(version, [uint(85, 1500), uint(2, 0), uint(24, 3)], { bytes: '1500', packets: '3' })
    await assertFlow(version, [uint(1, 0), uint(85, 9), uint(298, 4)], { packets: '4' })
  }
})
