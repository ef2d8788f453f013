/** Flows as IPFIX, read back by flow-decode's decoder. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FieldName } from '../../../src/flow/names.js'
import { type Domain, flowExport, type Message } from '../../../src/send/ipfix/export.js'
import { ADDRESSES, ALWAYS, exportedAs, EXPORTED, GROUPS } from '../../../src/send/ipfix/groups.js'
import { sessionOf } from '../../../src/send/ipfix/session.js'
import { decode } from '../../support/decode.js'
import { liveHeapBytes } from '../../support/heap.js'
import type { Flow } from '../../support/datagram-stream.js'
import { anyFlow, comesBack, flowBytes, type FlowSpec } from './flows.js'

interface Sent {
  messages: Buffer[]
  domains: Domain[]
}

const MTU = 1400

const newSent = (): Sent => ({ messages: [], domains: [] })
const keepIn =
  ({ messages, domains }: Sent) =>
  ({ bytes, domain }: Message): void => {
    messages.push(Buffer.from(bytes))
    domains.push(domain)
  }

/** What one session gets of these flows. */
function send(flows: readonly FlowSpec[], nanoseconds = false, mtu = MTU): Sent {
  const sent = newSent()
  const exporting = flowExport({ mtu, firstDomain: 100, nanoseconds }, (message: Message) => {
    session.send(message)
  })
  const session = sessionOf(exporting, keepIn(sent))
  for (const flow of flows) {
    const bytes = flowBytes(flow)
    exporting.add(bytes, 0, bytes.length)
  }
  exporting.flush()
  return sent
}

/** Two sessions get these flows; before each flow all is to be defined again in the first. */
function sendTwice(flows: readonly FlowSpec[]): [Sent, Sent] {
  const exporting = flowExport({ mtu: MTU, firstDomain: 100, nanoseconds: false }, (message: Message) => {
    for (const session of sessions) session.send(message)
  })
  const sent: [Sent, Sent] = [newSent(), newSent()]
  const sessions = sent.map((one) => sessionOf(exporting, keepIn(one)))
  for (const flow of flows) {
    sessions[0].defineAgain()
    const bytes = flowBytes(flow)
    exporting.add(bytes, 0, bytes.length)
    exporting.flush()
  }
  return sent
}

const OWN = ['type', 'time_received_ns', 'sequence_num', 'sampler_address', 'observation_domain_id']

/** -sampler record */
const BY_RECORD = { agent: false, record: true }

/** Flows by the exporter that they are of, in their order. */
function byExporter(flows: readonly FlowSpec[], nanoseconds: boolean): Map<string, Flow[]> {
  const all = new Map<string, Flow[]>()
  for (const flow of flows) {
    const key = (flow.sampler_address as Buffer).toString('hex')
    all.set(key, [...(all.get(key) ?? []), comesBack(flow, nanoseconds)])
  }
  return all
}

async function readBack({ messages, domains }: Sent): Promise<Map<string, Flow[]>> {
  const samplers = new Map(domains.map(({ id, sampler }) => [id, sampler.toString('hex')]))
  const { flows, warnings } = await decode(messages, { maxTemplates: 100_000, sampler: BY_RECORD })
  assert.deepEqual(warnings, [])
  const all = new Map<string, Flow[]>()
  for (const flow of flows) {
    const key = flow.sampler_address as string
    assert.equal(key, samplers.get(flow.observation_domain_id as number))
    const own = Object.fromEntries(Object.entries(flow).filter(([name]) => !OWN.includes(name)))
    all.set(key, [...(all.get(key) ?? []), own])
  }
  return all
}

test('each field that has an element stands in one place of the templates, and no other', () => {
  const inRecords = EXPORTED.fields.map(({ name }) => name).filter((name) => !exportedAs(name as FieldName).inOptions)
  assert.deepEqual(
    [...ALWAYS, ...ADDRESSES, ...Object.values(GROUPS).flat()].sort(),
    inRecords.sort(),
    'a field of src/schema has an element: put it into groups.ts, or what has none, or one in options data, out of it'
  )
})

for (const nanoseconds of [false, true]) {
  test(`flows come back as they were${nanoseconds ? ', to the nanosecond' : ''}, in at most 64 templates and messages of the size`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyFlow, { maxLength: 150 }), fc.integer({ min: 576, max: 3000 }), async (flows, mtu) => {
        const sent = send(flows, nanoseconds, mtu)
        assert.deepEqual(await readBack(sent), byExporter(flows, nanoseconds))
        const ids = new Set(sent.domains.flatMap(({ layouts }) => [...layouts].map(({ id }) => id)))
        assert.ok(ids.size <= 59)
        for (const message of sent.messages) assert.ok(message.length <= mtu && message.readUInt16BE(2) === message.length)
      }),
      { numRuns: 60 }
    )
  })
}

test('a target that has to be defined again costs another none of its messages', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyFlow, { minLength: 2, maxLength: 10 }), async (flows) => {
      for (const sent of sendTwice(flows)) assert.deepEqual(await readBack(sent), byExporter(flows, false))
    }),
    { numRuns: 20 }
  )
})

test('exporters that come and go for ever, as forged addresses do, take no memory', () => {
  const exporting = flowExport({ mtu: MTU, firstDomain: 1, nanoseconds: false }, (message: Message) => {
    session.send(message)
  })
  const session = sessionOf(exporting, () => undefined)
  const send = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const bytes = flowBytes({ sampler_address: Buffer.from([10, i >> 16, (i >> 8) & 255, i & 255]), bytes: 1 })
      exporting.add(bytes, 0, bytes.length)
    }
    exporting.flush()
  }
  send(0, 5000)
  const before = liveHeapBytes()
  send(5000, 20_000)
  assert.ok(liveHeapBytes() - before < 4 * 1024 * 1024)
})
