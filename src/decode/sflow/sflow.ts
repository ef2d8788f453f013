/** sFlow Version 5 (sflow.org) → FlowMessages: one for each flow sample and each discarded packet. */
import { readUint32 } from '../../flow/bigendian.js'
import type { Datagram } from '../../flow/datagram.js'
import { closeFrame } from '../../flow/frames.js'
import type { Decoding } from '../decoding.js'
import { type Frame, frameFieldsBound, newFrame } from '../packet/frame.js'
import type { FramePlan } from '../packet/mapping.js'
import { writeExtended } from './extended.js'
import { HEADER_FIELDS_BYTES, newSflowHeader, readSflowHeader, writeHeader } from './header.js'
import { writePacket } from './packet.js'
import { clearRecords, newRecords, noteRecord, recordBytes, type Records } from './records.js'
import {
  COUNTER_SAMPLE,
  DISCARDED_PACKET,
  EXPANDED_COUNTER_SAMPLE,
  EXPANDED_FLOW_SAMPLE,
  FLOW_SAMPLE,
  sampleHeadBytes,
  writeSampleHead
} from './sample.js'

/** What the length of a message takes, but for very short and very long ones. */
const PREFIX_BYTES = 2

export type SflowDecoder = (datagram: Datagram, decoding: Decoding) => void

/** A decoder of datagrams that are known to be sFlow v5; `plan` is what a mapping file has for their frames. */
export function sflowDecoder(plan?: FramePlan): SflowDecoder {
  const header = newSflowHeader()
  const records = newRecords()
  const frame = newFrame(plan)
  const scratch = Buffer.alloc(HEADER_FIELDS_BYTES)
  let common = scratch.subarray(0, 0)

  /**
   *     head sample*
   *     sample := enterprise(20 bits) format(12 bits) size(4) data(size)
   */
  function decodeSflow(datagram: Datagram, decoding: Decoding): void {
    const { buf, payloadStart, payloadEnd } = datagram
    if (!readSflowHeader(buf, payloadStart, payloadEnd, header)) {
      decoding.report('truncated', 'no whole sFlow header with an agent address of a known type')
      return
    }
    const commonBytes = writeHeader(datagram, header, scratch, 0)
    if (commonBytes !== common.length) common = scratch.subarray(0, commonBytes)
    let pos = header.samples
    for (let i = 0; i < header.sampleCount; i++) {
      if (payloadEnd - pos < 8) {
        decoding.report('truncated', `the datagram ends after ${i} of ${header.sampleCount} samples`)
        return
      }
      const format = readUint32(buf, pos)
      const size = readUint32(buf, pos + 4)
      pos += 8
      if (size > payloadEnd - pos) {
        decoding.report('truncated', `sample ${i + 1} says ${size} bytes, the datagram has ${payloadEnd - pos} more`)
        return
      }
      switch (format) {
        case FLOW_SAMPLE:
        case EXPANDED_FLOW_SAMPLE:
        case DISCARDED_PACKET:
          decodeSample(buf, format, pos, pos + size, decoding)
          break
        case COUNTER_SAMPLE:
        case EXPANDED_COUNTER_SAMPLE:
          decoding.counterSamples++
      }
      pos += size
    }
  }

  function decodeSample(buf: Buffer, format: number, start: number, end: number, decoding: Decoding): void {
    const recordsStart = start + sampleHeadBytes(format)
    if (end < recordsStart) {
      decoding.report('malformed-sample', `a sample of format ${format} has ${end - start} bytes`)
      return
    }
    findRecords(buf, readUint32(buf, recordsStart - 4), recordsStart, end, records, decoding)
    const { output } = decoding
    output.reserve(PREFIX_BYTES + messageBound(frame, end - start))
    const out = output.buf
    const lengthAt = output.pos
    let pos = lengthAt + PREFIX_BYTES
    out.set(common, pos)
    pos = writeSampleHead(buf, format, start, out, pos + common.length)
    pos = writePacket(buf, records, frame, out, pos)
    pos = writeExtended(buf, records, out, pos)
    output.pos = closeFrame(out, lengthAt, PREFIX_BYTES, pos)
    decoding.flows++
  }

  return decodeSflow
}

/** More than the message of a sample of so many bytes takes. */
function messageBound(frame: Frame, sampleBytes: number): number {
  return HEADER_FIELDS_BYTES + 512 + 2 * sampleBytes + frameFieldsBound(frame, sampleBytes)
}

/**
 *     record := enterprise(20 bits) format(12 bits) size(4) data(size)
 */
function findRecords(buf: Buffer, count: number, start: number, end: number, records: Records, decoding: Decoding): void {
  clearRecords(records)
  let pos = start
  for (let i = 0; i < count; i++) {
    if (end - pos < 8) {
      decoding.report('malformed-sample', `the sample ends after ${i} of ${count} records`)
      return
    }
    const format = readUint32(buf, pos)
    const size = recordBytes(format, readUint32(buf, pos + 4))
    pos += 8
    if (size > end - pos) {
      decoding.report('malformed-record', `record ${i + 1} says ${size} bytes, its sample has ${end - pos} more`)
      return
    }
    if (!noteRecord(buf, format, pos, pos + size, records)) {
      decoding.report('malformed-record', `a record of format ${format} does not fit its ${size} bytes`)
    }
    pos += size
  }
}
