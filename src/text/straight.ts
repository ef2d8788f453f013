/**
 * The columns of a message whose fields come more or less in the order of the schema, as they do from flow-decode: each field is written as soon as it is
 * read, which takes two thirds of the time of reading all of them first. Which fields come before others that stand in front of them is learnt from the
 * messages; those wait for their turn.
 *
 * Only what most messages have is done here. V8 takes an optimized function back when it comes to a branch for the first time, and makes it anew,
 * which costs more the larger it is; and what it builds into it of other functions is bounded. So the reading of varints is not shared with
 * fieldvalues.ts.
 */
import { type FieldValues, isPackedRun, isSet } from '../flow/fieldvalues.js'
import { fieldCursor, nextField } from '../flow/message.js'
import { ACTION, ACTION_BITS, FIRST_ACTION, MARKED, SHORT_TAGS, SKIP_BYTES, SLOWLY, tagActions } from '../flow/tagactions.js'
import { writeIPv4, writeIPv4Network } from './addresses.js'
import type { Cell, CellWriter } from './cells.js'
import { type ChunkTable, writeChunk, writeChunks } from './chunks.js'
import { writeDecimal32, writeDecimal64 } from './digits.js'
import { SHOW } from './values.js'

// What is done behind a tag (tagactions.ts): with bytes, with numbers of 32 bits, with those of 64.
const ADDRESS = FIRST_ACTION
const BYTES = FIRST_ACTION + 1
const ENTRY = FIRST_ACTION + 2
const PACKED = FIRST_ACTION + 3
const DECIMAL = FIRST_ACTION + 4
const NAME = FIRST_ACTION + 5
const NETWORK = FIRST_ACTION + 6
const NUMBER = FIRST_ACTION + 7
const WIDE_DECIMAL = FIRST_ACTION + 8
const WIDE_NUMBER = FIRST_ACTION + 9

export interface StraightWriter {
  /**
   * Writes the columns of the message at `buf[start, end)` that are set; `view` is of the whole of `buf`. Returns the position behind them; −1 where
   * the message is none of those, and has to be read first: for an order of its fields that is new, for one that stands twice, is unknown or long, or as
   * no protobuf at all. What was written up to there does not count. `buf` goes on for QUICK_BYTES behind the message.
   */
  readonly write: (out: DataView, pos: number, buf: Buffer, view: DataView, start: number, end: number) => number
  /** Learns the order of the fields of a message; false where it is known. */
  readonly learn: (buf: Buffer, start: number, end: number) => boolean
}

/** Marks a field that may come before one that stands in front of it. */
const EARLY = MARKED
/** No column waits. */
const NONE = 0x7fff
/** FlowType has seven. */
const MOST_TYPES = 8

/** `keys` are those of `cells`, one for each field of the schema, with separators in front, and then those without. `quote` is a character, 0: none. */
export function straightWriter(
  cells: readonly Cell[],
  values: FieldValues,
  { writeCell }: CellWriter,
  keys: ChunkTable,
  quote: number
): StraightWriter {
  const { schema, set, lo, hi, start: starts, end: ends } = values
  const common = tagActions(schema, ({ type, repeated }, index) => {
    const { show, quoted, isBytes, addressIndex } = cells[index]
    // a network is shown with an address that was read
    if (addressIndex > index) return SLOWLY
    if (repeated) return isBytes ? ENTRY : PACKED
    if (isBytes) return show === SHOW.ip ? ADDRESS : BYTES
    const isDecimal = show === SHOW.decimal && !quoted
    if (type === 'uint64') return isDecimal ? WIDE_DECIMAL : WIDE_NUMBER
    if (show === SHOW.name || show === SHOW.etype || show === SHOW.enum) return NAME
    return isDecimal ? DECIMAL : show === SHOW.network ? NETWORK : NUMBER
  })
  /** by the second byte of a message: the type of the flow, where flow-decode wrote it, and each type has an order of its own */
  const byType = Array.from({ length: 256 }, () => common)
  let types = 0

  /** The actions of a type of which something is learnt; undefined where there are too many types. */
  function ownActions(type: number): Int32Array | undefined {
    if (byType[type] !== common) return byType[type]
    return types++ < MOST_TYPES ? (byType[type] = common.slice()) : undefined
  }

  const names = cells.map((cell) => cell.names.chunks)
  const addressOf = Int16Array.from(cells, ({ addressIndex }) => addressIndex)
  const quoteSize = quote === 0 ? 0 : 1
  /** the columns that came early and wait for their turn, as bits like `set`, and the first of them */
  const waiting = new Int32Array(set.length)
  let firstWaiting = NONE

  /** Keeps a column until its turn; false where it waits already. */
  function wait(index: number): boolean {
    if (isSet(values, index)) return false
    waiting[index >> 5] |= 1 << (index & 31)
    set[index >> 5] |= 1 << (index & 31)
    firstWaiting = Math.min(firstWaiting, index)
    return true
  }

  /** Writes the columns in front of `index` that wait. */
  function writeWaiting(out: DataView, pos: number, first: number, index: number): number {
    for (let word = firstWaiting >> 5; word < waiting.length; word++) {
      for (let bits = waiting[word]; bits !== 0; bits &= bits - 1) {
        const column = (word << 5) + 31 - Math.clz32(bits & -bits)
        if (column > index) {
          waiting[word] = bits
          firstWaiting = column
          return pos
        }
        pos = writeCell(out, writeChunk(out, pos, keys, first + column), column)
        first = 0
      }
      waiting[word] = 0
    }
    firstWaiting = NONE
    return pos
  }

  /** Where the address of four bytes stands that a prefix length belongs to; −1 where there is none. */
  function addressAt(index: number): number {
    const address = addressOf[index]
    return address >= 0 && isSet(values, address) && ends[address] - starts[address] === 4 ? starts[address] : -1
  }

  function write(out: DataView, pos: number, buf: Buffer, view: DataView, start: number, end: number): number {
    const actions = byType[buf[start + 1]]
    values.buf = buf
    for (let i = 0; i < set.length; i++) set[i] = 0
    if (firstWaiting !== NONE) waiting.fill(0)
    let due = (firstWaiting = NONE)
    let first = cells.length // keys from here on have no separator
    let last = -1
    let at = start
    while (at < end) {
      const tagStart = at
      let tag = buf[at++]
      if (tag >= 0x80) tag = (tag & 0x7f) | (buf[at++] << 7)
      if (tag >= SHORT_TAGS) return -1
      const what = actions[tag]
      const action = what & ACTION
      const index = what >> ACTION_BITS
      if (action >= DECIMAL) {
        let word = view.getInt32(at, true)
        const stops = ~word & 0x80808080
        const stop = stops & -stops
        if (stops !== 0) {
          at += ((31 - Math.clz32(stop)) >> 3) + 1
          word &= (stop - 1) | 0
        }
        let low = (word & 0x7f) | ((word >>> 1) & 0x3f80) | ((word >>> 2) & 0x1f_c000) | ((word >>> 3) & 0xfe0_0000)
        let high = 0
        if (stops === 0) {
          let byte = buf[at + 4]
          at += 5
          low |= (byte & 0x0f) << 28
          high = (byte & 0x7f) >> 4
          for (let shift = 3; byte >= 0x80 && shift < 32; shift += 7) {
            byte = buf[at++]
            high |= (byte & 0x7f) << shift
          }
          if (byte >= 0x80) return -1
        }
        if (index <= last) return -1
        if (action < WIDE_DECIMAL) high = 0
        if ((what & EARLY) !== 0) {
          // a zero may be the second of two
          if ((low | high) === 0 || !wait(index)) return -1
          lo[index] = low
          hi[index] = high
          due = firstWaiting
          continue
        }
        last = index
        if ((low | high) === 0) continue
        if (index > due) {
          pos = writeWaiting(out, pos, first, index)
          first = 0
          due = firstWaiting
        }
        pos = writeChunk(out, pos, keys, first + index)
        first = 0
        if (action === DECIMAL) pos = writeDecimal32(out, pos, low >>> 0)
        else if (action === WIDE_DECIMAL) pos = writeDecimal64(out, pos, high >>> 0, low >>> 0)
        else {
          if (action === NAME) {
            const name = names[index][low]
            if (name !== undefined) {
              pos = writeChunks(out, pos, name)
              out.setUint8(pos, quote)
              pos += quoteSize
              continue
            }
          } else if (action === NETWORK && low > 0 && low <= 32) {
            const address = addressAt(index)
            if (address >= 0) {
              pos = writeIPv4Network(out, pos, buf, address, low)
              out.setUint8(pos, quote)
              pos += quoteSize
              continue
            }
          }
          lo[index] = low
          hi[index] = high
          set[index >> 5] |= 1 << (index & 31)
          pos = writeCell(out, pos, index)
        }
        continue
      }
      const size = buf[at++]
      if (action < SKIP_BYTES || size >= 0x80) return -1
      const from = at
      at += size
      if (action === SKIP_BYTES) continue
      if (index <= last || at > end) return -1
      if ((what & EARLY) === 0) {
        last = index
        if (size === 0 && action !== ENTRY) continue
      } else if (!wait(index) || size === 0) return -1
      if (action >= ENTRY) {
        if (action === PACKED && !isPackedRun(buf, from, at)) return -1
        // of a list, from the tag on
        starts[index] = tagStart
      } else starts[index] = from
      ends[index] = at
      if ((what & EARLY) !== 0) {
        due = firstWaiting
        continue
      }
      set[index >> 5] |= 1 << (index & 31)
      if (index > due) {
        pos = writeWaiting(out, pos, first, index)
        first = 0
        due = firstWaiting
      }
      pos = writeChunk(out, pos, keys, first + index)
      first = 0
      if (action === ADDRESS && size === 4) {
        pos = writeIPv4(out, pos, buf, from)
        out.setUint8(pos, quote)
        pos += quoteSize
      } else pos = writeCell(out, pos, index)
    }
    if (at !== end) return -1
    return due === NONE ? pos : writeWaiting(out, pos, first, NONE)
  }

  const cursor = fieldCursor()

  function learn(buf: Buffer, start: number, end: number): boolean {
    const type = buf[start + 1]
    const known = byType[type]
    const fields: { tag: number; index: number }[] = []
    cursor.pos = start
    while (nextField(buf, end, cursor)) {
      const tag = cursor.field * 8 + cursor.wireType
      if (tag < SHORT_TAGS && (known[tag] & ACTION) >= FIRST_ACTION) fields.push({ tag, index: known[tag] >> ACTION_BITS })
    }
    const early: number[] = []
    let behind = NONE // the foremost of the columns that come later
    for (const { tag, index } of fields.reverse()) {
      if (index > behind && (known[tag] & EARLY) === 0) early.push(tag)
      behind = Math.min(behind, index)
    }
    const own = early.length === 0 ? undefined : ownActions(type)
    if (own === undefined) return false
    for (const tag of early) own[tag] |= EARLY
    return true
  }

  return { write, learn }
}
