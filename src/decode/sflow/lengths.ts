/**
 * How long samples and records really are. XDR is made of words of four bytes (RFC 4506 section 3), and a record has the bytes of its structure; agents
 * get both wrong in the lengths that they tell. Where a length is odd, or too short for what it is of, the place at which something plausible follows
 * decides.
 *
 *     sample, record := enterprise(20 bits) format(12 bits) length(4) data
 */
import { inU32 } from '../memory/in.js'
import { isFlowFormat, sampleHeadBytes } from './sample.js'

const HEAD_BYTES = 8
/** The bytes of a sampled packet's header stand behind its protocol, frame length, stripped bytes and size. */
const RAW_HEADER = 1
const RAW_HEADER_BYTES = 16
const ETHERNET = 2
const ETHERNET_BYTES = 24
const ROUTER = 1002
const NAT = 1007

/** Formats of records that sflow.org has given out: flows, their extensions, and counters. */
const RECORD_FORMATS: readonly (readonly [from: number, to: number])[] = [
  [1, 10],
  [1001, 1042],
  [2000, 2010],
  [2100, 2106],
  [2200, 2210],
  [3000, 3003]
]
const isRecordFormat = (format: number): boolean => RECORD_FORMATS.some(([from, to]) => format >= from && format <= to)
const isSampleFormat = (format: number): boolean => format >= 1 && format <= 5
/** Enterprises number theirs from 1 on. */
const isEnterpriseFormat = (format: number): boolean => format >= 1 && format <= 255

/** No sample or record is shorter than these, so that a value before a head is not taken for one, whose length would be the head's format. */
const LEAST_SAMPLE_BYTES = 12
const LEAST_RECORD_BYTES = 4

const isOdd = (size: number): boolean => (size & 3) !== 0
const padded = (size: number): number => size + 3 - ((size + 3) % 4)

/**
 * Whether a record of that format that says `size` has just those bytes, if its structure fits into them: what `recordBytes` would find out, at once. An
 * Ethernet record fits without the padding of its addresses too.
 */
export function hasSaidSize(format: number, size: number): boolean {
  return !isOdd(size) && (format !== ETHERNET || size >= ETHERNET_BYTES)
}

/**
 * The bytes of the data at `at` of a record that says `size`, in a sample that ends at `end` and has `left` more records. More than there are where
 * none would do. A format of 0 is that of a record of which nothing is known.
 */
export function recordBytes(format: number, at: number, size: number, left: number, end: number): number {
  const least = leastBytes(format, at, end)
  return !isOdd(size) && size >= least ? size : likelyBytes(format, at, size, least, left, end)
}

function likelyBytes(format: number, at: number, size: number, least: number, left: number, end: number): number {
  const sizes = possibleBytes(size, least)
  const fits = (bytes: number): boolean => isRecordAt(at + bytes, left, end)
  // what follows has to be followed as well: there are bytes that look like a head
  const real = sizes.find((bytes) => fits(bytes) && isChain(format !== 0, at + bytes, left, end)) ?? sizes.find(fits)
  return real ?? (isOdd(size) && at + least <= end ? Math.max(size, least) : size)
}

/** What a record that says `size` may really take. */
function possibleBytes(size: number, least: number): number[] {
  const sizes = isOdd(size) ? [padded(size), size] : [size]
  if (size < least) sizes.push(padded(least))
  return sizes
}

/** The bytes without which a record of that format is not whole, as far as that is known. */
function leastBytes(format: number, at: number, end: number): number {
  switch (format) {
    case RAW_HEADER:
      return end - at < RAW_HEADER_BYTES ? RAW_HEADER_BYTES : RAW_HEADER_BYTES + inU32(at + 12)
    case ROUTER:
      return addressBytes(at, end) + 8
    case NAT: {
      const first = addressBytes(at, end)
      return first + addressBytes(at + first, end)
    }
    default:
      return fixedBytes(format)
  }
}

/** The bytes of the records of one size, 0 of others. */
function fixedBytes(format: number): number {
  switch (format) {
    case ETHERNET:
      return ETHERNET_BYTES
    case 3:
      return 32
    case 4:
      return 56
    case 1001:
      return 16
    case 1020:
      return 8
    case 1029:
    case 1030:
      return 4
    default:
      return 0
  }
}

function addressBytes(at: number, end: number): number {
  const type = end - at < 4 ? 0 : inU32(at)
  return type === 1 ? 8 : type === 2 ? 20 : 4
}

/** Whether the head of a record stands at `pos`, or where nothing more is to come the end, but for padding. */
function isRecordAt(pos: number, left: number, end: number): boolean {
  return left === 0 ? isEnd(pos, end) : isHead(pos, end, isRecordFormat, LEAST_RECORD_BYTES)
}

const isEnd = (pos: number, end: number): boolean => pos <= end && end - pos < 4

/** Whether the record at `pos`, of `left` that there are, is followed by another in its turn. */
function isChain(areKnown: boolean, pos: number, left: number, end: number): boolean {
  if (left === 0) return true
  const size = inU32(pos + 4)
  const least = areKnown ? leastBytes(inU32(pos), pos + HEAD_BYTES, end) : 0
  return possibleBytes(size, least).some((bytes) => isRecordAt(pos + HEAD_BYTES + bytes, left - 1, end))
}

function isHead(pos: number, end: number, isFormat: (format: number) => boolean, least: number): boolean {
  if (end - pos < HEAD_BYTES) return false
  const size = inU32(pos + 4)
  if (size < least || size > end - pos - HEAD_BYTES) return false
  const tag = inU32(pos)
  const format = tag & 0xfff
  return tag >>> 12 === 0 ? isFormat(format) : isEnterpriseFormat(format)
}

/** More bytes than lengths leave out. */
const MOST_LEFT_OUT = 64

/**
 * The bytes of the data at `at` of a sample of that format that says `size`, in a datagram that ends at `end` and has `left` more samples. Who leaves
 * bytes out of the lengths of records may leave them out of their sum: then it ends where its last record does.
 */
export function sampleBytes(format: number, at: number, size: number, left: number, end: number): number {
  if (!isOdd(size) && isSampleAt(at + size, left, end)) return size
  if (isOdd(size) && isSampleAt(at + padded(size), left, end)) return padded(size)
  if (isSampleAt(at + size, left, end)) return size
  const sizes = sizesByRecords(format, at, Math.min(end, at + size + MOST_LEFT_OUT))
  return sizes.find((bytes) => bytes > size && isSampleAt(at + bytes, left, end)) ?? size
}

/** Whether the head of a sample stands at `pos`, or where nothing more is to come the end, but for padding. */
function isSampleAt(pos: number, left: number, end: number): boolean {
  return left === 0 ? isEnd(pos, end) : isHead(pos, end, isSampleFormat, LEAST_SAMPLE_BYTES)
}

/** What a sample may take by what its records say, which are looked for up to `end`. */
function sizesByRecords(format: number, at: number, end: number): number[] {
  const head = sampleHeadBytes(format)
  if (head === 0 || end - at < head) return []
  const areKnown = isFlowFormat(format)
  let pos = at + head
  for (let left = inU32(pos - 4) - 1; left >= 0 && end - pos >= HEAD_BYTES; left--) {
    const tag = areKnown ? inU32(pos) : 0
    const size = inU32(pos + 4)
    pos += HEAD_BYTES
    if (left === 0) return possibleBytes(size, leastBytes(tag, pos, end)).map((bytes) => pos + bytes - at)
    pos += recordBytes(tag, pos, size, left, end)
  }
  return []
}
