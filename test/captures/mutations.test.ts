/** Real datagrams cut, changed and mixed by the ten thousand: whatever arrives, what is written is flows, and no more of them than the bytes can hold. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { readCapture } from '../support/captures.js'
import type { DatagramSpec, Flow } from '../support/datagram-stream.js'
import { decode, rawLines } from '../support/decode.js'
import { numbers } from '../support/generate.js'
import { mutate } from '../support/mutate.js'
import { SCALE } from '../support/scale.js'
import { withoutCaptures } from '../support/shared.js'
import { captureIndex } from './capture-index.js'

/** A run repeats that of a seed: TEST_SEED=… npm test. */
const SEED = Number(process.env.TEST_SEED ?? '20231114')
const MUTATED = 20_000 * SCALE
const CUTS = 400 * SCALE
/** Datagrams that one decoder is given, so that what a broken one left behind meets others. */
const TOGETHER = 100
/** Raw output, slower, is made of one in so many of these. */
const RAW_EVERY = 10

type Datagrams = Required<DatagramSpec>[]

/** The first datagrams of every capture. */
async function captured(most: number): Promise<Datagrams[]> {
  const captures: Datagrams[] = []
  for (const { path: file } of captureIndex()) {
    const datagrams = (await readCapture(file)).slice(0, most)
    if (datagrams.length > 0) captures.push(datagrams)
  }
  return captures
}

test(`${MUTATED} datagrams, mutated (TEST_SEED=${SEED}): no exception, and valid flows`, { skip: withoutCaptures }, async () => {
  const random = numbers(SEED)
  const all = (await captured(40)).flat()
  let flows = 0
  for (let done = 0; done < MUTATED; done += TOGETHER) {
    const datagrams = Array.from({ length: TOGETHER }, () => {
      const datagram = all[random() % all.length]
      // a few exporters only: templates of one capture meet the data of another
      return {
        ...datagram,
        src: Buffer.from([192, 0, 2, random() % 3]),
        payload: mutate(datagram.payload, all[random() % all.length].payload, random)
      }
    })
    const decoded = await decode(datagrams)
    for (const flow of decoded.flows) assertValid(flow)
    const bytes = datagrams.reduce((sum, { payload }) => sum + payload.length, 0)
    assert.ok(decoded.flows.length <= 2 * bytes, `${decoded.flows.length} flows of ${bytes} bytes`)
    flows += decoded.flows.length
    if (random() % RAW_EVERY === 0) for (const line of await rawLines(datagrams)) assert.equal(typeof JSON.parse(line), 'object')
  }
  assert.ok(flows > MUTATED, `only ${flows} flows: what is mutated does not get far`)
})

test(`a datagram cut at ${CUTS} places gives the first of its flows (TEST_SEED=${SEED})`, { skip: withoutCaptures }, async () => {
  const random = numbers(SEED)
  const captures = await captured(8)
  for (let done = 0; done < CUTS; done++) {
    const capture = captures[random() % captures.length]
    const datagrams = capture.slice(0, (random() % capture.length) + 1)
    const last = datagrams[datagrams.length - 1]
    const cut = { ...last, payload: last.payload.subarray(0, random() % (last.payload.length + 1)) }
    const { flows } = await decode(datagrams)
    const { flows: fewer } = await decode([...datagrams.slice(0, -1), cut])
    assert.deepEqual(fewer, flows.slice(0, fewer.length), `datagram ${datagrams.length} cut to ${cut.payload.length} bytes`)
  }
})

/** What holds of any FlowMessage. */
function assertValid(flow: Flow): void {
  assert.match(String(flow.type), /^(NETFLOW_V[1579]|IPFIX|SFLOW_5)$/)
  assert.notEqual(flow.time_received_ns, undefined)
  for (const name of ['src_addr', 'dst_addr', 'next_hop', 'bgp_next_hop', 'sampler_address', 'post_nat_src_addr', 'post_nat_dst_addr']) {
    const address = flow[name]
    assert.ok(
      address === undefined || (typeof address === 'string' && (address.length === 8 || address.length === 32)),
      `${name}: ${String(address)}`
    )
  }
  const layers = [flow.layer_stack, flow.layer_size].map((list) => (Array.isArray(list) ? list.length : 0))
  assert.equal(layers[0], layers[1], 'layer_stack and layer_size')
  for (const value of Object.values(flow)) assert.ok(value !== 0 && value !== '0' && value !== '', 'zero and empty fields are not written')
}
