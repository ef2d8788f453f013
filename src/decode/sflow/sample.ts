/** Samples that become FlowMessages, of three kinds (sFlow Version 5, section 5; sFlow Discarded Packet Notification Structures). */
import { fieldTag } from '../../flow/proto.js'
import { inU32 } from '../memory/in.js'
import { outUint32 } from '../memory/out.js'

export const FLOW_SAMPLE = 1
export const COUNTER_SAMPLE = 2
export const EXPANDED_FLOW_SAMPLE = 3
export const EXPANDED_COUNTER_SAMPLE = 4
export const DISCARDED_PACKET = 5

const SAMPLING_RATE = fieldTag('sampling_rate')
const PACKETS = fieldTag('packets')
const IN_IF = fieldTag('in_if')
const OUT_IF = fieldTag('out_if')
const FLOW_DIRECTION = fieldTag('flow_direction')
const FORWARDING_STATUS = fieldTag('forwarding_status')
const DROP_REASON = fieldTag('drop_reason')

/** Bytes of a sample of that format before its records, the last four of which count them; 0 of one that we do not know. */
export function sampleHeadBytes(format: number): number {
  switch (format) {
    case FLOW_SAMPLE:
    case DISCARDED_PACKET:
      return 32
    case EXPANDED_FLOW_SAMPLE:
      return 44
    case COUNTER_SAMPLE:
      return 12
    case EXPANDED_COUNTER_SAMPLE:
      return 16
    default:
      return 0
  }
}

/** Whether samples of that format become FlowMessages. */
export function isFlowFormat(format: number): boolean {
  return format === FLOW_SAMPLE || format === EXPANDED_FLOW_SAMPLE || format === DISCARDED_PACKET
}

/** Writes what the head of a sample of that format at `at`, which is whole, says; returns the position behind. */
export function writeSampleHead(format: number, at: number, pos: number): number {
  pos = outUint32(pos, PACKETS, 1)
  switch (format) {
    case FLOW_SAMPLE:
      return writeFlowHead(at, pos)
    case EXPANDED_FLOW_SAMPLE:
      return writeExpandedHead(at, pos)
    default:
      return writeDiscardedHead(at, pos)
  }
}

/**
 *     sequence(4) source(class(8 bits) index(24 bits)) rate(4) pool(4) drops(4) input(format(2 bits) value(30 bits)) output(same) records(4)
 */
function writeFlowHead(at: number, pos: number): number {
  const input = inU32(at + 20)
  const output = inU32(at + 24)
  pos = outUint32(pos, SAMPLING_RATE, inU32(at + 8))
  if (output >>> 30 === DROPPED_FORMAT) pos = writeDropped(pos, output & 0x3fffffff)
  const source = inU32(at + 4)
  return writeInterfaces(
    pos,
    source >>> 24,
    source & 0xffffff,
    ifIndex(input >>> 30, input & 0x3fffffff),
    ifIndex(output >>> 30, output & 0x3fffffff)
  )
}

/**
 *     sequence(4) source class(4) source index(4) rate(4) pool(4) drops(4)
 *     input format(4) input value(4) output format(4) output value(4) records(4)
 */
function writeExpandedHead(at: number, pos: number): number {
  const input = ifIndex(inU32(at + 24), inU32(at + 28))
  const outputFormat = inU32(at + 32)
  const output = inU32(at + 36)
  pos = outUint32(pos, SAMPLING_RATE, inU32(at + 12))
  if (outputFormat === DROPPED_FORMAT) pos = writeDropped(pos, output)
  return writeInterfaces(pos, inU32(at + 4), inU32(at + 8), input, ifIndex(outputFormat, output))
}

/**
 *     sequence(4) source class(4) source index(4) drops(4) input(4) output(4) reason(4) records(4)
 */
function writeDiscardedHead(at: number, pos: number): number {
  pos = outUint32(pos, SAMPLING_RATE, 1) // they are not sampled
  pos = writeDropped(pos, inU32(at + 24))
  const input = ifIndex(0, inU32(at + 16))
  return writeInterfaces(pos, inU32(at + 4), inU32(at + 8), input, ifIndex(0, inU32(at + 20)))
}

/** The format of an output whose value is the reason for which the packet was dropped; 0: an ifIndex, 2: how many interfaces it went to. */
const DROPPED_FORMAT = 1

/** The interface, 0 for none in particular: the two highest numbers stand for the device itself, the second only where there is room for it. */
function ifIndex(format: number, value: number): number {
  return format !== 0 || value === 0x3fffffff || value === 0xffffffff ? 0 : value
}

/** RFC 7270 section 4.12: dropped, for a reason that it has no number for. */
const DROPPED_STATUS = 128

function writeDropped(pos: number, reason: number): number {
  return outUint32(outUint32(pos, FORWARDING_STATUS, DROPPED_STATUS), DROP_REASON, reason)
}

/** Egress where the source is the output interface and not the input; a source of class 0 is an interface. */
function writeInterfaces(pos: number, sourceClass: number, source: number, input: number, output: number): number {
  pos = outUint32(pos, IN_IF, input)
  pos = outUint32(pos, OUT_IF, output)
  return sourceClass === 0 && source !== 0 && source === output && source !== input ? outUint32(pos, FLOW_DIRECTION, 1) : pos
}
