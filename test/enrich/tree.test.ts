import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import fc from 'fast-check'
import { Reader, type Response } from 'maxmind'
import { databaseOf } from '../../src/enrich/databases/database.js'
import { findRecord, lookupText, NOTHING_KNOWN, sampleAddresses, TREE_BROKEN } from '../../src/enrich/databases/tree.js'
import { MAPPED_WORD } from '../../src/flow/address.js'
import { mmdb } from '../support/mmdb-writer.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { NO_FACTS } from '../../src/enrich/facts.js'
import { bytesOf, factsOf } from './enriching.js'

type Words = [number, number, number, number]

function words(bytes: Buffer): Words {
  const at = (i: number): number => bytes.readInt32BE(i)
  return bytes.length === 4 ? [0, 0, MAPPED_WORD, at(0)] : [at(0), at(4), at(8), at(12)]
}

/** The record that `database` finds; undefined for none. */
async function finder(file: Buffer): Promise<(address: Buffer) => unknown> {
  const database = await databaseOf(file)
  return (address) => {
    const position = findRecord(database.tree, ...words(address))
    assert.notEqual(position, TREE_BROKEN)
    return position === NOTHING_KNOWN ? undefined : database.record(...words(address))
  }
}

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes))
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes))

/** As it stands in an IPv6 tree. */
const below96 = (address: Buffer): Buffer => (address.length === 16 ? address : Buffer.concat([Buffer.alloc(12), address]))

function masked(address: Buffer, bits: number): Buffer {
  return Buffer.from(address.map((byte, i) => (8 * i + 8 <= bits ? byte : 8 * i >= bits ? 0 : byte & (0xff00 >> (bits - 8 * i)))))
}

function textOf(address: Buffer): string {
  return lookupText(...words(address))
}

for (const recordSize of [24, 28, 32] as const) {
  for (const ipVersion of [4, 6] as const) {
    test(`an IPv${ipVersion} tree with records of ${recordSize} bits gives the longest prefix`, async () => {
      // few distinct bits, so that networks nest and addresses fall into them
      const narrow = (size: number): fc.Arbitrary<Buffer> =>
        fc.array(fc.constantFrom(0, 0x20, 0x21, 0xff), { minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes))
      const network = (size: number): fc.Arbitrary<{ address: Buffer; bits: number }> =>
        fc.record({ address: narrow(size), bits: fc.integer({ min: 1, max: 8 * size }) })
      const networks = fc.array(ipVersion === 4 ? network(4) : fc.oneof(network(4), network(16)), { maxLength: 12 })
      const address = fc.oneof(narrow(4), ipv4, narrow(16), ipv6)
      await fc.assert(
        fc.asyncProperty(networks, fc.array(address, { minLength: 1, maxLength: 12 }), async (list, addresses) => {
          const distinct = new Map(list.map(({ address, bits }, i) => [`${textOf(masked(address, bits))}/${bits}`, i]))
          const file = mmdb({
            networks: [...distinct].map(([network, i]) => [network, { autonomous_system_number: i + 1 }]),
            recordSize,
            ipVersion
          })
          const find = await finder(file)
          const reader = new Reader<Response>(file)
          for (const asked of [...addresses, ...list.map(({ address }) => address)]) {
            if (ipVersion === 4 && asked.length === 16) continue
            const found = find(asked)
            assert.deepEqual(found ?? null, reader.get(textOf(asked)), textOf(asked))
            const place = below96(asked)
            const lengths = [...distinct.values()].map((i) => {
              const { address, bits } = list[i]
              const fullBits = address.length === 4 ? bits + 96 : bits
              return masked(place, fullBits).equals(masked(below96(address), fullBits)) ? fullBits : -1
            })
            const longest = Math.max(-1, ...lengths)
            const expected = [...distinct.values()].filter((_, i) => longest >= 0 && lengths[i] === longest).map((i) => i + 1)
            const given = (found as { autonomous_system_number: number } | undefined)?.autonomous_system_number
            assert(given === undefined ? expected.length === 0 : expected.includes(given), textOf(asked))
          }
        }),
        { numRuns: 60 }
      )
    })
  }
}

for (const recordSize of [28, 32] as const) {
  test(`records of ${recordSize} bits whose numbers take more than 24`, async () => {
    for (const [network, other] of [
      ['0.0.0.0/1', '128.0.0.0/1'],
      ['128.0.0.0/1', '0.0.0.0/1']
    ]) {
      const find = await finder(mmdb({ networks: [[network, 'here']], recordSize, ipVersion: 4, unused: (3 << 24) + 5 }))
      assert.equal(find(bytesOf(network.split('/')[0])), 'here')
      assert.equal(find(bytesOf(other.split('/')[0])), undefined)
    }
  })
}

test('an IPv4-mapped address is the IPv4 address, in trees of both kinds', async () => {
  for (const ipVersion of [4, 6] as const) {
    const find = await finder(mmdb({ networks: [['192.0.2.0/24', 'here']], ipVersion }))
    assert.equal(find(bytesOf('192.0.2.7')), 'here')
    assert.equal(find(Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), bytesOf('192.0.2.7')])), 'here')
    assert.equal(find(bytesOf('192.0.3.7')), undefined)
  }
})

test('an IPv4 tree knows nothing of IPv6 addresses that begin like one of its networks', async () => {
  const find = await finder(mmdb({ networks: [['32.1.0.0/16', 'here']], ipVersion: 4 }))
  assert.equal(find(bytesOf('32.1.13.184')), 'here')
  assert.equal(find(bytesOf('2001:db8::1')), undefined)
})

test('a record that holds for a network around ::/96 holds for IPv4', async () => {
  const find = await finder(mmdb({ networks: [['::/64', 'all']] }))
  assert.equal(find(bytesOf('192.0.2.7')), 'all')
  assert.equal(find(bytesOf('::1')), 'all')
  assert.equal(find(bytesOf('1::')), undefined)
})

test('samples come from all over the tree, IPv4 and IPv6', async () => {
  const networks = Array.from({ length: 64 }, (_, i): [string, number] => [i < 32 ? `10.0.${i}.0/24` : `2001:db8:${i}::/48`, i])
  const { tree } = await databaseOf(mmdb({ networks }))
  const samples = sampleAddresses(tree, 64)
  assert.equal(samples.length, 64)
  assert(samples.every(([a, b, c, d]) => findRecord(tree, a, b, c, d) > 0))
  assert(new Set(samples.filter(([a]) => a === 0).map(([a, b, c, d]) => findRecord(tree, a, b, c, d))).size > 8)
  assert(new Set(samples.filter(([a]) => a !== 0).map(([a, b, c, d]) => findRecord(tree, a, b, c, d))).size > 8)
})

const MMDB = path.join(CAPTURES, 'mmdb')

interface Golden {
  ip: string
  rec: Record<string, unknown> | null
}

for (const name of ['ASN', 'City', 'Country']
  .map((kind) => `GeoLite2-${kind}-Test`)
  .concat(['City', 'Country', 'ISP', 'Precision-Enterprise'].map((kind) => `GeoIP2-${kind}-Test`))) {
  test(`every lookup of ${name}`, { skip: withoutCaptures }, async () => {
    const find = await finder(fs.readFileSync(path.join(MMDB, `${name}.mmdb`)))
    const lines = fs
      .readFileSync(path.join(MMDB, 'golden', `${name}.lookups.jsonl`), 'utf8')
      .trim()
      .split('\n')
    let hits = 0
    for (const { ip, rec } of lines.map((line) => JSON.parse(line) as Golden)) {
      const found = find(bytesOf(ip))
      assert.equal(found === undefined, rec === null, ip)
      if (rec === null) continue
      hits++
      const at = (...keys: string[]): unknown =>
        keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], rec)
      const asn = at('autonomous_system_number') ?? at('traits', 'autonomous_system_number') ?? 0
      assert.deepEqual(
        factsOf(found),
        {
          ...NO_FACTS,
          asn,
          asName: asn === 0 ? '' : (at('autonomous_system_organization') ?? at('traits', 'autonomous_system_organization') ?? ''),
          country: at('country', 'iso_code') ?? at('registered_country', 'iso_code') ?? '',
          city: at('city', 'names', 'en') ?? ''
        },
        ip
      )
    }
    assert(hits > 50)
  })
}
