/** sFlow Version 5 (sflow.org) → FlowMessages: one for each flow sample and discarded packet. */
import { readUint32 } from '../../flow/bigendian.js'
import type { Datagram } from '../../flow/datagram.js'
import { closeFrame } from '../../flow/frames.js'
import type { Decoding } from '../decoding.js'
import { clearFrame, LINK, newFrame, parseFrame } from '../packet/frame.js'
import { frameFieldsBound, writeFrameFields } from '../packet/frame-fields.js'
import { COMMON_BYTES, fillFrame, sampleFieldsBound, writeCommonFields, writeSampleFields } from './fields.js'
import { newSflowHeader, readSflowHeader } from './header.js'
import { clearRecords, newRecords, readRecord } from './records.js'
import {
  COUNTER_SAMPLE,
  DISCARDED_PACKET,
  EXPANDED_COUNTER_SAMPLE,
  EXPANDED_FLOW_SAMPLE,
  FLOW_SAMPLE,
  newSampleHead,
  readSampleHead
} from './sample.js'

/** What a message's length takes, for all but the shortest and longest. */
const PREFIX_BYTES = 2

export type SflowDecoder = (datagram: Datagram, decoding: Decoding) => void

/** A decoder; what it works with is made once, here. */
export function sflowDecoder(): SflowDecoder {
  const header = newSflowHeader()
  const head = newSampleHead()
  const records = newRecords()
  const frame = newFrame()
  const common = Buffer.alloc(COMMON_BYTES)
  let commonBytes = 0

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
    commonBytes = writeCommonFields(datagram, header, common, 0, 0)
    let pos = header.samplesStart
    for (let i = 0; i < header.samples; i++) {
      if (payloadEnd - pos < 8) {
        decoding.report('truncated', `the datagram ends after ${i} of ${header.samples} samples`)
        return
      }
      const size = readUint32(buf, pos + 4)
      const start = pos + 8
      if (size > payloadEnd - start) {
        decoding.report('truncated', `sample ${i + 1} says ${size} bytes, the datagram has ${payloadEnd - start} more`)
        return
      }
      pos = start + size
      switch (readUint32(buf, start - 8)) {
        case FLOW_SAMPLE:
        case EXPANDED_FLOW_SAMPLE:
        case DISCARDED_PACKET:
          decodeSample(buf, readUint32(buf, start - 8), start, pos, decoding)
          break
        case COUNTER_SAMPLE:
        case EXPANDED_COUNTER_SAMPLE:
          decoding.counterSamples++
      }
    }
  }

  function decodeSample(buf: Buffer, format: number, start: number, end: number, decoding: Decoding): void {
    if (!readSampleHead(buf, format, start, end, head)) {
      decoding.report('malformed-sample', `a sample of format ${format} has ${end - start} bytes`)
      return
    }
    readRecords(buf, end, decoding)
    parseHeader(buf)
    const { output } = decoding
    output.reserve(COMMON_BYTES + sampleFieldsBound(end - start) + frameFieldsBound(end - start) + PREFIX_BYTES)
    const out = output.buf
    const lengthAt = output.pos
    let pos = lengthAt + PREFIX_BYTES
    for (let i = 0; i < commonBytes; i++) out[pos++] = common[i]
    pos = writeSampleFields(buf, head, records, out, pos, 0)
    pos = writeFrameFields(frame, out, pos, 0)
    output.pos = closeFrame(out, lengthAt, PREFIX_BYTES, pos)
    decoding.flows++
  }

  /**
   *     record := enterprise(20 bits) format(12 bits) size(4) data(size)
   */
  function readRecords(buf: Buffer, end: number, decoding: Decoding): void {
    clearRecords(records)
    let pos = head.recordsStart
    for (let i = 0; i < head.records; i++) {
      if (end - pos < 8) {
        decoding.report('malformed-sample', `the sample ends after ${i} of ${head.records} records`)
        return
      }
      const format = readUint32(buf, pos)
      const size = readUint32(buf, pos + 4)
      pos += 8
      if (size > end - pos) {
        decoding.report('malformed-record', `record ${i + 1} says ${size} bytes, its sample has ${end - pos} more`)
        return
      }
      if (!readRecord(buf, format, pos, pos + size, records)) {
        decoding.report('malformed-record', `a record of format ${format} does not fit its ${size} bytes`)
      }
      pos += size
    }
  }

  function parseHeader(buf: Buffer): void {
    const link = records.header < 0 ? undefined : linkOf(records.headerProtocol)
    if (link === undefined) clearFrame(frame, buf)
    else parseFrame(buf, records.headerStart, records.headerEnd, link, frame)
    fillFrame(buf, records, frame)
  }

  return decodeSflow
}

/** The link of a raw header's protocol; undefined for those that nothing is known of. */
function linkOf(protocol: number): number | undefined {
  switch (protocol) {
    case 1:
      return LINK.ethernet
    case 11:
      return LINK.ipv4
    case 12:
      return LINK.ipv6
    case 13:
      return LINK.mpls
    default:
      return undefined
  }
}
