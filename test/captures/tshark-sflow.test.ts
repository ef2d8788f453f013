/** Every capture of sFlow, sample by sample against tshark's dissection. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { readCapture } from '../support/captures.js'
import type { Flow } from '../support/datagram-stream.js'
import { decode } from '../support/decode.js'
import { SCALE } from '../support/scale.js'
import { withoutCaptures } from '../support/shared.js'
import { comparedFields } from '../support/tshark-packet.js'
import { captureIndex } from './capture-index.js'
import { withoutTshark } from './tshark.js'
import { readSflow } from './tshark-sflow.js'

/** Of each capture; all datagrams take tshark a while. */
const DATAGRAMS = 30 * SCALE

const COMPARED = [
  'sequence_num',
  'sampler_address',
  'sampling_rate',
  'bytes',
  'src_vlan',
  'dst_vlan',
  'src_net',
  'dst_net',
  'in_if',
  'out_if',
  'next_hop',
  'as_path',
  'next_hop_as'
]

/** Flow samples, by their number, of which tshark reads more than we do, and why. */
const NOT_COMPARED: Partial<Record<string, { samples: readonly number[]; reason: string }>> = {
  'embedded-hex/cloudflare_goflow__utils_sflow_test.pcap': { samples: [4], reason: 'its raw header says 6 bytes and is read past them' }
}

/** Ethernet over Cisco's FabricPath, which we do not look into. */
const FABRIC_PATH = 0x8903

test('there are captures of sFlow', { skip: withoutCaptures }, () => {
  assert.ok(captureIndex().some(({ datagrams }) => datagrams.has('sflow5')))
})

for (const { name, path, datagrams: byProtocol } of captureIndex()) {
  if (!byProtocol.has('sflow5')) continue
  test(`${name}: what tshark reads`, { skip: withoutTshark }, async () => {
    const datagrams = (await readCapture(path))
      .filter(({ payload }) => payload.length >= 4 && payload.readUInt32BE(0) === 5)
      .slice(0, DATAGRAMS)
    const { flows, decoder } = await decode(datagrams)
    const dissected = readSflow(datagrams.map(({ payload }) => payload))
    assert.ok(datagrams.length > 0)
    assert.equal(decoder.counterSamples(), dissected.counterSamples)
    assert.equal(flows.length, dissected.flows.length)
    for (const [i, flow] of flows.entries()) {
      if (flow.etype === FABRIC_PATH || NOT_COMPARED[name]?.samples.includes(i) === true) continue
      assert.deepEqual(compared(flow), expected(dissected.flows[i], flow), `sample ${i}`)
    }
  })
}

function compared(flow: Flow): Flow {
  const fields = {
    ...Object.fromEntries(COMPARED.filter((field) => field in flow).map((field) => [field, flow[field]])),
    ...comparedFields(flow)
  }
  // tshark reads these from the wrong byte of sampled IPv4
  return flow.layer_stack === undefined ? without(fields, 'ip_tos', 'tcp_flags') : fields
}

function without(flow: Flow, ...names: readonly string[]): Flow {
  return Object.fromEntries(Object.entries(flow).filter(([name]) => !names.includes(name)))
}

/** tshark's reading where ours follows other rules. */
function expected(dissected: Flow, flow: Flow): Flow {
  const fields = { ...dissected }
  for (const name of ['src_net', 'dst_net']) if (Number(fields[name]) > 128) delete fields[name] // a mask is no prefix length
  const layers = (fields.layer_stack ?? []) as string[]
  // the protocol is the one behind AH, which goes with the ports
  if (layers.includes('AH') && fields.proto === 51) fields.proto = flow.proto
  // an IPv4 header of version 0, which an anonymiser left behind, is none
  if (layers.at(-1) === 'IPv4' && fields.src_addr === undefined) fields.layer_stack = layers.slice(0, -1)
  return fields
}
