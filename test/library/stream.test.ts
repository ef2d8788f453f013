import assert from 'node:assert/strict'
import path from 'node:path'
import { Readable } from 'node:stream'
import test from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { flowMessage } from '../../src/flow/proto.js'
import {
  BrokenStreamError,
  encodeDatagram,
  encodeFlow,
  type Flow,
  frame,
  patched,
  readDatagrams,
  readFlows
} from '../../src/library/stream.js'
import { ROOT } from '../support/tools.js'

const FlowMessage = protobuf.loadSync(path.join(ROOT, 'proto/flow.proto')).lookupType('flowpb.FlowMessage')

/** A value of each field's type; what proto3 does not write is not made. */
const anyFlow: fc.Arbitrary<Flow> = fc.record(
  Object.fromEntries(
    flowMessage.fields.map(({ name, type, repeated, names }) => {
      const value: fc.Arbitrary<unknown> =
        type === 'bytes'
          ? fc.uint8Array({ minLength: 1, maxLength: 16 })
          : type === 'string'
            ? fc.string({ unit: 'grapheme', minLength: 1 })
            : type === 'uint64'
              ? fc.bigInt(1n, 2n ** 64n - 1n)
              : type === 'enum'
                ? fc.constantFrom(...[...names!].filter(([number]) => number !== 0).map(([, word]) => word))
                : fc.integer({ min: 1, max: 2 ** 32 - 1 })
      return [name, repeated ? fc.array(value, { minLength: 1, maxLength: 4 }) : value]
    })
  ),
  { requiredKeys: [], noNullPrototype: true }
)

async function flowsOf(chunks: readonly Uint8Array[]): Promise<Flow[]> {
  const flows: Flow[] = []
  for await (const { flow } of readFlows(Readable.from(chunks))) flows.push(flow)
  return flows
}

test('a flow is read as it was written, and protobufjs reads the same', async () => {
  await fc.assert(
    fc.asyncProperty(anyFlow, async (flow) => {
      const message = encodeFlow(flow)
      assert.deepEqual(await flowsOf([frame(message)]), [flow])
      const theirs = FlowMessage.encode(FlowMessage.decode(message)).finish()
      assert.deepEqual(await flowsOf([frame(theirs)]), [flow])
    })
  )
})

test('a stream cut at every byte gives the same flows', async () => {
  const flows: Flow[] = [{ bytes: 2n ** 63n, as_path: [1, 70_000] }, {}, { src_addr: Uint8Array.of(192, 0, 2, 1), type: 'IPFIX' }]
  const stream = Buffer.concat(flows.map((flow) => frame(encodeFlow(flow))))
  for (let cut = 0; cut <= stream.length; cut++) assert.deepEqual(await flowsOf([stream.subarray(0, cut), stream.subarray(cut)]), flows)
  await assert.rejects(flowsOf([stream.subarray(0, stream.length - 1)]), BrokenStreamError)
})

test('what is appended counts, and what is not known stays', async () => {
  const unknown = Buffer.from([0xb8, 0x3e, 7]) // field 999, varint 7
  const message = patched(Buffer.concat([encodeFlow({ bytes: 5n, in_if: 2 }), unknown]), { bytes: 6n })
  assert.deepEqual(await flowsOf([frame(message)]), [{ bytes: 6n, in_if: 2 }])
  assert.ok(Buffer.from(message).includes(unknown))
})

test('a datagram is read as it was written', async () => {
  const datagram = { payload: Uint8Array.of(0, 5), src_addr: Uint8Array.of(192, 0, 2, 1), src_port: 2055, time_received_ns: 1n }
  for await (const read of readDatagrams(Readable.from([frame(encodeDatagram(datagram))]))) assert.deepEqual(read.datagram, datagram)
})

test('a field of another name or type is refused', () => {
  const refused = (flow: object, message: RegExp): void => {
    assert.throws(() => encodeFlow(flow), message)
  }
  refused({ source: 1 }, /no field source/)
  refused({ bytes: -1n }, /bytes is a whole number of 64 bits/)
  refused({ src_port: 2 ** 32 }, /src_port is a whole number of 32 bits/)
  refused({ src_port: 1.5 }, /src_port is a whole number/)
  refused({ src_addr: '192.0.2.1' }, /src_addr is bytes/)
  refused({ as_path: 1 }, /as_path is a list/)
  refused({ type: 'NETFLOW' }, /type is a whole number of 32 bits, or a name/)
})
