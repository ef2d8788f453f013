/** A database file (MMDB, the format of MaxMind and many others) in memory. */
import fs from 'node:fs/promises'
import {
  lookupText,
  findRecord,
  NOTHING_KNOWN,
  sampleAddresses,
  searchTree,
  SEPARATOR_BYTES,
  type SearchTree,
  TREE_BROKEN
} from './tree.js'

export interface Database {
  /** what it says it is: `GeoLite2-ASN`, `DBIP-City-Lite`, `ipinfo standard_asn.mmdb` */
  readonly type: string
  readonly built: Date
  readonly tree: SearchTree
  /** The record for the address of these four words. Throws where it, or the way to it, is broken. */
  readonly record: (a: number, b: number, c: number, d: number) => unknown
}

/** A file that is no database, or a broken one; the message says which, without its name. */
export class BrokenDatabaseError extends Error {}

const METADATA_MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
/** How far before the end the metadata may begin (MaxMind DB file format 2.0, "Database Metadata"). */
const METADATA_BYTES = 128 * 1024
/** Records looked at when a file is opened. */
const SAMPLES = 64

/** Reads a database. Throws the error of the system where it cannot be read, BrokenDatabaseError where it is none. */
export async function openDatabase(path: string): Promise<Database> {
  const stat = await fs.stat(path)
  // a pipe could be read once, and not again when it is time to reload
  if (!stat.isFile() && !stat.isDirectory()) throw new BrokenDatabaseError('is no regular file')
  return databaseOf(await fs.readFile(path))
}

/** The database in these bytes. Throws BrokenDatabaseError. */
export async function databaseOf(buf: Buffer): Promise<Database> {
  if (buf[0] === 0x1f && buf[1] === 0x8b) throw new BrokenDatabaseError('is packed with gzip: unpack it first')
  const tail = buf.subarray(Math.max(0, buf.length - METADATA_BYTES))
  const marker = tail.lastIndexOf(METADATA_MARKER)
  if (marker < 0)
    throw new BrokenDatabaseError(buf.length === 0 ? 'is empty' : 'is no MMDB file, or one cut short: there are no metadata at its end')
  const dataEnd = buf.length - tail.length + marker
  const { Reader } = await import('maxmind')
  try {
    const reader = new Reader(buf)
    const { nodeCount, recordSize, ipVersion, searchTreeSize, databaseType, buildEpoch, binaryFormatMajorVersion } = reader.metadata
    if (binaryFormatMajorVersion !== 2) throw new Error(`format version ${binaryFormatMajorVersion}`)
    if (!Number.isInteger(nodeCount) || (ipVersion !== 4 && ipVersion !== 6)) throw new Error('the metadata make no sense')
    if (searchTreeSize + SEPARATOR_BYTES > dataEnd) throw new Error('the search tree is larger than the file')
    return {
      type: String(databaseType),
      built: buildEpoch,
      tree: searchTree(buf, nodeCount, recordSize, ipVersion, dataEnd),
      record: (a, b, c, d) => reader.get(lookupText(a, b, c, d))
    }
  } catch (error) {
    throw new BrokenDatabaseError(`is no MMDB file, or a broken one: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What a look at some of a database's records gave. */
export interface Survey {
  /** records that could be read */
  read: number
  /** those of them that have the wanted fact */
  useful: number
  /** why records could not be read: the first of the reasons */
  failure?: string
}

/** Reads some records from all over the database; `isUseful` says whether one has the wanted fact. */
export function survey(database: Database, isUseful: (record: unknown) => boolean): Survey {
  const found: Survey = { read: 0, useful: 0 }
  const seen = new Set<number>()
  for (const [a, b, c, d] of sampleAddresses(database.tree, SAMPLES)) {
    try {
      const position = findRecord(database.tree, a, b, c, d)
      if (position === NOTHING_KNOWN || seen.has(position)) continue
      seen.add(position)
      if (position === TREE_BROKEN) throw new Error('the search tree leads nowhere')
      const useful = isUseful(database.record(a, b, c, d))
      found.read++
      if (useful) found.useful++
    } catch (error) {
      found.failure ??= error instanceof Error ? error.message : String(error)
    }
  }
  return found
}
