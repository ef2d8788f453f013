/** The partition of a key as Kafka's Java clients choose it, and librdkafka's with `partitioner=murmur2_random`. */
import type { Key } from '../ship/key.js'

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/** MurmurHash2 (Austin Appleby) of the first `length` bytes with Kafka's seed, as a signed 32-bit number. */
export function murmur2(bytes: Buffer, length: number): number {
  let hash = SEED ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER)
  }
  const rest = length - at
  if (rest > 0) {
    if (rest > 2) hash ^= bytes[at + 2] << 16
    if (rest > 1) hash ^= bytes[at + 1] << 8
    hash = Math.imul(hash ^ bytes[at], MULTIPLIER)
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}

/** The partition, of `count`, that a key belongs to. */
export function keyPartition(key: Key, count: number): number {
  return (murmur2(key.bytes, key.size) & 0x7fffffff) % count
}
