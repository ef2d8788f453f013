import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type AsOrder, asOrder, isPrivate } from '../../src/enrich/asorder.js'
import { NO_FACTS } from '../../src/enrich/facts.js'
import type { Source } from '../../src/enrich/records.js'
import { readFlows } from '../support/datagram-stream.js'
import { bytesOf, enricher, flowFrame } from './enriching.js'

const WORDS = ['exporter', 'exporter-except-private', 'networks', 'db'] as const

/** Says the same of every address. */
function saying(says: Source['says'], asn: number): Source & { name: string } {
  return {
    name: says,
    says,
    find: () => 1,
    facts: () => ({ ...NO_FACTS, asn, asName: says === 'db' ? `AS${asn}` : '' }),
    onFailure: () => assert.fail()
  }
}

/** Who is believed, by the words of the manual. */
function expected(order: AsOrder, exporter: number, networks: number, db: number): number {
  for (const word of order) {
    if (word === 'networks' && networks !== 0) return networks
    if (word === 'db' && db !== 0) return db
    if (word === 'exporter' && exporter !== 0) return exporter
    if (word === 'exporter-except-private' && exporter !== 0 && !isPrivate(exporter)) return exporter
  }
  return 0
}

test('any order, whoever says what: the first that says a number is believed', () => {
  const number = fc.constantFrom(0, 0, 3320, 15169, 64512, 4_200_000_001)
  const orders = fc.shuffledSubarray([...WORDS], { minLength: 1 })
  fc.assert(
    fc.property(orders, number, number, number, (order, exporter, networks, db) => {
      const enrich = enricher({ sources: [saying('networks', networks), saying('db', db)] }, { order })
      const flow = { src_addr: bytesOf('192.0.2.1'), src_as: exporter, dst_addr: bytesOf('192.0.2.2'), dst_as: exporter }
      const [{ src_as: src = 0, dst_as: dst = 0, src_as_name: name }] = readFlows(enrich(flowFrame(flow)).stream)
      const asn = expected(order, exporter, networks, db)
      assert.deepEqual([src, dst], [asn, asn])
      // only the database has names, each of its own number
      assert(name === undefined || (name === `AS${db}` && asn === db))
      if (order[0] === 'db' && db !== 0) assert.equal(name, `AS${db}`)
    }),
    { numRuns: 2000 }
  )
})

test('which numbers are private', () => {
  for (const asn of [23456, 64496, 64512, 65534, 65535, 65551, 4_200_000_000, 4_294_967_295]) assert(isPrivate(asn), String(asn))
  for (const asn of [1, 23455, 64495, 65552, 4_199_999_999]) assert(!isPrivate(asn), String(asn))
})

test('words of -as', () => {
  assert.deepEqual(asOrder('networks, DB,exporter-except-private'), ['networks', 'db', 'exporter-except-private'])
  assert.throws(() => asOrder('dbb'), /no 'dbb'; nearest: db,/)
  assert.throws(() => asOrder('db,db'), /db stands there twice/)
  assert.throws(() => asOrder(','), /one or more of exporter/)
})
