/** `-sampler`: whose address sampler_address is. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { parseSampler } from '../../src/decode/sampleroption.js'
import { v5 } from '../support/build-netflow.js'
import { buildSflowDatagram, flowSample } from '../support/build-sflow.js'
import type { DatagramSpec } from '../support/datagram-stream.js'
import { decode, openDecoder, streamOf } from '../support/decode.js'
import {
  addr,
  dataSets,
  type Element,
  message,
  optionsMessage,
  optionsSets,
  PROTO,
  raw,
  recordMessage,
  reverse,
  uint,
  type Version,
  VERSIONS
} from '../support/records.js'

const SOURCE = '192.0.2.9'
const PROXIED = '203.0.113.1'
const scope = (version: Version): Element => (version === 9 ? uint(1, 0) : uint(144, 7))

/** The sampler_address of each of the flows that come of these datagrams, as text. */
async function samplers(order: string | undefined, ...datagrams: (Buffer | DatagramSpec)[]): Promise<string[]> {
  const { flows } = await decode(datagrams, order === undefined ? {} : { sampler: parseSampler(order) })
  return flows.map(({ sampler_address: address }) => text(String(address)))
}

function text(hex: string): string {
  return hex.length === 8 ? [...Buffer.from(hex, 'hex')].join('.') : (hex.match(/.{4}/g) ?? []).join(':').replace(/:0000(:0000)*/, ':')
}

for (const version of VERSIONS) {
  test(`version ${version}: a record's own exporter counts only where the list has it before the source`, async () => {
    const sent = recordMessage(version, 1, addr(130, PROXIED))
    assert.deepEqual(await samplers(undefined, sent), [SOURCE])
    for (const order of ['source', 'agent', 'agent,source', 'source,record']) assert.deepEqual(await samplers(order, sent), [SOURCE], order)
    for (const order of ['record', 'record,source', 'record,agent,source', 'agent,record,source', 'agent,record'])
      assert.deepEqual(await samplers(order, sent), [PROXIED], order)
  })

  test(`version ${version}: 403 and 404 go before 130 and 131, and zeros and odd lengths are no address`, async () => {
    const of = (...elements: Element[]): Promise<string[]> => samplers('record,source', recordMessage(version, 1, ...elements))
    assert.deepEqual(await of(addr(130, PROXIED), addr(403, '203.0.113.2')), ['203.0.113.2'])
    assert.deepEqual(await of(addr(131, '2001:db8::1'), addr(404, '2001:db8::2')), ['2001:0db8::0002'])
    assert.deepEqual(await of(addr(403, '0.0.0.0'), addr(404, '::'), addr(130, PROXIED), addr(131, '::')), [PROXIED])
    assert.deepEqual(await of(addr(130, '0.0.0.0'), addr(131, '2001:db8::1')), ['2001:0db8::0001'])
    assert.deepEqual(await of(addr(130, '0.0.0.0'), addr(131, '::')), [SOURCE])
    assert.deepEqual(await of(raw(130, 'c00002')), [SOURCE])
    assert.deepEqual(await of(uint(7, 1, 2)), [SOURCE])
  })

  test(`version ${version}: each record of a set says its own, and both directions of a biflow`, async () => {
    const elements = [PROTO, addr(130, PROXIED), uint(1, 5)]
    const [template, first] = dataSets(version, elements)
    const [, second] = dataSets(version, [PROTO, addr(130, '0.0.0.0'), uint(1, 5)])
    const [, third] = dataSets(version, [PROTO, addr(130, '203.0.113.3'), uint(1, 5)])
    assert.deepEqual(await samplers('record,source', message(version, {}, template, first, second, third)), [
      PROXIED,
      SOURCE,
      '203.0.113.3'
    ])
    if (version === 10)
      assert.deepEqual(await samplers('record', recordMessage(10, 1, addr(130, PROXIED), reverse(uint(1, 9)))), [PROXIED, PROXIED])
  })

  test(`version ${version}: options data says it of its domain, and a record of itself`, async () => {
    const options = optionsMessage(version, 1, [scope(version)], addr(130, PROXIED))
    const order = 'record,agent,source'
    assert.deepEqual(await samplers(order, recordMessage(version, 1), options, recordMessage(version, 1), recordMessage(version, 2)), [
      SOURCE,
      PROXIED,
      SOURCE
    ])
    assert.deepEqual(await samplers(undefined, options, recordMessage(version, 1)), [SOURCE])
    assert.deepEqual(await samplers(order, options, recordMessage(version, 1, addr(130, '203.0.113.5'))), ['203.0.113.5'])
    assert.deepEqual(await samplers(order, options, recordMessage(version, 1, addr(130, '0.0.0.0'))), [PROXIED])
    const both = optionsMessage(version, 1, [scope(version)], addr(131, '2001:db8::1'), addr(404, '2001:db8::2'))
    assert.deepEqual(await samplers(order, both, recordMessage(version, 1)), ['2001:0db8::0002'])
    const none = optionsMessage(version, 1, [scope(version)], addr(130, '0.0.0.0'))
    assert.deepEqual(await samplers(order, options, none, recordMessage(version, 1)), [PROXIED])
    // told in the datagram of the record
    const together = message(
      version,
      { domain: 1 },
      ...optionsSets(version, [scope(version)], [addr(130, PROXIED)]),
      ...dataSets(version, [PROTO])
    )
    assert.deepEqual(await samplers(order, together), [PROXIED])
  })

  test(`version ${version}: what options data says of something narrower is not the domain's`, async () => {
    const narrower = version === 9 ? uint(2, 7) : uint(10, 7)
    assert.deepEqual(await samplers('record', optionsMessage(version, 1, [narrower], addr(130, PROXIED)), recordMessage(version, 1)), [
      SOURCE
    ])
  })

  test(`version ${version}: it outlives a restart, and counts for another port of the address`, async () => {
    const { decoder, push } = openDecoder({ sampler: parseSampler('record') })
    push(streamOf([optionsMessage(version, 1, [scope(version)], addr(131, '2001:db8::1'))]))
    const saved = JSON.parse(JSON.stringify([...decoder.state()])) as unknown[]
    const again = openDecoder({ sampler: parseSampler('record') })
    for (const each of saved) again.decoder.restore(each)
    assert.deepEqual([...again.decoder.state()], [...decoder.state()])
    const options = optionsMessage(version, 1, [scope(version)], addr(130, PROXIED))
    assert.deepEqual(await samplers('record', { payload: options, srcPort: 1 }, { payload: recordMessage(version, 1), srcPort: 2 }), [
      PROXIED
    ])
  })
}

test('the domain that options data is about is that of its scope', async () => {
  const options = optionsMessage(10, 1, [uint(149, 2)], addr(130, PROXIED))
  assert.deepEqual(await samplers('record', options, recordMessage(10, 1), recordMessage(10, 2)), [SOURCE, PROXIED])
  // as YAF tells of itself
  const inScope = optionsMessage(10, 1, [uint(149, 2), uint(144, 5), addr(130, PROXIED)], uint(41, 9))
  assert.deepEqual(await samplers('record', inScope, recordMessage(10, 1), recordMessage(10, 2)), [SOURCE, PROXIED])
  const alone = optionsMessage(10, 1, [addr(130, PROXIED)], uint(41, 9))
  assert.deepEqual(await samplers('record', alone, recordMessage(10, 1)), [SOURCE])
})

test("sFlow's agent goes before the source unless the list says otherwise", async () => {
  const datagram = (agent: string): Buffer => buildSflowDatagram({ agent, samples: [flowSample({})] })
  for (const order of [undefined, 'agent', 'agent,source', 'record,agent,source', 'agent,record'])
    assert.deepEqual(await samplers(order, datagram('198.51.100.1')), ['198.51.100.1'], order)
  for (const order of ['source', 'source,agent', 'record', 'record,source'])
    assert.deepEqual(await samplers(order, datagram('198.51.100.1')), [SOURCE], order)
  for (const agent of ['', '0.0.0.0', '::']) assert.deepEqual(await samplers('agent', datagram(agent)), [SOURCE], agent)
})

test('v5 says nothing of its exporter', async () => {
  assert.deepEqual(await samplers('record,agent', v5({}, { protocol: 6 })), [SOURCE])
})

test('what is no list of sources is refused, with the nearest word', () => {
  for (const [word, reason] of [
    ['agents', /'agents' is none of source, agent, record\./],
    ['', /'' is none of/],
    ['source,,agent', /'' is none of/],
    ['agent,agent', /names one of them twice/]
  ] as const) {
    assert.throws(() => parseSampler(word), reason)
  }
})
