import assert from 'node:assert/strict'
import test from 'node:test'
import * as arrow from 'apache-arrow'
import * as metadata from 'apache-arrow/ipc/metadata/message'
import fc from 'fast-check'
import { batchMaker } from '../../src/columns/batch.js'
import { columnBuilder } from '../../src/columns/builder.js'
import { ipcWriter } from '../../src/columns/ipc.js'
import { newTexts } from '../../src/columns/texts.js'
import { batchReader } from '../../src/columns/messages.js'
import { arrowSchemaOf, columnTypeOf } from '../../src/columns/types.js'
import { frameReader } from '../../src/flow/frames.js'
import { flowMessage } from '../../src/flow/proto.js'
import { renderingOf } from '../../src/text/values.js'
import { anyFlow, encodeFlow, flowOf } from '../support/random-flow.js'

const SCHEMA = arrowSchemaOf(arrow, flowMessage)

/** The messages as an Arrow IPC stream, and back as a table. */
function tableOf(messages: readonly Buffer[], capacity = 64): arrow.Table {
  const builder = columnBuilder(flowMessage, capacity)
  const batch = batchMaker(arrow, SCHEMA, builder)
  for (const message of messages) assert.ok(builder.add(message, 0, message.length))
  return arrow.tableFromIPC(arrow.RecordBatchStreamWriter.writeAll([batch()]).toUint8Array(true))
}

function messagesOf(table: arrow.Table): Buffer[] {
  const messages: Buffer[] = []
  const read = batchReader(arrow, table.schema)
  const reader = frameReader((buf, start, end) => messages.push(Buffer.from(buf.subarray(start, end))))
  for (const batch of table.batches) reader.push(read(batch))
  reader.end()
  return messages
}

test('each of many texts stands once', () => {
  const texts = newTexts(renderingOf(flowMessage.field('src_as_name')))
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5000; i++) {
      const bytes = Buffer.from(`AS ${i}`)
      assert.equal(texts.ofBytes(bytes, 0, bytes.length), i)
    }
    assert.equal(texts.size, 5000)
  }
})

test('what goes into columns comes back: every field, every value, fields of a newer tool too', () => {
  fc.assert(
    fc.property(fc.array(anyFlow, { maxLength: 20 }), (messages) => {
      assert.deepEqual(messagesOf(tableOf(messages)).map(flowOf), messages.map(flowOf))
    }),
    { numRuns: 300 }
  )
})

test('one reader takes batch after batch, with the dictionaries of the one before and with others', () => {
  const read = batchReader(arrow, SCHEMA)
  fc.assert(
    fc.property(fc.array(anyFlow, { minLength: 1, maxLength: 8 }), fc.array(anyFlow, { minLength: 1, maxLength: 8 }), (some, others) => {
      for (const messages of [some, some, others, some.toReversed()]) {
        const back: Buffer[] = []
        const reader = frameReader((buf, start, end) => back.push(Buffer.from(buf.subarray(start, end))))
        for (const batch of tableOf(messages).batches) reader.push(read(batch))
        assert.deepEqual(back.map(flowOf), messages.map(flowOf))
      }
    }),
    { numRuns: 100 }
  )
})

test("apache-arrow reads of our stream what it reads of its own, batch after batch: columns, values and the schema's metadata", () => {
  const builder = columnBuilder(flowMessage, 64)
  const ipc = ipcWriter(arrow, metadata, SCHEMA, builder)
  const batch = batchMaker(arrow, SCHEMA, builder)
  fc.assert(
    fc.property(fc.array(anyFlow, { minLength: 1, maxLength: 64 }), (messages) => {
      builder.clear()
      for (const message of messages) assert.ok(builder.add(message, 0, message.length))
      const ours = arrow.tableFromIPC(Uint8Array.from(ipc()))
      const theirs = arrow.tableFromIPC(arrow.RecordBatchStreamWriter.writeAll([batch()]).toUint8Array(true))
      assert.deepEqual(ours.schema, theirs.schema)
      for (const [i, { name }] of SCHEMA.fields.entries()) {
        const values = (table: arrow.Table): unknown[] =>
          Array.from(table.getChildAt(i)!, (value: unknown) => (value instanceof arrow.Vector ? [...value] : value))
        assert.deepEqual(values(ours), values(theirs), name)
        assert.equal(ours.getChildAt(i)!.nullCount, theirs.getChildAt(i)!.nullCount, name)
      }
    }),
    { numRuns: 100 }
  )
})

test('a scalar that comes twice is the last, and lists that come in parts are one', () => {
  fc.assert(
    fc.property(fc.array(anyFlow, { minLength: 2, maxLength: 4 }), (parts) => {
      const message = Buffer.concat(parts)
      assert.deepEqual(messagesOf(tableOf([message])).map(flowOf), [flowOf(message)])
    }),
    { numRuns: 300 }
  )
})

test('columns have the types of their fields', () => {
  const types = Object.fromEntries(SCHEMA.fields.map(({ name, type }) => [name, String(type)]))
  assert.equal(types.time_received_ns, 'Timestamp<NANOSECOND, UTC>')
  assert.equal(types.src_addr, 'Dictionary<Int32, Utf8>')
  assert.equal(types.src_mac, 'Dictionary<Int32, Utf8>')
  assert.equal(types.type, 'Dictionary<Int32, Utf8>')
  assert.equal(types.bytes, 'Uint64')
  assert.equal(types.src_port, 'Uint32')
  assert.equal(types.as_path, 'List<Uint32>')
  assert.equal(types.mpls_ip, 'List<Dictionary<Int32, Utf8>>')
  assert.equal(types.unknown_fields, 'Binary')
  for (const field of flowMessage.fields) {
    const type = columnTypeOf(field)
    const isBytes = field.type === 'bytes' || field.type === 'string'
    // a column of numbers is no place for bytes
    assert.ok(!isBytes || type === 'text' || type === 'binary', `${field.name} has ${type}`)
  }
})

test('shows values as people read them, and null for what is absent', () => {
  const [row] = tableOf([
    encodeFlow({
      type: 4,
      time_received_ns: '1700000000123456789',
      src_addr: Buffer.from([192, 0, 2, 1]),
      dst_addr: Buffer.from('20010db8000000000000000000000001', 'hex'),
      src_mac: String(0xaabbccddeeff),
      layer_stack: [0, 1, 200],
      as_path: [64500, 64501]
    })
  ]).toArray() as Record<string, unknown>[]
  assert.equal(row.type, 'IPFIX')
  assert.equal(row.src_addr, '192.0.2.1')
  assert.equal(row.dst_addr, '2001:db8::1')
  assert.equal(row.src_mac, 'aa:bb:cc:dd:ee:ff')
  assert.deepEqual(Array.from(row.layer_stack as Iterable<unknown>), ['Ethernet', 'IPv4', '200'])
  assert.deepEqual(Array.from(row.as_path as Iterable<unknown>), [64500, 64501])
  assert.equal(row.bytes, null)
  assert.equal(row.unknown_fields, null)
})

test('a string that is no UTF-8 is shown with replacements, once in the dictionary, and comes back as it was', () => {
  const latin1 = (text: string): Buffer => encodeFlow({ in_if_name: Buffer.from(text, 'latin1') })
  const messages = [latin1('Zürich'), latin1('Zörich'), latin1('Zurich')]
  const table = tableOf(messages)
  const column = table.getChild('in_if_name')!
  assert.deepEqual(Array.from(column), ['Z\ufffdrich', 'Z\ufffdrich', 'Zurich'])
  assert.equal(column.data[0].dictionary!.length, 2)
  assert.deepEqual(messagesOf(table), messages)
})

test('a message cut at any byte is a row or none, and leaves no trace in the rows after it', () => {
  const message = encodeFlow({
    src_addr: Buffer.alloc(4, 7),
    as_path: [1, 300],
    mpls_ip: [Buffer.alloc(4, 9)],
    in_if_name: Buffer.from([0xff]),
    new_number: 7
  })
  const whole = encodeFlow({ bytes: 5 })
  for (let size = 0; size < message.length; size++) {
    const builder = columnBuilder(flowMessage, 8)
    const batch = batchMaker(arrow, SCHEMA, builder)
    const isRow = builder.add(message.subarray(0, size), 0, size)
    assert.ok(builder.add(whole, 0, whole.length))
    assert.equal(builder.rows, isRow ? 2 : 1)
    const messages = messagesOf(arrow.tableFromIPC(arrow.RecordBatchStreamWriter.writeAll([batch()]).toUint8Array(true)))
    assert.deepEqual(messages.at(-1), whole)
    if (isRow) assert.deepEqual(flowOf(messages[0]), flowOf(message.subarray(0, size)))
  }
})

test('a builder that is cleared has nothing of before', () => {
  fc.assert(
    fc.property(fc.array(anyFlow, { maxLength: 6 }), fc.array(anyFlow, { maxLength: 6 }), (before, after) => {
      const builder = columnBuilder(flowMessage, 8)
      const batch = batchMaker(arrow, SCHEMA, builder)
      const bytes = (messages: Buffer[]): Uint8Array => {
        builder.clear()
        for (const message of messages) builder.add(message, 0, message.length)
        return arrow.RecordBatchStreamWriter.writeAll([batch()]).toUint8Array(true)
      }
      bytes(before)
      assert.deepEqual(messagesOf(arrow.tableFromIPC(bytes(after))).map(flowOf), after.map(flowOf))
    })
  )
})

test("a column of one of our fields that is of none of the field's types is refused", () => {
  const list = new arrow.List(new arrow.Field('item', new arrow.Uint64(), true))
  for (const [name, type] of [
    ['bytes', list],
    ['bytes', new arrow.Binary()],
    ['src_addr', new arrow.Uint32()],
    ['as_path', new arrow.Uint32()]
  ] as const) {
    const schema = new arrow.Schema([new arrow.Field(name, type, true)])
    assert.throws(() => batchReader(arrow, schema), { message: `column ${name} is of a type that ${name} does not have` })
  }
})
