/**
 * Enriches a message, bytes to bytes: what stays is copied as it stands, in the runs between the fields that are replaced, and the new
 * fields are appended.
 */
import { copier } from '../flow/copy.js'
import { type FrameHandler, MAX_MESSAGE_BYTES, MAX_PREFIX_BYTES } from '../flow/frames.js'
import { writeUint64Field } from '../flow/message.js'
import { fieldTag } from '../flow/proto.js'
import type { Output } from '../flow/output.js'
import { readVarint, writeVarint32 } from '../flow/varint.js'
import { AS, AS_NAME, DST_ADDR, DST_SHIFT, SAMPLING_RATE, SRC_ADDR } from './fields.js'
import type { Lookups } from './lookups.js'
import { MARK, newMarks, scanMessage } from './scan.js'

export interface Rewriting {
  /** an AS number that the exporter gave stays */
  keepAs: boolean
  /** 0: what the exporter gave stays */
  samplingRate: number
}

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

export function rewriter(lookups: Lookups, { keepAs, samplingRate }: Rewriting, output: Output): Rewriter {
  const counts = { flows: 0, enriched: 0, malformed: 0 }
  const samplingField = samplingFieldOf(samplingRate)
  const always = samplingRate === 0 ? 0 : SAMPLING_RATE
  const { answer } = lookups
  const marks = newMarks()
  const cursor = { pos: 0, lo: 0, hi: 0 }
  const copyMessage = copier()
  const copyAnswer = copier()

  /** The set of fields that are replaced in the message at hand, and what is appended to it: bounds in `lookups.bytes()`. */
  let replaced = 0
  let srcStart = 0
  let srcEnd = 0
  let dstStart = 0
  let dstEnd = 0

  function rewrite(buf: Buffer, start: number, end: number, frameStart: number): void {
    counts.flows++
    replaced = 0
    if (scanMessage(buf, start, end, marks)) decide(buf)
    else counts.malformed++
    if (replaced === 0) passOn(buf, frameStart, end)
    else replace(buf, start, end, frameStart)
  }

  /** Looks up the addresses and finds what is to be replaced by what. */
  function decide(buf: Buffer): void {
    replaced = always
    srcStart = srcEnd = dstStart = dstEnd = 0
    if (!lookups.hasSources) return
    lookups.trim()
    const { list } = marks
    let srcAddr = -1
    let dstAddr = -1
    let srcAs = -1
    let dstAs = -1
    // of a field that stands there twice the last counts
    for (let i = 0; i < marks.end; i += MARK) {
      const bit = list[i]
      if (bit === SRC_ADDR) srcAddr = i
      else if (bit === DST_ADDR) dstAddr = i
      else if (bit === AS) srcAs = i
      else if (bit === AS << DST_SHIFT) dstAs = i
    }
    if (srcAddr >= 0 && lookups.find(buf, list[srcAddr + 2], list[srcAddr + 3])) {
      srcStart = answer.start + take(keptNumber(buf, srcAs), 0)
      srcEnd = answer.start + answer.length
    }
    if (dstAddr >= 0 && lookups.find(buf, list[dstAddr + 2], list[dstAddr + 3])) {
      dstStart = answer.start + answer.length + take(keptNumber(buf, dstAs), DST_SHIFT)
      dstEnd = answer.start + 2 * answer.length
    }
  }

  /** The AS number that stays, by the index of its mark; 0 for none. */
  function keptNumber(buf: Buffer, mark: number): number {
    if (!keepAs || mark < 0) return 0
    readVarint(buf, marks.list[mark + 2], marks.list[mark + 3], cursor)
    return cursor.lo
  }

  /** Adds what the answer replaces on that side to `replaced`; gives how many of its first bytes are left out. */
  function take(kept: number, shift: number): number {
    let { fields } = answer
    let skipped = 0
    if (kept !== 0 && (fields & AS) !== 0) {
      // the name found goes with the number that stays only where it is that of the number found
      const isSame = kept === answer.asn
      skipped = isSame ? answer.numberLength : answer.asLength
      fields &= isSame && answer.asLength > answer.numberLength ? ~AS : ~(AS | AS_NAME)
    }
    replaced |= fields << shift
    return skipped
  }

  function passOn(buf: Buffer, frameStart: number, end: number): void {
    output.reserve(end - frameStart)
    output.pos = copyMessage(output.buf, output.pos, buf, frameStart, end)
  }

  function replace(buf: Buffer, start: number, end: number, frameStart: number): void {
    const { list } = marks
    let length = end - start + samplingField.length + (srcEnd - srcStart) + (dstEnd - dstStart)
    for (let i = 0; i < marks.end; i += MARK) if ((list[i] & replaced) !== 0) length -= list[i + 3] - list[i + 1]
    if (length > MAX_MESSAGE_BYTES) {
      passOn(buf, frameStart, end)
      return
    }
    counts.enriched++
    output.reserve(length + MAX_PREFIX_BYTES)
    const out = output.buf
    let pos = writeVarint32(out, output.pos, length)
    for (let i = 0; i < marks.end; i += MARK) {
      if ((list[i] & replaced) === 0) continue
      pos = copyMessage(out, pos, buf, start, list[i + 1])
      start = list[i + 3]
    }
    pos = copyMessage(out, pos, buf, start, end)
    if (samplingField.length > 0) {
      out.set(samplingField, pos)
      pos += samplingField.length
    }
    const answers = lookups.bytes()
    pos = copyAnswer(out, pos, answers, srcStart, srcEnd)
    output.pos = copyAnswer(out, pos, answers, dstStart, dstEnd)
  }

  return { rewrite, counts }
}

/** The field that `-samplingrate` sets; empty for 0. */
function samplingFieldOf(rate: number): Buffer {
  const field = Buffer.alloc(16)
  return field.subarray(0, writeUint64Field(field, 0, fieldTag('sampling_rate'), Math.floor(rate / 2 ** 32), rate % 2 ** 32))
}
