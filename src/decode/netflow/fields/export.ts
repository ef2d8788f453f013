/** What a datagram says in front of its records. */
import { inU16, inU32 } from '../../memory/in.js'
import { domainOf } from '../known/domain.js'
import type { Domain, Port } from '../known/exporter.js'
import type { Rate } from '../known/sampling.js'
import type { SetHeader } from '../wire/sets.js'

/** When it came, in nanoseconds since 1970. */
export interface Received {
  readonly receivedHi: number
  readonly receivedLo: number
}

/** What a datagram of v1, v5, v7, v9 or IPFIX says in front of its records, or said that a held set came in. */
export interface Export extends Received {
  /** a value of FlowType */
  readonly type: string
  readonly sequence: number
  readonly observationDomain: number
  readonly domain: Domain
  /** when it was sent: seconds since 1970 and nanoseconds */
  readonly seconds: number
  readonly nanos: number
  /** the exporter's uptime in milliseconds; NaN in IPFIX, which has none */
  readonly uptime: number
  /** the rate of v5's header */
  readonly rate: Rate | undefined
}

/** Of a message of v9 or IPFIX from that port. */
export function exportOfSets(port: Port, { receivedHi, receivedLo }: Received, header: SetHeader): Export {
  return {
    type: header.version === 9 ? 'NETFLOW_V9' : 'IPFIX',
    receivedHi,
    receivedLo,
    sequence: header.sequence,
    observationDomain: header.domain,
    domain: domainOf(port, header.version, header.domain),
    seconds: header.seconds,
    nanos: 0,
    uptime: header.uptime,
    rate: undefined
  }
}

/** Of a datagram of v1, v5 or v7 that stands at `start` of the input. */
export function exportOfLegacy(port: Port, { receivedHi, receivedLo }: Received, type: string, version: number, start: number): Export {
  const rate = version === 5 ? inU16(start + 22) & 0x3fff : 0
  return {
    type,
    receivedHi,
    receivedLo,
    sequence: version === 1 ? 0 : inU32(start + 16),
    observationDomain: 0,
    domain: domainOf(port, version, 0),
    seconds: inU32(start + 8),
    nanos: Math.min(inU32(start + 12), 999_999_999),
    uptime: inU32(start + 4),
    rate: rate > 0 ? { hi: 0, lo: rate } : undefined
  }
}
