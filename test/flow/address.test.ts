import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { isInNetwork, parseAddress, parseNetwork } from '../../src/flow/address.js'

test('an IPv4 address is its 4 bytes', () => {
  assert.deepEqual(parseAddress('192.0.2.255'), Buffer.from([192, 0, 2, 255]))
})

test('an IPv6 address is its 16 bytes, however it is written', () => {
  const bytes = Buffer.from('20010db8000000000000000000000abc', 'hex')
  for (const text of ['2001:db8::abc', '2001:0DB8:0:0::0:0abc', '2001:db8:0:0:0:0:0:abc', '2001:db8::0.0.10.188', '2001:db8::abc%eth0']) {
    assert.deepEqual(parseAddress(text), bytes)
  }
  assert.deepEqual(parseAddress('::'), Buffer.alloc(16))
  assert.deepEqual(parseAddress('fe80::'), Buffer.from('fe800000000000000000000000000000', 'hex'))
})

test('any IPv6 address has the bytes that its full form spells', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const bytes = parseAddress(text)!
      const full = bytes.length === 4 ? `::ffff:${bytes.join('.')}` : bytes.toString('hex').replace(/....(?!$)/g, '$&:')
      assert.equal(new URL(`http://[${full}]`).hostname, new URL(`http://[${text}]`).hostname)
    })
  )
})

test('an IPv4-mapped address is the IPv4 address, one beside that range is not', () => {
  assert.deepEqual(parseAddress('::ffff:10.1.2.3'), Buffer.from([10, 1, 2, 3]))
  assert.deepEqual(parseAddress('::ffff:a01:203'), Buffer.from([10, 1, 2, 3]))
  assert.equal(parseAddress('::fffe:10.1.2.3')?.length, 16)
  assert.equal(parseAddress('1::ffff:10.1.2.3')?.length, 16)
})

test('an IPv4-mapped address is in the networks of the IPv4 one, and in no network of IPv6', () => {
  const mapped = Buffer.from('00000000000000000000ffff0a010203', 'hex')
  for (const [text, inside] of [
    ['10.0.0.0/8', true],
    ['::ffff:10.0.0.0/104', true],
    ['10.1.2.3', true],
    ['11.0.0.0/8', false],
    ['::/0', false]
  ] as const) {
    assert.equal(isInNetwork(mapped, parseNetwork(text)!), inside, text)
  }
})

test('what is no address has no bytes', () => {
  for (const text of ['', '1.2.3', '1.2.3.4.5', '256.1.1.1', 'localhost', '1:2', ':::', 'g::1', '::1::', '10.0.0.0/8'])
    assert.equal(parseAddress(text), undefined)
})

test('an address is in the networks whose bits it has', () => {
  const bits = (address: Uint8Array): string => Array.from(address, (byte) => byte.toString(2).padStart(8, '0')).join('')
  fc.assert(
    fc.property(fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.ipV6(), fc.nat(128))), ([of, text, prefix]) => {
      const address = parseAddress(text)!
      const inside =
        address.length === parseAddress(of)!.length && bits(parseAddress(of)!).slice(0, prefix) === bits(address).slice(0, prefix)
      const network = parseNetwork(`${of}/${prefix}`)
      fc.pre(network !== undefined) // a short prefix of a mapped address
      assert.equal(isInNetwork(address, network), inside)
      assert.equal(isInNetwork(parseAddress(of)!, network), true)
    })
  )
})

test('a network may be an address alone, or one of IPv4-mapped addresses', () => {
  assert.deepEqual(parseNetwork('192.0.2.1'), parseNetwork('192.0.2.1/32'))
  assert.deepEqual(parseNetwork('::1'), parseNetwork('::1/128'))
  assert.deepEqual(parseNetwork('::ffff:10.0.0.0/104'), parseNetwork('10.0.0.0/8'))
})

test('what is no network is none', () => {
  for (const text of [
    '',
    '10.0.0.0/33',
    '10.0.0/8',
    '::/129',
    'router1',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::ffff:10.0.0.0/8',
    'fe80::1%eth0',
    '/8'
  ]) {
    assert.equal(parseNetwork(text), undefined, text)
  }
})
