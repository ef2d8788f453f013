/** Captures of yaf, softflowd, Cisco's options data and sFlow's counters, against the records that telegraf makes of them. */
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { saveExporter } from '../../src/decode/netflow/known/snapshot.js'
import { readCapture } from '../support/captures.js'
import type { Flow } from '../support/datagram-stream.js'
import { decode, type Decoded, rawLines } from '../support/decode.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { assertFlows, expectations, withoutReceipt } from './expected-flow.js'
import { readTelegraf, recordOf, type TelegrafLine } from './telegraf.js'

const FOLDER = path.join(CAPTURES, 'telegraf')

async function read(name: string): Promise<{ golden: TelegrafLine[]; decoded: Decoded }> {
  return {
    golden: readTelegraf(path.join(FOLDER, 'golden', `${name}.expected.out`)),
    decoded: await decode(await readCapture(path.join(FOLDER, `${name}.pcap`)))
  }
}

/** What the golden can know; telegraf's lines stand in no order. */
function known(flows: readonly Flow[]): Flow[] {
  const key = (flow: Flow): string =>
    [flow.time_flow_start_ns, flow.time_flow_end_ns, flow.src_addr, flow.src_port, flow.dst_addr, flow.bytes].join(' ')
  return flows
    .map((flow) => {
      const rest = withoutReceipt(flow)
      delete rest.sequence_num
      delete rest.observation_domain_id
      return rest
    })
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

for (const [name, optionsRecords] of [
  ['netflow_v9_example', 0],
  ['ipfix_example', 2]
] as const) {
  test(`${name}: the flows of telegraf`, { skip: withoutCaptures }, async () => {
    const { golden, decoded } = await read(name)
    const expected = expectations()
    const flows = golden.filter(({ options }) => !options).flatMap((line) => expected.flowsOf(recordOf(line)))
    assertFlows(known(decoded.flows), known(flows), 'flows')
    assert.equal(decoded.decoder.netflow.optionsRecords, optionsRecords)
    assert.equal(golden.filter(({ options }) => options).length, optionsRecords)
  })
}

test('ipfix_options: the names of applications that telegraf reads', { skip: withoutCaptures }, async () => {
  const { golden, decoded } = await read('ipfix_options')
  const [exporter] = decoded.decoder.exporters.all()
  const names = [...saveExporter(exporter)].flatMap((domain) => domain.names?.applications ?? []).map(([of, name]) => [of, name] as const)
  const sorted = (pairs: (readonly [number, string])[]): (readonly [number, string])[] => pairs.sort(([a], [b]) => a - b)
  assert.deepEqual(sorted(names), sorted(golden.map(({ fields }) => [Number(fields.get('app_id')), fields.get('app_name')!] as const)))
})

/** telegraf's names of counters, by ours in raw output. */
const COUNTERS: Record<string, string> = {
  if_index: 'interface', if_type: 'interface_type', if_speed: 'speed', if_in_octets: 'in_bytes', if_in_ucast_pkts: 'in_unicast_packets_total',
  if_in_multicast_pkts: 'in_mcast_packets_total', if_in_broadcast_pkts: 'in_broadcast_packets_total', if_in_discards: 'in_dropped_packets',
  if_in_errors: 'in_errors', if_in_unknown_protos: 'in_unknown_protocol', if_out_octets: 'out_bytes', if_out_ucast_pkts: 'out_unicast_packets_total',
  if_out_multicast_pkts: 'out_mcast_packets_total', if_out_broadcast_pkts: 'out_broadcast_packets_total', if_out_discards: 'out_dropped_packets',
  if_out_errors: 'out_errors', if_promiscuous_mode: 'promiscuous', alignment_errors: 'errors_alignment', fcs_errors: 'errors_fcs',
  single_collision_frames: 'collision_frames_single', multiple_collision_frames: 'collision_frames_multi', sqe_test_errors: 'errors_sqetest',
  deferred_transmissions: 'deferred', late_collisions: 'collisions_late', excessive_collisions: 'collisions_excessive',
  internal_mac_transmit_errors: 'errors_internal_mac_tx', carrier_sense_errors: 'errors_carrier_sense', frame_too_longs: 'errors_frame_too_long',
  internal_mac_receive_errors: 'errors_internal_mac_rx', symbol_errors: 'errors_symbols', name: 'port_name'
} // prettier-ignore

for (const name of ['sflow_v5_example', 'sflow_issue_18876']) {
  test(`${name}: the counters that telegraf reads`, { skip: withoutCaptures }, async () => {
    const [{ fields }] = readTelegraf(path.join(FOLDER, 'golden', `${name}.expected.out`))
    const [line] = await rawLines(await readCapture(path.join(FOLDER, `${name}.pcap`)))
    const {
      agent,
      sub_agent: subAgent,
      uptime,
      samples
    } = JSON.parse(line) as Record<string, unknown> & { samples: { sequence: number; records: object[] }[] }
    const [{ sequence, records }] = samples
    assert.deepEqual(
      [agent, String(subAgent), String(uptime), String(sequence)],
      ['agent_ip', 'agent_subid', 'sys_uptime', 'seq_number'].map((field) => fields.get(field))
    )
    const members = records.flatMap((record) => Object.entries(record)).filter(([member]) => member in COUNTERS)
    assert.ok(members.length > 17)
    // what is unknown is all ones (sFlow v5 section 5, "counter data types"), which both give as it is
    assert.deepEqual(
      members.map(([member, value]) => `${COUNTERS[member]} ${String(value)}`),
      members.map(([member]) => `${COUNTERS[member]} ${fields.get(COUNTERS[member])}`)
    )
  })
}
