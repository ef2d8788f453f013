/** An sFlow datagram's header as a report takes it: agent and sub-agent are its domain, and it tells no time. */
import { addressText } from '../../text/addresses.js'
import { inputBytes } from '../memory/in.js'
import type { SflowHeader } from '../sflow/header.js'
import type { SeenHeader } from './observer.js'

/** Reads the address from the input, where the datagram stands. */
export function sflowHeader({ agentStart, agentEnd, subAgent, sequence, uptime }: SflowHeader): SeenHeader {
  const agent = agentEnd > agentStart ? addressText(inputBytes().subarray(agentStart, agentEnd)) : 'unknown'
  return {
    type: 'SFLOW_5',
    domain: subAgent === 0 ? agent : `${agent} sub-agent ${subAgent}`,
    sequence,
    units: 1,
    options: 0,
    held: [],
    uptime,
    exportSeconds: NaN
  }
}
