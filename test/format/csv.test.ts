import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { flowMessage } from '../../src/flow/proto.js'
import { csvHeader } from '../../src/format/csv.js'
import { encode, formatter } from './support.js'

/** RFC 4180, read strictly. */
function parse(text: string): string[] {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|$)/y
  const cells: string[] = []
  for (;;) {
    const match = cell.exec(text)
    assert.ok(match !== null, `no CSV: ${text}`)
    cells.push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'))
    if (match[3] === '') return cells
  }
}

test('every field of the schema is a column, with the header in the same order', async () => {
  const csv = await formatter('csv')
  const names = parse(csvHeader(flowMessage.fields.map(({ name }) => name)))
  const cells = parse(
    csv(encode({ type: 4, bytes: 7n, src_addr: Buffer.from([192, 0, 2, 1]), as_path: [64500, 64501], in_if_name: 'a,b' }))!
  )
  assert.equal(cells.length, names.length)
  const row = Object.fromEntries(names.map((name, i) => [name, cells[i]]))
  assert.deepEqual(
    [row.type, row.bytes, row.src_addr, row.dst_addr, row.as_path, row.bgp_communities, row.in_if_name, row.packets],
    ['IPFIX', '7', '192.0.2.1', '', '64500 64501', '', 'a,b', '0']
  )
})

test('strings are read back as they were', async () => {
  const csv = await formatter('csv', { fields: ['src_port', 'src_as_name', 'in_if_name', 'dst_port'] })
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.array(fc.constantFrom('"', ',', '\r', '\n', ' ', '\t', 'é', 'x')).map((parts) => parts.join(''))
  )
  fc.assert(
    fc.property(text, text, (src_as_name, in_if_name) => {
      const shown = (value: string): string => value.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, '\ufffd')
      assert.deepEqual(parse(csv(encode({ src_port: 1, src_as_name, in_if_name, dst_port: 2 }))!), [
        '1',
        shown(src_as_name),
        shown(in_if_name),
        '2'
      ])
    }),
    { numRuns: 2000 }
  )
})

test('a list of strings is one cell', async () => {
  const mapping = 'formatter: { protobuf: [{ name: notes, index: 15, type: string, array: true }], fields: [notes, src_port] }'
  await assert.rejects(formatter('csv', { mapping }), /number 15 of 'notes' is taken by dst_as/)
  const csv = await formatter('csv', { mapping: mapping.replace('15', '2000') })
  const entry = (text: string): Buffer => Buffer.from([0x82, 0x7d, text.length, ...Buffer.from(text)])
  assert.deepEqual(parse(csv(Buffer.concat([entry('a"b'), entry('c,d'), encode({ src_port: 9 })]))!), ['a"b c,d', '9'])
})

test('names in the header are quoted where they have to be', () => {
  assert.equal(csvHeader(['a', 'b,c', 'd"e', '']), 'a,"b,c","d""e",')
})
