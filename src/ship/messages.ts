/** A list of messages in two pieces of memory, so that a message is neither an object nor a Buffer of its own. */
import { type Copier, copier } from '../flow/copy.js'
import { MAX_MESSAGE_BYTES } from '../flow/frames.js'
import { readVarint } from '../flow/varint.js'
import type { Key } from './key.js'

export interface Messages {
  count: number
  /** key, value, key, value, …: the first `used` bytes */
  buf: Buffer
  used: number
  /** Three numbers a message: the bytes of its key, −1 for none; the bytes of its value; how many flows, datagrams or lines it holds. */
  sizes: Int32Array
}

/** Numbers that a message has in `sizes`. */
export const SIZES = 3

/** A list that messages are appended to. */
export interface GrowingMessages extends Messages {
  readonly copy: Copier
}

/** None. */
export function newMessages(): GrowingMessages {
  return { count: 0, buf: Buffer.allocUnsafeSlow(4096), used: 0, sizes: new Int32Array(16 * SIZES), copy: copier() }
}

/** Forgets all messages; the memory stays. */
export function clear(messages: Messages): void {
  messages.count = 0
  messages.used = 0
}

/** Appends a copy of the key and of `buf[start, end)`, which holds `parts` flows, datagrams or lines. */
export function append(messages: GrowingMessages, key: Key, buf: Buffer, start: number, end: number, parts: number): void {
  const { count, copy } = messages
  const keyBytes = key.size < 0 ? 0 : key.size
  let pos = messages.used
  if (messages.buf.length - pos < keyBytes + end - start) growBytes(messages, pos + keyBytes + end - start)
  if (keyBytes > 0) pos += key.bytes.copy(messages.buf, pos, 0, keyBytes)
  messages.used = copy(messages.buf, pos, buf, start, end)
  if (messages.sizes.length < (count + 1) * SIZES) growSizes(messages)
  const at = count * SIZES
  messages.sizes[at] = key.size
  messages.sizes[at + 1] = end - start
  messages.sizes[at + 2] = parts
  messages.count = count + 1
}

function growBytes(messages: Messages, size: number): void {
  const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * messages.buf.length))
  messages.buf.copy(larger, 0, 0, messages.used)
  messages.buf = larger
}

function growSizes(messages: Messages): void {
  const larger = new Int32Array(2 * messages.sizes.length)
  larger.set(messages.sizes)
  messages.sizes = larger
}

/** The flows, datagrams or lines in the messages. */
export function partsOf({ count, sizes }: Messages): number {
  let parts = 0
  for (let i = 0; i < count; i++) parts += sizes[i * SIZES + 2]
  return parts
}

/**
 * The messages in two lists, the first half and the rest, over the same memory; a single one that holds several frames becomes two
 * messages of the same key, in the same order. Undefined where there is one frame and no more.
 */
export function halves(messages: Messages): [Messages, Messages] | undefined {
  const { count, sizes, buf, used } = messages
  if (count < 2) return halvesOfPack(messages)
  const half = count >> 1
  let bytes = 0
  for (let i = 0; i < half; i++) bytes += Math.max(sizes[i * SIZES], 0) + sizes[i * SIZES + 1]
  return [
    { count: half, sizes, buf, used: bytes },
    { count: count - half, sizes: sizes.subarray(half * SIZES), buf: buf.subarray(bytes), used: used - bytes }
  ]
}

function halvesOfPack({ sizes, buf, used }: Messages): [Messages, Messages] | undefined {
  const [keySize, valueSize, parts] = sizes
  if (parts < 2) return undefined
  const start = used - valueSize
  const half = parts >> 1
  let cut = start
  for (let i = 0; i < half; i++) cut = frameEnd(buf, cut, used)
  const rest = Buffer.concat([buf.subarray(0, start), buf.subarray(cut, used)])
  return [
    { count: 1, sizes: Int32Array.of(keySize, cut - start, half), buf, used: cut },
    { count: 1, sizes: Int32Array.of(keySize, used - cut, parts - half), buf: rest, used: rest.length }
  ]
}

const length = { pos: 0, lo: 0, hi: 0 }

/** Where the frame at `buf[pos, end)` ends; −1 where that is no whole frame. */
export function frameEnd(buf: Buffer, pos: number, end: number): number {
  if (!readVarint(buf, pos, end, length) || length.hi !== 0 || length.lo > Math.min(end - length.pos, MAX_MESSAGE_BYTES)) return -1
  return length.pos + length.lo
}
