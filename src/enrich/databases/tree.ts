/**
 * The search tree of an MMDB file (MaxMind DB file format 2.0, "Binary Search Tree Section"): which record an address leads to.
 *
 *     tree   := node*                     node_count of them
 *     node   := left record, right record of record_size bits, big-endian: the next node for a 0 and a 1 bit of the address
 *     record := < node_count   another node
 *             | = node_count   nothing is known
 *             | > node_count   node_count + 16 + the position of the value in the data section
 *
 * With 28 bits, the byte in the middle of a node holds the top 4 bits of the left record, then those of the right one. In an IPv6 tree
 * IPv4 addresses stand below ::/96.
 *
 * maxmind's `get` walks it too, but from an address in text; this takes the bytes of a flow, several times as fast.
 */
import { MAPPED_WORD } from '../../flow/address.js'

export const NOTHING_KNOWN = 0
/** The tree is broken on the way to this address. */
export const TREE_BROKEN = -1

/** Between tree and data. */
export const SEPARATOR_BYTES = 16

export interface SearchTree {
  /** the file */
  readonly buf: Buffer
  readonly nodeCount: number
  /** bits: 24, 28 or 32 */
  readonly recordSize: number
  readonly ipVersion: number
  /** where IPv4 addresses begin in an IPv6 tree: a node, or a record that holds for all of them */
  readonly ipv4Start: number
  /** where the first 16 bits of an IPv4 address lead, by their value; they are half of the way and more */
  readonly ipv4Halves: Uint32Array
  readonly treeSize: number
  /** where the metadata begin */
  readonly dataEnd: number
}

const HALF_BITS = 16

/** The tree of the file in `buf`, whose numbers its metadata give; where IPv4 addresses lead is worked out here. */
export function searchTree(buf: Buffer, nodeCount: number, recordSize: number, ipVersion: number, dataEnd: number): SearchTree {
  const ipv4Halves = new Uint32Array(1 << HALF_BITS)
  const tree = { buf, nodeCount, recordSize, ipVersion, ipv4Start: 0, ipv4Halves, treeSize: (nodeCount * recordSize) / 4, dataEnd }
  if (ipVersion === 6) for (let bit = 0; bit < 96; bit += 32) tree.ipv4Start = walk(tree, tree.ipv4Start, 0, 32)
  const fill = (node: number, first: number, count: number): void => {
    if (count === 1 || node >= nodeCount) ipv4Halves.fill(node, first, first + count)
    else {
      fill(walk(tree, node, 0, 1), first, count / 2)
      fill(walk(tree, node, -1, 1), first + count / 2, count / 2)
    }
  }
  fill(tree.ipv4Start, 0, ipv4Halves.length)
  return tree
}

/**
 * Finds the address of these four words (an IPv4 address as ::ffff:a.b.c.d): the position in the file of its record, NOTHING_KNOWN or
 * TREE_BROKEN. An IPv4 tree knows nothing of IPv6 addresses.
 */
export function findRecord(tree: SearchTree, a: number, b: number, c: number, d: number): number {
  const { nodeCount } = tree
  let node = 0
  if (a === 0 && b === 0 && c === MAPPED_WORD) node = walk(tree, tree.ipv4Halves[d >>> HALF_BITS], d << HALF_BITS, 32 - HALF_BITS)
  else if (tree.ipVersion === 4) return NOTHING_KNOWN
  else {
    node = walk(tree, 0, a, 32)
    if (node < nodeCount) node = walk(tree, node, b, 32)
    if (node < nodeCount) node = walk(tree, node, c, 32)
    if (node < nodeCount) node = walk(tree, node, d, 32)
  }
  if (node === nodeCount) return NOTHING_KNOWN
  const position = node - nodeCount + tree.treeSize
  return node < nodeCount || position < tree.treeSize + SEPARATOR_BYTES || position >= tree.dataEnd ? TREE_BROKEN : position
}

/** Follows the first `bits` bits of `word` from `node`, as far as there are nodes. */
function walk(tree: SearchTree, node: number, word: number, bits: number): number {
  const { buf, nodeCount, recordSize } = tree
  if (recordSize === 24) {
    for (; bits > 0 && node < nodeCount; bits--, word <<= 1) {
      const at = node * 6 + (word < 0 ? 3 : 0)
      node = (buf[at] << 16) | (buf[at + 1] << 8) | buf[at + 2]
    }
  } else if (recordSize === 28) {
    for (; bits > 0 && node < nodeCount; bits--, word <<= 1) {
      const at = node * 7
      node =
        word < 0
          ? ((buf[at + 3] & 0x0f) << 24) | (buf[at + 4] << 16) | (buf[at + 5] << 8) | buf[at + 6]
          : ((buf[at + 3] & 0xf0) << 20) | (buf[at] << 16) | (buf[at + 1] << 8) | buf[at + 2]
    }
  } else {
    for (; bits > 0 && node < nodeCount; bits--, word <<= 1) {
      const at = node * 8 + (word < 0 ? 4 : 0)
      node = ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
    }
  }
  return node
}

/** `count` addresses (four words each) that lead to records all over the tree, by the same choices each time. */
export function sampleAddresses(tree: SearchTree, count: number): Int32Array[] {
  const samples: Int32Array[] = []
  let random = 1
  for (let i = 0; i < count; i++) {
    const words = new Int32Array(4)
    // every other sample goes to IPv4, which is a small corner of an IPv6 tree
    const ipv4 = tree.ipVersion === 4 || i % 2 === 0
    if (ipv4) words[2] = MAPPED_WORD
    let node = ipv4 ? tree.ipv4Start : 0
    for (let bit = ipv4 ? 96 : 0; bit < 128 && node < tree.nodeCount; bit++) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0
      const left = walk(tree, node, 0, 1)
      const right = walk(tree, node, -1, 1)
      const goRight = left === tree.nodeCount || (right !== tree.nodeCount && random >= 0x80000000)
      if (goRight) words[bit >> 5] |= 1 << (31 - (bit & 31))
      node = goRight ? right : left
    }
    if (node !== tree.nodeCount) samples.push(words)
  }
  return samples
}

/** The text of an address of four words, as maxmind reads it. */
export function lookupText(a: number, b: number, c: number, d: number): string {
  if (a === 0 && b === 0 && c === MAPPED_WORD) return `${d >>> 24}.${(d >>> 16) & 0xff}.${(d >>> 8) & 0xff}.${d & 0xff}`
  return [a, b, c, d].map((word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`).join(':')
}
