/** Biflows: records of two directions (RFC 5103) give two messages. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { set } from '../../../support/build-netflow.js'
import type { Flow } from '../../../support/datagram-stream.js'
import { decode } from '../../../support/decode.js'
import {
  addr,
  baseOf,
  dataSets,
  type Element,
  hex,
  message,
  raw,
  recordOf,
  reverse,
  templateSet,
  text,
  uint,
  vary,
  VERSIONS,
  optionsSets
} from '../../../support/records.js'

async function assertFlows(version: 9 | 10, elements: readonly Element[], ...expected: Flow[]): Promise<void> {
  const { flows } = await decode([message(version, {}, ...dataSets(version, elements))])
  assert.deepEqual(
    flows,
    expected.map((each) => ({ ...baseOf(version), ...each }))
  )
}

const COUNTERS = [uint(1, 1000), uint(2, 10), reverse(uint(1, 2000)), reverse(uint(2, 20))]
const FORWARD = { bytes: '1000', packets: '10' }
const BACKWARD = { bytes: '2000', packets: '20' }

test('the second message has what is directed swapped, and the reverse counters', async () => {
  const record = [
    addr(8, '192.0.2.1'),
    addr(12, '198.51.100.1'),
    uint(7, 50_000, 2),
    uint(11, 443, 2),
    uint(9, 24, 1),
    uint(13, 25, 1),
    uint(16, 64_512),
    uint(17, 64_513),
    uint(10, 1),
    uint(14, 2),
    raw(56, '020000000001'),
    raw(80, '020000000002'),
    uint(4, 6, 1),
    uint(5, 8, 1),
    ...COUNTERS
  ]
  await assertFlows(
    10,
    record,
    {
      src_addr: hex('192.0.2.1'),
      dst_addr: hex('198.51.100.1'),
      src_port: 50_000,
      dst_port: 443,
      src_net: 24,
      dst_net: 25,
      src_as: 64_512,
      dst_as: 64_513,
      in_if: 1,
      out_if: 2,
      src_mac: String(0x020000000001),
      dst_mac: String(0x020000000002),
      etype: 0x0800,
      proto: 6,
      ip_tos: 8,
      ...FORWARD
    },
    {
      src_addr: hex('198.51.100.1'),
      dst_addr: hex('192.0.2.1'),
      src_port: 443,
      dst_port: 50_000,
      src_net: 25,
      dst_net: 24,
      src_as: 64_513,
      dst_as: 64_512,
      in_if: 2,
      out_if: 1,
      src_mac: String(0x020000000002),
      dst_mac: String(0x020000000001),
      etype: 0x0800,
      proto: 6,
      ...BACKWARD
    }
  )
})

test('IPv6, its masks, physical interfaces and the other MAC elements are swapped too', async () => {
  await assertFlows(
    10,
    [
      addr(27, '2001:db8::1'),
      addr(28, '2001:db8::2'),
      uint(29, 64, 1),
      uint(30, 48, 1),
      uint(252, 3),
      uint(253, 4),
      raw(81, '020000000001'),
      raw(57, '020000000002'),
      ...COUNTERS
    ],
    {
      src_addr: hex('2001:db8::1'),
      dst_addr: hex('2001:db8::2'),
      src_net: 64,
      dst_net: 48,
      in_if: 3,
      out_if: 4,
      src_mac: String(0x020000000001),
      dst_mac: String(0x020000000002),
      etype: 0x86dd,
      ...FORWARD
    },
    {
      src_addr: hex('2001:db8::2'),
      dst_addr: hex('2001:db8::1'),
      src_net: 48,
      dst_net: 64,
      in_if: 4,
      out_if: 3,
      src_mac: String(0x020000000002),
      dst_mac: String(0x020000000001),
      etype: 0x86dd,
      ...BACKWARD
    }
  )
})

test('the names of interfaces change sides with them', async () => {
  const named = [1, 2].map((number) => message(10, {}, ...optionsSets(10, [uint(10, number)], [text(82, `if${number}`)])))
  const { flows } = await decode([...named, message(10, {}, ...dataSets(10, [uint(10, 1), uint(14, 2), ...COUNTERS]))])
  assert.deepEqual(
    flows.map(({ in_if_name, out_if_name }) => [in_if_name, out_if_name]),
    [
      ['if1', 'if2'],
      ['if2', 'if1']
    ]
  )
})

test('with both families in the template each record has one, in both directions', async () => {
  const elements = (src4: string, src6: string): Element[] => [
    addr(8, src4),
    addr(12, '0.0.0.0'),
    addr(27, src6),
    addr(28, '::'),
    ...COUNTERS
  ]
  await assertFlows(
    10,
    elements('192.0.2.1', '::'),
    { src_addr: hex('192.0.2.1'), dst_addr: '00000000', etype: 0x0800, ...FORWARD },
    { src_addr: '00000000', dst_addr: hex('192.0.2.1'), etype: 0x0800, ...BACKWARD }
  )
  await assertFlows(
    10,
    elements('0.0.0.0', '2001:db8::1'),
    { src_addr: hex('2001:db8::1'), dst_addr: '0'.repeat(32), etype: 0x86dd, ...FORWARD },
    { src_addr: '0'.repeat(32), dst_addr: hex('2001:db8::1'), etype: 0x86dd, ...BACKWARD }
  )
})

test('no second message where the reverse counters are zero', async () => {
  const zero = [reverse(uint(1, 0)), reverse(uint(2, 0, 8))]
  await assertFlows(10, [...zero, uint(1, 1000), uint(2, 10)], FORWARD)
  // a total beside them says only that there was something once
  await assertFlows(10, [...zero, reverse(uint(86, 5)), uint(1, 1000), uint(2, 10)], FORWARD)
  // one of the two is enough
  await assertFlows(10, [reverse(uint(1, 0)), reverse(uint(2, 20)), uint(1, 1000)], { bytes: '1000' }, { packets: '20' })
  // reverse elements without a counter among them
  await assertFlows(10, [reverse(uint(6, 0x12, 2)), uint(1, 1000), uint(6, 2, 2)], { bytes: '1000', tcp_flags: 2 })
})

test('reverse totals, and what fills only post counters', async () => {
  await assertFlows(10, [uint(85, 1000, 8), uint(86, 10, 8), reverse(uint(85, 2000, 8)), reverse(uint(86, 20, 8))], FORWARD, BACKWARD)
  await assertFlows(10, [uint(1, 1000), reverse(uint(1, 0)), reverse(uint(23, 2000))], { bytes: '1000' }, { bytes: '2000' })
})

test('initiator and responder are two directions in either version', async () => {
  for (const version of VERSIONS) {
    const record = [
      addr(8, '192.0.2.1'),
      addr(12, '198.51.100.1'),
      uint(231, 1000, 8),
      uint(232, 2000, 8),
      uint(298, 10, 8),
      uint(299, 20, 8)
    ]
    await assertFlows(
      version,
      record,
      { src_addr: hex('192.0.2.1'), dst_addr: hex('198.51.100.1'), etype: 0x0800, ...FORWARD },
      { src_addr: hex('198.51.100.1'), dst_addr: hex('192.0.2.1'), etype: 0x0800, ...BACKWARD }
    )
    await assertFlows(version, [uint(231, 1000), uint(232, 2000), uint(4, 6, 1)], { bytes: '1000', proto: 6 }, { bytes: '2000', proto: 6 })
    await assertFlows(version, [uint(298, 10), uint(299, 20), uint(4, 6, 1)], { packets: '10', proto: 6 }, { packets: '20', proto: 6 })
    await assertFlows(version, [uint(231, 1000), uint(232, 0), uint(298, 10), uint(299, 0)], FORWARD)
    // the responder's alone is no forward flow
    await assertFlows(version, [uint(232, 2000), uint(299, 20), uint(4, 6, 1)], { proto: 6 })
    await assertFlows(version, [uint(231, 1000), uint(298, 10)], FORWARD)
  }
})

test('deltas beside initiator and responder are the forward direction’s', async () => {
  for (const version of VERSIONS) {
    await assertFlows(
      version,
      [uint(1, 7), uint(2, 3), uint(231, 1000), uint(232, 2000), uint(298, 10), uint(299, 20)],
      { bytes: '7', packets: '3' },
      BACKWARD
    )
  }
})

test('TCP flags of the second message are the reverse ones or none', async () => {
  await assertFlows(
    10,
    [uint(6, 0x1b, 2), reverse(uint(6, 0x12, 2)), ...COUNTERS],
    { tcp_flags: 0x1b, ...FORWARD },
    { tcp_flags: 0x12, ...BACKWARD }
  )
  await assertFlows(10, [uint(6, 0x1b, 2), ...COUNTERS], { tcp_flags: 0x1b, ...FORWARD }, BACKWARD)
})

const MS = 1_700_000_000_000
const times = (start: number, end: number): Flow => ({ time_flow_start_ns: `${start}000000`, time_flow_end_ns: `${end}000000` })

test('times of the second message are the reverse ones, the forward ones where those are absent', async () => {
  const forward = [uint(152, MS - 9000, 8), uint(153, MS - 1000, 8)]
  await assertFlows(
    10,
    [...forward, reverse(uint(152, MS - 8000, 8)), reverse(uint(153, MS - 2000, 8)), ...COUNTERS],
    { ...FORWARD, ...times(MS - 9000, MS - 1000) },
    { ...BACKWARD, ...times(MS - 8000, MS - 2000) }
  )
  await assertFlows(
    10,
    [...forward, reverse(uint(152, MS - 8000, 8)), ...COUNTERS],
    { ...FORWARD, ...times(MS - 9000, MS - 1000) },
    { ...BACKWARD, ...times(MS - 8000, MS - 1000) }
  )
  await assertFlows(
    10,
    [...forward, ...COUNTERS],
    { ...FORWARD, ...times(MS - 9000, MS - 1000) },
    { ...BACKWARD, ...times(MS - 9000, MS - 1000) }
  )
  await assertFlows(10, COUNTERS, FORWARD, BACKWARD)
})

test('reverse times in another unit than the forward ones', async () => {
  const forward = [uint(152, MS - 9000, 8), uint(153, MS - 1000, 8)]
  await assertFlows(
    10,
    [...forward, reverse(uint(150, MS / 1000 - 8)), reverse(uint(151, MS / 1000 - 2)), ...COUNTERS],
    { ...FORWARD, ...times(MS - 9000, MS - 1000) },
    { ...BACKWARD, ...times(MS - 8000, MS - 2000) }
  )
  await assertFlows(
    10,
    [...forward, reverse(uint(150, MS / 1000 - 8)), reverse(uint(161, 5000)), ...COUNTERS],
    { ...FORWARD, ...times(MS - 9000, MS - 1000) },
    { ...BACKWARD, ...times(MS - 8000, MS - 3000) }
  )
})

test('a biflow is one data record of the sequence number', async () => {
  const elements = [uint(4, 6, 1), ...COUNTERS]
  const datagram = (sequence: number): Buffer =>
    message(10, { sequence }, templateSet(10, 256, elements), set(256, recordOf(elements), recordOf(elements)))
  const { flows, decoder } = await decode([datagram(0), datagram(2), datagram(4)])
  assert.equal(flows.length, 12)
  assert.deepEqual(
    [...decoder.exporters.all()].map(({ sequences }) => [sequences.missing, sequences.restarts]),
    [[0, 0]]
  )
})

test('both messages of each record, in the order of the records, lengths varying', async () => {
  const record = (name: string, bytes: number, back: number): Buffer =>
    recordOf([vary(text(82, name)), uint(1, bytes), reverse(uint(1, back))])
  const { flows } = await decode([
    message(
      10,
      {},
      templateSet(10, 256, [vary(text(82, '')), uint(1, 0), reverse(uint(1, 0))]),
      set(256, record('a', 1, 2), record('longer', 3, 0), record('', 5, 6))
    )
  ])
  assert.deepEqual(
    flows.map(({ bytes }) => bytes),
    ['1', '2', '3', '5', '6']
  )
})

test('version 9 has no enterprise elements and so no reverse ones', async () => {
  await assertFlows(9, [uint(29305, 5), uint(1, 1000)], { bytes: '1000' })
})
