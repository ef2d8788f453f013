import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  be,
  type FieldSpec,
  ipfix,
  ipv4,
  optionsTemplate10,
  optionsTemplate9,
  set,
  template,
  v5,
  v9,
  variable
} from '../../support/build-netflow.js'
import { datagramFrame } from '../../support/datagram-stream.js'
import { rawLines } from '../../support/decode.js'
import { numbers } from '../../support/generate.js'
import { runTool } from '../../support/tools.js'

type Json = Record<string, unknown>
const parse = async (...datagrams: Buffer[]): Promise<Json[]> => (await rawLines(datagrams)).map((line) => JSON.parse(line) as Json)

test('a v5 datagram: header and records', async () => {
  const [line] = await parse(
    v5(
      { uptime: 5000, seconds: 1_700_000_000, nanos: 500, sequence: 7, engine: 0x0102, sampling: 0x4064 },
      { packets: 3, bytes: 99, protocol: 6 }
    )
  )
  assert.deepEqual(
    { ...line, records: undefined },
    {
      time_received: '2023-11-14T22:13:21.23456789Z',
      exporter: '192.0.2.9',
      src_port: 40000,
      dst_addr: '198.51.100.9',
      dst_port: 2055,
      protocol: 'NETFLOW_V5',
      version: 5,
      count: 1,
      uptime: 5000,
      export_time: '2023-11-14T22:13:20.0000005Z',
      sequence: 7,
      engine_type: 1,
      engine_id: 2,
      sampling_mode: 1,
      sampling_interval: 100,
      records: undefined
    }
  )
  const [record] = line.records as Json[]
  assert.equal(record.sourceIPv4Address, '192.0.2.1')
  assert.equal(record.octetDeltaCount, 99)
})

test('values by their types, 64-bit numbers with every digit', async () => {
  const fields: FieldSpec[] = [
    [1, 8],
    [27, 16],
    [56, 6],
    [82, 8],
    [150, 4],
    [152, 8],
    [156, 8],
    [276, 1],
    [320, 8],
    [434, 4],
    [90, 8],
    [8, 3],
    [5000, 2],
    [7, 2, 29305],
    [9, 4, 9]
  ]
  const record = Buffer.concat([
    be(18446744073709551615n, 8),
    Buffer.from('20010db8000000000000000000000001', 'hex'),
    Buffer.from('0a0b0c0d0e0f', 'hex'),
    Buffer.from('ge-0/0\0\0'),
    be(1_700_000_000, 4),
    be(1_700_000_000_123n, 8),
    be((1_700_000_000n + 2208988800n) * 2n ** 32n + 2n ** 31n, 8),
    be(1, 1),
    Buffer.from('3ff8000000000000', 'hex'),
    Buffer.from('ffffffff', 'hex'),
    be(5, 8),
    be(1, 3),
    be(77, 2),
    be(443, 2),
    be(1, 4)
  ])
  const [line] = await rawLines([ipfix({}, set(2, template(256, fields)), set(256, record))])
  assert.match(line, /"octetDeltaCount":18446744073709551615,/)
  const [, { records }] = (JSON.parse(line) as { sets: [unknown, { records: Json[] }] }).sets
  assert.deepEqual(
    { ...records[0], octetDeltaCount: undefined },
    {
      octetDeltaCount: undefined,
      sourceIPv6Address: '2001:db8::1',
      sourceMacAddress: '0a:0b:0c:0d:0e:0f',
      interfaceName: 'ge-0/0',
      flowStartSeconds: '2023-11-14T22:13:20Z',
      flowStartMilliseconds: '2023-11-14T22:13:20.123Z',
      flowStartNanoseconds: '2023-11-14T22:13:20.5Z',
      dataRecordsReliability: true,
      absoluteError: 1.5,
      mibObjectValueInteger: -1,
      mplsVpnRouteDistinguisher: '0000000000000005',
      sourceIPv4Address: '000001',
      element5000: '004d',
      reverseSourceTransportPort: 443,
      enterprise9element9: '00000001'
    }
  )
})

test('templates and options by name, scopes apart', async () => {
  const [nine, ten] = await parse(
    v9(
      { domain: 1 },
      set(
        1,
        optionsTemplate9(
          257,
          [[2, 4]],
          [
            [34, 4],
            [82, 4]
          ]
        )
      ),
      set(257, be(9, 4), be(100, 4), Buffer.from('eth9'))
    ),
    ipfix({ domain: 2 }, set(3, optionsTemplate10(258, [[149, 4]], [[160, 8]])), set(2, be(258, 2), be(0, 2)))
  )
  assert.deepEqual(nine.sets, [
    {
      set: 1,
      templates: [
        {
          id: 257,
          scopes: [{ name: 'scopeInterface', id: 2, length: 4 }],
          fields: [
            { name: 'samplingInterval', id: 34, length: 4 },
            { name: 'interfaceName', id: 82, length: 4 }
          ]
        }
      ]
    },
    { set: 257, options: [{ scopeInterface: 9, samplingInterval: 100, interfaceName: 'eth9' }] }
  ])
  assert.deepEqual(ten.sets, [
    {
      set: 3,
      templates: [
        {
          id: 258,
          scopes: [{ name: 'observationDomainId', id: 149, length: 4 }],
          fields: [{ name: 'systemInitTimeMilliseconds', id: 160, length: 8 }]
        }
      ]
    },
    { set: 2, withdrawal: 258 }
  ])
})

test('lists are unfolded, also inside lists', async () => {
  const inner = Buffer.concat([be(3, 1), be(483, 2), be(4, 2), be(1, 4), be(2, 4)])
  const multi = Buffer.concat([be(4, 1), be(300, 2), be(4 + 2, 2), be(80, 2), be(300, 2), be(4 + 2, 2), be(443, 2)])
  const sub = Buffer.concat([be(255, 1), be(301, 2), variable(inner)])
  const [line] = await parse(
    ipfix(
      {},
      set(
        2,
        template(300, [[7, 2]]),
        template(301, [[484, 65535]]),
        template(256, [
          [291, 65535],
          [292, 65535],
          [293, 65535]
        ])
      ),
      set(256, variable(inner), variable(sub), variable(multi, true))
    )
  )
  const communities = { semantic: 'allOf', element: 'bgpCommunity', values: [1, 2] }
  assert.deepEqual((line.sets as Json[])[1].records, [
    {
      basicList: communities,
      subTemplateList: { semantic: 'undefined', template: 301, records: [{ bgpSourceCommunityList: communities }] },
      subTemplateMultiList: {
        semantic: 'ordered',
        lists: [
          { template: 300, records: [{ sourceTransportPort: 80 }] },
          { template: 300, records: [{ sourceTransportPort: 443 }] }
        ]
      }
    }
  ])
})

test('sFlow counter samples by name, unknown records as bytes', async () => {
  const counters = Buffer.concat([be(5, 4), be(28, 4), be(100, 4), be(2n ** 63n, 8), be(1, 4), be(2, 4), be(3, 4), be(4, 4)])
  const unknown = Buffer.concat([be(0x1234_5001, 4), be(3, 4), Buffer.from([1, 2, 3])])
  const body = Buffer.concat([be(9, 4), be(0x0000_0003, 4), be(2, 4), counters, unknown])
  const payload = Buffer.concat([
    be(5, 4),
    be(1, 4),
    ipv4('192.0.2.7'),
    be(0, 4),
    be(42, 4),
    be(1000, 4),
    be(1, 4),
    be(2, 4),
    be(body.length, 4),
    body
  ])
  const [text] = await rawLines([payload])
  assert.match(text, /"octets":9223372036854775808,/)
  const line = JSON.parse(text) as Json
  assert.equal(line.agent, '192.0.2.7')
  const [sample] = line.samples as Json[]
  assert.deepEqual({ ...sample, records: undefined }, { sample: 'counters', sequence: 9, source_id: 3, records: undefined })
  const [vlan, other] = sample.records as Json[]
  assert.deepEqual(
    { ...vlan, octets: undefined },
    { record: 'vlan', vlan_id: 100, octets: undefined, ucast_pkts: 1, multicast_pkts: 2, broadcast_pkts: 3, discards: 4 }
  )
  assert.deepEqual(other, { enterprise: 0x12345, format: 1, bytes: '010203' })
})

test('whatever the bytes, a line is JSON', async () => {
  const random = numbers(11)
  const base = [
    v5({}, {}, {}),
    v9(
      {},
      set(
        0,
        template(256, [
          [8, 4],
          [82, 5]
        ])
      ),
      set(256, ipv4('192.0.2.1'), Buffer.from([0xff, 0xc0, 34, 92, 10]))
    ),
    ipfix(
      {},
      set(
        2,
        template(256, [
          [291, 65535],
          [293, 65535],
          [320, 8]
        ])
      ),
      set(256, variable(be(7, 9)), variable(be(1, 20)), Buffer.alloc(8, 0xff))
    ),
    Buffer.concat([
      be(5, 4),
      be(1, 4),
      be(1, 4),
      be(0, 4),
      be(1, 4),
      be(1, 4),
      be(2, 4),
      be(2, 4),
      be(24, 4),
      be(1, 4),
      be(1, 4),
      be(1, 4),
      be(2001, 4),
      be(8, 4),
      be(0xffffffff, 4),
      be(0xffffffff, 4)
    ])
  ]
  const mutants: Buffer[] = []
  for (let i = 0; i < 4000; i++) {
    const bytes = Buffer.from(base[i % base.length])
    for (let flips = random() % 4; flips >= 0; flips--) bytes[random() % bytes.length] = random() & 0xff
    mutants.push(bytes.subarray(0, random() % 3 === 0 ? random() % bytes.length : bytes.length))
  }
  const lines = await rawLines(mutants)
  assert.equal(lines.length, mutants.length)
  for (const line of lines) assert.doesNotThrow(() => JSON.parse(line) as unknown, line)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
      const [line] = await rawLines([Buffer.from(bytes)])
      JSON.parse(line)
    }),
    { numRuns: 200 }
  )
})

test('-format text is for people', async () => {
  const { stdout, code, stderr } = await runTool(
    'flow-decode',
    ['-produce', 'raw', '-format', 'text'],
    datagramFrame({ payload: v5({ sequence: 3 }, { packets: 5 }) })
  )
  assert.equal(code, 0)
  assert.match(
    stdout.toString(),
    /^time_received=\S+ exporter=192\.0\.2\.9 .*protocol=NETFLOW_V5 .*\nrecords:\n {2}sourceIPv4Address=192\.0\.2\.1 /
  )
  assert.equal(stderr, 'flow-decode: new exporter 192.0.2.9 (NetFlow v5)\nflow-decode: 1 datagram in\n')
})

test('fields without bytes are shown in the template and not in each record', async () => {
  const empty = Array.from({ length: 1000 }, (): FieldSpec => [5000, 0])
  const [line] = await rawLines([v9({}, set(0, template(256, [...empty, [7, 1]])), set(256, Buffer.alloc(2000, 1)))])
  assert.ok(line.length < 200_000, `${line.length} characters`)
  const { sets } = JSON.parse(line) as { sets: { records?: unknown[] }[] }
  assert.equal(sets[1].records?.length, 2000)
})
