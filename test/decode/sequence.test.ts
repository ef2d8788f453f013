/** Sequence numbers: what is missing, what is only late, and what starts anew. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { endSequences, followSequence, newSequences } from '../../src/decode/sequence.js'
import { be, set, v5 } from '../support/build-netflow.js'
import type { DatagramSpec } from '../support/datagram-stream.js'
import { decode } from '../support/decode.js'
import { message, optionsTemplateSet, recordOf, templateSet, uint } from '../support/records.js'

interface Step {
  number: number
  units?: number
  uptime?: number
  key?: string
  options?: number
}

/** What these datagrams, one after another, leave missing, and how often the exporter started anew. */
function followed(steps: readonly Step[]): [missing: number, restarts: number] {
  const sequences = newSequences()
  for (const { number, units = 1, uptime = 1000, key = 'one', options = 0 } of steps)
    followSequence(sequences, key, number >>> 0, units, uptime, options)
  endSequences(sequences)
  return [sequences.missing, sequences.restarts]
}

const run = (from: number, count: number, units = 1): Step[] =>
  Array.from({ length: count }, (_, i) => ({ number: from + i * units, units }))

test('numbers that go on leave nothing missing, from wherever they start', () => {
  for (const from of [0, 1, 12_345, 2 ** 32 - 20]) {
    assert.deepEqual(followed(run(from, 50)), [0, 0])
    assert.deepEqual(followed(run(from, 50, 30)), [0, 0])
  }
  assert.deepEqual(followed([]), [0, 0])
  assert.deepEqual(followed([{ number: 77 }]), [0, 0])
})

test('a gap is counted in units, across the wrap too', () => {
  assert.deepEqual(followed([...run(10, 5), ...run(18, 40)]), [3, 0])
  assert.deepEqual(followed([...run(10, 5, 30), ...run(10 + 5 * 30 + 60, 40, 30)]), [60, 0])
  assert.deepEqual(followed([...run(2 ** 32 - 5, 5), ...run(7, 40)]), [7, 0])
  assert.deepEqual(followed([...run(2 ** 32 - 10, 5), ...run(7, 40)]), [12, 0])
  // at the end of the stream as well
  assert.deepEqual(followed([...run(10, 5), { number: 20 }]), [5, 0])
})

test('several gaps add up', () => {
  assert.deepEqual(followed([...run(0, 3), ...run(5, 3), ...run(9, 3), ...run(100, 30)]), [2 + 1 + 88, 0])
})

test('reordering within a small window is no gap', () => {
  const numbers = [0, 1, 3, 2, 4, 7, 6, 5, 8, 12, 9, 11, 10, 13, 14]
  assert.deepEqual(followed(numbers.map((number) => ({ number }))), [0, 0])
  assert.deepEqual(followed(numbers.map((number) => ({ number: 30 * number, units: 30 }))), [0, 0])
  assert.deepEqual(followed(numbers.map((number) => ({ number: number + 2 ** 32 - 6 }))), [0, 0])
  assert.deepEqual(followed(numbers.map((number) => ({ number: 5000 + number, uptime: NaN }))), [0, 0])
  assert.deepEqual(followed(numbers.map((number) => ({ number, uptime: NaN }))), [0, 0])
})

test('a datagram of many units that comes late fills its part of the hole', () => {
  assert.deepEqual(
    followed([
      { number: 0, units: 10 },
      { number: 40, units: 10 },
      { number: 20, units: 10 },
      { number: 50, units: 10 }
    ]),
    [20, 0]
  )
  assert.deepEqual(
    followed([
      { number: 0, units: 10 },
      { number: 40, units: 10 },
      { number: 20, units: 10 },
      { number: 10, units: 10 },
      { number: 30, units: 10 },
      { number: 50, units: 10 }
    ]),
    [0, 0]
  )
})

test('what comes too late is missing all the same, and no restart', () => {
  assert.deepEqual(followed([...run(0, 5), ...run(6, 40), { number: 5 }, ...run(46, 5)]), [1, 0])
})

test('any shuffling within eight datagrams, with some lost, counts exactly those', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.boolean(), { minLength: 30, maxLength: 200 }),
      fc.infiniteStream(fc.nat(5)),
      (from, units, lost, shifts) => {
        const kept = lost.map((gone, i) => ({ gone: gone && i > 0 && i < lost.length - 20, i })).filter(({ gone }) => !gone)
        // the first and the last stay in their places; the others move by up to five
        const moved = kept.map((one, place) => ({
          ...one,
          at: place === 0 || place > kept.length - 8 ? place : place + (shifts.next().value as number) + 0.5
        }))
        moved.sort((a, b) => a.at - b.at)
        const steps = moved.map(({ i }) => ({ number: from + i * units, units }))
        assert.deepEqual(followed(steps), [(lost.length - kept.length) * units, 0])
      }
    ),
    { numRuns: 200 }
  )
})

test('a smaller number with a smaller uptime is a restart, and leaves no gap', () => {
  const before = run(1000, 20).map((step) => ({ ...step, uptime: 500_000 }))
  for (const from of [0, 1, 500, 990, 1015]) {
    assert.deepEqual(followed([...before, ...run(from, 20).map((step) => ({ ...step, uptime: 2000 }))]), [0, 1], `from ${from}`)
  }
  // far behind, whatever the uptime
  assert.deepEqual(followed([...run(1_000_000, 20), ...run(5, 20)]), [0, 1])
})

test('a restart gives up the holes that were open, and those after it are its own', () => {
  assert.deepEqual(
    followed([
      { number: 5000, uptime: 9e6 },
      { number: 5003, uptime: 9e6 },
      { number: 0, uptime: 10 },
      { number: 2, uptime: 20 }
    ]),
    [3, 1]
  )
})

test('an uptime that wraps is no restart', () => {
  assert.deepEqual(
    followed([
      { number: 5, uptime: 2 ** 32 - 1 },
      { number: 6, uptime: 100 },
      { number: 7, uptime: 200 }
    ]),
    [0, 0]
  )
})

test('without an uptime, a number near zero is a restart, another smaller one is late', () => {
  const before = run(100_000, 20).map((step) => ({ ...step, uptime: NaN }))
  assert.deepEqual(followed([...before, ...run(0, 10).map((step) => ({ ...step, uptime: NaN }))]), [0, 1])
  assert.deepEqual(followed([...before, { number: 99_999, uptime: NaN }, { number: 100_020, uptime: NaN }]), [0, 0])
})

test('a duplicate is neither a gap nor a restart', () => {
  for (const uptime of [1000, NaN]) {
    for (const from of [5000, 2000])
      assert.deepEqual(followed([...run(from, 5), { number: from + 4 }, ...run(from + 5, 5)].map((step) => ({ ...step, uptime }))), [0, 0])
  }
})

test('after a datagram whose units are not known, the next number is taken as it comes', () => {
  assert.deepEqual(
    followed([
      { number: 10, units: 5 },
      { number: 15, units: -1 },
      { number: 400, units: 5 },
      { number: 405, units: 5 }
    ]),
    [0, 0]
  )
})

test('streams are followed apart, and only so many of them', () => {
  const two = run(0, 20).flatMap((step, i) => [
    { ...step, key: 'a' },
    { number: 90_000 - 100 * i, key: `b${i}` }
  ])
  assert.deepEqual(followed(two), [0, 0])
  const sequences = newSequences()
  for (let i = 0; i < 100_000; i++) followSequence(sequences, `port ${i}`, i, 1, 1)
  assert(sequences.streams.size <= 256)
})

test('what is remembered of a stream is bounded, whatever the numbers', () => {
  const sequences = newSequences()
  let x = 1
  for (let i = 0; i < 50_000; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0
    followSequence(sequences, 'one', x, (x >>> 8) % 50, i % 7 === 0 ? NaN : x)
    followSequence(sequences, 'two', (i * 3) >>> 0, 1, 5)
  }
  for (const { holes } of sequences.streams.values()) assert(holes.length < 64)
})

// the decoder's part: which numbers, of what, in which units

const missing = async (datagrams: (Buffer | DatagramSpec)[]): Promise<[number, number]> => {
  const { decoder } = await decode(datagrams)
  let [units, restarts] = [0, 0]
  for (const { sequences } of decoder.exporters.all()) {
    units += sequences.missing
    restarts += sequences.restarts
  }
  return [units, restarts]
}

test('versions 5 and 7 count flows, by engine', async () => {
  const records = Array.from({ length: 10 }, () => ({}))
  for (const version of [5, 7] as const) {
    assert.deepEqual(await missing([0, 10, 20, 50, 60].map((sequence) => v5({ version, sequence }, ...records))), [20, 0])
  }
  assert.deepEqual(
    await missing(
      [0, 10, 20].flatMap((sequence) => [v5({ sequence, engine: 1 }, ...records), v5({ sequence: sequence * 2, engine: 2 }, ...records)])
    ),
    [20, 0]
  )
})

test('version 1 has no numbers', async () => {
  assert.deepEqual(await missing([5, 1, 9].map((nanos) => v5({ version: 1, nanos }, {}))), [0, 0])
})

const FIELDS = [uint(4, 6, 1), uint(7, 0, 2)]
const records = (count: number): Buffer => set(256, ...Array.from({ length: count }, (_, i) => be(0x06_0001 + i, 3)))

test('version 9 counts datagrams, by source port and domain', async () => {
  const datagram = (sequence: number, domain = 0): Buffer => message(9, { sequence, domain }, templateSet(9, 256, FIELDS), records(7))
  assert.deepEqual(await missing([1, 2, 3, 6, 7].map((sequence) => datagram(sequence))), [2, 0])
  assert.deepEqual(await missing([1, 2, 3].flatMap((i) => [datagram(i, 1), datagram(100 * i, 2)])), [198, 0])
  assert.deepEqual(
    await missing(
      [1, 2, 3].flatMap((i) => [
        { payload: datagram(i), srcPort: 1 },
        { payload: datagram(1000 + i), srcPort: 2 }
      ])
    ),
    [0, 0]
  )
  assert.deepEqual(
    await missing(
      [1, 2, 3].flatMap((i) => [{ payload: datagram(i) }, { payload: datagram(1000 + i), src: Buffer.from([203, 0, 113, 1]) }])
    ),
    [0, 0]
  )
})

test('IPFIX counts data records, those of options too', async () => {
  const options = [
    optionsTemplateSet(10, 300, [uint(144, 1)], [uint(34, 5)]),
    set(300, recordOf([uint(144, 1), uint(34, 5)]), recordOf([uint(144, 2), uint(34, 5)]))
  ]
  const datagram = (sequence: number, count: number, withOptions = false): Buffer =>
    message(10, { sequence }, templateSet(10, 256, FIELDS), ...(withOptions ? options : []), records(count))
  assert.deepEqual(
    await missing([datagram(5000, 7), datagram(5007, 3), datagram(5010, 0), datagram(5010, 4, true), datagram(5016, 1), datagram(5020, 1)]),
    [3, 0]
  )
})

test('IPFIX: what could not be counted leaves no gap', async () => {
  const datagram = (sequence: number, ...sets: Buffer[]): Buffer => message(10, { sequence }, ...sets)
  const definition = templateSet(10, 256, FIELDS)
  // a set without a template, a broken one, and records of zeros that may be padding
  for (const unknown of [set(999, be(1, 4)), be(256 * 65_536 + 3, 4), set(256, be(0x06_0001, 3), Buffer.alloc(9))]) {
    assert.deepEqual(
      await missing([
        datagram(5000, definition, records(2)),
        datagram(5002, definition, records(1), unknown),
        datagram(5009, records(2)),
        datagram(5011, records(2)),
        datagram(5015, records(1))
      ]),
      [2, 0]
    )
  }
})

test('the exporter that is forgotten leaves its count', async () => {
  const datagram = (sequence: number): Buffer => v5({ sequence }, {})
  const { decoder } = await decode(
    [{ payload: datagram(1) }, { payload: datagram(10) }, { payload: datagram(1), src: Buffer.from([203, 0, 113, 1]) }],
    { maxExporters: 1 }
  )
  assert.deepEqual(decoder.exporters.forgotten, { missing: 8, restarts: 0, datagrams: 2, flows: 2 })
})
