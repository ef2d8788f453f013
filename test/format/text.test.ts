import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { encode, formatter } from './support.js'

/** Reads a line back: bare values and quoted ones, lists in brackets. */
function parse(line: string): Record<string, string | string[]> {
  const token = /"(?:[^"\\]|\\.)*"|[^\s"=,[\]]+/y
  const values: Record<string, string | string[]> = {}
  let pos = 0
  const word = (): string => {
    token.lastIndex = pos
    const match = token.exec(line)
    if (match === null) return ''
    pos = token.lastIndex
    return match[0].startsWith('"') ? (JSON.parse(match[0]) as string) : match[0]
  }
  while (pos < line.length) {
    const key = word()
    assert.equal(line[pos++], '=', line)
    if (line[pos] === '[') {
      const list: string[] = []
      pos++
      while (line[pos] !== ']') {
        list.push(word())
        if (line[pos] === ',') pos++
        else assert.equal(line[pos], ']', line)
      }
      pos++
      values[key] = list
    } else values[key] = word()
    if (pos < line.length) assert.equal(line[pos++], ' ', line)
  }
  return values
}

const MAPPING = `
formatter:
  protobuf:
    - { name: notes, index: 2000, type: string, array: true }
    - { name: note, index: 2001, type: string }
`
/** A string field of number 2000 or 2001. */
const custom = (number: number, text: string | Buffer): Buffer => {
  const bytes = Buffer.from(text as string)
  return Buffer.concat([
    Buffer.from([
      ((number & 15) << 3) | 2 | 0x80,
      number >> 4,
      ...(bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7])
    ]),
    bytes
  ])
}
/** Zeros pad the text of an element. */
const unpadded = (text: string): string => text.replace(/\0+$/, '')

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
  fc.constantFrom('', ' ', '=', 'a=b', '[', '[]', ',', '"', '\\', 'a b', '\n', 'Zürich', '\u009b2J', '\u00a0', '\u2028', '\ufeff', '\u3000')
)

test('key=value, with names and addresses as in JSON', async () => {
  const text = await formatter('text')
  assert.equal(
    text(
      encode({
        type: 1,
        bytes: 18446744073709551615n,
        src_addr: Buffer.from([10, 0, 0, 1]),
        etype: 0x0800,
        as_path: [1, 2],
        layer_stack: [0, 1],
        in_if_name: 'xe-0/0/0.1',
        src_as_name: 'Acme "A" Inc.'
      })
    ),
    'type=SFLOW_5 bytes=18446744073709551615 src_addr=10.0.0.1 etype=IPv4 as_path=[1,2] layer_stack=[Ethernet,IPv4] src_as_name="Acme \\"A\\" Inc." in_if_name=xe-0/0/0.1'
  )
  assert.equal(text(encode({ proto: 135 })), 'proto="Mobility Header"')
})

test('a line stays a line, and is read back as the same values', async () => {
  const text = await formatter('text', { mapping: MAPPING })
  fc.assert(
    fc.property(word, fc.array(word, { minLength: 1, maxLength: 4 }), fc.nat(65535), (note, notes, src_port) => {
      const line = text(Buffer.concat([encode({ src_port }), ...notes.map((one) => custom(2000, one)), custom(2001, note)]))!
      assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/)
      const shown = { notes: notes.map(unpadded), ...(note === '' ? {} : { note: unpadded(note) }) }
      assert.deepEqual(parse(line), { ...(src_port === 0 ? {} : { src_port: String(src_port) }), ...shown })
    }),
    { numRuns: 2000 }
  )
})

test('listed columns that are not set are empty or zero', async () => {
  const text = await formatter('text', { fields: ['src_addr', 'bytes', 'as_path', 'src_country'] })
  assert.equal(text(Buffer.alloc(0)), 'src_addr= bytes=0 as_path=[] src_country=')
})

test('another name is quoted where it has to be', async () => {
  const text = await formatter('text', { mapping: 'formatter: { rename: { bytes: "the bytes", packets: pkts } }' })
  assert.equal(text(encode({ bytes: 1n, packets: 2n })), '"the bytes"=1 pkts=2')
})
