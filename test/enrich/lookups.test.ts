import assert from 'node:assert/strict'
import test from 'node:test'
import { answerStore } from '../../src/enrich/answers.js'
import { DEFAULT_ORDER } from '../../src/enrich/asorder.js'
import { enriching } from '../../src/enrich/enriching.js'
import { openLookups } from '../../src/enrich/lookups.js'
import type { Source } from '../../src/enrich/records.js'
import { numbers } from '../support/generate.js'
import type { MmdbValue } from '../support/mmdb-writer.js'
import { bytesOf, countsOf, lookupsIn, sourceOf } from './enriching.js'

const asOf = (number: number): MmdbValue => ({
  autonomous_system_number: number,
  autonomous_system_organization: String(number).padStart(200)
})
const ASN = {
  networks: [
    ...Array.from({ length: 200 }, (_, i): [string, MmdbValue] => [`10.${i}.0.0/16`, asOf(i + 1)]),
    ...Array.from({ length: 50 }, (_, i): [string, MmdbValue] => [`2001:db8:${i.toString(16)}::/48`, asOf(i + 1000)])
  ]
}

function addressOf(random: number): { address: Buffer; asn: number } {
  const i = random % 250
  const low = (random >>> 16) & 0xff
  if (i < 200) return { address: Buffer.from([10, i, 0, low]), asn: i + 1 }
  return { address: bytesOf(`2001:db8:${(i - 200).toString(16)}::${low.toString(16)}`), asn: i + 800 }
}

for (const setBits of [1, 3, 12]) {
  test(`a table of ${2 << setBits} addresses answers right, whatever it pushes out`, async () => {
    const lookups = await lookupsIn([ASN], setBits)
    const random = numbers(5)
    for (let i = 0; i < 5000; i++) {
      const { address, asn } = addressOf(random())
      assert(lookups.find(address, 0, address.length))
      assert.equal(lookups.answer.asn, asn)
      assert(lookups.counts.entries <= 2 << setBits)
    }
    assert.deepEqual(countsOf(lookups), { hit: 5000, miss: 0, error: 0 })
    assert.equal(lookups.counts.asked, 5000)
    assert(setBits < 12 || lookups.counts.remembered > 0)
  })
}

test('addresses that differ in one word alone are different addresses', async () => {
  const addresses = Array.from({ length: 16 }, (_, i) => {
    const address = Buffer.alloc(16, 0x20)
    for (let word = 0; word < 4; word++) address[4 * word + 3] = (i >> word) & 1
    return address
  })
  const networks = addresses.map((address, i): [string, MmdbValue] => [
    `${address.toString('hex').replace(/....(?!$)/g, '$&:')}/128`,
    { autonomous_system_number: i + 1 }
  ])
  const lookups = await lookupsIn([{ networks }], 1)
  const random = numbers(13)
  for (let i = 0; i < 1000; i++) {
    const which = random() % 16
    lookups.find(addresses[which], 0, 16)
    assert.equal(lookups.answer.asn, which + 1)
  }
})

test('an address met again is remembered, as IPv4 and as the IPv4-mapped address', async () => {
  const lookups = await lookupsIn([ASN])
  for (const address of [
    bytesOf('10.3.0.1'),
    bytesOf('10.3.0.1'),
    Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), bytesOf('10.3.0.1')])
  ]) {
    lookups.find(address, 0, address.length)
    assert.equal(lookups.answer.asn, 4)
  }
  assert.equal(lookups.counts.remembered, 2)
  assert.equal(lookups.counts.entries, 1)
})

test('two addresses of one set stay, the third pushes out the older', async () => {
  const lookups = await lookupsIn([ASN], 1)
  const random = numbers(9)
  // with two sets, some of these share one
  const addresses = Array.from({ length: 4 }, () => addressOf(random()).address)
  for (const address of addresses) lookups.find(address, 0, address.length)
  const before = lookups.counts.remembered
  const last = addresses[3]
  lookups.find(last, 0, last.length)
  assert.equal(lookups.counts.remembered, before + 1)
})

test('what is too much is forgotten between messages, and learned again', async () => {
  const sources = [{ name: 'asn', ...(await sourceOf(ASN)) }]
  const tables = { sources, networks: undefined, exporters: undefined, interfaces: undefined, databases: [], all: [] }
  const { prepare, lookups } = enriching(tables, { order: DEFAULT_ORDER, samplingRate: 0, communityId: false }, 20)
  assert(lookups !== undefined)
  const random = numbers(11)
  let forgotten = 0
  for (let i = 0; i < 500; i++) {
    const before = lookups.size()
    prepare()
    if (lookups.size() < before) forgotten++
    const { address, asn } = addressOf(random())
    lookups.find(address, 0, address.length)
    assert.equal(lookups.answer.asn, asn)
    assert(lookups.size() <= 20)
  }
  assert(forgotten > 10)
})

test('addresses of other lengths than 4 and 16 are not looked up', async () => {
  const lookups = await lookupsIn([ASN])
  for (const length of [0, 1, 3, 5, 6, 15, 17, 20]) assert.equal(lookups.find(Buffer.alloc(20, 10), 0, length), false)
  assert.equal(lookups.counts.asked, 0)
})

test('each database counts its own results', async () => {
  const lookups = await lookupsIn([ASN, { networks: [['10.0.0.0/9', { country_code: 'DE' }]] }])
  for (const address of ['10.1.0.1', '10.150.0.1', '10.150.0.1', '192.0.2.1']) lookups.find(bytesOf(address), 0, 4)
  assert.deepEqual(countsOf(lookups, 0), { hit: 3, miss: 1, error: 0 })
  assert.deepEqual(countsOf(lookups, 1), { hit: 1, miss: 3, error: 0 })
})

test('another database counts as soon as what was remembered is forgotten', async () => {
  let current = await sourceOf({ networks: [['192.0.2.0/24', { asn: 1 }]] })
  const source: Source = {
    says: 'db',
    find: (a, b, c, d) => current.find(a, b, c, d),
    facts: (record, a, b, c, d) => current.facts(record, a, b, c, d),
    onFailure: () => undefined
  }
  const lookups = openLookups([source], DEFAULT_ORDER, answerStore(), 4)
  const ask = (): number => {
    lookups.find(bytesOf('192.0.2.1'), 0, 4)
    return lookups.answer.asn
  }
  assert.equal(ask(), 1)
  current = await sourceOf({ networks: [['192.0.2.0/24', { asn: 2 }]] })
  assert.equal(ask(), 1)
  lookups.forget()
  assert.equal(ask(), 2)
  assert.equal(lookups.counts.entries, 1)
})
