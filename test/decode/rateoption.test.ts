import assert from 'node:assert/strict'
import test from 'node:test'
import { parseRates } from '../../src/decode/rateoption.js'
import { parseAddress } from '../../src/flow/address.js'

const address = (text: string): Buffer => parseAddress(text)!

test('a number alone is for all exporters', () => {
  const rateOf = parseRates('512')
  assert.equal(rateOf(address('192.0.2.1')), 512)
  assert.equal(rateOf(address('2001:db8::1')), 512)
  assert.equal(rateOf(Buffer.alloc(0)), 512)
})

test('the longest prefix wins, in whatever order they stand', () => {
  for (const words of [
    '10.0.0.0/8=8,10.1.0.0/16=16,10.1.2.3=32,7',
    '7,10.1.2.3=32,10.1.0.0/16=16,10.0.0.0/8=8',
    '10.1.0.0/16=16,7,10.1.2.3/32=32,10.0.0.0/8=8'
  ]) {
    const rateOf = parseRates(words)
    assert.deepEqual(
      ['10.1.2.3', '10.1.2.4', '10.2.0.1', '11.0.0.1'].map((text) => rateOf(address(text))),
      [32, 16, 8, 7]
    )
  }
})

test('a network of one family is none of the other', () => {
  const rateOf = parseRates('0.0.0.0/0=4,::/0=6')
  assert.equal(rateOf(address('192.0.2.1')), 4)
  assert.equal(rateOf(address('2001:db8::1')), 6)
})

test('without a number for all, the others have no rate', () => {
  const rateOf = parseRates('192.0.2.0/24=100')
  assert.equal(rateOf(address('192.0.3.1')), 0)
  assert.equal(rateOf(Buffer.alloc(3)), 0)
})

test('what is no rate is refused with what would do', () => {
  for (const words of [
    '',
    'x',
    '0',
    '-1',
    '1.5',
    '1e3',
    '192.0.2.0/24',
    '192.0.2.0/24=',
    '192.0.2.0/33=5',
    '192.0.2.0/x=5',
    '192.0.2=5',
    '2001:db8::/129=5',
    'example.net=5',
    '=5',
    '5,,6',
    '5,6=',
    '/24=5',
    '192.0.2.0/=5',
    '192.0.2.0/24/24=5'
  ]) {
    assert.throws(() => parseRates(words), /192\.0\.2\.0\/24/, words)
  }
})

test('two rates for the same exporters are refused', () => {
  for (const words of ['5,6', '192.0.2.0/24=5,192.0.2.0/24=6']) assert.throws(() => parseRates(words), /twice/, words)
})
