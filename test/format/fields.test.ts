/** `-fields`: the list of fields, and lists that have a name. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { FlowMessage } from '../support/datagram-stream.js'
import { runTool } from '../support/tools.js'

const FLOW = Buffer.from(FlowMessage.encodeDelimited({ bytes: 1500, src_port: 443, proto: 6 }).finish())

/** The keys of goflow2's JSON where no mapping file says otherwise. */
const GOFLOW2_KEYS =
  'type time_received_ns sequence_num sampling_rate sampler_address time_flow_start_ns time_flow_end_ns bytes packets src_addr dst_addr etype ' +
  'proto src_port dst_port in_if out_if src_mac dst_mac src_vlan dst_vlan vlan_id ip_tos forwarding_status ip_ttl ip_flags tcp_flags icmp_type ' +
  'icmp_code ipv6_flow_label fragment_id fragment_offset src_as dst_as next_hop next_hop_as src_net dst_net bgp_next_hop bgp_communities as_path ' +
  'mpls_ttl mpls_label mpls_ip observation_domain_id observation_point_id layer_stack layer_size ipv6_routing_header_addresses ' +
  'ipv6_routing_header_seg_left'

async function keys(fields: string): Promise<string[]> {
  const { code, stdout, stderr } = await runTool('flow-format', ['-fields', fields], FLOW)
  assert.equal(code, 0, stderr)
  return Object.keys(JSON.parse(stdout.toString()) as object)
}

test('goflow2 stands for its keys in its order, all for every field, beside others', async () => {
  assert.deepEqual(await keys('goflow2'), GOFLOW2_KEYS.split(' '))
  const every = Object.keys(FlowMessage.fields)
  assert.deepEqual(new Set(await keys('all')), new Set(every))
  assert.deepEqual((await keys('src_country,goflow2,bps')).slice(0, 2), ['src_country', 'type'])
})

test('help lists every field and computed column within 80 columns, and reads nothing', async () => {
  const { code, stdout } = await runTool('flow-format', ['-fields', 'help'], 'no stream')
  assert.equal(code, 0)
  const lines = stdout.toString().trimEnd().split('\n')
  for (const name of [...Object.keys(FlowMessage.fields), 'bps', 'duration'])
    assert.equal(lines.filter((line) => line.split(' ')[0] === name).length, 1, name)
  for (const line of lines) assert.ok(line.length <= 80, line)
})

test('a field that there is not names the nearest ones and the list', async () => {
  const { code, stderr } = await runTool('flow-format', ['-fields', 'src_adr'], FLOW)
  assert.equal(code, 64)
  assert.match(stderr, /^flow-format: -fields: unknown field 'src_adr': src_addr, .*; -fields help lists all\n$/)
  const { stderr: ofNfdump } = await runTool('flow-format', ['-fields', 'Te'], FLOW)
  assert.match(ofNfdump, /unknown field 'Te': time_flow_end_ns; -fields help lists all\n$/)
})
