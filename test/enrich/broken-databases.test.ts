import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { BrokenDatabaseError, databaseOf, openDatabase, survey } from '../../src/enrich/databases/database.js'
import { numbers } from '../support/generate.js'
import { mmdb, type MmdbValue } from '../support/mmdb-writer.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { countsOf, factsOf, lookupsIn } from './enriching.js'

const OWN = mmdb({
  type: 'Mixed',
  networks: Array.from({ length: 60 }, (_, i): [string, MmdbValue] => [
    i % 3 === 0 ? `2001:db8:${i.toString(16)}::/48` : `${i}.${i % 7}.0.0/16`,
    {
      autonomous_system_number: i + 1,
      autonomous_system_organization: `Organization ${i}`,
      country: { iso_code: 'DE', names: { en: 'Germany' } },
      list: [i, 1.5, true]
    }
  ])
})

/** Opens a file and looks addresses up in it, from all over; gives what became of it. */
async function tryOut(file: Buffer, lookups = 300): Promise<'refused' | 'unreadable' | 'open'> {
  const random = numbers(7)
  try {
    const { read, failure } = survey(await databaseOf(file), (record) => factsOf(record).asn > 0)
    const open = await lookupsIn([file])
    const address = Buffer.alloc(16)
    for (let i = 0; i < lookups; i++) {
      for (let at = 0; at < 16; at += 4) address.writeUInt32BE(random(), at)
      if (i % 2 === 0) address[0] = 0x20 | (address[0] & 1)
      open.find(address, i % 3 === 0 ? 0 : 12, 16)
    }
    const { hit, miss, error } = countsOf(open)
    assert.equal(hit + miss + error, lookups)
    return read === 0 && failure !== undefined ? 'unreadable' : 'open'
  } catch (error) {
    assert(error instanceof BrokenDatabaseError, String(error))
    assert.doesNotMatch(error.message, /\n/)
    return 'refused'
  }
}

test('a whole database opens', async () => {
  assert.equal(await tryOut(OWN), 'open')
})

test('a database cut anywhere is refused', async () => {
  for (let size = 0; size < OWN.length; size += size < OWN.length - 200 ? 97 : 1) {
    assert.notEqual(await tryOut(OWN.subarray(0, size), 20), 'open', `${size} bytes`)
  }
})

test('a database with wrong bytes is refused, or answers, or fails by the lookup', async () => {
  const random = numbers(3)
  const seen = new Set<string>()
  for (let round = 0; round < 400; round++) {
    const file = Buffer.from(OWN)
    // the first half: anywhere; then: in the metadata, which are short
    const from = round < 200 ? 0 : file.lastIndexOf('MaxMind.com')
    for (let i = random() % 8; i >= 0; i--) file[from + (random() % (file.length - from))] = random() & 0xff
    seen.add(await tryOut(file, 60))
  }
  assert(seen.has('refused') && seen.has('open'))
})

test('what is no database is told for what it is', async () => {
  const refusals: [Buffer, RegExp][] = [
    [Buffer.alloc(0), /is empty/],
    [Buffer.from('network,asn\n192.0.2.0/24,64500\n'), /no MMDB file, or one cut short/],
    [Buffer.from('1f8b08000000000000', 'hex'), /gzip: unpack it first/],
    [Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), /no MMDB file, or a broken one/]
  ]
  for (const [file, reason] of refusals) await assert.rejects(databaseOf(file), reason)
  await assert.rejects(openDatabase('/dev/null'), /is no regular file/)
})

test('a record that cannot be read is decoded once for what stands beside it, and counted each time it is met', async () => {
  const file = mmdb({
    networks: [
      ['192.0.2.0/24', { name: 'x' }],
      ['198.51.100.0/24', { autonomous_system_number: 64500 }]
    ]
  })
  // the first record's map becomes an array of many that are not there
  const at = file.indexOf(Buffer.from('\xe1\x44name', 'latin1'))
  assert(at > 0)
  file[at] = 0x1f
  file[at + 1] = 4
  const places = { networks: [['192.0.2.0/29', { city: 'Lyon' }]] } as const
  for (const [databases, combinations] of [
    [[file], 1],
    [[file, places], 2]
  ] as const) {
    const lookups = await lookupsIn(databases, 1)
    for (let i = 0; i < 10; i++) {
      lookups.find(Buffer.from([192, 0, 2, i]), 0, 4)
      lookups.find(Buffer.from([198, 51, 100, i]), 0, 4)
    }
    assert.deepEqual(countsOf(lookups), { hit: 10, miss: 0, error: 10 })
    assert.equal(lookups.failures.length, combinations)
  }
})

function filesUnder(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.mmdb'))
    .map((name) => path.join(folder, name))
}

test('every file of the test data opens or is refused', { skip: withoutCaptures }, async () => {
  const results = new Map<string, string>()
  for (const file of filesUnder(path.join(CAPTURES, 'mmdb'))) results.set(path.basename(file), await tryOut(fs.readFileSync(file)))
  assert(results.size > 40)
  assert.equal(results.get('GeoIP2-City-Test.mmdb'), 'open')
  assert.equal(results.get('libmaxminddb-metadata-marker-only.mmdb'), 'refused')
  assert.equal(results.get('libmaxminddb-oversized-array.mmdb'), 'unreadable')
})
