/** The different texts of a column, each once: addresses, names and words as a dictionary has them. */
import { SLACK_BYTES } from '../text/digits.js'
import { type Rendering, SHOW, writeBytes, writeNumber } from '../text/values.js'
import { viewOf } from '../flow/view.js'

export interface Texts {
  /** The index of the text of the bytes `buf[start, end)` among the texts; ~index where they are no UTF-8, and the text has � for some. */
  ofBytes(buf: Buffer, start: number, end: number): number
  /** The index of the text of the number hi · 2^32 + lo. */
  ofNumber(hi: number, lo: number): number
  /** Forgets all of them. */
  clear(): void
  readonly size: number
  /** text i is `bytes[offsets[i], offsets[i + 1])` */
  readonly offsets: Int32Array
  readonly bytes: Buffer
}

const FIRST_ENTRIES = 256
const FIRST_BYTES = 4096
/** Numbers that are remembered without being looked up: most columns have few. */
const RECENT = 256

/** The texts that a rendering gives. Values are distinguished by their bytes, and rendered when they are new. */
export function newTexts(rendering: Rendering): Texts {
  // open addressing: a slot holds an entry + 1; a value's entry is its index in `shown`, which has the index of its text
  let slots = new Int32Array(2 * FIRST_ENTRIES)
  let hashes = new Int32Array(FIRST_ENTRIES)
  let shown = new Int32Array(FIRST_ENTRIES)
  let keyEnds = new Int32Array(FIRST_ENTRIES)
  let keys = Buffer.allocUnsafeSlow(FIRST_BYTES)
  let entries = 0
  let last = -1
  let view: DataView = new DataView(new ArrayBuffer(0))
  const recentLos = new Uint32Array(RECENT)
  const recentHis = new Uint32Array(RECENT)
  const recentIndexes = new Int32Array(RECENT).fill(-1)
  const number = Buffer.alloc(8)
  const numberView = viewOf(number)

  function ofBytes(buf: Buffer, start: number, end: number): number {
    // exporters, types and the like mostly come in runs
    if (last >= 0 && isKey(last, buf, start, end)) return shown[last]
    let hash = end - start
    let pos = start
    for (; pos + 4 <= end; pos += 4) {
      hash = Math.imul(hash ^ (buf[pos] | (buf[pos + 1] << 8) | (buf[pos + 2] << 16) | (buf[pos + 3] << 24)), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    for (; pos < end; pos++) hash = Math.imul(hash ^ buf[pos], 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash ^= hash >>> 13
    let mask = slots.length - 1
    let slot = hash & mask
    for (let entry = slots[slot]; entry !== 0; entry = slots[(slot = (slot + 1) & mask)]) {
      if (hashes[entry - 1] === hash && isKey(entry - 1, buf, start, end)) return shown[(last = entry - 1)]
    }
    if (entries === shown.length) {
      grow()
      mask = slots.length - 1
      slot = hash & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
    }
    slots[slot] = entries + 1
    return add(hash, buf, start, end)
  }

  function isKey(entry: number, buf: Buffer, start: number, end: number): boolean {
    let at = entry === 0 ? 0 : keyEnds[entry - 1]
    if (keyEnds[entry] - at !== end - start) return false
    while (start < end) if (keys[at++] !== buf[start++]) return false
    return true
  }

  function add(hash: number, buf: Buffer, start: number, end: number): number {
    const entry = entries++
    const at = entry === 0 ? 0 : keyEnds[entry - 1]
    if (at + end - start > keys.length) keys = grownBuffer(keys, at + end - start)
    for (let pos = start; pos < end; pos++) keys[at + pos - start] = buf[pos]
    hashes[entry] = hash
    keyEnds[entry] = at + end - start
    // what is shown may add an entry of its own
    const index = buf === number ? showNumber() : rendering.show === SHOW.text ? showText(buf, start, end) : showBytes(buf, start, end)
    shown[entry] = index
    return index
  }

  function grow(): void {
    hashes = grown(hashes)
    shown = grown(shown)
    keyEnds = grown(keyEnds)
    slots = new Int32Array(2 * shown.length)
    for (let entry = 0; entry < entries; entry++) {
      let slot = hashes[entry] & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = entry + 1
    }
  }

  function showNumber(): number {
    room(rendering.most)
    return close(writeNumber(view, texts.offsets[texts.size], rendering, numberView.getUint32(4), numberView.getUint32(0)))
  }

  function showBytes(buf: Buffer, start: number, end: number): number {
    room(rendering.most + 2 * (end - start))
    return close(writeBytes(view, texts.offsets[texts.size], rendering, buf, start, end))
  }

  function showText(buf: Buffer, start: number, end: number): number {
    const text = buf.toString('utf8', start, end)
    if (text.includes('\ufffd')) {
      const replaced = Buffer.from(text)
      // two values may come to the same text, which a dictionary has once
      if (buf.compare(replaced, 0, replaced.length, start, end) !== 0) return ~ofBytes(replaced, 0, replaced.length)
    }
    room(end - start)
    const at = texts.offsets[texts.size]
    buf.copy(texts.bytes, at, start, end)
    return close(at + end - start)
  }

  /** Makes room for one more text of so many bytes. */
  function room(size: number): void {
    if (texts.size + 1 === texts.offsets.length) texts.offsets = grown(texts.offsets)
    const end = texts.offsets[texts.size] + size + SLACK_BYTES
    if (end > texts.bytes.length) texts.bytes = grownBuffer(texts.bytes, end)
    if (view.buffer !== texts.bytes.buffer) view = viewOf(texts.bytes)
  }

  function close(end: number): number {
    texts.offsets[texts.size + 1] = end
    return texts.size++
  }

  const texts = {
    ofBytes,
    ofNumber(hi: number, lo: number): number {
      const slot = (lo ^ (lo >>> 8) ^ (lo >>> 16)) & (RECENT - 1)
      if (recentIndexes[slot] >= 0 && recentLos[slot] === lo && recentHis[slot] === hi) return recentIndexes[slot]
      numberView.setUint32(0, lo)
      numberView.setUint32(4, hi)
      recentLos[slot] = lo
      recentHis[slot] = hi
      return (recentIndexes[slot] = ofBytes(number, 0, 8))
    },
    clear(): void {
      slots.fill(0)
      recentIndexes.fill(-1)
      entries = 0
      last = -1
      texts.size = 0
    },
    size: 0,
    offsets: new Int32Array(FIRST_ENTRIES),
    bytes: Buffer.allocUnsafeSlow(FIRST_BYTES) as Buffer
  }
  return texts
}

function grown(words: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * words.length)
  larger.set(words)
  return larger
}

function grownBuffer(buf: Buffer, least: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * buf.length, least))
  buf.copy(larger)
  return larger
}
