/**
 * Enriches a message, bytes to bytes: what stays is copied as it stands, in the runs between the fields that are replaced, and the new
 * fields are appended.
 */
import { copier } from '../flow/copy.js'
import { type FrameHandler, MAX_MESSAGE_BYTES, MAX_PREFIX_BYTES } from '../flow/frames.js'
import type { Output } from '../flow/output.js'
import { writeVarint32 } from '../flow/varint.js'
import type { Enrichment } from './enrichment.js'
import { codesByTag, REST } from './fields.js'
import { MARK, newMarks, scanMessage } from './scan.js'

export interface Rewriter {
  /** Enriches one message and appends it to the output. */
  readonly rewrite: FrameHandler
  readonly counts: {
    flows: number
    /** flows in which something was set */
    enriched: number
    /** messages that are no protobuf, passed on as they are */
    malformed: number
  }
}

/** `prepare` is called before each message. */
export function rewriter(enrichments: readonly Enrichment[], prepare: () => void, output: Output): Rewriter {
  const counts = { flows: 0, enriched: 0, malformed: 0 }
  const codes = codesByTag([...new Set(enrichments.flatMap(({ fields }) => fields))])
  const marks = newMarks()
  const change = { ends: 0, rest: 0, length: 0 }
  const copyMessage = copier()

  function rewrite(buf: Buffer, start: number, end: number, frameStart: number): void {
    counts.flows++
    change.ends = change.rest = change.length = 0
    if (scanMessage(buf, start, end, codes, marks)) {
      prepare()
      for (const enrichment of enrichments) enrichment.decide(buf, marks, change)
    } else counts.malformed++
    if ((change.ends | change.rest) === 0) passOn(buf, frameStart, end)
    else replace(buf, start, end, frameStart)
  }

  /** Whether the field of that code goes. */
  function isReplaced(code: number): boolean {
    return (((code < REST ? change.ends : change.rest) >>> (code & 31)) & 1) === 1
  }

  function passOn(buf: Buffer, frameStart: number, end: number): void {
    output.reserve(end - frameStart)
    output.pos = copyMessage(output.buf, output.pos, buf, frameStart, end)
  }

  function replace(buf: Buffer, start: number, end: number, frameStart: number): void {
    const { list } = marks
    let length = end - start + change.length
    for (let i = 0; i < marks.end; i += MARK) if (isReplaced(list[i])) length -= list[i + 3] - list[i + 1]
    if (length > MAX_MESSAGE_BYTES) {
      passOn(buf, frameStart, end)
      return
    }
    counts.enriched++
    output.reserve(length + MAX_PREFIX_BYTES)
    const out = output.buf
    let pos = writeVarint32(out, output.pos, length)
    for (let i = 0; i < marks.end; i += MARK) {
      if (!isReplaced(list[i])) continue
      pos = copyMessage(out, pos, buf, start, list[i + 1])
      start = list[i + 3]
    }
    pos = copyMessage(out, pos, buf, start, end)
    for (const enrichment of enrichments) pos = enrichment.write(out, pos)
    output.pos = pos
  }

  return { rewrite, counts }
}
