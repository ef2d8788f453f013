/** NetFlow v1, v5 and v7: fixed records behind one header. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Header5, type Record5, v5 } from '../../../support/build-netflow.js'
import { type Flow, RECEIVED } from '../../../support/datagram-stream.js'
import { decode } from '../../../support/decode.js'
import { hex } from '../../../support/records.js'

const EXPORT_NS = 1_700_000_000_000_000_000n

/** A record in which every field is set, and what it is to become in v5. */
const RECORD: Required<Record5> = {
  src: '192.0.2.1',
  dst: '198.51.100.1',
  nextHop: '192.0.2.254',
  input: 65_535,
  output: 2,
  packets: 4_294_967_295,
  bytes: 4_294_967_294,
  first: 940_000,
  last: 999_000,
  srcPort: 50_000,
  dstPort: 443,
  tcpFlags: 0x1b,
  protocol: 6,
  tos: 0xb8,
  srcAs: 64_512,
  dstAs: 64_513,
  srcMask: 24,
  dstMask: 25
}
const COMMON: Flow = {
  time_received_ns: String(RECEIVED),
  sampler_address: 'c0000209',
  etype: 0x0800,
  src_addr: hex('192.0.2.1'),
  dst_addr: hex('198.51.100.1'),
  next_hop: hex('192.0.2.254'),
  in_if: 65_535,
  out_if: 2,
  packets: '4294967295',
  bytes: '4294967294',
  src_port: 50_000,
  dst_port: 443,
  tcp_flags: 0x1b,
  proto: 6,
  ip_tos: 0xb8,
  time_flow_start_ns: String(EXPORT_NS - 60_000_000_000n),
  time_flow_end_ns: String(EXPORT_NS - 1_000_000_000n)
}
const ROUTED: Flow = { src_as: 64_512, dst_as: 64_513, src_net: 24, dst_net: 25 }

/** The last bytes of a v1 or v7 record may hold anything. */
function filled(datagram: Buffer, headerBytes: number, recordBytes: number, unused: readonly number[]): Buffer {
  const bytes = Buffer.from(datagram)
  for (let at = headerBytes; at < bytes.length; at += recordBytes) for (const offset of unused) bytes[at + offset] = 0xee
  return bytes
}

test('version 5: every field', async () => {
  const datagram = filled(v5({ sequence: 4_000_000_000, sampling: 0x4000 | 1000 }, RECORD), 24, 48, [36, 46, 47])
  assert.deepEqual((await decode([datagram])).flows, [
    { type: 'NETFLOW_V5', sequence_num: 4_000_000_000, sampling_rate: '1000', ...COMMON, ...ROUTED }
  ])
})

test('version 7: every field; flags and the router passed by are no fields', async () => {
  const datagram = filled(v5({ version: 7, sequence: 7, sampling: 0x4000 | 1000 }, RECORD), 24, 52, [36, 46, 47, 48, 49, 50, 51])
  assert.deepEqual((await decode([datagram])).flows, [{ type: 'NETFLOW_V7', sequence_num: 7, ...COMMON, ...ROUTED }])
})

test('version 1: every field; it has no sequence number, no masks and no AS numbers', async () => {
  const datagram = filled(v5({ version: 1 }, RECORD), 16, 48, [36, 37, 41, 42, 43, 44, 45, 46, 47])
  assert.deepEqual((await decode([datagram])).flows, [{ type: 'NETFLOW_V1', ...COMMON }])
})

test('version 1: records of 52 bytes where only that fits', async () => {
  const long = (count: number, records = count): Buffer => {
    const short = v5({ version: 1, count }, ...Array.from({ length: records }, (_, i) => ({ ...RECORD, srcPort: i + 1 })))
    const parts = Array.from({ length: records }, (_, i) =>
      Buffer.concat([short.subarray(16 + 48 * i, 64 + 48 * i), Buffer.from('deadbeef', 'hex')])
    )
    return Buffer.concat([short.subarray(0, 16), ...parts])
  }
  for (const count of [1, 2, 12, 24]) {
    const { flows, decoder } = await decode([long(count)])
    assert.deepEqual(
      flows,
      Array.from({ length: count }, (_, i) => ({ type: 'NETFLOW_V1', ...COMMON, src_port: i + 1 }))
    )
    assert.equal(decoder.counts.errors.size, 0)
  }
  // 12 of 52 bytes are 13 of 48
  const { flows } = await decode([v5({ version: 1 }, ...Array.from({ length: 13 }, () => RECORD))])
  assert.deepEqual(
    flows,
    Array.from({ length: 13 }, () => ({ type: 'NETFLOW_V1', ...COMMON }))
  )
})

test('zero fields are not written, zero addresses are', async () => {
  for (const version of [1, 5, 7] as const) {
    const { flows } = await decode([v5({ version, uptime: 0 }, { src: '0.0.0.0', dst: '0.0.0.0' })])
    assert.deepEqual(flows, [
      {
        type: `NETFLOW_V${version}`,
        time_received_ns: String(RECEIVED),
        sampler_address: 'c0000209',
        etype: 0x0800,
        src_addr: '00000000',
        dst_addr: '00000000',
        next_hop: '00000000',
        time_flow_start_ns: String(EXPORT_NS),
        time_flow_end_ns: String(EXPORT_NS)
      }
    ])
  }
})

test('the sampling rate is the low 14 bits of version 5’s header', async () => {
  for (const [sampling, rate] of [
    [0x3fff, '16383'],
    [0xffff, '16383'],
    [0x4001, '1'],
    [0x000a, '10'],
    [0xc000, undefined],
    [0, undefined]
  ] as const) {
    assert.equal((await decode([v5({ sampling }, RECORD)])).flows[0].sampling_rate, rate)
  }
})

test('times have the header’s nanoseconds, and wrap like version 9’s', async () => {
  const timesOf = async (header: Header5, record: Record5): Promise<[unknown, unknown]> => {
    const [{ time_flow_start_ns, time_flow_end_ns }] = (await decode([v5(header, record)])).flows
    return [time_flow_start_ns, time_flow_end_ns]
  }
  for (const version of [1, 5, 7] as const) {
    assert.deepEqual(await timesOf({ version, nanos: 123_456_789 }, { first: 999_999, last: 1_000_000 }), [
      String(EXPORT_NS + 122_456_789n),
      String(EXPORT_NS + 123_456_789n)
    ])
    assert.deepEqual(await timesOf({ version, nanos: 999_999_999 }, { first: 1_000_000, last: 1_000_001 }), [
      String(EXPORT_NS + 999_999_999n),
      String(EXPORT_NS + 1_000_999_999n)
    ])
    assert.deepEqual(await timesOf({ version, uptime: 500 }, { first: 2 ** 32 - 1500, last: 1000 }), [
      String(EXPORT_NS - 2_000_000_000n),
      String(EXPORT_NS + 500_000_000n)
    ])
    // more nanoseconds than a second has
    assert.deepEqual(await timesOf({ version, nanos: 2 ** 32 - 1 }, { first: 1_000_000, last: 1_000_000 }), [
      String(EXPORT_NS + 999_999_999n),
      String(EXPORT_NS + 999_999_999n)
    ])
  }
})

test('ICMP type and code are in the destination port, whatever the source port', async () => {
  for (const version of [1, 5, 7] as const) {
    for (const srcPort of [0, 99]) {
      const [{ icmp_type, icmp_code }] = (await decode([v5({ version }, { protocol: 1, srcPort, dstPort: 0x0301 })])).flows
      assert.deepEqual([icmp_type, icmp_code], [3, 1])
    }
    for (const protocol of [0, 2, 6, 17, 58]) {
      const [{ icmp_type, icmp_code }] = (await decode([v5({ version }, { protocol, dstPort: 0x0301 })])).flows
      assert.deepEqual([icmp_type, icmp_code], [undefined, undefined], `protocol ${protocol}`)
    }
  }
})

test('as many records as are there, and an error where the header counts more', async () => {
  for (const [version, headerBytes, recordBytes] of [
    [1, 16, 48],
    [5, 24, 48],
    [7, 24, 52]
  ] as const) {
    const whole = v5({ version }, ...Array.from({ length: 30 }, (_, i) => ({ ...RECORD, srcPort: i + 1 })))
    for (let cut = 0; cut <= whole.length; cut++) {
      const { flows, decoder } = await decode([whole.subarray(0, cut)])
      const records = Math.max(Math.floor((cut - headerBytes) / recordBytes), 0)
      assert.deepEqual(
        flows.map(({ src_port }) => src_port),
        Array.from({ length: records }, (_, i) => i + 1),
        `version ${version} cut to ${cut} bytes`
      )
      assert.deepEqual(
        [...decoder.counts.errors],
        cut === whole.length ? [] : [[cut < 4 ? 'unknown-protocol' : 'truncated', 1]],
        `version ${version} cut to ${cut} bytes`
      )
    }
  }
})

test('a count that is less than what is there is believed', async () => {
  for (const version of [1, 5, 7] as const) {
    for (const count of [0, 1, 2]) {
      const { flows, decoder } = await decode([v5({ version, count }, RECORD, RECORD, RECORD)])
      assert.equal(flows.length, count)
      assert.equal(decoder.counts.errors.size, 0)
    }
  }
})

test('a count that a datagram can carry costs no more than the bytes there are; one that none can is of no NetFlow', async () => {
  for (const version of [1, 5, 7] as const) {
    const { flows, decoder } = await decode([v5({ version, count: 1365 }, RECORD)])
    assert.equal(flows.length, 1)
    assert.deepEqual([...decoder.counts.errors], [['truncated', 1]])
    for (const count of [1366, 65_535]) {
      const other = await decode([v5({ version, count }, RECORD)])
      assert.equal(other.flows.length, 0)
      assert.deepEqual([...other.decoder.counts.errors], [['unknown-protocol', 1]])
    }
  }
})
