import assert from 'node:assert/strict'
import test from 'node:test'
import { parseNetworks } from '../../src/cli/networks.js'
import { exporterLookup } from '../../src/listen/exporters.js'
import { liveHeapBytes } from '../support/heap.js'

test('an exporter has its bytes, an IPv4-mapped one those of IPv4', () => {
  const exporterOf = exporterLookup([])
  assert.deepEqual(exporterOf('192.0.2.7'), { address: Buffer.from([192, 0, 2, 7]), allowed: true, slot: 0 })
  assert.deepEqual(exporterOf('::ffff:192.0.2.7'), { address: Buffer.from([192, 0, 2, 7]), allowed: true, slot: 0 })
  assert.deepEqual(exporterOf('fe80::1%eth0').address, Buffer.from('fe800000000000000000000000000001', 'hex'))
})

test('only exporters in a listed network are allowed', () => {
  const exporterOf = exporterLookup(parseNetworks('10.0.0.0/8, 192.0.2.1,2001:db8::/32,::1'))
  for (const address of ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3', '192.0.2.1', '2001:db8:ffff::1', '::1']) {
    assert.equal(exporterOf(address).allowed, true, address)
  }
  for (const address of ['9.255.255.255', '11.0.0.0', '::ffff:11.0.0.0', '192.0.2.2', '2001:db9::', '::2', '::a00:1']) {
    assert.equal(exporterOf(address).allowed, false, address)
  }
})

test('all of one family', () => {
  const any4 = exporterLookup(parseNetworks('0.0.0.0/0'))
  const any6 = exporterLookup(parseNetworks('::/0'))
  assert.deepEqual([any4('203.0.113.9').allowed, any4('2001:db8::1').allowed], [true, false])
  assert.deepEqual([any6('203.0.113.9').allowed, any6('::ffff:203.0.113.9').allowed, any6('2001:db8::1').allowed], [false, false, true])
})

test('a flood of addresses is told apart right, and not remembered without end', () => {
  const exporterOf = exporterLookup(parseNetworks('10.0.0.0/15'))
  const before = liveHeapBytes()
  for (let i = 0; i < 400_000; i++) {
    const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`
    assert.equal(exporterOf(address).allowed, i < 131_072)
  }
  assert.ok(liveHeapBytes() - before < 40e6)
})

test('a second -allow adds to the first, and what is no network is refused', () => {
  assert.deepEqual(parseNetworks('10.0.0.0/8', parseNetworks('::1')), parseNetworks('::1,10.0.0.0/8'))
  for (const word of ['', ',', '10.0.0.0/33', 'router1', '10.0.0.0/8;192.0.2.0/24'])
    assert.throws(() => parseNetworks(word), /network/, word)
})
