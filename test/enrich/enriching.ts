/** Enriches in this process, with databases made on the spot. */
import type { Log } from '../../src/cli/log.js'
import { openLookups, type Lookups } from '../../src/enrich/lookups.js'
import { RESULTS } from '../../src/enrich/records.js'
import { databaseOf } from '../../src/enrich/database.js'
import { asOf, cityOf, countryOf, type Facts } from '../../src/enrich/facts.js'
import { type Rewriting, rewriter } from '../../src/enrich/rewrite.js'
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
  return { ...asOf(record), country: countryOf(record), city: cityOf(record) }
}

/** Lookups in these databases, each read for all that it tells. */
export async function lookupsIn(
  databases: readonly (MmdbOptions | Buffer)[],
  setBits = 4,
  maxRecords = 1000
): Promise<Lookups & { failures: unknown[] }> {
  const failures: unknown[] = []
  const sources = await Promise.all(
    databases.map(async (database) => ({
      database: await databaseOf(Buffer.isBuffer(database) ? database : mmdb(database)),
      facts: factsOf,
      onFailure: (error: unknown) => failures.push(error)
    }))
  )
  return Object.assign(openLookups(sources, setBits, maxRecords), { failures })
}

/** What one source's lookups gave. */
export function countsOf(lookups: Lookups, source = 0): Record<string, number> {
  return Object.fromEntries(RESULTS.map((result, i) => [result, lookups.count(source, i)]))
}

/** Sends a stream through a rewriter; gives its output and its counts. */
export function enrich(
  lookups: Lookups,
  stream: Buffer,
  rewriting: Partial<Rewriting> = {}
): { stream: Buffer; flows: number; enriched: number; malformed: number } {
  const output = { buf: Buffer.alloc(64), pos: 0, reserve } as unknown as Output
  function reserve(size: number): void {
    if (output.buf.length - output.pos < size) output.buf = Buffer.concat([output.buf], 2 * (output.pos + size))
  }
  const { rewrite, counts } = rewriter(lookups, { keepAs: false, samplingRate: 0, ...rewriting }, output)
  const reader = frameReader(rewrite)
  reader.push(stream)
  reader.end()
  return { stream: Buffer.from(output.buf.subarray(0, output.pos)), ...counts }
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
