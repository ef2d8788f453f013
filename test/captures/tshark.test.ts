/** Captures of exporters that run on Linux, against tshark's dissection of every record. */
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { readCapture } from '../support/captures.js'
import { decode } from '../support/decode.js'
import { SCALE } from '../support/scale.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { assertFlows, expectations, withoutReceipt } from './expected-flow.js'
import { readTshark, type Renumbered, withoutTshark } from './tshark.js'

/** Of each capture; all datagrams take tshark a while. */
const DATAGRAMS = 15 * SCALE

/** flowStartNanoseconds and flowEndNanoseconds, which tshark calls as it does milliseconds. */
const NANOSECONDS: Renumbered = { 152: 156, 153: 157 }

for (const [name, renumbered] of [
  ['softflowd-v5'],
  ['softflowd-v9'],
  ['softflowd-v10'],
  ['softflowd-v10-ether-nano', NANOSECONDS],
  ['pmacct-nfprobe-v5'],
  ['pmacct-nfprobe-v9'],
  ['pmacct-nfprobe-v10'],
  ['ovs-netflow-v5']
] as [string, Renumbered?][]) {
  test(`${name}: all that tshark reads`, { skip: withoutTshark || withoutCaptures }, async () => {
    const file = path.join(CAPTURES, 'generated', `${name}.pcap`)
    const { flows } = await decode((await readCapture(file)).slice(0, DATAGRAMS))
    const records = readTshark(file, DATAGRAMS, renumbered)
    assert.ok(records.length > 30)
    assertFlows(flows.map(withoutReceipt), records.flatMap(expectations().flowsOf), 'flows')
  })
}
