/** Datagrams that are broken: what stands before and after a broken part is there, and the part is told of. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { ethernet, ipv4, packet, tcp, u32 } from '../../support/build-packet.js'
import {
  buildSflowDatagram,
  counterSample,
  discardedPacket,
  expandedFlowSample,
  extendedGateway,
  extendedNat,
  extendedNatPort,
  extendedRouter,
  extendedSwitch,
  flowSample,
  rawHeader,
  sampledEthernet,
  sampledIpv4,
  sampledIpv6,
  structure,
  vniIn,
  vniOut
} from '../../support/build-sflow.js'
import type { Flow } from '../../support/datagram-stream.js'
import { decode } from '../../support/decode.js'
import { numbers } from '../../support/generate.js'
import { SCALE } from '../../support/scale.js'

const FRAME = packet(ethernet(), ipv4(), tcp(40000, 443))

/** Every record that we read. */
const RECORDS: Readonly<Record<string, Buffer>> = {
  'raw header': rawHeader(FRAME),
  'sampled Ethernet': sampledEthernet(),
  'sampled IPv4': sampledIpv4(),
  'sampled IPv6': sampledIpv6(),
  switch: extendedSwitch(1, 2),
  router: extendedRouter('2001:db8::1', 1, 2),
  gateway: extendedGateway({ path: [{ ases: [1, 2] }, { ases: [3] }], communities: [4, 5] }),
  NAT: extendedNat('192.0.2.1', '2001:db8::1'),
  'NAT ports': extendedNatPort(1, 2),
  'VNI out': vniOut(1),
  'VNI in': vniIn(2)
}

async function decoded(payload: Buffer): Promise<{ flows: Flow[]; errors: Record<string, number> }> {
  const { flows, decoder } = await decode([payload])
  return { flows, errors: Object.fromEntries(decoder.counts.errors) }
}

const ofSamples = (...samples: Buffer[]): Buffer => buildSflowDatagram({ samples })
const rates = (flows: readonly Flow[]): unknown[] => flows.map(({ sampling_rate }) => Number(sampling_rate))

test('a header that is cut short, or an agent address of a type that there is not', async () => {
  const whole = buildSflowDatagram({ agent: '2001:db8::1', samples: [flowSample()] })
  for (let length = 4; length < 4 + 4 + 16 + 16; length++)
    assert.deepEqual(await decoded(whole.subarray(0, length)), { flows: [], errors: { truncated: 1 } })
  const other = Buffer.from(whole)
  other[7] = 3
  assert.deepEqual(await decoded(other), { flows: [], errors: { truncated: 1 } })
})

test('a datagram that ends before all samples that it says', async () => {
  const { flows, errors } = await decoded(
    buildSflowDatagram({ samples: [flowSample({ rate: 1 }), flowSample({ rate: 2 })], sampleCount: 0xffffffff })
  )
  assert.deepEqual(rates(flows), [1, 2])
  assert.deepEqual(errors, { truncated: 1 })
})

test('a sample that is longer than the datagram', async () => {
  const long = flowSample({ rate: 2 })
  long.writeUInt32BE(0xfffffffc, 4)
  const { flows, errors } = await decoded(ofSamples(flowSample({ rate: 1 }), long))
  assert.deepEqual(rates(flows), [1])
  assert.deepEqual(errors, { truncated: 1 })
})

test('a sample that is shorter than its head costs itself alone', async () => {
  for (const [format, whole] of [
    [1, flowSample()],
    [3, expandedFlowSample()],
    [5, discardedPacket()]
  ] as const) {
    for (let size = 0; size < whole.length - 8; size++) {
      const { flows, errors } = await decoded(
        ofSamples(flowSample({ rate: 1 }), structure(format, whole.subarray(8, 8 + size)), flowSample({ rate: 3 }))
      )
      assert.deepEqual(rates(flows), [1, 3])
      assert.deepEqual(errors, { 'malformed-sample': 1 })
    }
  }
})

test('a sample that ends before all records that it says', async () => {
  const { flows, errors } = await decoded(
    ofSamples(flowSample({ records: [extendedSwitch(1, 2)], recordCount: 0xffffffff }), flowSample({ rate: 3 }))
  )
  assert.deepEqual(
    flows.map(({ src_vlan }) => src_vlan),
    [1, undefined]
  )
  assert.deepEqual(errors, { 'malformed-sample': 1 })
})

test('a record that is longer than its sample', async () => {
  const long = extendedSwitch(3, 4)
  long.writeUInt32BE(17, 4)
  const { flows, errors } = await decoded(ofSamples(flowSample({ records: [vniIn(9), long] }), flowSample({ rate: 3 })))
  assert.deepEqual(
    flows.map(({ src_vlan, vni }) => [src_vlan, vni]),
    [
      [undefined, 9],
      [undefined, undefined]
    ]
  )
  assert.deepEqual(errors, { 'malformed-record': 1 })
})

/** Records of one size. */
const FIXED_FORMATS = [2, 3, 4, 1001, 1020, 1029, 1030]

for (const [name, record] of Object.entries(RECORDS)) {
  test(`a record that is cut short costs itself alone: ${name}`, async () => {
    const {
      flows: [without]
    } = await decoded(ofSamples(flowSample({ records: [structure(4097, Buffer.alloc(0)), extendedSwitch(5, 6)] })))
    const format = record.readUInt32BE(0)
    // the local preference of a gateway is not looked at, and neither is the priority of a VLAN
    const needed = record.length - 8 - (format === 1003 ? 4 : 0) - (format === 1 ? -FRAME.length & 3 : 0)
    for (let size = 0; size < needed; size++) {
      // XDR has words of four bytes: of any other length it is the length that is wrong, and the record is read
      if (size % 4 !== 0 && FIXED_FORMATS.includes(format)) continue
      if (format === 2 && size >= 20) continue // its MAC addresses are not padded
      const cut = structure(format, record.subarray(8, 8 + size))
      const { flows, errors } = await decoded(ofSamples(flowSample({ records: [cut, extendedSwitch(5, 6)] })))
      assert.deepEqual(flows, [without], `${size} of ${needed} bytes`)
      assert.deepEqual(errors, { 'malformed-record': 1 })
    }
  })
}

test('counts of a gateway that its bytes do not reach', async () => {
  const bytes = extendedGateway({ path: [{ ases: [1, 2] }], communities: [3] }).subarray(8)
  for (const [what, at] of [
    ['segments', 20],
    ['ASes', 28],
    ['communities', 40]
  ] as const) {
    for (const count of [3, 1000, 0x3fffffff, 0x40000000, 0x80000000, 0xffffffff]) {
      const broken = Buffer.from(bytes)
      broken.writeUInt32BE(count, at)
      const { flows, errors } = await decoded(ofSamples(flowSample({ records: [structure(1003, broken), vniIn(1)] })))
      assert.deepEqual([flows[0].as_path, flows[0].dst_as, flows[0].vni], [undefined, undefined, 1], `${count} ${what}`)
      assert.deepEqual(errors, { 'malformed-record': 1 })
    }
  }
})

test('an address of a type that there is not', async () => {
  for (const data of [Buffer.concat([u32(3), Buffer.alloc(40)]), Buffer.concat([u32(0x01000001), Buffer.alloc(40)])]) {
    for (const format of [1002, 1003, 1007]) {
      const { flows, errors } = await decoded(ofSamples(flowSample({ records: [structure(format, data), vniIn(1)] })))
      assert.deepEqual([Object.keys(flows[0]).includes('next_hop'), flows[0].vni], [false, 1])
      assert.deepEqual(errors, { 'malformed-record': 1 })
    }
  }
})

test('a raw header that says more bytes than its record has', async () => {
  for (const size of [FRAME.length + 3, 0x7fffffff, 0xffffffff]) {
    const record = rawHeader(FRAME)
    record.writeUInt32BE(size, 8 + 12)
    const { flows, errors } = await decoded(ofSamples(flowSample({ records: [record, vniIn(1)] })))
    assert.deepEqual([flows[0].bytes, flows[0].src_addr, flows[0].vni], [undefined, undefined, 1])
    assert.deepEqual(errors, { 'malformed-record': 1 })
  }
})

/** A datagram with everything in it. */
const WHOLE = ofSamples(
  flowSample({ rate: 1, records: Object.values(RECORDS) }),
  counterSample(),
  expandedFlowSample({ rate: 2, records: [rawHeader(FRAME), extendedGateway({ path: [{ ases: [1] }] })] }),
  discardedPacket({ records: [rawHeader(FRAME)] })
)

test('a datagram cut at every byte gives the samples that are whole', async () => {
  const { flows: all } = await decoded(WHOLE)
  const ends: number[] = []
  for (let pos = 28; pos < WHOLE.length; pos += 8 + WHOLE.readUInt32BE(pos + 4))
    if (WHOLE.readUInt32BE(pos) !== 2) ends.push(pos + 8 + WHOLE.readUInt32BE(pos + 4))
  for (let length = 4; length < WHOLE.length; length++) {
    const { flows, errors } = await decoded(WHOLE.subarray(0, length))
    assert.deepEqual(flows, all.slice(0, ends.filter((end) => end <= length).length))
    assert.deepEqual(errors, { truncated: 1 })
  }
})

test(`${12_000 * SCALE} broken datagrams`, async () => {
  const random = numbers(20231114)
  let flows = 0
  for (let round = 0; round < 120 * SCALE; round++) {
    const datagrams = Array.from({ length: 100 }, () => {
      const bytes = Buffer.from(WHOLE.subarray(0, WHOLE.length - (random() % 3 === 0 ? random() % WHOLE.length : 0)))
      for (let changes = 1 + (random() % 5); changes > 0; changes--) {
        const at = 8 + (random() % bytes.length)
        // lengths and counts are at multiples of 4
        if (random() % 2 === 0) bytes[at] = random()
        else if ((at & ~3) + 4 <= bytes.length)
          bytes.writeUInt32BE([0, 1, 4, 16, 64, 0x7fffffff, 0x80000000, 0xffffffff][random() % 8], at & ~3)
      }
      return bytes
    })
    const decodedRound = await decode(datagrams)
    flows += decodedRound.flows.length
    // a flow sample takes 40 bytes at the least
    assert.ok(decodedRound.flows.length <= 100 * (WHOLE.length / 40))
    for (const flow of decodedRound.flows)
      assert.equal((flow.layer_stack as unknown[] | undefined)?.length, (flow.layer_size as unknown[] | undefined)?.length)
  }
  assert.ok(flows > 12_000 * SCALE, `only ${flows} flows: what is broken does not get far`)
})

test('a datagram of nothing but empty samples', async () => {
  const empty = Array.from({ length: 8000 }, () => structure(1, Buffer.alloc(0)))
  const { flows, errors } = await decoded(ofSamples(...empty))
  assert.deepEqual([flows, errors], [[], { 'malformed-sample': 8000 }])
})

test('the largest datagram: a header of 64 kB, and samples of nothing but segments', async () => {
  const labels = Buffer.alloc(64_000)
  const { flows } = await decoded(
    ofSamples(flowSample({ records: [rawHeader(Buffer.concat([packet(ethernet({ type: 0x8847 })), labels]))] }))
  )
  assert.equal((flows[0].mpls_label as unknown[]).length, 16_000)
  const path = { ases: Array.from({ length: 15_000 }, () => 0xffffffff) }
  assert.equal(
    ((await decoded(ofSamples(flowSample({ records: [extendedGateway({ path: [path] })] })))).flows[0].as_path as unknown[]).length,
    15_000
  )
})
