/** What flow-decode's command line makes of a decoder. */
import type { Log } from '../cli/log.js'
import type { Output } from '../flow/output.js'
import type { Mapping } from '../mapping/mapping.js'
import type { OnCounterSample } from './counters/counters.js'
import type { HeldLimits } from './netflow/known/held.js'
import type { Tunnel } from './packet/decap.js'
import type { RateOf } from './rateoption.js'
import type { RawFormat } from './raw/raw.js'
import type { OnError } from './errors.js'
import type { OnHeader } from './report/observer.js'
import type { SamplerChoice } from './sampleroption.js'

export interface DecoderOptions {
  readonly output: Output
  readonly log: Log
  readonly rateOf: RateOf
  /** log lines on errors per interval */
  readonly errorLines: number
  readonly errorIntervalMs: number
  readonly maxExporters: number
  /** memory for the state of all exporters */
  readonly maxStateBytes: number
  /** of one exporter */
  readonly maxTemplates: number
  readonly held: HeldLimits
  /** templates are forgotten after so many milliseconds without a definition, with `templateAccess` without use either; 0: never */
  readonly templateTtlMs: number
  readonly templateAccess: boolean
  readonly mapping?: Mapping
  /** which addresses go before the datagram's source as sampler_address */
  readonly sampler?: SamplerChoice
  /** the tunnels to peel off sampled packets */
  readonly decap?: readonly Tunnel[]
  /** write datagrams as text instead of flows */
  readonly raw?: RawFormat
  /** called with each datagram's header, once it is decoded */
  readonly onHeader?: OnHeader
  /** called with each error that is counted */
  readonly onError?: OnError
  /** called with each counter sample; without it they are only counted */
  readonly onCounterSample?: OnCounterSample
  /** log each template, and what options data says */
  readonly debug?: boolean
  /** whether to time the decoding of each datagram */
  readonly timed: boolean
}
