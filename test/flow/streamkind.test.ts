/** Kinds of streams by their messages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import protobuf from 'protobufjs'
import { messageKind } from '../../src/flow/streamkind.js'

/** A message of fields of these numbers. */
function message(...fields: readonly number[]): Buffer {
  const writer = protobuf.Writer.create()
  for (const field of fields) writer.uint32(field << 3).uint32(1)
  return Buffer.from(writer.finish())
}

test('a field that nobody knows, wherever it stands, makes a message of no other kind', () => {
  for (const [kind, field] of [
    ['FlowMessage', 9],
    ['Datagram', 203],
    ['CounterSample', 303]
  ] as const)
    for (const unknown of [208, 399, 2000]) {
      assert.equal(messageKind(message(field)), kind)
      assert.equal(messageKind(message(unknown, field)), kind)
      assert.equal(messageKind(message(field, unknown)), kind)
    }
  // of a mapping file, perhaps
  assert.equal(messageKind(message(2000)), 'FlowMessage')
  assert.equal(messageKind(message()), undefined)
  assert.equal(messageKind(message(203).subarray(0, -1)), undefined)
})
