import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import fc from 'fast-check'
import { loadMapping, type Mapping } from '../../src/mapping/mapping.js'
import { jsonKey } from '../../src/ship/jsonkey.js'
import { exporterKey, fieldKey, textOf } from '../../src/ship/key.js'
import { datagramFrame } from '../support/datagram-stream.js'
import { frameOf } from '../support/kafka.js'
import { runPipeline } from '../support/tools.js'

const FLOW = {
  type: 4,
  sampler_address: Buffer.from([192, 0, 2, 1]),
  src_addr: Buffer.from([10, 1, 2, 3]),
  src_net: 8,
  dst_addr: Buffer.from('20010db8000000000000000000000001', 'hex'),
  proto: 6,
  etype: 0x86dd,
  src_mac: { low: 0x33445566, high: 0x1122, unsigned: true },
  bytes: { low: -1, high: -1, unsigned: true },
  src_as_name: 'Exämple, Inc.',
  as_path: [64496, 64497],
  in_if: 7,
  addr: Buffer.from([198, 51, 100, 0]),
  addr_net: 24
}

/** A frame whose message is shorter than 128 bytes, without its length. */
function bodyOf(frame: Buffer): Buffer {
  return frame.subarray(frame[0] < 0x80 ? 1 : 2)
}

async function mappingOf(yaml: string): Promise<Mapping> {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'flow-kafka-key-')), 'mapping.yaml')
  fs.writeFileSync(file, yaml)
  try {
    return await loadMapping(file)
  } finally {
    fs.rmSync(path.dirname(file), { recursive: true })
  }
}

test('a key is its fields as flow-format shows them, set or not, with commas between', async () => {
  const mapping = await loadMapping(undefined)
  const keyOf = (...columns: string[]): string | null => {
    // a message in the midst of others
    const body = bodyOf(frameOf(FLOW))
    const buf = Buffer.concat([Buffer.from('before'), body, Buffer.from('behind')])
    return textOf(fieldKey(mapping, columns)(buf, 6, 6 + body.length))
  }
  assert.equal(keyOf('sampler_address'), '192.0.2.1')
  assert.equal(keyOf('dst_addr', 'src_addr', 'in_if'), '2001:db8::1,10.1.2.3,7')
  assert.equal(keyOf('proto', 'etype', 'type', 'src_mac', 'src_net'), 'TCP,IPv6,IPFIX,11:22:33:44:55:66,10.0.0.0/8')
  assert.equal(keyOf('addr_net'), '198.51.100.0/24')
  assert.equal(keyOf('bytes', 'src_as_name', 'as_path'), '18446744073709551615,Exämple, Inc.,64496 64497')
  assert.equal(keyOf('out_if', 'next_hop', 'src_country', 'bgp_communities', 'in_if'), '0,,,,7')
})

test('a mapping file names the fields of the key, its own too, and how they look', async () => {
  const mapping = await mappingOf(
    'formatter: { key: [in_if, mine, SamplerAddress], render: { in_if: hex }, protobuf: [ { name: mine, index: 2000, type: string } ] }'
  )
  const mine = Buffer.concat([bodyOf(frameOf({ in_if: 255 })), Buffer.from([0x82, 0x7d, 2]), Buffer.from('me')])
  assert.equal(textOf(fieldKey(mapping, mapping.formatter.key)(mine, 0, mine.length)), '0xff,me,')
})

test('a key longer than any before', async () => {
  const keyOf = fieldKey(await loadMapping(undefined), ['src_as_name', 'in_if'])
  for (const size of [10, 5000, 100]) {
    const body = frameOf({ src_as_name: 'x'.repeat(size), in_if: 3 }).subarray(size < 120 ? 1 : 2)
    assert.equal(textOf(keyOf(body, 0, body.length)), `${'x'.repeat(size)},3`)
  }
})

test('no key of what is no message', async () => {
  const nonsense = Buffer.from([0x0a, 0xff, 0xff])
  assert.equal(textOf(fieldKey(await loadMapping(undefined), ['in_if'])(nonsense, 0, nonsense.length)), null)
  assert.equal(textOf(exporterKey()(nonsense, 0, nonsense.length)), null)
  assert.equal(textOf(jsonKey(await loadMapping(undefined), ['in_if'])(Buffer.from('no JSON'), 0, 7)), null)
})

test('a datagram’s key is its exporter, IPv4 or IPv6; without an address it has none', () => {
  const keyOf = (src: Buffer): string | null => {
    const body = bodyOf(datagramFrame({ payload: Buffer.from('p'), src }))
    return textOf(exporterKey()(body, 0, body.length))
  }
  assert.equal(keyOf(Buffer.from([192, 0, 2, 255])), '192.0.2.255')
  assert.equal(keyOf(Buffer.from('20010db8111122223333444455556666', 'hex')), '2001:db8:1111:2222:3333:4444:5555:6666')
  assert.equal(keyOf(Buffer.alloc(0)), null)
})

test('a flow has the same key as a message and as flow-format’s JSON', async () => {
  const columns = [
    'sampler_address',
    'proto',
    'src_net',
    'src_mac',
    'as_path',
    'src_as_name',
    'out_if',
    'next_hop',
    'type',
    'application_id'
  ]
  const mapping = await loadMapping(undefined)
  for (const flow of [
    FLOW,
    { in_if: 1 },
    { application_id: { low: 0x12345678, high: 0x01234567, unsigned: true }, src_as_name: '"1234567890123456789", ' }
  ]) {
    const frame = frameOf(flow)
    const { stdout } = await runPipeline('flow-format', frame)
    const body = bodyOf(frame)
    assert.equal(textOf(jsonKey(mapping, columns)(stdout, 0, stdout.length)), textOf(fieldKey(mapping, columns)(body, 0, body.length)))
  }
})

test('the key of any line is the one that parsing all of it gives', async () => {
  const names = ['in_if', 'src_as_name', 'as_path', 'proto']
  const mapping = await loadMapping(undefined)
  const keyOf = jsonKey(mapping, names)
  const missing = names.map((name) => textOf(fieldKey(mapping, [name])(Buffer.alloc(0), 0, 0)))
  const slow = (line: string): string | null => {
    let flow: unknown
    try {
      flow = JSON.parse(line)
    } catch {
      return null
    }
    if (typeof flow !== 'object' || flow === null || Array.isArray(flow)) return null
    const inText = (value: unknown): string =>
      Array.isArray(value) ? value.map(inText).join(' ') : typeof value === 'string' ? value : JSON.stringify(value)
    return names.map((name, i) => (name in flow ? inText((flow as Record<string, unknown>)[name]) : missing[i])).join(',')
  }
  const name = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'grapheme' }))
  const flow = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true })
  const spaced = (line: string, spaces: number): string => (spaces === 0 ? line : JSON.stringify(JSON.parse(line), null, spaces))
  fc.assert(
    fc.property(fc.oneof(flow, fc.jsonValue()), fc.nat(2), (value, spaces) => {
      const line = spaced(JSON.stringify(value), spaces)
      fc.pre(!/\d{16}/.test(line)) // of which the oracle loses digits
      const buf = Buffer.from(`{"in_if":7${line}"`)
      const start = 10
      assert.equal(textOf(keyOf(buf, start, start + Buffer.byteLength(line))), slow(line))
    }),
    { numRuns: 2000 }
  )
})

test('a line that is cut, at whatever byte, has no key, and no other line’s', async () => {
  const keyOf = jsonKey(await loadMapping(undefined), ['in_if', 'src_as_name'])
  const line = Buffer.from(' {"as_path":[1,{"a":"]"}], "src_as_name":"a\\"b\\u00e9" ,"in_if":12345678901234567890,"x":true} ')
  const whole = '12345678901234567890,a"bé'
  assert.equal(textOf(keyOf(line, 0, line.length)), whole)
  for (let end = 0; end < line.length; end++) {
    const cut = textOf(keyOf(line, 0, end))
    assert.equal(cut, end === line.length - 1 ? whole : null)
  }
})
