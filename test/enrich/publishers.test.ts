import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { NO_FACTS } from '../../src/enrich/facts.js'
import { factsOf } from './enriching.js'

const SHAPES: [name: string, record: unknown, facts: object][] = [
  [
    'MaxMind and DB-IP ASN',
    { autonomous_system_number: 64500, autonomous_system_organization: 'Example' },
    { asn: 64500, asName: 'Example' }
  ],
  ['MaxMind ISP without a number', { isp: 'Example', organization: 'Example' }, {}],
  ['MaxMind ASN without a name', { autonomous_system_number: 64500 }, { asn: 64500 }],
  [
    'MaxMind Enterprise',
    { traits: { autonomous_system_number: 64500, autonomous_system_organization: 'Example' } },
    { asn: 64500, asName: 'Example' }
  ],
  [
    'MaxMind Country',
    { country: { iso_code: 'DE' }, registered_country: { iso_code: 'FR' }, represented_country: { iso_code: 'US' } },
    { country: 'DE' }
  ],
  ['MaxMind Country of an address that is only registered', { registered_country: { iso_code: 'FR' } }, { country: 'FR' }],
  ['MaxMind Country of a foreign base alone', { represented_country: { iso_code: 'US' }, continent: { code: 'EU' } }, {}],
  [
    'MaxMind and DB-IP City',
    { city: { names: { de: 'Köln', en: 'Cologne' } }, country: { iso_code: 'DE' } },
    { city: 'Cologne', country: 'DE' }
  ],
  ['a city without an English name', { city: { names: { de: 'Köln' } } }, {}],
  ['IPinfo ASN', { asn: 'AS64500', domain: 'example.net', name: 'Example', route: '192.0.2.0/24' }, { asn: 64500, asName: 'Example' }],
  [
    'IPinfo Country + ASN',
    { asn: 'AS64500', as_name: 'Example', country: 'NL', country_name: 'Netherlands' },
    { asn: 64500, asName: 'Example', country: 'NL' }
  ],
  [
    'IPinfo Lite',
    { asn: 'AS64500', as_name: 'Example', country: 'Australia', country_code: 'AU' },
    { asn: 64500, asName: 'Example', country: 'AU' }
  ],
  ['IPinfo Location', { city: 'Utrecht', country: 'NL', region: 'Utrecht' }, { city: 'Utrecht', country: 'NL' }],
  [
    'IPinfo, nested',
    { as: { asn: 'AS64500', name: 'Example' }, geo: { city: 'Utrecht', country_code: 'NL' } },
    { asn: 64500, asName: 'Example', city: 'Utrecht', country: 'NL' }
  ],
  ['ip-location-db Country', { country_code: 'jp' }, { country: 'JP' }],
  ['ip-location-db City', { city: 'Osaka', country_code: 'JP', state1: 'Osaka' }, { city: 'Osaka', country: 'JP' }],
  ['a number as text', { asn: '64500' }, { asn: 64500 }],
  ['the largest AS number', { autonomous_system_number: 4294967295 }, { asn: 4294967295 }],
  ['dashes', { city: '-', country_code: '-', asn: '-', as_name: '-' }, {}],
  ['no record', null, {}],
  ['a record that is a text', 'text', {}],
  ['an odd prototype', JSON.parse('{"__proto__":{"country_code":"JP"}}'), {}]
]

for (const [name, record, facts] of SHAPES) {
  test(`reads ${name}`, () => {
    assert.deepEqual(factsOf(record), { ...NO_FACTS, ...facts })
  })
}

test('whatever a record holds, the facts are an AS number, two letters and short names', () => {
  const leaf = fc.oneof(
    fc.string({ maxLength: 400 }),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'grapheme', maxLength: 3 })
  )
  const key = fc.constantFrom(
    'city',
    'names',
    'en',
    'country',
    'iso_code',
    'country_code',
    'asn',
    'as_name',
    'name',
    'traits',
    'autonomous_system_number'
  )
  const { record } = fc.letrec<{ record: unknown }>((tie) => ({
    record: fc.oneof(leaf, fc.array(tie('record')), fc.dictionary(key, tie('record')))
  }))
  fc.assert(
    fc.property(record, (value) => {
      const { asn, asName, country, city } = factsOf(value)
      assert(Number.isInteger(asn) && asn >= 0 && asn <= 0xffffffff)
      assert.match(country, /^([A-Z]{2})?$/)
      assert(Buffer.byteLength(city) < 256 && Buffer.byteLength(asName) < 256)
    })
  )
})
