/**
 * How long samples and records really are. XDR is made of words of four bytes (RFC 4506 section 3), and a record has the bytes of its structure; agents
 * get both wrong in the lengths that they tell. Where a length is odd, the place at which something plausible follows decides.
 *
 *     sample, record := enterprise(20 bits) format(12 bits) length(4) data
 */
import { readUint32 } from '../../flow/bigendian.js'

const HEAD_BYTES = 8

/** The bytes of the records of one size, by their format. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [2, 24],
  [3, 32],
  [4, 56],
  [1001, 16],
  [1020, 8],
  [1029, 4],
  [1030, 4]
])

/** Formats of records that sflow.org has given out: flows, their extensions, and counters, from and to. */
const RECORD_FORMATS: readonly (readonly [number, number])[] = [
  [1, 10],
  [1001, 1042],
  [2000, 2010],
  [2100, 2106],
  [2200, 2210],
  [3000, 3003]
]
const SAMPLE_FORMATS: readonly (readonly [number, number])[] = [[1, 5]]
/** Enterprises number theirs from 1 on. */
const ENTERPRISE_FORMATS: readonly (readonly [number, number])[] = [[1, 255]]

const isOdd = (size: number): boolean => size % 4 !== 0
const padded = (size: number): number => size + 3 - ((size + 3) % 4)

/**
 * The bytes of the data at `at` of a record that says `size`, in a sample that ends at `end` and has `left` more records. More than there are where
 * none would do.
 */
export function recordBytes(buf: Buffer, format: number, at: number, size: number, left: number, end: number): number {
  const least = FIXED_BYTES.get(format) ?? 0
  if (!isOdd(size) && size >= least) return size
  const sizes = isOdd(size) ? [padded(size), size] : [size]
  if (size < least) sizes.push(least)
  const real = sizes.find((bytes) => isFollowed(buf, at + bytes, left, end, RECORD_FORMATS))
  return real ?? (isOdd(size) && at + least <= end ? Math.max(size, least) : size)
}

/** The same of a sample, in a datagram that ends at `end` and has `left` more samples. */
export function sampleBytes(buf: Buffer, at: number, size: number, left: number, end: number): number {
  return isOdd(size) && isFollowed(buf, at + padded(size), left, end, SAMPLE_FORMATS) ? padded(size) : size
}

/** Whether the head of something stands at `pos`, or where nothing more is to come the end, but for padding. */
function isFollowed(buf: Buffer, pos: number, left: number, end: number, formats: typeof RECORD_FORMATS): boolean {
  if (left === 0) return pos <= end && end - pos < 4
  if (end - pos < HEAD_BYTES || readUint32(buf, pos + 4) > end - pos - HEAD_BYTES) return false
  const tag = readUint32(buf, pos)
  const format = tag & 0xfff
  return (tag >>> 12 === 0 ? formats : ENTERPRISE_FORMATS).some(([from, to]) => format >= from && format <= to)
}
