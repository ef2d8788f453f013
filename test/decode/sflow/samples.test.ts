/** Datagrams and the heads of samples. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { ethernet, ipv4, packet, tcp, u32 } from '../../support/build-packet.js'
import {
  buildSflowDatagram,
  counterSample,
  discardedPacket,
  expandedFlowSample,
  extendedGateway,
  extendedRouter,
  extendedSwitch,
  flowSample,
  rawHeader,
  structure,
  unknownStructure
} from '../../support/build-sflow.js'
import { type Flow, RECEIVED } from '../../support/datagram-stream.js'
import { decode } from '../../support/decode.js'
import { hex, mac } from '../../support/frame-flow.js'

const COMMON = {
  type: 'SFLOW_5',
  sequence_num: 1,
  sampler_address: hex('192.0.2.254'),
  time_received_ns: String(RECEIVED),
  time_flow_start_ns: String(RECEIVED),
  time_flow_end_ns: String(RECEIVED)
}
const HEAD = { packets: '1', sampling_rate: '1000', in_if: 1, out_if: 2 }

async function flowsOf(...samples: Buffer[]): Promise<Flow[]> {
  const { flows, decoder } = await decode([buildSflowDatagram({ samples })])
  assert.deepEqual([...decoder.counts.errors], [])
  return flows
}

/** The fields of the only sample but for those that all have. */
async function headOf(sample: Buffer): Promise<Flow> {
  const [flow, ...others] = await flowsOf(sample)
  assert.equal(others.length, 0)
  assert.deepEqual({ ...flow, ...COMMON }, flow)
  return Object.fromEntries(Object.entries(flow).filter(([name]) => !(name in COMMON)))
}

test('a whole flow sample, every field', async () => {
  const frame = packet(ethernet(), ipv4({ id: 9, flags: 2, ttl: 57 }), tcp(40000, 443))
  const [flow] = await flowsOf(
    flowSample({
      rate: 4096,
      source: 3,
      input: 3,
      output: 17,
      records: [
        rawHeader(frame, { frameLength: 1518 }),
        extendedSwitch(100, 200),
        extendedRouter('192.0.2.1', 24, 20),
        extendedGateway({ path: [{ ases: [3320, 1299] }], communities: [65535] })
      ]
    })
  )
  assert.deepEqual(flow, {
    ...COMMON,
    sampling_rate: '4096',
    packets: '1',
    bytes: '1518',
    in_if: 3,
    out_if: 17,
    src_mac: mac('02:00:00:00:00:01'),
    dst_mac: mac('02:00:00:00:00:02'),
    etype: 0x0800,
    src_addr: hex('192.0.2.1'),
    dst_addr: hex('198.51.100.2'),
    fragment_id: 9,
    ip_flags: 2,
    ip_ttl: 57,
    proto: 6,
    src_port: 40000,
    dst_port: 443,
    tcp_flags: 16,
    layer_stack: ['Ethernet', 'IPv4', 'TCP'],
    layer_size: [14, 20, 20],
    src_vlan: 100,
    dst_vlan: 200,
    next_hop: hex('192.0.2.1'),
    src_net: 24,
    dst_net: 20,
    bgp_next_hop: hex('192.0.2.253'),
    src_as: 64501,
    dst_as: 1299,
    next_hop_as: 3320,
    as_path: [3320, 1299],
    bgp_communities: [65535]
  })
})

test("the sampler's address: the agent's, or where that is unknown the exporter's", async () => {
  const samplerOf = async (agent: string): Promise<unknown> => {
    const { flows } = await decode([
      { payload: buildSflowDatagram({ agent, sequence: 0xffffffff, samples: [flowSample()] }), src: Buffer.from([203, 0, 113, 7]) }
    ])
    assert.equal(flows[0].sequence_num, 0xffffffff)
    return flows[0].sampler_address
  }
  assert.equal(await samplerOf('10.1.2.3'), hex('10.1.2.3'))
  assert.equal(await samplerOf('2001:db8::9'), hex('2001:db8::9'))
  assert.equal(await samplerOf(''), hex('203.0.113.7'))
  assert.equal(await samplerOf('0.0.0.0'), hex('203.0.113.7'))
})

test('several samples of all kinds; counters are counted, others skipped by their length', async () => {
  const { flows, decoder } = await decode([
    buildSflowDatagram({
      samples: [
        counterSample(),
        flowSample({ rate: 1 }),
        unknownStructure(),
        structure(7, Buffer.alloc(3)),
        expandedFlowSample({ rate: 2 }),
        counterSample(true),
        discardedPacket(),
        flowSample({ rate: 3 })
      ],
      trailing: Buffer.from('trailing bytes')
    })
  ])
  assert.deepEqual(
    flows.map(({ sampling_rate }) => sampling_rate),
    ['1', '2', '1', '3']
  )
  assert.equal(decoder.counterSamples(), 2)
  assert.deepEqual([...decoder.counts.errors], [])
})

test('a datagram without samples', async () => {
  assert.deepEqual(await flowsOf(), [])
})

test('interfaces of a flow sample', async () => {
  for (const [input, output, fields] of [
    [7, 8, { in_if: 7, out_if: 8 }],
    [0, 0x3ffffffe, { out_if: 0x3ffffffe }],
    [0x3fffffff, 5, { out_if: 5 }],
    [5, 0x3fffffff, { in_if: 5 }],
    [5, 0x40000000 + 258, { in_if: 5, forwarding_status: 128, drop_reason: 258 }],
    [5, 0x40000000, { in_if: 5, forwarding_status: 128 }],
    [5, 0x80000000 + 12, { in_if: 5 }],
    [5, 0xc0000000 + 12, { in_if: 5 }],
    [0x40000000 + 9, 5, { out_if: 5 }],
    [0xffffffff, 0xffffffff, {}]
  ] as const) {
    assert.deepEqual(await headOf(flowSample({ input, output })), { packets: '1', sampling_rate: '1000', ...fields }, `${input} ${output}`)
  }
})

test('interfaces of an expanded flow sample', async () => {
  for (const [interfaces, fields] of [
    [
      { input: 0xfffffffe, output: 0x80000001 },
      { in_if: 0xfffffffe, out_if: 0x80000001 }
    ],
    [{ input: 0x3fffffff, output: 0xffffffff }, {}],
    [{ input: 0xffffffff, output: 0x3fffffff }, {}],
    [
      { outputFormat: 1, output: 256 },
      { in_if: 1, forwarding_status: 128, drop_reason: 256 }
    ],
    [{ outputFormat: 2, output: 3 }, { in_if: 1 }],
    [{ outputFormat: 3, output: 3 }, { in_if: 1 }],
    [{ inputFormat: 1, input: 4 }, { out_if: 2 }],
    [{ inputFormat: 0xffffffff, outputFormat: 0xffffffff }, {}]
  ] as const) {
    assert.deepEqual(
      await headOf(expandedFlowSample(interfaces)),
      { packets: '1', sampling_rate: '1000', ...fields },
      JSON.stringify(interfaces)
    )
  }
})

test('a discarded packet stands for itself, with the reason', async () => {
  assert.deepEqual(await headOf(discardedPacket({ source: 9, input: 3, output: 4, reason: 288 })), {
    packets: '1',
    sampling_rate: '1',
    in_if: 3,
    out_if: 4,
    forwarding_status: 128,
    drop_reason: 288
  })
  assert.deepEqual(await headOf(discardedPacket({ input: 0, output: 0, reason: 0 })), {
    packets: '1',
    sampling_rate: '1',
    forwarding_status: 128
  })
  const frame = packet(ethernet(), ipv4(), tcp(1, 2))
  assert.equal((await headOf(discardedPacket({ records: [rawHeader(frame, { frameLength: 70 })] }))).bytes, '70')
})

test('taken at the egress where the source is the output, and not the input', async () => {
  for (const [options, egress] of [
    [{ source: 2 }, 1],
    [{ source: 1 }, undefined],
    [{ source: 3 }, undefined],
    [{ source: 2, input: 2 }, undefined],
    [{ source: 2, sourceClass: 1 }, undefined],
    [{ source: 0, output: 0 }, undefined]
  ] as const) {
    const head = { ...HEAD, ...('input' in options ? { in_if: 2 } : {}), ...('output' in options ? { out_if: undefined } : {}) }
    const expected = Object.fromEntries(Object.entries({ ...head, flow_direction: egress }).filter(([, value]) => value !== undefined))
    assert.deepEqual(await headOf(flowSample(options)), expected)
    assert.deepEqual(await headOf(expandedFlowSample(options)), expected)
    assert.equal((await headOf(discardedPacket(options))).flow_direction, egress)
  }
})

test('the largest and the least of a head', async () => {
  assert.deepEqual(await headOf(expandedFlowSample({ rate: 0xffffffff, input: 0, output: 0 })), {
    packets: '1',
    sampling_rate: '4294967295'
  })
  assert.deepEqual(await headOf(flowSample({ rate: 0, input: 0, output: 0, source: 0xffffff })), { packets: '1' })
})

test('bytes behind the records of a sample', async () => {
  assert.deepEqual(await headOf(structure(1, Buffer.concat([flowSample().subarray(8), u32(1, 2, 3)]))), HEAD)
})
