/**
 * Flows in the order of their receipt. A file has them as they arrived, which is nearly that: they wait here, as many as there is room for,
 * and go out the earliest first. So the order is right where no flow stands further from its place than half of the room.
 */
import { copier } from '../flow/copy.js'
import type { Output } from '../flow/output.js'
import { isBefore, type Moment } from './moment.js'

export interface Order {
  /** Adds the frame of a flow. False where there was no room: `letOut` first. */
  add(flow: Readonly<Moment> & Readonly<{ frames: Buffer; start: number; end: number }>): boolean
  /** Writes the earlier half of what waits. */
  letOut(): Promise<void>
  /** Writes all of it. */
  letAllOut(): Promise<void>
  /** the latest time of receipt that was added */
  readonly latest: Readonly<Moment>
  /** flows that came too late for their place */
  readonly misplaced: number
}

const MOST_FRAMES = 512 * 1024
const MOST_BYTES = 32 * 1024 * 1024
/** Written between two looks at whether the reader is slow: frames, or bytes of a run of them. */
const AT_ONCE = 512
const RUN_BYTES = 64 * 1024

/** Holds back up to `mostFrames` flows of `mostBytes` bytes. */
export function orderTo(output: Output, mostFrames = MOST_FRAMES, mostBytes = MOST_BYTES): Order {
  let bytes = Buffer.allocUnsafeSlow(1024 * 1024)
  let size = 0
  let count = 0
  let isSorted = true
  const his = new Uint32Array(mostFrames)
  const los = new Uint32Array(mostFrames)
  const starts = new Uint32Array(mostFrames + 1)
  const copyIn = copier()
  const copyOut = copier()
  const written: Moment = { hi: 0, lo: 0 }
  const at: Moment = { hi: 0, lo: 0 }

  const order = {
    latest: { hi: 0, lo: 0 },
    misplaced: 0,
    add(flow: Readonly<Moment> & Readonly<{ frames: Buffer; start: number; end: number }>): boolean {
      const { frames, start, end, hi, lo } = flow
      const length = end - start
      if (count === mostFrames || (size + length > mostBytes && count > 0)) return false
      if (size + length > bytes.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(Math.min(2 * bytes.length, mostBytes), size + length))
        bytes.copy(larger, 0, 0, size)
        bytes = larger
      }
      if (isBefore(order.latest, flow)) {
        order.latest.hi = hi
        order.latest.lo = lo
      }
      copyIn(bytes, size, frames, start, end)
      place(hi, lo, length)
      return true
    },
    letOut: () => write(Math.ceil(count / 2)),
    letAllOut: () => write(count)
  }

  /** Notes the flow whose frame stands at `size`, behind all others. */
  function place(hi: number, lo: number, length: number): void {
    if (count > 0 && (hi < his[count - 1] || (hi === his[count - 1] && lo < los[count - 1]))) isSorted = false
    his[count] = hi
    los[count] = lo
    starts[count++] = size
    size += length
    starts[count] = size
  }

  async function write(wanted: number): Promise<void> {
    if (isSorted) return writeSorted(wanted)
    const indexes = Uint32Array.from({ length: count }, (_, index) => index)
    indexes.sort((a, b) => his[a] - his[b] || los[a] - los[b] || a - b)
    for (let i = 0; i < wanted; i++) {
      const index = indexes[i]
      noteWritten(index)
      output.reserve(starts[index + 1] - starts[index])
      output.pos = copyOut(output.buf, output.pos, bytes, starts[index], starts[index + 1])
      if (i % AT_ONCE !== 0) continue
      output.commit()
      if (output.blocked) await output.ready()
    }
    output.commit()
    keep(indexes.subarray(wanted).sort())
  }

  /** As `write` where all is in order already: runs of frames go out in one piece. */
  async function writeSorted(wanted: number): Promise<void> {
    for (let from = 0; from < wanted;) {
      let to = from + 1
      while (to < wanted && starts[to + 1] - starts[from] <= RUN_BYTES) to++
      noteWritten(from)
      output.reserve(starts[to] - starts[from])
      bytes.copy(output.buf, output.pos, starts[from], starts[to])
      output.pos += starts[to] - starts[from]
      noteWritten((from = to) - 1)
      output.commit()
      if (output.blocked) await output.ready()
    }
    const first = starts[wanted]
    bytes.copyWithin(0, first, size)
    for (const words of [his, los, starts]) words.copyWithin(0, wanted, count + 1)
    size -= first
    count -= wanted
    for (let i = 0; i <= count; i++) starts[i] -= first
  }

  function noteWritten(index: number): void {
    at.hi = his[index]
    at.lo = los[index]
    if (isBefore(at, written)) order.misplaced++
    written.hi = at.hi
    written.lo = at.lo
  }

  /** Moves together what stays, in the order in which it came. */
  function keep(indexes: Uint32Array): void {
    size = 0
    count = 0
    isSorted = true
    for (const index of indexes) {
      const start = starts[index]
      const end = starts[index + 1]
      bytes.copyWithin(size, start, end)
      place(his[index], los[index], end - start)
    }
  }
  return order
}
