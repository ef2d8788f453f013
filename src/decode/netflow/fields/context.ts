/** What the records of a data set share, and what the steps of one leave to those behind them. */
import type { FrameWalk } from '../../packet/walk.js'
import type { OptionsData } from '../known/state.js'
import type { Rate } from '../known/sampling.js'
import type { Export } from './export.js'
import type { Instant } from '../wire/instants.js'

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
  readonly optionsData: OptionsData
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
