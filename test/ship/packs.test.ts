import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import fc from 'fast-check'
import { writeVarint32 } from '../../src/flow/varint.js'
import { halves, type Messages, SIZES } from '../../src/ship/messages.js'
import { openOutbox, type Outbox } from '../../src/ship/outbox.js'
import { openPacks, type PackOptions, type Packs } from '../../src/ship/packs.js'
import { framesOf, keyOf, listOfMessages } from '../support/kafka.js'

interface Sent {
  partition: number
  key: string | null
  frames: Buffer[]
  bytes: number
}

/** The messages of a list, each taken apart into its frames. */
function messagesOf(partition: number, { count, buf, sizes }: Messages): Sent[] {
  let pos = 0
  return Array.from({ length: count }, (_, i) => {
    const [keySize, valueSize, parts] = sizes.subarray(i * SIZES)
    const start = pos + Math.max(keySize, 0)
    const key = keySize < 0 ? null : buf.toString('utf8', pos, start)
    pos = start + valueSize
    const frames = framesOf(Buffer.from(buf.subarray(start, pos)))
    assert.equal(frames.length, parts)
    return { partition, key, frames, bytes: valueSize }
  })
}

function packsWith(
  t: TestContext | undefined,
  { maxMessageBytes = 1_000_000, ...options }: Partial<PackOptions> & { maxMessageBytes?: number } = {}
): { packs: Packs; outbox: Outbox; sent: Sent[] } {
  const sent: Sent[] = []
  const destination = {
    deliver: (partition: number, messages: Messages): Promise<void> => {
      sent.push(...messagesOf(partition, messages))
      return Promise.resolve()
    },
    overhead: { list: 61, message: 36 }
  }
  const outbox = openOutbox({ maxMessageBytes, flushBytes: 1e9, flushMs: 1, destination })
  const partitionOf = ({ size }: { size: number }): number => Math.max(size, 0) % 3
  const packs = openPacks({ packBytes: 1000, waitMs: 60_000, partitionOf, outbox, ...options })
  t?.after(() => packs.end().catch(() => undefined))
  return { packs, outbox, sent }
}

/** A frame of `size` bytes in all, or one more where its length cannot make that, which bear a number. */
function frame(size: number, number = 0): Buffer {
  for (let prefix = 1; prefix <= 4 && prefix <= size; prefix++) {
    const buf = Buffer.alloc(size, 0x20)
    if (writeVarint32(buf, 0, size - prefix) === prefix) {
      if (size >= prefix + 8) buf.writeDoubleBE(number, prefix)
      return buf
    }
  }
  return frame(size + 1, number)
}

function append(packs: Packs, key: string | null, bytes: Buffer): boolean {
  const copy = Buffer.concat([Buffer.from('<'), bytes, Buffer.from('>')])
  const taken = packs.append(keyOf(key), copy, 1, copy.length - 1)
  copy.fill(0)
  return taken
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('flows of a key go together, in their order, up to the bytes of a pack', async (t) => {
  const { packs, sent } = packsWith(t)
  for (let i = 0; i < 25; i++) append(packs, i % 2 === 0 ? 'even' : 'odd', frame(100, i))
  assert.equal(packs.flows, 5) // two packs are full and gone
  await packs.end()
  assert.equal(packs.flows + packs.open, 0)
  assert.deepEqual(
    sent.map(({ key, frames }) => [key, frames.length]).sort(),
    [
      ['even', 10],
      ['even', 3],
      ['odd', 10],
      ['odd', 2]
    ].sort()
  )
  for (const key of ['even', 'odd']) {
    const numbers = sent.filter((message) => message.key === key).flatMap(({ frames }) => frames.map((bytes) => bytes.readDoubleBE(1)))
    assert.deepEqual(
      numbers,
      Array.from({ length: 25 }, (_, i) => i).filter((i) => (i % 2 === 0) === (key === 'even'))
    )
  }
})

test('whatever flows come with whatever keys: each key has all of its own, in order, in messages that are no larger than allowed', async () => {
  const flow = fc.record({
    key: fc.option(fc.constantFrom('', 'a', 'b', 'key', 'k'.repeat(1023), 'k'.repeat(1024), 'k'.repeat(1025), 'k'.repeat(3000)), {
      nil: null
    }),
    size: fc.oneof(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 900, max: 1100 }), fc.integer({ min: 2000, max: 6000 }))
  })
  await fc.assert(
    fc.asyncProperty(fc.array(flow, { maxLength: 200 }), fc.integer({ min: 1, max: 5000 }), async (flows, packBytes) => {
      const maxMessageBytes = 5000
      const { packs, sent } = packsWith(undefined, { packBytes, maxMessageBytes })
      const expected = new Map<string | null, Buffer[]>()
      flows.forEach(({ key, size }, i) => {
        const bytes = frame(size, i)
        const fits = bytes.length + (key?.length ?? 0) + 36 <= maxMessageBytes
        assert.equal(append(packs, key, bytes), fits)
        if (fits) expected.set(key, [...(expected.get(key) ?? []), bytes])
      })
      await packs.end()
      const actual = new Map<string | null, Buffer[]>()
      for (const { key, frames, bytes } of sent) {
        assert.ok(frames.length === 1 || bytes <= packBytes)
        actual.set(key, [...(actual.get(key) ?? []), ...frames])
      }
      assert.deepEqual(actual, expected)
    }),
    { numRuns: 200 }
  )
})

test('a pack goes when its first flow has waited long enough, and not before', async (t) => {
  const { packs, sent } = packsWith(t, { waitMs: 60 })
  append(packs, 'a', frame(50))
  await pause(30)
  append(packs, 'a', frame(50))
  append(packs, 'b', frame(50))
  packs.commit()
  assert.equal(sent.length, 0)
  while (sent.length < 2) await pause(5)
  assert.deepEqual(
    sent.map(({ key, frames }) => [key, frames.length]),
    [
      ['a', 2],
      ['b', 1]
    ]
  )
})

test('past ten thousand packs the oldest goes', async (t) => {
  const { packs, outbox, sent } = packsWith(t)
  for (let i = 0; i < 10_000; i++) append(packs, `key ${i}`, frame(20))
  assert.equal(outbox.undelivered, 0)
  for (let i = 0; i < 3; i++) append(packs, `another ${i}`, frame(20))
  assert.deepEqual([packs.open, packs.flows, outbox.undelivered], [10_000, 10_000, 3])
  append(packs, 'key 3', frame(20)) // still open
  assert.equal(packs.flows, 10_001)
  await packs.end()
  assert.equal(sent.length, 10_003)
  assert.equal(sent.find(({ key }) => key === 'key 3')?.frames.length, 2)
})

test('what packs hold is bounded: past 64 MiB the oldest goes', async () => {
  const { packs, outbox, sent } = packsWith(undefined, { packBytes: 1_000_000 })
  let bytes = 0
  let count = 0
  // 200 keys by turns, with more than they may hold together
  for (; bytes < 80 * 1024 * 1024; bytes += 5000, count++) {
    append(packs, `key ${count % 200}`, frame(5000, count))
    if (outbox.blocked) await outbox.ready()
    assert.ok(packs.flows * 5000 <= 64 * 1024 * 1024)
  }
  assert.ok(packs.flows * 5000 > 60 * 1024 * 1024)
  await packs.end()
  assert.equal(
    sent.reduce((sum, { frames }) => sum + frames.length, 0),
    count
  )
})

test('while nothing gets away, packs wait and no more is asked for', async (t) => {
  const { packs, outbox } = packsWith(t, { waitMs: 20 })
  const large = frame(500_000)
  while (!outbox.blocked) outbox.append(0, keyOf(null), large, 0, large.length, 1)
  append(packs, 'a', frame(50))
  assert.equal(packs.blocked, true)
  await packs.ready()
  while (packs.open > 0) await pause(5)
})

test('a pack is halved at a frame, a list at a message, until one flow is left', () => {
  const pack = listOfMessages([Buffer.concat([frame(300, 1), frame(10, 2), frame(200, 3)])])
  pack.sizes[2] = 3
  const flowsOf = (messages: Messages): number[][] => {
    const parts = halves(messages)
    if (parts === undefined)
      return messagesOf(0, messages).map(({ frames }) => frames.map((bytes) => bytes.readDoubleBE(bytes.length < 128 ? 1 : 2)))
    return parts.flatMap(flowsOf)
  }
  assert.deepEqual(flowsOf(pack), [[1], [2], [3]])
  const list = listOfMessages([1, 2, 3, 4, 5].map((number) => frame(20, number)))
  assert.deepEqual(flowsOf(list), [[1], [2], [3], [4], [5]])
})
