import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { Messages } from '../../src/ship/messages.js'
import { openOutbox, type Outbox, type OutboxOptions } from '../../src/ship/outbox.js'
import { keyOf, valuesOf } from '../support/kafka.js'

/** As Kafka has it. */
const OVERHEAD = { list: 61, message: 36 }

interface Sent {
  partition: number
  values: string[]
}

/** An outbox whose deliveries wait until `answer` is called for them, in the order they came. */
function outboxWith(
  t: TestContext,
  options: Partial<OutboxOptions> = {}
): { outbox: Outbox; sent: Sent[]; answer: (error?: Error) => void } {
  const sent: Sent[] = []
  const waiting: ((error?: Error) => void)[] = []
  const deliver = (partition: number, messages: Messages): Promise<void> => {
    sent.push({ partition, values: valuesOf(messages) })
    return new Promise((resolve, reject) => {
      waiting.push((error) => {
        if (error === undefined) resolve()
        else reject(error)
      })
    })
  }
  const outbox = openOutbox({
    maxMessageBytes: 1_000_000,
    flushBytes: 1_000_000_000,
    flushMs: 60_000,
    destination: { deliver, overhead: OVERHEAD },
    ...options
  })
  t.after(() => {
    outbox.fail(new Error('over'))
  })
  return { outbox, sent, answer: (error) => waiting.shift()!(error) }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function append(outbox: Outbox, partition: number, text: string, key: string | null = null): boolean {
  const buf = Buffer.from(`<${text}>`)
  const taken = outbox.append(partition, keyOf(key), buf, 1, buf.length - 1, 1)
  buf.fill(0) // what was appended is a copy
  return taken
}

test('at the end every partition gets what is held, and the end waits for its delivery', async (t) => {
  const { outbox, sent, answer } = outboxWith(t)
  append(outbox, 0, 'a')
  append(outbox, 1, 'b')
  append(outbox, 0, 'c')
  assert.deepEqual(sent, [])
  let isOver = false
  const end = outbox.end().then(() => (isOver = true))
  assert.deepEqual(sent, [
    { partition: 0, values: ['a', 'c'] },
    { partition: 1, values: ['b'] }
  ])
  answer()
  await settled()
  assert.equal(isOver, false)
  answer()
  await end
  assert.equal(outbox.undelivered, 0)
  assert.equal(outbox.undeliveredBytes, 0)
})

test('a batch is sent when it is full, and no partition has two on their way', async (t) => {
  const { outbox, sent, answer } = outboxWith(t, { maxMessageBytes: 1000 })
  for (let i = 0; i < 30; i++) append(outbox, 0, `${i}`.padEnd(100))
  await settled()
  assert.equal(sent.length, 1)
  const end = outbox.end()
  for (let i = 1; i <= 5; i++) {
    answer()
    await settled()
    assert.equal(sent.length, Math.min(i + 1, 5))
  }
  await end
  assert.deepEqual(
    sent.flatMap(({ values }) => values.map(Number)),
    Array.from({ length: 30 }, (_, i) => i)
  )
})

test('messages go out after the flush time, and at once when enough is gathered', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { outbox, sent } = outboxWith(t, { flushMs: 5000, flushBytes: 2000 })
  append(outbox, 0, 'a')
  outbox.commit()
  t.mock.timers.tick(4999)
  assert.equal(sent.length, 0)
  append(outbox, 1, 'b')
  t.mock.timers.tick(1)
  assert.deepEqual(
    sent.map(({ partition }) => partition),
    [0, 1]
  )
  for (let i = 0; i < 20; i++) append(outbox, 2, 'c'.repeat(100))
  assert.equal(sent.length, 2)
  outbox.commit()
  assert.equal(sent.length, 3)
})

test('what comes while a batch is on its way goes together, as soon as that is there', async (t) => {
  const { outbox, sent, answer } = outboxWith(t, { flushMs: 0 })
  append(outbox, 0, 'first')
  await new Promise((resolve) => setTimeout(resolve, 5))
  for (let i = 0; i < 10; i++) {
    append(outbox, 0, `${i}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  assert.equal(sent.length, 1)
  answer()
  await settled()
  assert.deepEqual(
    sent.map(({ values }) => values.length),
    [1, 10]
  )
  answer()
})

test('what is held is bounded: the outbox is blocked until messages are delivered', async (t) => {
  const { outbox, answer } = outboxWith(t)
  let count = 0
  while (!outbox.blocked) {
    append(outbox, 0, 'x'.repeat(50_000))
    assert.ok(++count < 2000, 'nothing bounds what is held')
  }
  let isReady = false
  const ready = outbox.ready().then(() => (isReady = true))
  await settled()
  assert.equal(isReady, false)
  answer()
  await ready
  assert.equal(outbox.blocked, false)
})

test('a message over the limit is not taken, one at the limit is', (t) => {
  const { outbox } = outboxWith(t, { maxMessageBytes: 1000 })
  assert.equal(append(outbox, 0, 'x'.repeat(965), null), false)
  assert.equal(append(outbox, 0, 'x'.repeat(964), null), true)
  assert.equal(append(outbox, 0, 'x'.repeat(961), 'keys'), false)
  assert.equal(outbox.undelivered, 1)
})

test('after a batch was too large for the broker the next ones are smaller', async (t) => {
  const { outbox, sent, answer } = outboxWith(t)
  outbox.shrink(60_000)
  for (let i = 0; i < 10; i++) append(outbox, 0, 'x'.repeat(10_000))
  for (let i = 0; i < 4; i++) {
    await settled()
    answer()
  }
  await settled()
  assert.ok(sent.every(({ values }) => values.length <= 3))
})

test('who waits hears that the outbox gave up, and nothing more is sent', async (t) => {
  const { outbox, sent, answer } = outboxWith(t)
  append(outbox, 0, 'a')
  const end = outbox.end()
  outbox.fail(new Error('enough'))
  await assert.rejects(end, /enough/)
  await assert.rejects(outbox.ready(), /enough/)
  assert.equal(outbox.blocked, true)
  append(outbox, 1, 'b')
  await assert.rejects(outbox.end(), /enough/)
  assert.equal(sent.length, 1)
  assert.equal(outbox.undelivered, 2)
  answer()
})

test('a delivery that is given up fails the outbox', async (t) => {
  const { outbox, answer } = outboxWith(t)
  append(outbox, 0, 'a')
  const end = outbox.end()
  answer(new Error('no more'))
  await assert.rejects(end, /no more/)
})

test('what comes just as a delivery ends is not forgotten', async () => {
  for (let turns = 0; turns < 12; turns++) {
    let delivered = 0
    const deliver = (_: number, { count }: Messages): Promise<void> => Promise.resolve(void (delivered += count))
    // only what is full goes by itself
    const outbox = openOutbox({ maxMessageBytes: 1000, flushBytes: 1e9, flushMs: 60_000, destination: { deliver, overhead: OVERHEAD } })
    append(outbox, 0, 'x'.repeat(964))
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    append(outbox, 0, 'x'.repeat(964))
    await settled()
    assert.equal(delivered, 2, `${turns} turns`)
    await outbox.end()
  }
})
