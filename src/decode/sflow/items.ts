/**
 * The samples of a datagram, and the records of a sample: as many as their number says, one after another. sflow.ts walks them by itself: through
 * these functions flows would take 5 % more time.
 *
 *     sample, record := enterprise(20 bits) format(12 bits) size(4) data(size)
 */
import type { Decoding, ErrorKind } from '../decoding.js'
import { inU32 } from '../memory/in.js'
import { recordBytes, sampleBytes } from './lengths.js'

/** The data `[start, end)` of a sample or record; `tag` is its enterprise and format in one. */
export type OnItem = (tag: number, start: number, end: number) => void

const HEAD_BYTES = 8

/** What samples and records differ in. */
interface ItemKind {
  readonly name: string
  /** what they are parts of */
  readonly whole: string
  /** the errors of a part that has no whole head, and of one whose data is cut */
  readonly noHead: ErrorKind
  readonly cut: ErrorKind
  /** The bytes that the data at `at` takes which says `size`; `left` more items follow. */
  readonly bytesOf: (tag: number, at: number, size: number, left: number, end: number) => number
}

const SAMPLE: ItemKind = {
  name: 'sample',
  whole: 'datagram',
  noHead: 'truncated',
  cut: 'truncated',
  bytesOf: sampleBytes
}
const FLOW_RECORD: ItemKind = { name: 'record', whole: 'sample', noHead: 'malformed-sample', cut: 'malformed-record', bytesOf: recordBytes }
/** Of counters no structure is known to be cut short, and their formats are not those of flows. */
const COUNTER_RECORD: ItemKind = { ...FLOW_RECORD, bytesOf: (_tag, at, size, left, end) => recordBytes(0, at, size, left, end) }
export const ITEM = { sample: SAMPLE, flowRecord: FLOW_RECORD, counterRecord: COUNTER_RECORD } as const

/** Finds the `count` items of that kind in `[start, end)` of the input. One that is cut is reported, and ends them. */
export function eachItem(
  { name, whole, noHead, cut, bytesOf }: ItemKind,
  count: number,
  start: number,
  end: number,
  onItem: OnItem,
  report: Decoding['report']
): void {
  let pos = start
  for (let i = 0; i < count; i++) {
    if (end - pos < HEAD_BYTES) {
      report(noHead, `the ${whole} ends after ${i} of ${count} ${name}s`)
      return
    }
    const tag = inU32(pos)
    const size = bytesOf(tag, pos + HEAD_BYTES, inU32(pos + 4), count - i - 1, end)
    pos += HEAD_BYTES
    if (size > end - pos) {
      report(cut, `${name} ${i + 1} says ${size} bytes, its ${whole} has ${end - pos} more`)
      return
    }
    onItem(tag, pos, pos + size)
    pos += size
  }
}
