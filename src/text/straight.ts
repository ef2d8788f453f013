/**
 * The columns of a message whose fields come in the order of the schema, as those of NetFlow and IPFIX do from flow-decode: each field is written
 * as soon as it is read, which takes two thirds of the time of reading all of them first.
 *
 * Only what most messages have is done here. V8 takes an optimized function back when it comes to a branch for the first time, and makes it anew,
 * which costs more the larger it is; and what it builds into it of other functions is bounded. So the reading of varints is not shared with
 * fieldvalues.ts.
 */
import { type FieldValues, isPackedRun, isSet } from '../flow/fieldvalues.js'
import { ACTION, ACTION_BITS, FIRST_ACTION, SHORT_TAGS, SKIP_BYTES, SLOWLY, tagActions } from '../flow/tagactions.js'
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

/**
 * Writes the columns of the message at `buf[start, end)` that are set; `view` is of the whole of `buf`. Returns the position behind them; −1 where
 * the message is none of those, and has to be read first: for the order of its fields, for one that stands twice, is unknown or long, or as no
 * protobuf at all. What was written up to there does not count. `buf` goes on for QUICK_BYTES behind the message.
 */
export type StraightWriter = (out: DataView, pos: number, buf: Buffer, view: DataView, start: number, end: number) => number

/** `keys` are those of `cells`, one for each field of the schema, with separators in front, and then those without. `quote` is a character, 0: none. */
export function straightWriter(
  cells: readonly Cell[],
  values: FieldValues,
  { writeCell }: CellWriter,
  keys: ChunkTable,
  quote: number
): StraightWriter {
  const { schema, set, lo, hi, start: starts, end: ends } = values
  const actions = tagActions(schema, ({ type, repeated }, index) => {
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
  const names = cells.map((cell) => cell.names.chunks)
  const addressOf = Int16Array.from(cells, ({ addressIndex }) => addressIndex)
  const quoteSize = quote === 0 ? 0 : 1

  /** Where the address of four bytes stands that a prefix length belongs to; −1 where there is none. */
  function addressAt(index: number): number {
    const address = addressOf[index]
    return address >= 0 && isSet(values, address) && ends[address] - starts[address] === 4 ? starts[address] : -1
  }

  return (out, pos, buf, view, start, end) => {
    values.buf = buf
    for (let i = 0; i < set.length; i++) set[i] = 0
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
        last = index
        if (action < WIDE_DECIMAL) high = 0
        if ((low | high) === 0) continue
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
      last = index
      if (size === 0 && action !== ENTRY) continue
      if (action >= ENTRY) {
        if (action === PACKED && !isPackedRun(buf, from, at)) return -1
        // of a list, from the tag on
        starts[index] = tagStart
      } else starts[index] = from
      ends[index] = at
      set[index >> 5] |= 1 << (index & 31)
      pos = writeChunk(out, pos, keys, first + index)
      first = 0
      if (action === ADDRESS && size === 4) {
        pos = writeIPv4(out, pos, buf, from)
        out.setUint8(pos, quote)
        pos += quoteSize
      } else pos = writeCell(out, pos, index)
    }
    return at === end ? pos : -1
  }
}
