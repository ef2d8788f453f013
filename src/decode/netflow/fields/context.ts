/** What the records of a data set share, and what the steps of one leave to those behind them. */
import type { FrameWalk } from '../../packet/walk.js'
import type { Domain, Told } from '../known/exporter.js'
import type { Rate } from '../known/sampling.js'
import type { Instant } from '../wire/instants.js'

/** What a datagram of v1, v5, v7, v9 or IPFIX says in front of its records, or said that a held set came in. */
export interface Export {
  /** a value of FlowType */
  readonly type: string
  readonly receivedHi: number
  readonly receivedLo: number
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

export interface RecordContext {
  readonly export: Export
  readonly templateId: number
  /** takes apart the sections of packets in records */
  readonly walk: FrameWalk
  /** bytes of the fields that every message of the set starts with */
  readonly commonBytes: number
  /** the exporter's address, a letter a byte */
  readonly sampler: string
  /** the rate that the user set for this exporter */
  readonly defaultRate: Rate | undefined
  readonly told: Told
  readonly systemInitMs: number
  /** the rate of all records, if there is one and it has 32 bits; else 0 */
  fixedRate: number
  /** the rate is another one, perhaps for each record */
  ratesVary: boolean
  /** some interface has a name */
  readonly interfacesNamed: boolean
  /** of the record's flow, which several steps may set before they are written */
  readonly start: Instant
  readonly end: Instant
}
