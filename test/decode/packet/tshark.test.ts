/** Crafted frames, layer by layer against tshark's dissection of the same bytes. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { withoutTshark } from '../../captures/tshark.js'
import type { Flow } from '../../support/datagram-stream.js'
import { frameFlow } from '../../support/frame-flow.js'
import { pcap } from '../../support/pcap-writer.js'
import { TUNNELS } from '../../../src/decode/packet/decap.js'
import { comparedFields, hasInnerPacket, innermostFields, PACKET_FIELDS, packetFields } from '../../support/tshark-packet.js'
import { FRAMES, PSEUDOWIRE } from './catalogue.js'

/** Where we say another thing on purpose. */
const DIFFERENCES: Partial<Record<string, { readonly fields: Flow; readonly reason: string }>> = {
  'AH in IPv4': { fields: { proto: 6 }, reason: 'the protocol of what is behind AH, which goes with the ports' }
}

/** For each frame its protocols, then the values of each field. */
function dissect(frames: readonly Buffer[]): string[][] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-frames-'))
  try {
    const file = path.join(folder, 'frames.pcap')
    fs.writeFileSync(file, pcap(frames.map((bytes) => ({ bytes }))))
    const columns = ['frame.protocols', ...PACKET_FIELDS]
    const options = ['-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE', '-d', `mpls.label==${PSEUDOWIRE},pwethcw`]
    const { stdout, stderr, status } = spawnSync(
      'tshark',
      ['-r', file, ...options, '-T', 'fields', '-E', 'separator=|', ...columns.flatMap((name) => ['-e', name])],
      {
        encoding: 'utf8'
      }
    )
    assert.equal(status, 0, stderr)
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|'))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const dissected = withoutTshark === false ? dissect(Object.values(FRAMES)) : []

for (const [i, [name, bytes]] of Object.entries(FRAMES).entries()) {
  const difference = DIFFERENCES[name]
  test(`${name}, as tshark has it${difference === undefined ? '' : `, but ${difference.reason}`}`, { skip: withoutTshark }, () => {
    const [protocols, ...values] = dissected[i]
    const valuesOf = (field: string): string[] => values[PACKET_FIELDS.indexOf(field)].split(',').filter((value) => value !== '')
    assert.deepEqual(comparedFields(frameFlow(bytes)), { ...packetFields(protocols.split(':'), valuesOf), ...difference?.fields })
  })
}

const INNERMOST = ['proto', 'vni', 'teid', 'src_customer_vlan', 'mpls_label', 'mpls_ttl', 'layer_stack']

test('the innermost packet of each that has one, with all tunnels peeled, as tshark has it', { skip: withoutTshark }, () => {
  let peeled = 0
  Object.entries(FRAMES).forEach(([name, bytes], i) => {
    const [protocols, ...values] = dissected[i]
    if (!hasInnerPacket(protocols.split(':'))) return
    const valuesOf = (field: string): string[] => values[PACKET_FIELDS.indexOf(field)].split(',').filter((value) => value !== '')
    const { tunnel_src_addr, tunnel_dst_addr, ...flow } = frameFlow(bytes, { decap: TUNNELS })
    const ends = tunnel_src_addr === undefined ? {} : { tunnel_src_addr, tunnel_dst_addr }
    const compared = Object.entries(comparedFields(flow)).filter(([field]) => !INNERMOST.includes(field))
    assert.deepEqual({ ...Object.fromEntries(compared), ...ends }, innermostFields(protocols.split(':'), valuesOf), name)
    peeled++
  })
  assert.ok(peeled > 10, `${peeled} frames with an inner packet`)
})
