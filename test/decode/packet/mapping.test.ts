import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import protobuf from 'protobufjs'
import { loadMapping } from '../../../src/mapping/mapping.js'
import { be, ipfix, set, template, variable } from '../../support/build-netflow.js'
import { dot1q, ethernet, gre, ipv4, packet, raw, tcp, udp, vxlan } from '../../support/build-packet.js'
import { buildSflowDatagram, extendedGateway, extendedSwitch, flowSample, rawHeader } from '../../support/build-sflow.js'
import { decodeStream } from '../../support/decode.js'
import { datagramFrame, FlowMessage } from '../../support/datagram-stream.js'
import { runTool } from '../../support/tools.js'

const FIELDS = `
formatter:
  protobuf:
    - { name: number, index: 2000, type: varint }
    - { name: other, index: 2001, type: varint }
    - { name: raw, index: 2002, type: bytes }
    - { name: all, index: 2003, type: varint, array: true }
`

/** The fields by number that protobufjs does not know, as hexadecimal or digits, of the first message that these datagrams give. */
async function mapped(sflow: string, payload: Buffer): Promise<{ extra: Record<number, string[]>; flow: Record<string, unknown> }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-mapping-'))
  try {
    const file = path.join(folder, 'mapping.yaml')
    fs.writeFileSync(file, `${FIELDS}sflow:\n${sflow}`)
    await loadMapping(file)
    const { stdout, code, stderr } = await runTool('flow-decode', ['-mapping', file], datagramFrame({ payload }))
    assert.equal(code, 0, stderr)
    const extra: Record<number, string[]> = {}
    const reader = protobuf.Reader.create(stdout)
    const end = reader.uint32() + reader.pos
    const start = reader.pos
    while (reader.pos < end) {
      const tag = reader.uint32()
      const number = tag >>> 3
      if (number < 2000 || number > 2003) reader.skipType(tag & 7)
      else (extra[number] ??= []).push((tag & 7) === 0 ? String(reader.uint32()) : Buffer.from(reader.bytes()).toString('hex'))
    }
    return { extra, flow: FlowMessage.toObject(FlowMessage.decode(stdout.subarray(start, end))) }
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const sample = (frame: Buffer): Buffer => buildSflowDatagram({ samples: [flowSample({ records: [rawHeader(frame)] })] })

test('bits of a layer at any place and of any length', async () => {
  const frame = packet(ethernet(), ipv4({ tos: 0xb8, ttl: 33, id: 0x1234 }), udp(1000, 53))
  const { extra } = await mapped(
    `  mapping:
    - { layer: ipv4, offset: 8, length: 6, destination: number }
    - { layer: udp, offset: 12, length: 8, destination: other }
    - { layer: ip, offset: 32, length: 16, destination: raw }
    - { layer: "3", offset: 32, length: 16, endianness: little, destination: all }
    - { layer: proto17, offset: 16, length: 16, destination: all }
    - { layer: etype0x0800, offset: 64, length: 8, destination: all }
`,
    sample(frame)
  )
  assert.deepEqual(extra, {
    2000: [String(0xb8 >> 2)],
    2001: [String((((1000 << 16) | 53) >>> 12) & 0xff)],
    2002: ['1234'],
    2003: [String(0x3412), '53', '33']
  })
})

test('a field that is there already takes the mapped value; encap: true is below the outermost packet', async () => {
  const frame = packet(
    ethernet(),
    dot1q(7),
    ipv4({ ttl: 60 }),
    udp(4000, 4789),
    vxlan(99),
    ethernet(),
    ipv4({ ttl: 5, src: '198.51.100.77' }),
    tcp(1, 2)
  )
  const { extra, flow } = await mapped(
    `  mapping:
    - { layer: ipv4, encap: true, offset: 64, length: 8, destination: ip_ttl }
    - { layer: ipv4, encap: true, offset: 96, length: 32, destination: raw }
    - { layer: dot1q, offset: 4, length: 12, destination: number }
`,
    sample(frame)
  )
  assert.equal(flow.ip_ttl, 5)
  assert.deepEqual(extra, { 2000: ['7'], 2002: ['c633644d'] })
})

test('a mapped value comes behind those of the other records of the sample, and a list takes the place of theirs', async () => {
  const records = [
    rawHeader(packet(ethernet(), ipv4({ ttl: 60 }), tcp(1, 2))),
    extendedSwitch(10, 20),
    extendedGateway({ path: [{ type: 2, ases: [65_001, 65_002] }], communities: [7] })
  ]
  const { flow } = await mapped(
    `  mapping:
    - { layer: ipv4, offset: 64, length: 8, destination: src_vlan }
    - { layer: ipv4, offset: 64, length: 8, destination: dst_as }
    - { layer: ipv4, offset: 64, length: 8, destination: as_path }
    - { layer: ipv4, offset: 64, length: 8, destination: bgp_communities }
`,
    buildSflowDatagram({ samples: [flowSample({ records })] })
  )
  assert.deepEqual([flow.src_vlan, flow.dst_vlan, flow.dst_as, flow.next_hop_as], [60, 20, 60, 65_001])
  assert.deepEqual([flow.as_path, flow.bgp_communities], [[60], [60]])
})

test('what was not captured is no value', async () => {
  const frame = packet(ethernet(), ipv4(), tcp(1, 2)).subarray(0, 14 + 20 + 6)
  const { extra } = await mapped(
    '  mapping:\n    - { layer: tcp, offset: 32, length: 32, destination: number }\n    - { layer: tcp, offset: 32, length: 16, destination: other }\n',
    sample(frame)
  )
  assert.equal(2000 in extra, false)
})

test('a port gets a parser, and the payload of a port is mapped', async () => {
  const frame = packet(ethernet(), ipv4(), udp(5000, 9999), gre(), ipv4({ src: '203.0.113.5', ttl: 9 }), tcp(1, 2))
  const { extra, flow } = await mapped(
    `  ports:
    - { proto: udp, dir: dst, port: 9999, parser: gre }
  mapping:
    - { layer: udp9999, offset: 16, length: 16, destination: number }
    - { layer: ipv4, encap: true, offset: 64, length: 8, destination: other }
`,
    sample(frame)
  )
  assert.deepEqual(extra, { 2000: [String(0x0800)], 2001: ['9'] })
  assert.deepEqual(flow.layer_stack, [0, 1, 4, 9, 1, 3])
})

test('frames inside IPFIX are mapped too', async () => {
  const frame = packet(ethernet(), ipv4({ ttl: 44 }), tcp(1, 2))
  const { extra } = await mapped(
    '  mapping:\n    - { layer: ipv4, offset: 64, length: 8, destination: number }\n',
    ipfix(
      {},
      set(
        2,
        template(256, [
          [315, 65535],
          [10, 4]
        ])
      ),
      set(256, variable(frame), be(3, 4))
    )
  )
  assert.deepEqual(extra, { 2000: ['44'] })
})

test('without a mapping nothing changes', async () => {
  const { flows } = await decodeStream(datagramFrame({ payload: sample(packet(ethernet(), ipv4({ ttl: 3 }), tcp(1, 2))) }))
  assert.equal(flows[0].ip_ttl, 3)
})

test('layers by number: the frame from its first byte on, and what TCP and UDP carry', async () => {
  const frame = packet(ethernet(), ipv4(), udp(1, 2), raw(...Buffer.from('abcd')))
  const { extra } = await mapped(
    '  mapping: [{ layer: 0, offset: 96, length: 16, destination: number }, { layer: "7", length: 32, destination: raw }, { layer: payload, offset: 8, length: 8, destination: other }]',
    sample(frame)
  )
  assert.deepEqual(extra, { 2000: ['2048'], 2001: [String('b'.charCodeAt(0))], 2002: [Buffer.from('abcd').toString('hex')] })
})
