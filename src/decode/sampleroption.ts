/** `-sampler`: whose address sampler_address is. Templates, rates, logs and metrics go by the datagram's source all the same. */
import { badValue } from '../cli/options.js'

/**
 * source: who sent the datagram; agent: what sFlow's header says; record: who observed the flow, where a record or its domain's options data say it,
 * behind a proxy or a mediator that exports for others.
 */
const SOURCES = ['source', 'agent', 'record'] as const

/** What goes before the datagram's source. No protocol has both. */
export interface SamplerChoice {
  readonly agent: boolean
  readonly record: boolean
}

/** Reads the option's word, the first of a list that has an address; the source is the last resort of every list. Throws a bad value. */
export function parseSampler(word: string): SamplerChoice {
  const order = word.split(',').map((part) => part.trim())
  for (const part of order) {
    if (!(SOURCES as readonly string[]).includes(part)) throw badValue(`'${part}' is none of ${SOURCES.join(', ')}.`)
  }
  if (new Set(order).size < order.length) throw badValue(`'${word}' names one of them twice.`)
  const beforeSource = order.slice(0, order.includes('source') ? order.indexOf('source') : order.length)
  return { agent: beforeSource.includes('agent'), record: beforeSource.includes('record') }
}
