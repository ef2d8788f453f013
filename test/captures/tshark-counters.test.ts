/** Every counter sample of the captures against tshark's numbers. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { datagramFrame } from '../support/datagram-stream.js'
import { readCapture } from '../support/captures.js'
import { type CounterValues, readCounters } from '../support/read-counters.js'
import { withoutCaptures } from '../support/shared.js'
import { runPipeline } from '../support/tools.js'
import { captureIndex } from './capture-index.js'
import { withoutTshark } from './tshark.js'
import { readSflowCounters } from './tshark-sflow.js'

/** tshark's names of the members that it shows as they are. */
const GENERIC: Record<string, string> = {
  if_index: 'ifindex',
  if_type: 'iftype',
  if_speed: 'ifspeed',
  if_direction: 'ifdirection',
  if_in_octets: 'ifinoct',
  if_in_ucast_pkts: 'ifinpkt',
  if_in_multicast_pkts: 'ifinmcast',
  if_in_broadcast_pkts: 'ifinbcast',
  if_in_discards: 'ifindisc',
  if_in_errors: 'ifinerr',
  if_in_unknown_protos: 'ifinunk',
  if_out_octets: 'ifoutoct',
  if_out_ucast_pkts: 'ifoutpkt',
  if_out_multicast_pkts: 'ifoutmcast',
  if_out_broadcast_pkts: 'ifoutbcast',
  if_out_discards: 'ifoutdisc',
  if_out_errors: 'ifouterr',
  if_promiscuous_mode: 'ifpromisc'
}

/** `fcs_errors` → `dot3StatsFCSErrors`. */
function dot3(member: string): string {
  const words = member
    .split('_')
    .map((word) => (['fcs', 'sqe'].includes(word) ? word.toUpperCase() : word[0].toUpperCase() + word.slice(1)))
  return `dot3Stats${words.join('')}`
}

/** What a counter that is not told is on the wire. */
const UNKNOWN = ['4294967295', '18446744073709551615']

function compare(sample: CounterValues, dissected: Map<string, string>): void {
  const told = (name: string): string | undefined => dissected.get(`sflow.counters_sample.${name}`)
  assert.equal(String(sample.sequence_num), told('sequence_number'))
  assert.equal(String(sample.source_index), told('source_id_index'))
  const members = (record: string, nameOf: (member: string) => string): void => {
    const values = sample[record] as Record<string, unknown> | undefined
    for (const [member, value] of Object.entries(values ?? {})) {
      const shown = dissected.get(`sflow_245.${nameOf(member)}`)
      if (shown !== undefined) assert.equal(String(value), shown, `${record}.${member}`)
    }
  }
  members('generic_interface', (member) => GENERIC[member] ?? member)
  members('ethernet_interface', dot3)
  // the other way: nothing that tshark shows is left out
  for (const [name, shown] of dissected) {
    const member = Object.keys(GENERIC).find((key) => `sflow_245.${GENERIC[key]}` === name)
    if (member === undefined || UNKNOWN.includes(shown)) continue
    assert.equal(String((sample.generic_interface as Record<string, unknown>)[member]), shown, member)
  }
}

let compared = 0
for (const { name, path, datagrams: byProtocol } of captureIndex()) {
  if (!byProtocol.has('sflow5')) continue
  test(`${name}: counters as tshark reads them`, { skip: withoutTshark }, async () => {
    const datagrams = (await readCapture(path)).filter(({ payload }) => payload.length >= 4 && payload.readUInt32BE(0) === 5)
    const dissected = readSflowCounters(datagrams.map(({ payload }) => payload))
    const { code, stderr, stdout } = await runPipeline(
      '(flow-decode -err.cnt 0 -counters /dev/fd/3 3>&1 >/dev/null) | cat',
      Buffer.concat(datagrams.map((datagram) => datagramFrame(datagram)))
    )
    assert.equal(code, 0, stderr)
    const samples = readCounters(stdout)
    assert.equal(samples.length, dissected.length)
    for (const [i, sample] of samples.entries()) compare(sample, dissected[i])
    compared += samples.length
  })
}

test('counter samples were compared', { skip: withoutCaptures || withoutTshark }, () => {
  assert.ok(compared > 150, String(compared))
})
