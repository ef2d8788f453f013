/** flow-agg against the slow oracle, over flows that fast-check makes up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Flow, FlowMessage } from '../support/datagram-stream.js'
import { aggregated, flowStream, type FlowSpec } from './aggregating.js'
import { type Asked, gathered, keyOfMessage, slowly, summed } from './oracle.js'

const SECOND = 1_000_000_000n
const EPOCH = 1_700_000_000n * SECOND

/** Few values, so that groups meet, and the edges of each type. */
const address = fc.constantFrom(
  '0a000001',
  '0a0000ff',
  '0a000101',
  '20010db8000000000000000000000001',
  '20010db8000000000000000000000101',
  undefined
)
const port = fc.constantFrom(0, 80, 443, 65_535)
const as = fc.constantFrom(0, 64_500, 2 ** 32 - 1)
const time = fc.bigInt(0n, 400n * SECOND).map((ns) => EPOCH + ns)
const amount = fc.oneof(
  fc.bigInt(0n, 2_000n),
  fc.constantFrom(2n ** 32n - 1n, 2n ** 50n, 2n ** 52n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n)
)
const rate = fc.oneof(fc.constantFrom(undefined, 0n, 1n, 1000n), fc.constantFrom(2n ** 20n, 2n ** 64n - 1n))

const flow: fc.Arbitrary<FlowSpec> = fc.record({
  time_received_ns: fc.oneof({ weight: 20, arbitrary: time }, { weight: 1, arbitrary: fc.constant(undefined) }),
  time_flow_start_ns: fc.oneof({ weight: 10, arbitrary: time }, { weight: 1, arbitrary: fc.constantFrom(undefined, 1n) }),
  time_flow_end_ns: fc.oneof({ weight: 10, arbitrary: time }, { weight: 1, arbitrary: fc.constantFrom(undefined, EPOCH + 60n * SECOND) }),
  bytes: amount,
  packets: amount,
  sampling_rate: rate,
  src_addr: address,
  dst_addr: address,
  src_port: port,
  dst_port: port,
  src_as: as,
  dst_as: as,
  in_if: fc.constantFrom(0, 1, 2),
  out_if: fc.constantFrom(0, 1, 2),
  sampler_address: fc.constantFrom('c0000201', 'c0000202'),
  src_mac: fc.constantFrom(0n, 0x0200_0000_0001n, 0xffff_ffff_ffffn),
  src_country: fc.constantFrom('', 'CH', 'DE'),
  dst_country: fc.constantFrom('', 'CH', 'LI'),
  in_if_name: fc.constantFrom('', 'xe-0/0/0', 'xe-0/0/0.1', 'é'),
  as_path: fc.constantFrom([], [64_500], [64_500, 2 ** 32 - 1]),
  flows: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(1n, 7n, 2n ** 64n - 1n) })
})

const by = fc.constantFrom<string[]>(
  [],
  ['src_addr'],
  ['src_as', 'dst_port'],
  ['dst_addr/24', 'src_port'],
  ['src_addr/24:56', 'dst_addr/0:0'],
  ['in_if'],
  ['addr'],
  ['addr/25:120', 'port'],
  ['as_number', 'interface', 'dst_port'],
  ['country', 'src_mac'],
  ['in_if_name', 'as_path', 'src_country'],
  ['src_mac', 'as_path']
)

const counted = (value: Flow[string] | undefined): bigint => BigInt(String(value ?? 0))

/** The bytes of the keys of a message, one item of -by after another. */
function keyBytes(message: Flow, by: readonly string[]): Buffer[] {
  const names = by.flatMap((item) => (/^(interface|in_if)$/.test(item) ? ['sampler_address', item] : [item.split('/')[0]]))
  return names.map((name) => {
    const value = message[name] ?? ''
    const { type } = FlowMessage.fields[name]
    if (Array.isArray(value)) return Buffer.from(value.flatMap((entry) => varint(Number(entry))))
    if (type === 'string' || type === 'bytes') return Buffer.from(String(value), type === 'bytes' ? 'hex' : 'utf8')
    const number = Buffer.alloc(8)
    number.writeBigUInt64BE(BigInt(value))
    return number
  })
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...varint(Math.floor(value / 0x80))]
}

function compareKeys(a: Flow, b: Flow, by: readonly string[]): number {
  const others = keyBytes(b, by)
  return keyBytes(a, by)
    .map((part, i) => Buffer.compare(part, others[i]))
    .find((difference) => difference !== 0)!
}

const argsOf = ({ by, every, time, spread, raw, distinct }: Asked): string[] => [
  ...(by.length === 0 ? [] : ['-by', by.join(',')]),
  ...(every === undefined ? [] : ['-every', `${every / 1_000_000n}ms`]),
  ...(time === undefined ? [] : ['-time', time]),
  ...(spread === true ? ['-spread'] : []),
  ...(raw === true ? ['-raw-counts'] : []),
  ...(distinct === undefined ? [] : ['-distinct', distinct])
]

const asked: fc.Arbitrary<Asked> = fc
  .record({
    by,
    every: fc.constantFrom(undefined, SECOND, 7n * SECOND, 60n * SECOND, 3_600n * SECOND, 250_000_000n),
    time: fc.constantFrom('received' as const, 'start' as const, 'end' as const),
    spread: fc.boolean(),
    raw: fc.boolean()
  })
  .map(({ by, every, time, spread, raw }) => ({
    by,
    time,
    raw,
    spread: spread && every !== undefined,
    ...(every === undefined ? {} : { every })
  }))

test('sums of windows and keys are those of the slow oracle, in whatever order and chunks flows come', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(flow, { maxLength: 40 }), asked, fc.integer({ min: 1, max: 4000 }), async (flows, asked, chunkBytes) => {
      const { flows: messages } = await aggregated(flowStream(flows), [...argsOf(asked), '-grace', '3s'], { chunkBytes })
      assert.deepEqual(gathered(messages, asked.every !== undefined), summed(slowly(flows, asked)))
    }),
    { numRuns: 500 }
  )
})

test('time that passes while the tool waits cuts windows into parts, and changes no sum', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(flow, { maxLength: 40 }),
      asked,
      fc.array(fc.double({ min: 0, max: 1e5, noNaN: true })),
      async (flows, asked, waits) => {
        const wait = ({ time }: { time: { wait(ms: number): void } }, chunk: number): void => {
          time.wait(waits[chunk] ?? 0)
        }
        const { flows: messages } = await aggregated(flowStream(flows), argsOf(asked), { chunkBytes: 100, wait })
        assert.deepEqual(gathered(messages, asked.every !== undefined), summed(slowly(flows, asked)))
      }
    ),
    { numRuns: 200 }
  )
})

test('a message holds its keys, sums and times, in the order asked for, and the rest comes last', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(flow, { maxLength: 40 }),
      by,
      fc.constantFrom('bytes' as const, 'packets' as const, 'flows' as const, 'distinct' as const),
      fc.integer({ min: 1, max: 12 }),
      async (flows, by, order, top) => {
        const args = [...argsOf({ by, distinct: 'dst_port' }), '-order', order, '-top', String(top)]
        const { flows: messages } = await aggregated(flowStream(flows), args)
        const groups = [...(slowly(flows, { by, distinct: 'dst_port' }).get('0')?.entries() ?? [])].map(([text, sums]) => ({
          ...sums,
          key: text,
          distinct: BigInt(sums.distinct.size)
        }))
        const value = (group: (typeof groups)[number]): bigint => group[order]
        const best = groups.map(value).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
        const shown = messages.filter(({ groups: rest }) => rest === undefined)
        assert.equal(shown.length, Math.min(top, groups.length))
        assert.deepEqual(
          shown.map((message) => counted(message[order])),
          best.slice(0, top)
        )
        for (const message of shown) {
          const { bytes, packets, flows: count, start, end, received, distinct } = groups.find(({ key }) => key === keyOfMessage(message))!
          const told = ['bytes', 'packets', 'flows', 'time_flow_start_ns', 'time_flow_end_ns', 'time_received_ns', 'distinct'].map((name) =>
            counted(message[name])
          )
          assert.deepEqual(told, [bytes, packets, count, start, end, received, distinct])
        }
        // those that are equal come by their keys, as bytes
        for (const [i, message] of shown.entries()) {
          const before = shown[i - 1] as Flow | undefined
          if (before === undefined || counted(before[order]) !== counted(message[order])) continue
          assert.ok(compareKeys(before, message, by) < 0, JSON.stringify([before, message]))
        }
        const whole = slowly(
          flows.map((flow) => ({ ...flow, time_received_ns: 0n })),
          { by: [], distinct: 'dst_port' }
        )
        const all = [...(whole.get('0')?.values() ?? [])].map((sums) => (order === 'distinct' ? BigInt(sums.distinct.size) : sums[order]))
        for (const message of messages) assert.equal(counted(message.total), all[0])
        const rest = messages.filter(({ groups: count }) => count !== undefined)
        assert.equal(rest.length, groups.length > top ? 1 : 0)
        if (rest.length > 0) {
          assert.equal(messages.at(-1), rest[0])
          const left = groups.filter(({ key }) => !shown.some((message) => keyOfMessage(message) === key))
          assert.equal(Number(rest[0].groups), left.length)
          for (const name of ['bytes', 'packets', 'flows'] as const) {
            const sum = left.reduce((total, group) => total + group[name], 0n)
            assert.equal(counted(rest[0][name]), sum > 2n ** 64n - 1n ? 2n ** 64n - 1n : sum)
          }
          assert.equal(rest[0].distinct, undefined)
        }
      }
    ),
    { numRuns: 300, includeErrorInReport: true }
  )
})

test('with too few groups no flow is lost, and none is counted twice', async () => {
  const oneEnd = by.filter((items) => !items.some((item) => /^(addr|as_number|country|interface)/.test(item)))
  await fc.assert(
    fc.asyncProperty(
      fc.array(flow, { maxLength: 40 }),
      oneEnd,
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (flows, by, most, spread) => {
        const args = [...argsOf({ by, every: 60n * SECOND, spread }), '-max-groups', String(most)]
        const { flows: messages } = await aggregated(flowStream(flows), args)
        const seen = flows.reduce((sum, { flows: count }) => sum + ((count as bigint | undefined) ?? 1n), 0n)
        const told = messages.reduce((sum, { flows: count }) => sum + counted(count), 0n)
        // sums that stop at 2^64 - 1 lose what is past it
        if (seen < 2n ** 64n) assert.equal(told, seen)
        assert.ok(
          messages.every(({ groups, ...message }) => groups === undefined || Object.keys(message).every((name) => !by.includes(name)))
        )
      }
    ),
    { numRuns: 300 }
  )
})
