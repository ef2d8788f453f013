import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { keyPartition, murmur2 } from '../../src/kafka/murmur2.js'

test('the hash of Kafka’s Java client', () => {
  const known: Record<string, number> = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107
  }
  for (const [key, hash] of Object.entries(known)) assert.equal(murmur2(Buffer.from(key), key.length), hash, key)
})

test('the partition of any key is the one that kafkajs would choose', () => {
  const partitionOf = kafkajs.Partitioners.DefaultPartitioner()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 300 }), (bytes, count) => {
      const key = Buffer.from(bytes)
      const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: 0,
        replicas: [],
        isr: []
      }))
      assert.equal(
        keyPartition({ bytes: key, size: key.length }, count),
        partitionOf({ topic: 't', partitionMetadata, message: { key, value: null } })
      )
    })
  )
})
