/** kafkajs' own encoder is the judge of ours, and its decoder of both. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import test from 'node:test'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { registerCodecs } from '../../src/kafka/codecs.js'
import { crc32c } from '../../src/kafka/crc32c.js'
import { listOf, type Payload, type ProduceArguments, produceBody } from '../../src/kafka/producerequest.js'
import { viewOf } from '../../src/flow/view.js'
import { append, newMessages } from '../../src/ship/messages.js'

const load = createRequire(import.meta.url)
const theirs = load('kafkajs/src/protocol/requests/produce/v7/request.js') as (args: unknown) => { encode: () => Promise<Payload> }

interface Message {
  key: Buffer | null
  value: Buffer
}

const NOW = 1_790_000_000_000

function requests(messages: Message[], compression: number): { ours: ProduceArguments; theirs: unknown } {
  const list = newMessages()
  for (const { key, value } of messages) append(list, { bytes: key ?? Buffer.alloc(0), size: key?.length ?? -1 }, value, 0, value.length, 1)
  const common = { acks: -1, timeout: 30_000, producerId: 2 ** 40 + 1, producerEpoch: 3, compression }
  const of = (given: unknown): unknown => ({
    ...common,
    topicData: [{ topic: 'tøpic', partitions: [{ partition: 2, messages: given, firstSequence: 2 ** 31 - 5 }] }]
  })
  return {
    ours: of(listOf(2, list)) as ProduceArguments,
    theirs: of(messages.map((message) => ({ ...message, timestamp: String(NOW) })))
  }
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength, size: 'max' }).map((array) => Buffer.from(array))
const message = fc.record({ key: fc.option(bytes(200)), value: fc.oneof(bytes(300), bytes(20_000)) })

test('a request is byte for byte the one that kafkajs makes', async () => {
  const codecOf = registerCodecs(kafkajs)
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 150 }), fc.constantFrom(0, 1, 2, 3, 4), async (messages, compression) => {
      const made = requests(messages, compression)
      const expected = (await theirs(made.theirs).encode()).buffer
      assert.deepEqual((await produceBody(made.ours, codecOf, NOW)).buffer, expected)
    }),
    { numRuns: 60 }
  )
})

test('offsets and sizes of whatever length', async () => {
  const values = [63, 64, 8191, 8192, 1_048_575, 1_048_576].map((size) => Buffer.alloc(size, 1))
  const messages = Array.from({ length: 8300 }, (_, i) => ({ key: null, value: values[i] ?? Buffer.from([i]) }))
  const made = requests(messages, 0)
  assert.ok((await produceBody(made.ours, () => assert.fail(), NOW)).buffer.equals((await theirs(made.theirs).encode()).buffer))
})

test('CRC-32C: the examples of RFC 3720 B.4, and any bytes as one by one', () => {
  const sum = (buf: Buffer): number => crc32c(viewOf(buf), 0, buf.length)
  assert.equal(sum(Buffer.alloc(32)), 0x8a9136aa)
  assert.equal(sum(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  assert.equal(sum(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), 0x46dd794e)
  assert.equal(sum(Buffer.from('123456789')), 0xe3069283)
  const slow = (buf: Buffer): number => {
    let crc = 0xffffffff
    for (const byte of buf) {
      crc ^= byte
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
    }
    return ~crc >>> 0
  }
  fc.assert(
    fc.property(bytes(100), fc.nat(20), (buf, start) => {
      const from = Math.min(start, buf.length)
      assert.equal(crc32c(viewOf(buf), from, buf.length), slow(buf.subarray(from)))
    })
  )
})
