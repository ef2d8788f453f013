/** Sequence numbers as exporters give them: what came whole shows no loss, and what is taken out shows as just that. */
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { missing } from '../../src/decode/counts.js'
import { readCapture } from '../support/captures.js'
import { decode } from '../support/decode.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'

type Datagrams = Awaited<ReturnType<typeof readCapture>>

async function lossOf(datagrams: Datagrams): Promise<{ missing: number; restarts: number; flows: number }> {
  const { decoder, flows } = await decode(datagrams)
  let restarts = 0
  for (const { sequences } of decoder.exporters.all()) restarts += sequences.restarts
  return { missing: missing(decoder), restarts, flows: flows.length }
}

for (const [name, counts] of [
  ['fprobe-v5.pcap', 'the first flow'],
  ['softflowd-v5.pcap', 'the first flow'],
  ['ovs-netflow-v5.pcap', 'the last flow'],
  ['pmacct-nfprobe-v5.pcap', 'the first flow'],
  ['softflowd-v9.pcap', 'the datagram'],
  ['pmacct-nfprobe-v9.pcap', 'the datagram'],
  ['softflowd-v10.pcap', 'what follows the last flow, options records not counted'],
  ['softflowd-v10-ether-nano.pcap', 'what follows the last flow, options records not counted'],
  ['softflowd-psamp.pcap', 'what follows the last flow'],
  ['pmacct-nfprobe-v10.pcap', 'the first record']
] as const) {
  test(`${name}: the number is that of ${counts}`, { skip: withoutCaptures }, async () => {
    const datagrams = await readCapture(path.join(CAPTURES, 'generated', name))
    const whole = await lossOf(datagrams)
    assert.deepEqual({ missing: whole.missing, restarts: whole.restarts }, { missing: 0, restarts: 0 })
    // datagrams with templates and options records are not taken out: without them others would be lost too
    const at = datagrams.length > 40 ? 35 : 5
    const without = await lossOf([...datagrams.slice(0, at), ...datagrams.slice(at + 1)])
    const taken = counts === 'the datagram' ? 1 : whole.flows - without.flows
    assert.ok(taken > 0)
    assert.deepEqual({ missing: without.missing, restarts: without.restarts }, { missing: taken, restarts: 0 })
  })
}
