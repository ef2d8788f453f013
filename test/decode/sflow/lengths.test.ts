/** Lengths that agents get wrong: what follows decides how long a sample or record really is. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Flow } from '../../support/datagram-stream.js'
import { decode, rawLines } from '../../support/decode.js'
import { ethernet, ipv4, packet, udp } from '../../support/build-packet.js'
import {
  buildSflowDatagram,
  discardedPacket,
  expandedFlowSample,
  extendedNat,
  extendedNatPort,
  extendedRouter,
  extendedSwitch,
  flowSample,
  rawHeader,
  sampledEthernet,
  sampledIpv4,
  sampledIpv6,
  structure
} from '../../support/build-sflow.js'

async function flowsOf(...samples: Buffer[]): Promise<Flow[]> {
  const { flows, decoder } = await decode([buildSflowDatagram({ samples })])
  assert.deepEqual([...decoder.counts.errors], [])
  return flows
}

/** The same record or sample with another length. */
function saying(length: number, whole: Buffer): Buffer {
  const changed = Buffer.from(whole)
  changed.writeUInt32BE(length, 4)
  return changed
}

/** A frame of 43 bytes, which XDR pads to 44. */
const FRAME = Buffer.concat([packet(ethernet(), ipv4({ src: '192.0.2.10' }), udp(53, 5353)), Buffer.alloc(1)])
const HEADER = rawHeader(FRAME)
const UNPADDED = saying(HEADER.length - 8 - ((4 - (FRAME.length % 4)) % 4), HEADER)

test('a record’s length without its padding', async () => {
  assert.notEqual(UNPADDED.readUInt32BE(4) % 4, 0)
  for (const records of [
    [UNPADDED, extendedSwitch(10, 20)],
    [extendedSwitch(10, 20), UNPADDED],
    [UNPADDED, UNPADDED, extendedSwitch(10, 20)]
  ]) {
    const [flow] = await flowsOf(flowSample({ records }))
    assert.deepEqual([flow.src_addr, flow.src_vlan, flow.dst_vlan], ['c000020a', 10, 20])
  }
})

test('a record without padding at all is as long as it says', async () => {
  const bare = saying(UNPADDED.readUInt32BE(4), UNPADDED.subarray(0, 8 + UNPADDED.readUInt32BE(4)))
  const [flow] = await flowsOf(flowSample({ records: [bare, extendedSwitch(10, 20)] }))
  assert.deepEqual([flow.src_addr, flow.src_vlan, flow.dst_vlan], ['c000020a', 10, 20])
})

test('a sample’s length without its padding', async () => {
  const odd = flowSample({ records: [extendedSwitch(1, 2), UNPADDED] })
  const cut = saying(odd.length - 8 - (HEADER.readUInt32BE(4) - UNPADDED.readUInt32BE(4)), odd)
  const flows = await flowsOf(cut, flowSample({ records: [extendedSwitch(3, 4)] }))
  assert.deepEqual(
    flows.map(({ src_vlan }) => src_vlan),
    [1, 3]
  )
})

const MACS = { src_mac: String(0x020000000003), dst_mac: String(0x020000000004), etype: 0x0800 }

test('sampled Ethernet that says 20 bytes has 24, or 20 with MAC addresses of six bytes', async () => {
  const whole = sampledEthernet()
  const said = saying(20, whole)
  const data = whole.subarray(8)
  const tight = structure(2, Buffer.concat([data.subarray(0, 10), data.subarray(12, 18), data.subarray(20)]))
  for (const record of [whole, said, tight]) {
    for (const others of [[], [extendedSwitch(10, 20)], [extendedSwitch(10, 20), extendedRouter('192.0.2.254', 24, 25)]]) {
      const [flow] = await flowsOf(flowSample({ records: [record, ...others] }))
      const { src_mac, dst_mac, etype } = flow
      assert.deepEqual({ src_mac, dst_mac, etype }, MACS)
      assert.equal(flow.src_vlan, others.length > 0 ? 10 : undefined)
      const [line] = await rawLines([buildSflowDatagram({ samples: [flowSample({ records: [record, ...others] })] })])
      assert.match(line, /"src_mac":"02:00:00:00:00:03","dst_mac":"02:00:00:00:00:04","type":2048/)
    }
  }
})

/** Records that say less than they hold, by how much, and a field that each of them gives. */
const SHORT: readonly (readonly [what: string, record: Buffer, less: number, field: string])[] = [
  ['a raw header without its padding', UNPADDED, HEADER.readUInt32BE(4) - UNPADDED.readUInt32BE(4), 'src_addr'],
  ['sampled Ethernet', saying(20, sampledEthernet()), 4, 'src_mac'],
  ['a router', saying(12, extendedRouter('192.0.2.254', 24, 25)), 4, 'src_net'],
  ['a router of IPv6', saying(24, extendedRouter('2001:db8::1', 48, 64)), 4, 'src_net'],
  ['NAT', saying(12, extendedNat('10.0.0.1', '10.0.0.2')), 4, 'post_nat_src_addr'],
  ['ports of NAT', saying(4, extendedNatPort(1, 2)), 4, 'post_nat_src_port'],
  ['sampled IPv4', saying(28, sampledIpv4()), 4, 'src_addr']
]

test('records that say too little, two in a sample, at any place in it, and in samples that say as little', async () => {
  const vlan = extendedSwitch(10, 20)
  const behind = flowSample({ records: [extendedSwitch(3, 4)] })
  for (const build of [flowSample, expandedFlowSample, discardedPacket])
    for (const [one, a, lessA, fieldA] of SHORT)
      for (const [other, b, lessB, fieldB] of SHORT)
        for (const records of [
          [vlan, a, b],
          [a, vlan, b],
          [a, b, vlan]
        ]) {
          const sample = build({ records })
          for (const said of [sample, saying(sample.readUInt32BE(4) - lessA - lessB, sample)]) {
            const what = `${build.name}: ${one}, ${other}`
            const flows = await flowsOf(said, behind)
            assert.deepEqual(
              flows.map(({ src_vlan }) => src_vlan),
              [10, 3],
              what
            )
            for (const field of [fieldA, fieldB]) assert.ok(flows[0][field] !== undefined, `${what}: ${field}`)
          }
        }
})

test('what sFlow writes for an unknown VLAN or priority is none', async () => {
  const [flow] = await flowsOf(flowSample({ records: [extendedSwitch(0xffffffff, 113)] }))
  assert.deepEqual([flow.src_vlan, flow.dst_vlan], [undefined, 113])
  for (const sampled of [sampledIpv4, sampledIpv6]) {
    const [{ ip_tos }] = await flowsOf(flowSample({ records: [sampled({ tos: 0xffffffff })] }))
    assert.equal(ip_tos, undefined)
  }
})
