/** Writes MMDB files (MaxMind DB file format 2.0) for tests, small and large. */
import { parseAddress } from '../../src/flow/address.js'

export type MmdbValue = string | number | boolean | readonly MmdbValue[] | { readonly [key: string]: MmdbValue }

export interface MmdbOptions {
  /** networks in CIDR notation and their records; a longer prefix stands in a shorter one's place */
  networks: Iterable<readonly [network: string, record: MmdbValue]>
  type?: string
  ipVersion?: 4 | 6
  recordSize?: 24 | 28 | 32
  /** seconds since 1970 */
  built?: number
  /** bytes in front of the data that nothing points to: for large numbers in the tree */
  unused?: number
}

const SEPARATOR = Buffer.alloc(16)
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
const EMPTY = -1

export function mmdb({ networks, type = 'Test', ipVersion = 6, recordSize = 24, built = 1_700_000_000, unused = 0 }: MmdbOptions): Buffer {
  const data = dataSection(unused)
  // a record of a node: EMPTY, another node (≥ 0), or -2 - the position of its data
  const records: number[] = [EMPTY, EMPTY]
  const sorted = [...networks]
    .map(([network, record]) => [prefixBits(network, ipVersion), record] as const)
    .sort(([a], [b]) => a.length - b.length)
  for (const [bits, record] of sorted) {
    const leaf = -2 - data.add(record)
    let node = 0
    for (const bit of bits.subarray(0, -1)) {
      const at = 2 * node + bit
      if (records[at] < 0) {
        const split = records[at]
        records[at] = records.length / 2
        records.push(split, split)
      }
      node = records[at]
    }
    records[2 * node + bits[bits.length - 1]] = leaf
  }
  const nodeCount = records.length / 2
  const values = records.map((record) => (record === EMPTY ? nodeCount : record >= 0 ? record : nodeCount + SEPARATOR.length - 2 - record))
  const metadata = dataSection()
  metadata.add({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: built,
    database_type: type,
    description: { en: 'a database for tests' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodeCount,
    record_size: recordSize
  })
  return Buffer.concat([searchTree(values, recordSize), SEPARATOR, data.bytes(), MARKER, metadata.bytes()])
}

/** The bits of a network's prefix, as the tree has them: IPv4 below ::/96 in an IPv6 tree. */
function prefixBits(network: string, ipVersion: 4 | 6): Uint8Array {
  const [address, length] = network.split('/')
  const bytes = parseAddress(address)!
  if (bytes.length > 4 && ipVersion === 4) throw new Error(`${network} in an IPv4 tree`)
  const padded = bytes.length === 4 && ipVersion === 6 ? Buffer.concat([Buffer.alloc(12), bytes]) : bytes
  const count = Number(length) + 8 * (padded.length - bytes.length)
  return Uint8Array.from({ length: count }, (_, i) => (padded[i >> 3] >> (7 - (i & 7))) & 1)
}

function searchTree(values: readonly number[], recordSize: 24 | 28 | 32): Buffer {
  const tree = Buffer.alloc((values.length / 2) * (recordSize / 4))
  for (let node = 0, at = 0; node < values.length; node += 2, at += recordSize / 4) {
    const [left, right] = [values[node], values[node + 1]]
    if (recordSize === 28) {
      tree.writeUIntBE(left & 0xffffff, at, 3)
      tree[at + 3] = ((left >>> 24) << 4) | (right >>> 24)
      tree.writeUIntBE(right & 0xffffff, at + 4, 3)
    } else {
      tree.writeUIntBE(left, at, recordSize / 8)
      tree.writeUIntBE(right, at + recordSize / 8, recordSize / 8)
    }
  }
  return tree
}

/** Values one after another; one that was there before is a pointer to it where it is a part, and not written again where it is a whole. */
function dataSection(unused = 0): { add: (value: MmdbValue) => number; bytes: () => Buffer } {
  const parts: Buffer[] = [Buffer.alloc(unused)]
  const wholes = new Map<string, number>()
  const known = new Map<string, number>()
  let length = unused
  const put = (...bytes: Buffer[]): void => {
    for (const part of bytes) {
      parts.push(part)
      length += part.length
    }
  }
  const encode = (value: MmdbValue): void => {
    const key = JSON.stringify(value)
    const before = known.get(key)
    if (before !== undefined) {
      put(pointer(before))
      return
    }
    if (typeof value === 'string' || typeof value === 'object') known.set(key, length)
    if (typeof value === 'string') {
      const text = Buffer.from(value)
      put(control(2, text.length), text)
    } else if (typeof value === 'boolean') put(control(14, value ? 1 : 0))
    else if (typeof value === 'number') put(...numberBytes(value))
    else if (Array.isArray(value)) {
      put(control(11, value.length))
      for (const item of value as readonly MmdbValue[]) encode(item)
    } else {
      const entries = Object.entries(value)
      put(control(7, entries.length))
      for (const [name, item] of entries) {
        encode(name)
        encode(item)
      }
    }
  }
  return {
    add(value) {
      const key = JSON.stringify(value)
      let at = wholes.get(key)
      if (at === undefined) {
        at = length
        wholes.set(key, at)
        encode(value)
      }
      return at
    },
    bytes: () => Buffer.concat(parts)
  }
}

/** uint32 or uint64 for whole numbers, double for others. */
function numberBytes(value: number): Buffer[] {
  const bytes = Buffer.alloc(8)
  if (!Number.isInteger(value)) {
    bytes.writeDoubleBE(value)
    return [control(3, 8), bytes]
  }
  bytes.writeBigUInt64BE(BigInt(value))
  const used = value === 0 ? bytes.subarray(8) : bytes.subarray(bytes.findIndex((byte) => byte !== 0))
  return [control(value > 0xffffffff ? 9 : 6, used.length), used]
}

/** The control byte of a type and what follows it: extended type, larger size. */
function control(type: number, size: number): Buffer {
  const sizes = size < 29 ? [] : size < 285 ? [size - 29] : [(size - 285) >> 8, (size - 285) & 0xff]
  const sizeBits = size < 29 ? size : size < 285 ? 29 : 30
  return Buffer.from(type > 7 ? [sizeBits, type - 7, ...sizes] : [(type << 5) | sizeBits, ...sizes])
}

function pointer(to: number): Buffer {
  if (to < 2048) return Buffer.from([0x20 | (to >> 8), to & 0xff])
  if (to < 526336) return Buffer.from([0x28 | ((to - 2048) >> 16), ((to - 2048) >> 8) & 0xff, (to - 2048) & 0xff])
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x38
  bytes.writeUInt32BE(to, 1)
  return bytes
}
