/** Templates, options and data that stand in files of their own: one datagram each, in the order of the list and in the opposite one. */
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { readCapture } from '../support/captures.js'
import { decode } from '../support/decode.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'

const address = (text: string): string => Buffer.from(text.split('.').map(Number)).toString('hex')

const CISCO = {
  src_addr: address('192.168.0.1'),
  dst_addr: address('192.168.0.2'),
  src_port: 80,
  dst_port: 32822,
  dst_as: 65_000,
  in_if: 54,
  out_if: 29,
  tcp_flags: 18
}
const SERIES: readonly { files: string[]; flows: number; options: number; first: Record<string, unknown> }[] = [
  { files: ['fluent/netflow.v9.template.bin', 'fluent/netflow.v9.bin'], flows: 1, options: 0, first: CISCO },
  {
    files: ['fluent/netflow.v9.template.flowStartMilliseconds.bin', 'fluent/netflow.v9.flowStartMilliseconds.bin'],
    flows: 1,
    options: 0,
    first: { ...CISCO, time_flow_start_ns: '1455249729053000000' }
  },
  {
    files: ['fluent/netflow.v9.mpls-template.bin', 'fluent/netflow.v9.mpls-data.bin'],
    flows: 1,
    options: 0,
    first: { src_addr: address('192.168.32.100'), dst_addr: address('172.16.32.2'), mpls_label: [24002], icmp_type: 8 }
  },
  {
    files: [
      'fluent/netflow.v9.sampler_template.bin',
      'fluent/netflow.v9.sampler.bin',
      'fluent/netflow.v9.template.bin',
      'fluent/netflow.v9.bin'
    ],
    flows: 1,
    options: 1,
    first: { ...CISCO, sampling_rate: '5000' }
  },
  {
    files: ['streamsets/netflow-v9-file-1.bin', 'streamsets/netflow-v9-file-2.bin'],
    flows: 10,
    options: 0,
    first: { dst_port: 9231, bytes: '89' }
  }
]

for (const { files, flows: count, options, first } of SERIES) {
  test(files.join(', '), { skip: withoutCaptures }, async () => {
    const datagrams = await Promise.all(files.map((file) => readCapture(path.join(CAPTURES, file))))
    const { flows, decoder } = await decode(datagrams.flat())
    assert.equal(flows.length, count)
    assert.equal(decoder.netflow.optionsRecords, options)
    assert.deepEqual([...decoder.counts.errors], [])
    assert.deepEqual({ ...flows[0], ...first }, flows[0])
    const { flows: backwards, decoder: other } = await decode(datagrams.flat().reverse())
    assert.equal(backwards.length, count)
    assert.deepEqual([...other.counts.errors], [])
  })
}
