/** The head of an sFlow v5 datagram, and addresses as XDR has them (sFlow Version 5, section 5 "sFlow Datagram Format"). */
import { readUint32 } from '../../flow/bigendian.js'

export interface SflowHeader {
  /** bounds of the agent's address: 0 (unknown), 4 or 16 bytes */
  agentStart: number
  agentEnd: number
  subAgent: number
  sequence: number
  /** milliseconds since the agent started */
  uptime: number
  /** how many samples are said to follow, and where they start */
  samples: number
  samplesStart: number
}

export function newSflowHeader(): SflowHeader {
  return { agentStart: 0, agentEnd: 0, subAgent: 0, sequence: 0, uptime: 0, samples: 0, samplesStart: 0 }
}

/**
 * Reads the head of the datagram at `buf[start, end)`; false where it is cut short or the agent's address is of a type that there is not.
 *
 *     version(4) agent(address) sub-agent(4) sequence(4) uptime(4) samples(4)
 */
export function readSflowHeader(buf: Buffer, start: number, end: number, header: SflowHeader): boolean {
  if (end - start < 8) return false
  const agentEnd = addressEnd(buf, start + 4, end)
  if (agentEnd < 0 || end - agentEnd < 16) return false
  header.agentStart = start + 8
  header.agentEnd = agentEnd
  header.subAgent = readUint32(buf, agentEnd)
  header.sequence = readUint32(buf, agentEnd + 4)
  header.uptime = readUint32(buf, agentEnd + 8)
  header.samples = readUint32(buf, agentEnd + 12)
  header.samplesStart = agentEnd + 16
  return true
}

/**
 * Where the address at `at` ends, its bytes start at `at + 4`; −1 where it does not end before `end` or is of another type.
 *
 *     address := 0(4) | 1(4) IPv4(4) | 2(4) IPv6(16)
 */
export function addressEnd(buf: Buffer, at: number, end: number): number {
  if (end - at < 4) return -1
  const type = readUint32(buf, at)
  const addressBytes = type === 0 ? 0 : type === 1 ? 4 : type === 2 ? 16 : Infinity
  return at + 4 + addressBytes <= end ? at + 4 + addressBytes : -1
}
