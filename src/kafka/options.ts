/** What flow-kafka's options come to. */
import type { Compression } from './codecs.js'
import type { SecurityOptions } from './security.js'

export interface KafkaOptions extends SecurityOptions {
  brokers: string
  srv?: string
  topic: string
  format: 'bin' | 'json' | 'text'
  delimited: boolean
  compression: Compression
  mapping?: string
  key?: string[]
  hashing: boolean
  maxmsgbytes: number
  flushbytes: number
  /** milliseconds */
  flushfreq: number
  /** milliseconds */
  giveup?: number
  /** a pack's bytes; 0: no packs */
  pack: number
  /** milliseconds */
  'pack.time': number
  consume?: boolean
  group?: string
  from: 'earliest' | 'latest'
  'exit-at-end'?: boolean
}
