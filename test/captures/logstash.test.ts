/** Captures of many vendors' exporters, against the records that logstash's netflow codec is to make of them. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { readCapture } from '../support/captures.js'
import type { Flow } from '../support/datagram-stream.js'
import { decode } from '../support/decode.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { assertFlows, expectations, withoutReceipt } from './expected-flow.js'
import { readLogstash } from './logstash.js'

const FOLDER = path.join(CAPTURES, 'logstash')

const names = withoutCaptures === false ? fs.readdirSync(path.join(FOLDER, 'golden')).map((file) => path.basename(file, '.json')) : []

for (const name of names) {
  test(`${name}: what logstash expects`, async () => {
    const golden = readLogstash(path.join(FOLDER, 'golden', `${name}.json`))
    const { flows, decoder } = await decode(await readCapture(path.join(FOLDER, `${name}.pcap`)))
    const { optionsRecords } = decoder.netflow
    if (golden.count !== undefined) assert.equal(flows.length + optionsRecords, golden.count, 'records')
    const expected = expectations()
    for (const { index, record } of golden.events) {
      for (const flow of expected.flowsOf(record)) {
        // of the records before it, any may have been options records
        const candidates = flows.slice(Math.max(0, index - optionsRecords), index + 1).map((each) => known(each, record.type))
        const nearest = candidates.sort((a, b) => differences(a, flow) - differences(b, flow))[0]
        assertFlows([nearest], [flow], `record ${index}`)
      }
    }
  })
}

test('there are goldens of logstash', { skip: withoutCaptures }, () => {
  assert.equal(names.length, 32)
})

/** What the golden can know: milliseconds, no domain and no sequence of IPFIX. */
function known(flow: Flow, type: string): Flow {
  const rest = withoutReceipt(flow)
  delete rest.observation_domain_id
  if (type === 'IPFIX') delete rest.sequence_num
  for (const name of ['time_flow_start_ns', 'time_flow_end_ns']) rest[name] = `${String(rest[name]).slice(0, -6)}000000`
  return rest
}

function differences(a: Flow, b: Flow): number {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name])).length
}
