/** Captures of yaf, softflowd and Cisco's options data, against the records that telegraf makes of them. */
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { saveExporter } from '../../src/decode/netflow/state.js'
import { readCapture } from '../support/captures.js'
import type { Flow } from '../support/datagram-stream.js'
import { decode, type Decoded } from '../support/decode.js'
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
  const key = (flow: Flow): string => [flow.time_flow_start_ns, flow.time_flow_end_ns, flow.src_addr, flow.src_port, flow.dst_addr, flow.bytes].join(' ')
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
  const names = [...saveExporter(exporter)].flatMap((domain) => domain.names?.applications ?? [])
  const sorted = (pairs: (readonly [number, string])[]): (readonly [number, string])[] => pairs.sort(([a], [b]) => a - b)
  assert.deepEqual(sorted(names), sorted(golden.map(({ fields }) => [Number(fields.get('app_id')), fields.get('app_name')!] as const)))
})
