/** How many flows, options records and counter samples each capture holds, against what INDEX.md says of it. */
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import type { ErrorKind } from '../../src/decode/decoding.js'
import { readCapture } from '../support/captures.js'
import { decode } from '../support/decode.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { captureIndex } from './capture-index.js'

/** Where we make another number of flows, or of options records, than the index has records: why, and how many. */
const DIFFERENCES: Partial<Record<string, { flows?: number; options?: number; reason: string }>> = {
  'arkime/arkime_synthetic.pcap': { flows: 4, reason: 'two datagrams of v7 with a record each, a version that the index does not know' },
  'embedded-hex/EdgeCast_vflow__decoder_test.pcap': { flows: 4, reason: 'four records come one datagram before their templates' },
  'embedded-hex/mikemiles-dev_netflow_parser__tests.pcap': {
    flows: 67 + 5,
    options: 7 - 1,
    reason:
      'five of the ADC records are biflows (231 and 232, 298 and 299). One options template stands in a set of id 1 in IPFIX, which is none there (RFC 7011 section 3.3.2)'
  },
  'tcpdump/sflow_multiple_counter_30_pdus.pcap': {
    flows: 7,
    reason: 'five datagrams of v5 with 7 records; the index has the sFlow samples in that place'
  },
  'telegraf/ipfix_example.pcap': { flows: 29 + 27, reason: 'all records but two are biflows whose reverse counters are not zero' },
  // the re-wrapped datagrams: see below
  'generated/frag-ipv4.pcap': { flows: 593, reason: 'the index has the sFlow samples in that place' },
  'generated/frag-ipv6.pcap': { flows: 593, reason: 'the index has the sFlow samples in that place' }
}

/** The index's names of the protocols, as FlowType has them. */
const TYPES = new Map([
  ['nf1', 'NETFLOW_V1'],
  ['nf5', 'NETFLOW_V5'],
  ['nf7', 'NETFLOW_V7'],
  ['nf9', 'NETFLOW_V9'],
  ['ipfix', 'IPFIX'],
  ['sflow5', 'SFLOW_5']
])

/** Datagrams that the index does not list. */
const UNLISTED: Partial<Record<string, Record<string, number>>> = {
  'arkime/arkime_synthetic.pcap': { NETFLOW_V7: 2 }
}

/** What is wrong with captures: errors by kind. In all others nothing is. */
const ERRORS: Partial<Record<string, Partial<Record<ErrorKind, number>>>> = {
  'cesnet-ipfixcol/bad-template-field-count.ipfix': { 'malformed-template': 1, 'template-not-found': 3 }, // a count that the set cannot hold
  'cesnet-ipfixcol/enterprise-from-nfv9.ipfix': { 'malformed-template': 1, 'template-not-found': 1 }, // an options template as v9 lays it out: lengths where counts are to be
  'cesnet-ipfixcol/missing-template-258.ipfix': { 'template-not-found': 1 },
  'cesnet-ipfixcol/only-data-no-templates.ipfix': { 'template-not-found': 3 },
  'embedded-hex/EdgeCast_vflow__ipfix_samples.pcap': { 'template-not-found': 4 },
  'embedded-hex/NetGauze_NetGauze__netflow.pcap': { 'malformed-template': 12, 'malformed-record': 1, 'template-not-found': 1 }, // the last datagram is noise
  'embedded-hex/calmh_ipfix__interpreter_test.pcap': { 'template-not-found': 4 },
  'embedded-hex/calmh_ipfix__parser_test.pcap': { 'malformed-record': 1 }, // 13 bytes of a record at the end of its set
  'embedded-hex/mikemiles-dev_netflow_parser__tests.pcap': { 'template-not-found': 2 },
  'fluent/netflow.v9.bin': { 'template-not-found': 1 },
  'fluent/netflow.v9.flowStartMilliseconds.bin': { 'template-not-found': 1 },
  'fluent/netflow.v9.mpls-data.bin': { 'template-not-found': 1 },
  'fluent/netflow.v9.sampler.bin': { 'template-not-found': 1 },
  'generated/frag-ipv4-missing-last.pcap': { 'template-not-found': 36 },
  'logstash/16-netflow-9-ipt-netflow-reduced-size-encoding.pcap': { 'template-not-found': 6 },
  'streamsets/netflow-v9-file-2.bin': { 'template-not-found': 1 }
}

for (const { name, path: file, datagrams, records, samples, optionsRecords } of captureIndex()) {
  const listed = [...datagrams].flatMap(([key, count]) => (TYPES.has(key) ? [[TYPES.get(key)!, count] as const] : []))
  if (listed.length === 0 && UNLISTED[name] === undefined) continue
  const difference = DIFFERENCES[name]
  test(`${name}: as many flows as the index has records${difference === undefined ? '' : `, but ${difference.reason}`}`, async () => {
    const { flows, decoder } = await decode(await readCapture(file))
    const sampled = flows.filter(({ type }) => type === 'SFLOW_5').length
    assert.deepEqual(
      Object.fromEntries(Object.entries(decoder.counts.byType).filter(([, count]) => count > 0)),
      { ...Object.fromEntries(listed), ...UNLISTED[name] },
      'datagrams'
    )
    assert.equal(flows.length - sampled, difference?.flows ?? records ?? 0, 'flows of NetFlow and IPFIX')
    assert.equal(sampled, (samples.get('flow') ?? 0) + (samples.get('exp-flow') ?? 0), 'flows of sFlow')
    assert.equal(decoder.counterSamples(), (samples.get('counter') ?? 0) + (samples.get('exp-counter') ?? 0), 'counter samples')
    assert.equal(decoder.netflow.optionsRecords, difference?.options ?? optionsRecords, 'options records')
    assert.deepEqual(Object.fromEntries(decoder.counts.errors), ERRORS[name] ?? {}, 'errors')
  })
}

test('there are captures to count', { skip: withoutCaptures }, () => {
  assert.ok(captureIndex().length > 100)
  for (const name of [...Object.keys(DIFFERENCES), ...Object.keys(ERRORS)])
    assert.ok(
      captureIndex().some((capture) => capture.name === name),
      name
    )
})

const generated = (name: string): string => path.join(CAPTURES, 'generated', name)

/** What does not depend on how the datagrams came. */
async function flowsOf(name: string, most: number): Promise<object[]> {
  const datagrams = (await readCapture(generated(name))).filter(({ payload }) => payload[1] !== 0)
  const { flows } = await decode(datagrams.slice(0, most))
  return flows.map((flow) => ({ ...flow, time_received_ns: '', sampler_address: '' }))
}

for (const [wrapped, plain, most] of [
  ['frag-ipv4.pcap', 'softflowd-v9.pcap', 20],
  ['frag-ipv6.pcap', 'softflowd-v9.pcap', 20],
  ['link-null.pcap', 'softflowd-v10.pcap', 10],
  ['link-raw.pcap', 'softflowd-v10.pcap', 10],
  ['link-sll.pcap', 'softflowd-v10.pcap', 10],
  ['link-vlan.pcap', 'softflowd-v10.pcap', 10],
  ['link-qinq.pcap', 'softflowd-v10.pcap', 10]
] as const) {
  test(`${wrapped} holds the flows of the first datagrams of ${plain}`, { skip: withoutCaptures }, async () => {
    assert.deepEqual(await flowsOf(wrapped, Infinity), await flowsOf(plain, most))
  })
}
