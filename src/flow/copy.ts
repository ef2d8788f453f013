/**
 * Copies short runs of bytes from one buffer to another. Buffer.copy makes a view of the source for each call, which takes longer than
 * to copy the few hundred bytes of a message; here they go four at a time through DataViews that are kept as long as the buffers stay
 * the same.
 */
import type { Appendable } from './appendable.js'
import { viewOf } from './view.js'

/** Copies `source[start, end)` to `target[pos, …)`, which has room for it and is another buffer; returns the position behind it. */
export type Copier = (target: Buffer, pos: number, source: Buffer, start: number, end: number) => number

/** From here on Buffer.copy is quicker. */
const LONG_RUN_BYTES = 384

/** A copier for runs that mostly come from one buffer after another and go to one after another: have one for each such pair. */
export function copier(): Copier {
  let lastSource: Buffer = Buffer.alloc(0)
  let from = viewOf(lastSource)
  let lastTarget = lastSource
  let to = from

  return (target, pos, source, start, end) => {
    if (end - start >= LONG_RUN_BYTES) {
      source.copy(target, pos, start, end)
      return pos + (end - start)
    }
    if (source !== lastSource) {
      lastSource = source
      from = viewOf(source)
    }
    if (target !== lastTarget) {
      lastTarget = target
      to = viewOf(target)
    }
    for (; end - start >= 16; start += 16, pos += 16) {
      to.setInt32(pos, from.getInt32(start, true), true)
      to.setInt32(pos + 4, from.getInt32(start + 4, true), true)
      to.setInt32(pos + 8, from.getInt32(start + 8, true), true)
      to.setInt32(pos + 12, from.getInt32(start + 12, true), true)
    }
    for (; end - start >= 4; start += 4, pos += 4) to.setInt32(pos, from.getInt32(start, true), true)
    while (start < end) target[pos++] = source[start++]
    return pos
  }
}

/** Appends runs of bytes, most of them from one buffer after another. */
export function appender(output: Appendable): (buf: Buffer, start: number, end: number) => void {
  const copy = copier()
  return (buf, start, end) => {
    output.reserve(end - start)
    output.pos = copy(output.buf, output.pos, buf, start, end)
  }
}
