/** What a datagram says in front of its records. */
import { domainOf } from '../known/domain.js'
import type { Domain, Port } from '../known/state.js'
import type { Rate } from '../known/sampling.js'
import type { LegacyHeader } from '../wire/legacy.js'
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
    type: header.type,
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

/** Of a datagram of v1, v5 or v7. */
export function exportOfLegacy(port: Port, version: number, { receivedHi, receivedLo }: Received, header: LegacyHeader): Export {
  const { layout, sequence, seconds, nanos, uptime, samplingInterval } = header
  return {
    type: layout.type,
    receivedHi,
    receivedLo,
    sequence,
    observationDomain: 0,
    domain: domainOf(port, version, 0),
    seconds,
    nanos,
    uptime,
    rate: samplingInterval > 0 ? { hi: 0, lo: samplingInterval } : undefined
  }
}
