/** The head of an sFlow v5 datagram, addresses as XDR has them, and what stands for unknown (sFlow Version 5, section 5 "sFlow Datagram Format"). */
import type { Datagram } from '../../flow/datagram.js'
import { fieldTag, flowMessage } from '../../flow/proto.js'
import { inIsZero, inLetters, inU32, inU8 } from '../memory/in.js'
import { COMMON_AT, outInput, outLetters, outUint32, outUint64 } from '../memory/out.js'

export interface SflowHeader {
  /** bounds of the agent's address: 0 (unknown), 4 or 16 bytes */
  agentStart: number
  agentEnd: number
  subAgent: number
  sequence: number
  /** milliseconds since the agent started */
  uptime: number
  /** how many samples are said to follow, and where they start */
  sampleCount: number
  samples: number
}

export function newSflowHeader(): SflowHeader {
  return { agentStart: 0, agentEnd: 0, subAgent: 0, sequence: 0, uptime: 0, sampleCount: 0, samples: 0 }
}

/**
 * Reads the head of the datagram at `[start, end)` of the input; false where it is cut short or the agent's address is of a type that there is not.
 *
 *     version(4) agent(address) sub-agent(4) sequence(4) uptime(4) samples(4)
 */
export function readSflowHeader(start: number, end: number, header: SflowHeader): boolean {
  if (end - start < 8) return false
  const agentEnd = addressEnd(start + 4, end)
  if (agentEnd < 0 || end - agentEnd < 16) return false
  header.agentStart = start + 8
  header.agentEnd = agentEnd
  header.subAgent = inU32(agentEnd)
  header.sequence = inU32(agentEnd + 4)
  header.uptime = inU32(agentEnd + 8)
  header.sampleCount = inU32(agentEnd + 12)
  header.samples = agentEnd + 16
  return true
}

/** What an agent's sequence numbers are followed under: a number below zero (NetFlow's streams have those above), where it fits one, because a string costs each datagram more. */
export function agentKey({ agentStart, agentEnd, subAgent }: SflowHeader): number | string {
  if (agentEnd - agentStart === 4 && subAgent < 0x10000) return -(inU32(agentStart) * 0x10000 + subAgent)
  return `sflow ${inLetters(agentStart, agentEnd)} ${subAgent}`
}

/**
 * Where the address at `at` ends, whose bytes start at `at + 4`; −1 where it does not end before `end` or is of a type that there is not.
 *
 *     address := 0(4) | 1(4) IPv4(4) | 2(4) IPv6(16)
 */
export function addressEnd(at: number, end: number): number {
  if (end - at < 4 || inU32(at) > 2) return -1
  const addressed = wholeAddressEnd(at)
  return addressed <= end ? addressed : -1
}

/** The same of an address that is known to be whole. */
export function wholeAddressEnd(at: number): number {
  const type = inU8(at + 3)
  return type === 1 ? at + 8 : type === 2 ? at + 20 : at + 4
}

/** What sFlow writes for a VLAN or a priority that is not known. */
const UNKNOWN = 0xffffffff

/** The value, 0 where it is not known. */
export function known(value: number): number {
  return value === UNKNOWN ? 0 : value
}

const TYPE = fieldTag('type')
const TIME_RECEIVED = fieldTag('time_received_ns')
const SEQUENCE_NUM = fieldTag('sequence_num')
const SAMPLER_ADDRESS = fieldTag('sampler_address')
const TIME_FLOW_START = fieldTag('time_flow_start_ns')
const TIME_FLOW_END = fieldTag('time_flow_end_ns')

const SFLOW_5 = [...flowMessage.field('type').names!].find(([, name]) => name === 'SFLOW_5')![0]

/** Writes what all samples of a datagram have in common; returns how many bytes. sampler_address is the agent's where it says one, or else the exporter's. */
export function writeHeader({ receivedHi, receivedLo }: Datagram, exporter: string, byAgent: boolean, header: SflowHeader): number {
  let pos = outUint32(COMMON_AT, TYPE, SFLOW_5)
  pos = outUint64(pos, TIME_RECEIVED, receivedHi, receivedLo)
  pos = outUint64(pos, TIME_FLOW_START, receivedHi, receivedLo)
  pos = outUint64(pos, TIME_FLOW_END, receivedHi, receivedLo)
  pos = outUint32(pos, SEQUENCE_NUM, header.sequence)
  // an agent that does not know its address may say 0.0.0.0 as well as nothing
  const isUnknown = inIsZero(header.agentStart, header.agentEnd - header.agentStart)
  pos =
    !isUnknown && (byAgent || exporter === '')
      ? outInput(pos, SAMPLER_ADDRESS, header.agentStart, header.agentEnd)
      : outLetters(pos, SAMPLER_ADDRESS, exporter)
  return pos - COMMON_AT
}
