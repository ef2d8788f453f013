/** sFlow Version 5 (sflow.org) → FlowMessages: one for each flow sample and each discarded packet. */
import type { Datagram } from '../../flow/datagram.js'
import { inputBytes, inIsZero, inU32 } from '../memory/in.js'
import type { OnCounterSample } from '../counters/counters.js'
import type { Origin } from '../counters/message.js'
import type { Decoding } from '../decoding.js'
import { closeLength, reserve, outCommon } from '../memory/out.js'
import { frameFieldsBound, type FrameOptions, type FrameWalk, newWalk, writeMappedFields } from '../packet/walk.js'
import { writeExtended } from './extended.js'
import { newSflowHeader, readSflowHeader, type SflowHeader, writeHeader } from './header.js'
import { writePacket } from './packet.js'
import { inlineMore } from './inlining.js'
import { hasSaidSize, recordBytes, sampleBytes } from './lengths.js'
import { clearRecords, newRecords, noteRecord, type Records } from './records.js'
import {
  COUNTER_SAMPLE,
  DISCARDED_PACKET,
  EXPANDED_COUNTER_SAMPLE,
  EXPANDED_FLOW_SAMPLE,
  FLOW_SAMPLE,
  sampleHeadBytes,
  writeSampleHead
} from './sample.js'

const buf = inputBytes()

/** What the length of a message takes, but for very short and very long ones. */
const PREFIX_BYTES = 2

/**
 * Decodes the datagram whose payload is `[start, end)` of the input and came from that address. Returns its head, valid until the next one; undefined where that
 * is not whole.
 */
export type SflowDecoder = (datagram: Datagram, exporter: string, start: number, end: number, decoding: Decoding) => SflowHeader | undefined

/** A decoder of datagrams that are known to be sFlow v5. `byAgent`: the agent's address goes before the datagram's source. `onCounterSample` is called with the counter samples. */
export function sflowDecoder(frames: FrameOptions = {}, byAgent = true, onCounterSample?: OnCounterSample): SflowDecoder {
  const header = newSflowHeader()
  const records = newRecords()
  const walk = newWalk(frames)
  let commonBytes = 0

  /**
   *     head sample*
   *     sample := enterprise(20 bits) format(12 bits) size(4) data(size)
   */
  function decodeSflow(datagram: Datagram, exporter: string, start: number, end: number, decoding: Decoding): SflowHeader | undefined {
    inlineMore()
    if (!readSflowHeader(start, end, header)) {
      decoding.report('truncated', 'no whole sFlow header with an agent address of a known type')
      return undefined
    }
    commonBytes = writeHeader(datagram, exporter, byAgent, header)
    let pos = header.samples
    for (let i = 0; i < header.sampleCount; i++) {
      if (end - pos < 8) {
        decoding.report('truncated', `the datagram ends after ${i} of ${header.sampleCount} samples`)
        return header
      }
      const format = inU32(pos)
      const size = sampleBytes(format, pos + 8, inU32(pos + 4), header.sampleCount - i - 1, end)
      pos += 8
      if (size > end - pos) {
        decoding.report('truncated', `sample ${i + 1} says ${size} bytes, the datagram has ${end - pos} more`)
        return header
      }
      switch (format) {
        case FLOW_SAMPLE:
        case EXPANDED_FLOW_SAMPLE:
        case DISCARDED_PACKET:
          decodeSample(format, pos, pos + size, decoding)
          break
        case COUNTER_SAMPLE:
        case EXPANDED_COUNTER_SAMPLE:
          decoding.counterSamples++
          if (onCounterSample !== undefined) onCounterSample(format, pos, pos + size, originOf(datagram, exporter, header), decoding.report)
      }
      pos += size
    }
    return header
  }

  function decodeSample(format: number, start: number, end: number, decoding: Decoding): void {
    const recordsStart = start + sampleHeadBytes(format)
    if (end < recordsStart) {
      decoding.report('malformed-sample', `a sample of format ${format} has ${end - start} bytes`)
      return
    }
    findRecords(inU32(recordsStart - 4), recordsStart, end, records, decoding)
    const { messages } = decoding
    const lengthAt = reserve(messages, messageBound(walk, end - start))
    walk.message = lengthAt + PREFIX_BYTES
    let pos = outCommon(walk.message, commonBytes)
    pos = writeSampleHead(format, start, pos)
    pos = writePacket(records, walk, pos)
    pos = writeExtended(records, walk, pos)
    pos = writeMappedFields(walk, pos)
    messages.pos = closeLength(lengthAt, PREFIX_BYTES, pos)
    messages.flows++
  }

  return decodeSflow
}

/** The agent is the exporter where it does not know its own address. */
function originOf({ receivedHi, receivedLo }: Datagram, exporter: string, header: SflowHeader): Origin {
  const { agentStart, agentEnd, subAgent, uptime } = header
  const isUnknown = inIsZero(agentStart, agentEnd - agentStart)
  const agent = isUnknown ? Buffer.from(exporter, 'latin1') : Buffer.from(buf.subarray(agentStart, agentEnd))
  return { agent, subAgent, uptime, receivedHi, receivedLo }
}

/** More than the message of a sample of so many bytes takes. */
function messageBound(walk: FrameWalk, sampleBytes: number): number {
  return 1024 + 2 * sampleBytes + frameFieldsBound(walk, sampleBytes)
}

/**
 *     record := enterprise(20 bits) format(12 bits) size(4) data(size)
 */
function findRecords(count: number, start: number, end: number, records: Records, decoding: Decoding): void {
  clearRecords(records)
  let pos = start
  for (let i = 0; i < count; i++) {
    if (end - pos < 8) {
      decoding.report('malformed-sample', `the sample ends after ${i} of ${count} records`)
      return
    }
    const format = inU32(pos)
    const said = inU32(pos + 4)
    pos += 8
    if (hasSaidSize(format, said) && said <= end - pos && noteRecord(format, pos, pos + said, records)) {
      pos += said
      continue
    }
    const size = recordBytes(format, pos, said, count - i - 1, end)
    if (size > end - pos) {
      decoding.report('malformed-record', `record ${i + 1} says ${size} bytes, its sample has ${end - pos} more`)
      return
    }
    if (!noteRecord(format, pos, pos + size, records)) {
      decoding.report('malformed-record', `a record of format ${format} does not fit its ${size} bytes`)
    }
    pos += size
  }
}
