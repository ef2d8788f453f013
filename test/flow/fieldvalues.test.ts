import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { fieldReader, fieldValues, isSet } from '../../src/flow/fieldvalues.js'
import { flowMessage, schemaOf } from '../../src/flow/proto.js'
import { longOf } from '../support/datagram-stream.js'

/** Whose bytes have to be whole varints: a reader that does not want them does not look. */
const packed = new Set(flowMessage.fields.filter((field) => field.packed).map(({ number }) => number))

/** Any other field, of a number that FlowMessage has or not, with any value of its wire type. */
const field = fc
  .tuple(
    fc.oneof(fc.constantFrom(...flowMessage.fields.map(({ number }) => number)), fc.integer({ min: 1, max: 2 ** 25 })),
    fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 300n), fc.uint8Array({ maxLength: 200 }))
  )
  .filter(([number]) => !packed.has(number))

function encoded(fields: readonly (readonly [number, bigint | Uint8Array])[]): Buffer {
  const writer = protobuf.Writer.create()
  for (const [number, value] of fields) {
    if (typeof value === 'bigint') writer.uint32(number * 8).uint64(longOf(value))
    else writer.uint32(number * 8 + 2).bytes(value)
  }
  return Buffer.from(writer.finish())
}

function readAll(names: readonly string[], message: Buffer, behind: number): Record<string, unknown> | undefined {
  const values = fieldValues(schemaOf(names.map((name) => flowMessage.field(name as 'bytes'))))
  const buf = Buffer.concat([Buffer.from([0xff]), message, Buffer.alloc(behind, 0xff)])
  if (!fieldReader(values)(buf, 1, 1 + message.length)) return undefined
  const found = names.map((name, place) => {
    if (!isSet(values, place)) return [name, undefined]
    const { type, repeated } = values.schema.fields[place]
    if (type === 'bytes' || type === 'string' || repeated) return [name, buf.toString('hex', values.start[place], values.end[place])]
    return [name, [values.hi[place], values.lo[place]]]
  })
  return Object.fromEntries(found) as Record<string, unknown>
}

test('a reader of a few fields finds what a reader of all finds, and refuses what that refuses', () => {
  const names = flowMessage.fields.map(({ name }) => name)
  fc.assert(
    fc.property(fc.array(field, { maxLength: 12 }), fc.subarray(names), fc.nat(20), fc.nat(3), (fields, wanted, behind, cut) => {
      const whole = encoded(fields)
      const message = whole.subarray(0, Math.max(0, whole.length - cut))
      const all = readAll(names, message, behind)
      const some = readAll(wanted, message, behind)
      assert.equal(some === undefined, all === undefined)
      if (all !== undefined) for (const name of wanted) assert.deepEqual(some![name], all[name])
    }),
    { numRuns: 3000 }
  )
})
