/** Start and end of a flow, by every element that tells of a time. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { be } from '../../../support/build-netflow.js'
import { decode } from '../../../support/decode.js'
import {
  assertFlow,
  baseOf,
  dataSets,
  type Element,
  message,
  optionsSets,
  raw,
  reverse,
  uint,
  vary,
  VERSIONS
} from '../../../support/records.js'

/** When the datagrams of these tests are exported. */
const EXPORT = 1_700_000_000
const DAY = 86_400_000
const WRAP = 2 ** 32

/** Milliseconds since 1970 as the two time fields of a message. */
function times(startMs: number | bigint, endMs: number | bigint): { time_flow_start_ns: string; time_flow_end_ns: string } {
  return nanos(BigInt(startMs) * 1_000_000n, BigInt(endMs) * 1_000_000n)
}

function nanos(start: bigint, end: bigint): { time_flow_start_ns: string; time_flow_end_ns: string } {
  return { time_flow_start_ns: String(start), time_flow_end_ns: String(end) }
}

const EXPORT_MS = EXPORT * 1000

/** First and last switched, as v9 and IPFIX have them. */
const switched = (first: number, last: number): Element[] => [uint(22, first), uint(21, last)]

test('version 9: uptimes count back from the header', async () => {
  await assertFlow(9, switched(940_000, 999_000), times(EXPORT_MS - 60_000, EXPORT_MS - 1000), { uptime: 1_000_000 })
  await assertFlow(9, [uint(21, 999_999), uint(22, 1)], times(EXPORT_MS - 999_999, EXPORT_MS - 1), { uptime: 1_000_000 })
})

test('version 9: an uptime that wrapped between the flow and its export moves nothing', async () => {
  await assertFlow(9, switched(WRAP - 5000, WRAP - 1), times(EXPORT_MS - 6000, EXPORT_MS - 1001), { uptime: 1000 })
  await assertFlow(9, switched(WRAP - 5000, 500), times(EXPORT_MS - 6000, EXPORT_MS - 500), { uptime: 1000 })
  await assertFlow(9, switched(0, 0), times(EXPORT_MS, EXPORT_MS), { uptime: 0 })
})

test('version 9: a switched time up to a day after the header lies after the export', async () => {
  await assertFlow(9, switched(999_500, 1_000_500), times(EXPORT_MS - 500, EXPORT_MS + 500), { uptime: 1_000_000 })
  // across the wrap
  await assertFlow(9, switched(WRAP - 100, 400), times(EXPORT_MS + 100, EXPORT_MS + 600), { uptime: WRAP - 200 })
  // the whole day but one millisecond, and the day itself, which is 49 days before
  await assertFlow(9, switched(1000, 1000 + DAY - 1), times(EXPORT_MS, EXPORT_MS + DAY - 1), { uptime: 1000 })
  await assertFlow(9, switched(1000, 1000 + DAY), times(EXPORT_MS, EXPORT_MS - (WRAP - DAY)), { uptime: 1000 })
})

test('version 9: uptimes of any length', async () => {
  for (const length of [3, 4, 5, 8]) {
    await assertFlow(9, [uint(22, 940_000, length), uint(21, 999_000, length)], times(EXPORT_MS - 60_000, EXPORT_MS - 1000), {
      uptime: 1_000_000
    })
  }
  await assertFlow(9, [raw(22, 'ff'.repeat(9)), raw(21, ''), uint(4, 6, 1)], { proto: 6 }, { uptime: 1_000_000 })
})

test('a flow never starts before 1970', async () => {
  const { flows } = await decode([message(9, { seconds: 5, uptime: 10_000 }, ...dataSets(9, switched(1000, 6000)))])
  assert.deepEqual([flows[0].time_flow_start_ns, flows[0].time_flow_end_ns], [undefined, '1000000000'])
})

const NTP_EPOCH = 2_208_988_800n
/** An NTP timestamp of so many seconds since 1970 and a fraction of 2^−32 seconds. */
const ntp = (seconds: bigint, fraction: bigint): Buffer => be((((seconds + NTP_EPOCH) % 2n ** 32n) << 32n) | fraction, 8)

/** Elements of start and end, and what they say. */
const KINDS: { name: string; start: number; end: number; bytes: (ms: number) => Buffer }[] = [
  { name: 'seconds', start: 150, end: 151, bytes: (ms) => be(Math.floor(ms / 1000), 4) },
  { name: 'milliseconds', start: 152, end: 153, bytes: (ms) => be(ms, 8) },
  { name: 'microseconds', start: 154, end: 155, bytes: (ms) => ntp(BigInt(ms) / 1000n, (BigInt(ms % 1000) << 32n) / 1000n) },
  { name: 'nanoseconds', start: 156, end: 157, bytes: (ms) => ntp(BigInt(ms) / 1000n, ((BigInt(ms % 1000) << 32n) + 500n) / 1000n) },
  { name: 'microseconds before the export', start: 158, end: 159, bytes: (ms) => be((EXPORT_MS - ms) * 1000, 4) }
]

for (const { name, start, end, bytes } of KINDS) {
  test(`start and end in ${name}, in either version`, async () => {
    const from = { id: start, bytes: bytes(EXPORT_MS - 61_000) }
    const to = { id: end, bytes: bytes(EXPORT_MS - 1000) }
    for (const version of VERSIONS) {
      await assertFlow(version, [from, to], times(EXPORT_MS - 61_000, EXPORT_MS - 1000))
      await assertFlow(version, [to, uint(4, 6, 1), from], { proto: 6, ...times(EXPORT_MS - 61_000, EXPORT_MS - 1000) })
      // one alone: it starts when it ends, or ends when it is told of
      await assertFlow(version, [to], times(EXPORT_MS - 1000, EXPORT_MS - 1000))
      await assertFlow(version, [from], times(EXPORT_MS - 61_000, EXPORT_MS))
    }
    if (!name.includes('before')) await assertFlow(10, [vary(from), vary(to)], times(EXPORT_MS - 61_000, EXPORT_MS - 1000))
  })
}

test('seconds and milliseconds of any length', async () => {
  for (const version of VERSIONS) {
    for (const length of [4, 5, 8])
      await assertFlow(
        version,
        [uint(150, EXPORT - 61, length), uint(151, EXPORT - 1, length)],
        times(EXPORT_MS - 61_000, EXPORT_MS - 1000)
      )
    for (const length of [6, 7, 8])
      await assertFlow(
        version,
        [uint(152, EXPORT_MS - 61_000, length), uint(153, EXPORT_MS - 1, length)],
        times(EXPORT_MS - 61_000, EXPORT_MS - 1)
      )
    for (const length of [3, 5, 8])
      await assertFlow(
        version,
        [uint(158, 61_000, length), uint(159, 1, length)],
        nanos(BigInt(EXPORT_MS) * 1_000_000n - 61_000_000n, BigInt(EXPORT_MS) * 1_000_000n - 1000n)
      )
  }
})

test('times are exact to the nanosecond, however far from 1970', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [uint(150, 1, 4), uint(151, 2 ** 32 - 1, 4)], nanos(1_000_000_000n, 4_294_967_295_000_000_000n))
    await assertFlow(version, [uint(152, 1, 8), uint(153, 18_446_744_073_709n, 8)], nanos(1_000_000n, 18_446_744_073_709_000_000n))
    await assertFlow(version, [uint(158, 7_777_777_777_777n, 8), uint(159, 1, 8)], {
      time_flow_end_ns: String(BigInt(EXPORT_MS) * 1_000_000n - 1000n),
      time_flow_start_ns: String(BigInt(EXPORT_MS) * 1_000_000n - 7_777_777_777_777_000n)
    })
  }
})

test('a time past what 64 bits of nanoseconds hold is capped, never wrapped', async () => {
  for (const version of VERSIONS) {
    for (const huge of [uint(153, 2n ** 64n - 1n, 8), uint(151, 2n ** 64n - 1n, 8), uint(153, 18_446_744_073_710n, 8)]) {
      const { flows } = await decode([message(version, {}, ...dataSets(version, [huge]))])
      assert.equal(flows[0].time_flow_end_ns, String(2n ** 64n - 1n))
    }
  }
})

test('NTP fractions are rounded to the nearest microsecond or nanosecond, and carried', async () => {
  const at = BigInt(EXPORT - 100)
  const base = at * 1_000_000_000n
  for (const version of VERSIONS) {
    const micros = (fraction: bigint, expected: bigint) =>
      assertFlow(version, [{ id: 155, bytes: ntp(at, fraction) }], nanos(base + expected, base + expected))
    await micros(0n, 0n)
    await micros(4295n, 1000n)
    await micros(2147n, 0n)
    await micros(2148n, 1000n)
    await micros(0x8000_0000n, 500_000_000n)
    await micros(0xffff_ffffn, 1_000_000_000n)
    // the low eleven bits cleared, as an exporter of microseconds should
    await micros((((123_457n << 32n) / 1_000_000n) >> 11n) << 11n, 123_457_000n)
    const exact = (fraction: bigint, expected: bigint) =>
      assertFlow(version, [{ id: 157, bytes: ntp(at, fraction) }], nanos(base + expected, base + expected))
    await exact(2n, 0n)
    await exact(3n, 1n)
    await exact(4n, 1n)
    await exact(0x8000_0000n, 500_000_000n)
    await exact((123_456_789n << 32n) / 1_000_000_000n, 123_456_789n)
    await exact(0xffff_fffdn, 999_999_999n)
    await exact(0xffff_ffffn, 1_000_000_000n)
  }
})

test('NTP seconds before 1970 are of the era that starts in 2036', async () => {
  const era = 2n ** 32n - NTP_EPOCH
  for (const version of VERSIONS) {
    await assertFlow(
      version,
      [
        { id: 156, bytes: be(100n << 32n, 8) },
        { id: 157, bytes: be(((NTP_EPOCH - 1n) << 32n) | 0x4000_0000n, 8) }
      ],
      nanos((era + 100n) * 1_000_000_000n, (era + NTP_EPOCH - 1n) * 1_000_000_000n + 250_000_000n)
    )
    await assertFlow(
      version,
      [{ id: 155, bytes: be((2n ** 32n - 1n) << 32n, 8) }],
      nanos((era - 1n) * 1_000_000_000n, (era - 1n) * 1_000_000_000n)
    )
  }
})

test('an NTP element of another length than eight is no time', async () => {
  for (const length of [0, 4, 7, 9, 16]) {
    for (const version of VERSIONS)
      await assertFlow(version, [raw(154, 'ee'.repeat(length)), raw(157, 'ee'.repeat(length)), uint(4, 6, 1)], { proto: 6 })
  }
})

test('a finer element counts before a coarser one, and one that is zero not at all', async () => {
  const ns = (id: number, seconds: number): Element => ({ id, bytes: ntp(BigInt(seconds), 0n) })
  for (const version of VERSIONS) {
    const all = [
      uint(150, EXPORT - 40),
      uint(152, EXPORT_MS - 30_000, 8),
      ns(154, EXPORT - 20),
      ns(156, EXPORT - 10),
      uint(153, EXPORT_MS, 8)
    ]
    await assertFlow(version, all, times(EXPORT_MS - 10_000, EXPORT_MS))
    await assertFlow(version, all.slice(0, 2).concat(all.slice(4)), times(EXPORT_MS - 30_000, EXPORT_MS))
    await assertFlow(
      version,
      [uint(150, EXPORT - 40), uint(152, 0, 8), raw(154, '00'.repeat(8)), uint(151, EXPORT)],
      times(EXPORT_MS - 40_000, EXPORT_MS)
    )
    await assertFlow(version, [uint(153, 0, 8), uint(152, 0, 8), uint(4, 6, 1)], { proto: 6 })
  }
})

test('an observation time is both start and end', async () => {
  for (const version of VERSIONS) {
    const at = EXPORT_MS - 5000
    for (const element of [
      uint(322, at / 1000),
      uint(323, at, 8),
      { id: 324, bytes: ntp(BigInt(at / 1000), 0n) },
      { id: 325, bytes: ntp(BigInt(at / 1000), 0n) }
    ]) {
      await assertFlow(version, [element], times(at, at))
    }
    await assertFlow(version, [uint(323, at, 8), uint(152, at - 1000, 8)], times(at - 1000, at))
    await assertFlow(version, [uint(323, at, 8), uint(152, at - 1000, 8), uint(153, at - 500, 8)], times(at - 1000, at - 500))
  }
})

test('a duration gives the missing one of start and end', async () => {
  for (const version of VERSIONS) {
    for (const duration of [uint(161, 2500), uint(162, 2_500_000), uint(161, 2500, 2), uint(162, 2_500_000, 8)]) {
      await assertFlow(version, [uint(152, EXPORT_MS - 9000, 8), duration], times(EXPORT_MS - 9000, EXPORT_MS - 6500))
      await assertFlow(version, [duration, uint(153, EXPORT_MS - 1000, 8)], times(EXPORT_MS - 3500, EXPORT_MS - 1000))
      // neither is missing
      await assertFlow(
        version,
        [duration, uint(152, EXPORT_MS - 9000, 8), uint(153, EXPORT_MS - 1000, 8)],
        times(EXPORT_MS - 9000, EXPORT_MS - 1000)
      )
      // one is there and says nothing
      await assertFlow(version, [duration, uint(152, EXPORT_MS - 9000, 8), uint(153, 0, 8)], times(EXPORT_MS - 9000, EXPORT_MS - 6500))
      await assertFlow(version, [duration, uint(152, 0, 8), uint(153, EXPORT_MS - 1000, 8)], times(EXPORT_MS - 3500, EXPORT_MS - 1000))
      // both are: the flow ended when it was told of
      await assertFlow(version, [duration], times(EXPORT_MS - 2500, EXPORT_MS))
    }
    await assertFlow(
      version,
      [uint(162, 7, 4), uint(161, 9000), uint(153, EXPORT_MS, 8)],
      nanos(BigInt(EXPORT_MS) * 1_000_000n - 7000n, BigInt(EXPORT_MS) * 1_000_000n)
    )
    await assertFlow(version, [uint(161, 0, 4), uint(153, EXPORT_MS - 1000, 8)], times(EXPORT_MS - 1000, EXPORT_MS - 1000))
  }
})

test('IPFIX: uptimes count from the boot time that the record tells', async () => {
  const boot = EXPORT_MS - 1_000_000
  await assertFlow(10, [uint(160, boot, 8), ...switched(940_000, 999_000)], times(EXPORT_MS - 60_000, EXPORT_MS - 1000))
  await assertFlow(10, [...switched(940_000, 999_000), uint(160, boot, 8)], times(EXPORT_MS - 60_000, EXPORT_MS - 1000))
  await assertFlow(10, [uint(160, boot, 8), uint(21, 999_000)], times(EXPORT_MS - 1000, EXPORT_MS - 1000))
})

test('IPFIX: an uptime that wrapped since the boot is moved to lie nearest the export', async () => {
  // up for 120 days: the uptime has wrapped twice
  const up = 120 * DAY
  const first = (up - 60_000) % WRAP
  const last = (up + 1000) % WRAP
  await assertFlow(10, [uint(160, EXPORT_MS - up, 8), ...switched(first, last)], times(EXPORT_MS - 60_000, EXPORT_MS + 1000))
  // wraps between first and last
  const atWrap = 2 * WRAP + 30_000
  await assertFlow(
    10,
    [uint(160, EXPORT_MS - atWrap, 8), ...switched(WRAP - 20_000, 10_000)],
    times(EXPORT_MS - 50_000, EXPORT_MS - 20_000)
  )
})

test('IPFIX: without the boot time the flow ends at the export, and lasts as long as the uptimes say', async () => {
  await assertFlow(10, switched(940_000, 999_000), times(EXPORT_MS - 59_000, EXPORT_MS))
  await assertFlow(10, switched(WRAP - 1000, 4000), times(EXPORT_MS - 5000, EXPORT_MS))
  await assertFlow(10, [uint(22, 940_000)], times(EXPORT_MS, EXPORT_MS))
  await assertFlow(10, [uint(21, 940_000)], times(EXPORT_MS, EXPORT_MS))
  await assertFlow(10, [uint(160, 0, 8), ...switched(940_000, 999_000)], times(EXPORT_MS - 59_000, EXPORT_MS))
})

test('IPFIX: the boot time may be told in options data, of the domain or of the domain in scope', async () => {
  const boot = EXPORT_MS - 1_000_000
  const record = dataSets(10, switched(940_000, 999_000))
  const expected = times(EXPORT_MS - 60_000, EXPORT_MS - 1000)
  const told = optionsSets(10, [uint(144, 1)], [uint(160, boot, 8)])
  const here = await decode([message(10, { domain: 7 }, ...told), message(10, { domain: 7 }, ...record)])
  assert.deepEqual(here.flows, [{ ...baseOf(10, { domain: 7 }), ...expected }])
  const scoped = await decode([
    message(10, { domain: 0 }, ...optionsSets(10, [uint(149, 7)], [uint(160, boot, 8)])),
    message(10, { domain: 7 }, ...record),
    message(10, { domain: 8 }, ...record)
  ])
  assert.deepEqual(scoped.flows, [
    { ...baseOf(10, { domain: 7 }), ...expected },
    { ...baseOf(10, { domain: 8 }), ...times(EXPORT_MS - 59_000, EXPORT_MS) }
  ])
  // what the record tells of itself is nearer
  const own = await decode([
    message(10, {}, ...told),
    message(10, {}, ...dataSets(10, [uint(160, boot - 5000, 8), ...switched(940_000, 999_000)]))
  ])
  assert.deepEqual(own.flows, [{ ...baseOf(10), ...times(EXPORT_MS - 65_000, EXPORT_MS - 6000) }])
})

test('version 9 takes uptimes from its header, whatever boot time is told', async () => {
  await assertFlow(9, [uint(160, 1_000_000, 8), ...switched(940_000, 999_000)], times(EXPORT_MS - 60_000, EXPORT_MS - 1000), {
    uptime: 1_000_000
  })
})

test('the reverse elements alone say nothing of the forward times', async () => {
  await assertFlow(10, [reverse(uint(152, 5, 8)), uint(4, 6, 1)], { proto: 6 })
})

test('no time element: the export time', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [uint(4, 6, 1)], { proto: 6 }, { seconds: 1 })
    await assertFlow(version, [uint(4, 6, 1)], { proto: 6 }, { seconds: 2 ** 32 - 1 })
  }
})

test('a flow whose end is not told does not end before it started, though the export is told in whole seconds', async () => {
  await assertFlow(10, [{ id: 152, bytes: be(EXPORT_MS + 148, 8) }], times(EXPORT_MS + 148, EXPORT_MS + 148))
})
