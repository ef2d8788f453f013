import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HostTarget, parseTargets } from '../../src/send/targets.js'

test('commas stand between targets, and between the networks of one', () => {
  const targets = parseTargets('10.0.0.1:9996, [2001:db8::5]:2055?allow=192.0.2.0/24,2001:db8::/32,198.51.100.7,collector:4739')
  const shown = (targets as HostTarget[]).map(({ name, host, port, allow }) => [
    name,
    host,
    port,
    allow.map(({ address, prefix }) => `${Buffer.from(address).toString('hex')}/${prefix}`)
  ])
  assert.deepEqual(shown, [
    ['10.0.0.1:9996', '10.0.0.1', 9996, []],
    ['[2001:db8::5]:2055', '2001:db8::5', 2055, ['c0000200/24', '20010db8000000000000000000000000/32', 'c6336407/32']],
    ['collector:4739', 'collector', 4739, []]
  ])
  assert.equal(parseTargets('b:2', parseTargets('a:1')).length, 2)
})

test('what is no target is refused with the shape of one', () => {
  for (const word of [
    '',
    '10.0.0.1',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '2001:db8::5:2055',
    'a:1,b',
    'a:1?deny=10.0.0.0/8',
    'a:1?allow=',
    'a:1?allow=ten',
    'a:1,a:1'
  ]) {
    assert.throws(() => parseTargets(word), /target|network|twice|allow=CIDR/, word)
  }
})
