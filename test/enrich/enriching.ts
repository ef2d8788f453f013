/** Enriches in this process, with databases made on the spot. */
import type { Log } from '../../src/cli/log.js'
import { answerStore } from '../../src/enrich/answers.js'
import { type AsOrder, DEFAULT_ORDER } from '../../src/enrich/asorder.js'
import { databaseOf } from '../../src/enrich/databases/database.js'
import { asOf, cityOf, countryOf } from '../../src/enrich/databases/publishers.js'
import { findRecord, TREE_BROKEN } from '../../src/enrich/databases/tree.js'
import { enriching } from '../../src/enrich/enriching.js'
import { type Facts, NO_FACTS } from '../../src/enrich/facts.js'
import { type Lookups, openLookups } from '../../src/enrich/lookups.js'
import { RESULTS, type Source } from '../../src/enrich/records.js'
import { rewriter } from '../../src/enrich/rewrite.js'
import type { Tables } from '../../src/enrich/tables.js'
import { parseAddress } from '../../src/flow/address.js'
import { frameReader } from '../../src/flow/frames.js'
import type { Output } from '../../src/flow/output.js'
import { FlowMessage } from '../support/datagram-stream.js'
import { mmdb, type MmdbOptions } from '../support/mmdb-writer.js'

export const bytesOf = (address: string): Buffer => parseAddress(address)!

/** A FlowMessage with its length in front, written by protobufjs. */
export function flowFrame(fields: Record<string, unknown>): Buffer {
  return Buffer.from(FlowMessage.encodeDelimited(fields).finish())
}

/** Any bytes with their length in front. */
export function frame(message: Uint8Array): Buffer {
  const length: number[] = []
  let rest = message.length
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([...length, rest]), message])
}

/** All that a record tells. */
export function factsOf(record: unknown): Facts {
  return { ...NO_FACTS, ...asOf(record), country: countryOf(record), city: cityOf(record) }
}

/** A database as a source, read for all that it tells; `failures` get the errors of its records. */
export async function sourceOf(database: MmdbOptions | Buffer, failures: unknown[] = [], facts = factsOf): Promise<Source> {
  const { tree, record } = await databaseOf(Buffer.isBuffer(database) ? database : mmdb(database))
  return {
    says: 'db',
    find: (a, b, c, d) => findRecord(tree, a, b, c, d),
    facts(position, a, b, c, d) {
      if (position === TREE_BROKEN) throw new Error('the search tree leads nowhere')
      return facts(record(a, b, c, d))
    },
    onFailure: (error) => failures.push(error)
  }
}

/** Lookups in these databases, and the errors of their records. */
export async function lookupsIn(
  databases: readonly (MmdbOptions | Buffer)[],
  setBits = 4
): Promise<Lookups & { failures: unknown[]; bytes: () => Buffer }> {
  const failures: unknown[] = []
  const store = answerStore()
  const sources = await Promise.all(databases.map(async (database) => sourceOf(database, failures)))
  return Object.assign(openLookups(sources, DEFAULT_ORDER, store, setBits), { failures, bytes: store.bytes })
}

/** What one source's lookups gave. */
export function countsOf(lookups: Lookups, source = 0): Record<string, number> {
  return Object.fromEntries(RESULTS.map((result, i) => [result, lookups.count(source, i)]))
}

export interface Enriched {
  readonly stream: Buffer
  readonly flows: number
  readonly enriched: number
  readonly malformed: number
}

/** Sends streams through a rewriter with these tables; gives its output and its counts. */
export function enricher(
  tables: Partial<Tables>,
  { order = DEFAULT_ORDER, samplingRate = 0, communityId = false }: { order?: AsOrder; samplingRate?: number; communityId?: boolean } = {},
  mostCombinations?: number
): (stream: Buffer) => Enriched {
  const none = { sources: [], networks: undefined, exporters: undefined, interfaces: undefined, databases: [], all: [] }
  const { enrichments, prepare } = enriching({ ...none, ...tables }, { order, samplingRate, communityId }, mostCombinations)
  return (stream) => {
    const output = { buf: Buffer.alloc(64), pos: 0, reserve } as unknown as Output
    function reserve(size: number): void {
      if (output.buf.length - output.pos < size) output.buf = Buffer.concat([output.buf], 2 * (output.pos + size))
    }
    const { rewrite, counts } = rewriter(enrichments, prepare, output)
    const reader = frameReader(rewrite)
    reader.push(stream)
    reader.end()
    return { stream: Buffer.from(output.buf.subarray(0, output.pos)), ...counts }
  }
}

/** The same with databases. */
export async function enricherOf(
  databases: readonly (MmdbOptions | Buffer)[],
  options: Parameters<typeof enricher>[1] = {}
): Promise<(stream: Buffer) => Enriched> {
  const sources = await Promise.all(databases.map(async (database, i) => ({ name: String(i), ...(await sourceOf(database)) })))
  return enricher({ sources }, options)
}

/** A log that keeps its lines. */
export function keptLog(): Log & { lines: string[] } {
  const lines: string[] = []
  const at =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level} ${message}`)
    }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
