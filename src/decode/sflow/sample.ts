/** The heads of the samples that become FlowMessages (sFlow Version 5, section 5; sFlow Discarded Packet Notification Structures). */
import { readUint32 } from '../../flow/bigendian.js'

export const FLOW_SAMPLE = 1
export const COUNTER_SAMPLE = 2
export const EXPANDED_FLOW_SAMPLE = 3
export const EXPANDED_COUNTER_SAMPLE = 4
export const DISCARDED_PACKET = 5

export interface SampleHead {
  samplingRate: number
  /** ifIndex; 0: unknown, internal, or several */
  input: number
  output: number
  dropped: boolean
  dropReason: number
  /** taken where the packet leaves */
  egress: boolean
  /** how many records are said to follow, and where they start */
  records: number
  recordsStart: number
}

export function newSampleHead(): SampleHead {
  return { samplingRate: 0, input: 0, output: 0, dropped: false, dropReason: 0, egress: false, records: 0, recordsStart: 0 }
}

/** Reads the head of a sample of one of the three formats; false where it is cut short. */
export function readSampleHead(buf: Buffer, format: number, at: number, end: number, head: SampleHead): boolean {
  switch (format) {
    case FLOW_SAMPLE:
      return readFlowHead(buf, at, end, head)
    case EXPANDED_FLOW_SAMPLE:
      return readExpandedHead(buf, at, end, head)
    default:
      return readDiscardedHead(buf, at, end, head)
  }
}

/**
 *     sequence(4) source(class(8 bits) index(24 bits)) rate(4) pool(4) drops(4) input(format(2 bits) value(30 bits)) output(same) records(4)
 */
function readFlowHead(buf: Buffer, at: number, end: number, head: SampleHead): boolean {
  if (end - at < 32) return false
  const input = readUint32(buf, at + 20)
  const output = readUint32(buf, at + 24)
  head.samplingRate = readUint32(buf, at + 8)
  setInterfaces(head, input >>> 30, input & 0x3fffffff, output >>> 30, output & 0x3fffffff)
  setDirection(head, buf[at + 4], readUint32(buf, at + 4) & 0xffffff)
  setRecords(buf, at + 28, head)
  return true
}

/**
 *     sequence(4) source class(4) source index(4) rate(4) pool(4) drops(4)
 *     input format(4) input value(4) output format(4) output value(4) records(4)
 */
function readExpandedHead(buf: Buffer, at: number, end: number, head: SampleHead): boolean {
  if (end - at < 44) return false
  head.samplingRate = readUint32(buf, at + 12)
  setInterfaces(head, readUint32(buf, at + 24), readUint32(buf, at + 28), readUint32(buf, at + 32), readUint32(buf, at + 36))
  setDirection(head, readUint32(buf, at + 4), readUint32(buf, at + 8))
  setRecords(buf, at + 40, head)
  return true
}

/**
 *     sequence(4) source class(4) source index(4) drops(4) input(4) output(4) reason(4) records(4)
 */
function readDiscardedHead(buf: Buffer, at: number, end: number, head: SampleHead): boolean {
  if (end - at < 32) return false
  head.samplingRate = 1 // every discarded packet is told of, or counted as not
  setInterfaces(head, 0, readUint32(buf, at + 16), 0, readUint32(buf, at + 20))
  head.dropped = true
  head.dropReason = readUint32(buf, at + 24)
  setDirection(head, readUint32(buf, at + 4), readUint32(buf, at + 8))
  setRecords(buf, at + 28, head)
  return true
}

/** Formats: 0 ifIndex, 1 dropped for the reason that the value is (output), 2 as many interfaces as the value says (output). */
function setInterfaces(head: SampleHead, inputFormat: number, input: number, outputFormat: number, output: number): void {
  head.input = inputFormat === 0 ? ifIndex(input) : 0
  head.output = outputFormat === 0 ? ifIndex(output) : 0
  head.dropped = outputFormat === 1
  head.dropReason = outputFormat === 1 ? output : 0
}

/** These two stand for the device itself, the second only where there is room for it. */
function ifIndex(value: number): number {
  return value === 0x3fffffff || value === 0xffffffff ? 0 : value
}

/** Sources of class 0 are interfaces. */
function setDirection(head: SampleHead, sourceClass: number, index: number): void {
  head.egress = sourceClass === 0 && index !== 0 && index === head.output && index !== head.input
}

function setRecords(buf: Buffer, countAt: number, head: SampleHead): void {
  head.records = readUint32(buf, countAt)
  head.recordsStart = countAt + 4
}
