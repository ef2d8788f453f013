/**
 * Flows of one key and partition on their way into one message: a pack, the flows one behind another, each with its length in front. A pack goes
 * when no more fits, when its first flow has waited long enough, when there are too many packs, and at the end; so what has one key stays in order.
 */
import type { Sink } from '../flow/output.js'
import { LONGEST_START, openChunks } from './chunks.js'
import type { Key } from './key.js'
import type { Outbox } from './outbox.js'

/** Packs that may be open. */
const MAX_PACKS = 10_000
/** Their memory together. */
const MEMORY_BYTES = 64 * 1024 * 1024
const BUCKETS = 16_384
const NONE = -1
/** How soon to look again while the outbox is blocked. */
const PAUSE_MS = 50

export interface PackOptions {
  /** a pack's bytes at the most */
  packBytes: number
  /** how long the first flow of a pack waits for others, in milliseconds */
  waitMs: number
  /** Chooses the partition of a pack that is opened. */
  partitionOf: (key: Key) => number
  outbox: Outbox
}

export interface Packs extends Sink {
  /** Appends a copy of the key and of the frame `buf[start, end)`; false, and nothing appended, where that alone is too large for a message. */
  append(key: Key, buf: Buffer, start: number, end: number): boolean
  /** A pack of that size was too large for the destination. */
  shrink(bytes: number): void
  /** flows in open packs */
  readonly flows: number
  /** packs that are open */
  readonly open: number
}

/** Flows of one key share packs; a pack goes when it is full or has waited. */
export function openPacks({ packBytes, waitMs, partitionOf, outbox }: PackOptions): Packs {
  // a pack is a number; its chain holds the key, then the frames
  const chunks = openChunks(MAX_PACKS, MEMORY_BYTES)
  const hash = new Int32Array(MAX_PACKS)
  const partition = new Int32Array(MAX_PACKS)
  const keySize = new Int32Array(MAX_PACKS)
  const size = new Int32Array(MAX_PACKS)
  const parts = new Int32Array(MAX_PACKS)
  const openedAt = new Float64Array(MAX_PACKS)
  // lists: in the order they were opened, those of one bucket, those that are not in use
  const older = new Int32Array(MAX_PACKS)
  const newer = new Int32Array(MAX_PACKS)
  const next = new Int32Array(MAX_PACKS).map((_, pack) => (pack + 1 < MAX_PACKS ? pack + 1 : NONE))
  const buckets = new Int32Array(BUCKETS).fill(NONE)
  let unused = 0
  let oldest = NONE
  let newest = NONE

  let limit = Math.min(packBytes, MEMORY_BYTES >> 1)
  let timer: NodeJS.Timeout | undefined
  let gathered = Buffer.alloc(0)
  const gatheredKey: Key = { bytes: gathered, size: 0 }

  function find(key: Key, keyHash: number): number {
    let pack = buckets[keyHash & (BUCKETS - 1)]
    while (pack !== NONE) {
      if (hash[pack] === keyHash && keySize[pack] === key.size && chunks.startsWith(pack, key.bytes, key.size)) break
      pack = next[pack]
    }
    return pack
  }

  function openPack(key: Key, keyHash: number): number {
    if (unused === NONE) send(oldest)
    const pack = unused
    unused = next[pack]
    const bucket = keyHash & (BUCKETS - 1)
    next[pack] = buckets[bucket]
    buckets[bucket] = pack
    older[pack] = newest
    newer[pack] = NONE
    if (newest === NONE) oldest = pack
    else newer[newest] = pack
    newest = pack
    hash[pack] = keyHash
    partition[pack] = partitionOf(key)
    keySize[pack] = key.size
    size[pack] = 0
    parts[pack] = 0
    openedAt[pack] = performance.now()
    if (key.size > 0) chunks.append(pack, key.bytes, 0, key.size)
    packs.open++
    timer ??= setTimeout(look, waitMs)
    return pack
  }

  /** Hands a pack on, and closes it. */
  function send(pack: number): void {
    const keyBytes = Math.max(keySize[pack], 0)
    const end = keyBytes + size[pack]
    if (gathered.length < end) gatheredKey.bytes = gathered = Buffer.allocUnsafeSlow(end)
    chunks.takeOut(pack, gathered)
    gatheredKey.size = keySize[pack]
    outbox.append(partition[pack], gatheredKey, gathered, keyBytes, end, parts[pack])
    packs.flows -= parts[pack]
    packs.open--
    close(pack)
  }

  function close(pack: number): void {
    if (older[pack] === NONE) oldest = newer[pack]
    else newer[older[pack]] = newer[pack]
    if (newer[pack] === NONE) newest = older[pack]
    else older[newer[pack]] = older[pack]
    const bucket = hash[pack] & (BUCKETS - 1)
    if (buckets[bucket] === pack) buckets[bucket] = next[pack]
    else {
      let before = buckets[bucket]
      while (next[before] !== pack) before = next[before]
      next[before] = next[pack]
    }
    next[pack] = unused
    unused = pack
  }

  /** Sends the packs that have waited long enough. */
  function sendOld(now: number): void {
    while (oldest !== NONE && now - openedAt[oldest] >= waitMs && !outbox.blocked) send(oldest)
  }

  function look(): void {
    const now = performance.now()
    sendOld(now)
    timer = oldest === NONE ? undefined : setTimeout(look, Math.max(openedAt[oldest] + waitMs - now, outbox.blocked ? PAUSE_MS : 1))
  }

  const packs = {
    flows: 0,
    open: 0,
    append(key: Key, buf: Buffer, start: number, end: number): boolean {
      const bytes = end - start
      const room = Math.min(limit, outbox.mostBytes - Math.max(key.size, 0))
      const isPackable = key.size <= LONGEST_START
      const keyHash = isPackable ? hashOf(key) : 0
      let pack = isPackable ? find(key, keyHash) : NONE
      if (pack !== NONE && size[pack] + bytes > room) {
        send(pack)
        pack = NONE
      }
      if (!isPackable || bytes > room) return outbox.append(partitionOf(key), key, buf, start, end, 1)
      if (chunks.free < bytes + 3 * LONGEST_START) {
        while (chunks.free < bytes + 3 * LONGEST_START) send(oldest)
        pack = find(key, keyHash)
      }
      if (pack === NONE) pack = openPack(key, keyHash)
      chunks.append(pack, buf, start, end)
      size[pack] += bytes
      parts[pack]++
      packs.flows++
      return true
    },
    shrink(bytes: number): void {
      limit = Math.min(limit, bytes >> 1)
    },
    commit(): void {
      if (oldest !== NONE) sendOld(performance.now())
      outbox.commit()
    },
    get blocked(): boolean {
      return outbox.blocked
    },
    ready: () => outbox.ready(),
    async end(): Promise<void> {
      while (oldest !== NONE) {
        send(oldest)
        if (outbox.blocked) await outbox.ready()
      }
      clearTimeout(timer)
      timer = undefined
      await outbox.end()
    }
  }
  return packs
}

/** FNV-1a of 32 bits, with its high bits mixed into the low ones. */
function hashOf({ bytes, size }: Key): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < size; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  return hash ^ (hash >>> 15)
}
