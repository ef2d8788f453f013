import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { SLACK_BYTES, writeDecimal64, writeHex } from '../../src/text/digits.js'
import { writeNetwork } from '../../src/text/addresses.js'
import { writeNanoseconds } from '../../src/text/times.js'
import { PROTOCOL_NAMES } from '../../src/text/names.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { longOf } from '../support/datagram-stream.js'
import { encode, formatter } from './support.js'

/** What `write` writes into just as much room as it is promised. */
function written(room: number, write: (out: DataView) => number): string {
  const out = Buffer.alloc(room + SLACK_BYTES)
  return out.toString('utf8', 0, write(new DataView(out.buffer, out.byteOffset, out.length)))
}
const halves = (value: bigint): [hi: number, lo: number] => [Number(value >> 32n), Number(value & 0xffffffffn)]

/** 64-bit numbers of every length, and those around powers of ten, where a digit is easily lost. */
const numbers = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.tuple(fc.nat(63), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(([bits, value]) => value >> BigInt(bits)),
  fc
    .tuple(fc.integer({ min: 1, max: 19 }), fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 9 }))
    .map(([power, delta, digit]) => {
      const value = BigInt(digit) * 10n ** BigInt(power) + BigInt(delta)
      return value < 2n ** 64n ? value : 2n ** 64n - 1n
    }),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 18446744072n }), fc.integer({ min: 0, max: 2 }))
    .map(([billions, delta]) => (billions + 1n) * 1_000_000_000n - BigInt(delta))
)

test('decimal and hexadecimal digits of any 64-bit number', () => {
  fc.assert(
    fc.property(numbers, (value) => {
      assert.equal(
        written(20, (out) => writeDecimal64(out, 0, ...halves(value))),
        value.toString()
      )
      assert.equal(
        written(18, (out) => writeHex(out, 0, ...halves(value), 4)),
        `0x${value.toString(16).padStart(4, '0')}`
      )
    }),
    { numRuns: 20_000 }
  )
})

test('nanoseconds as RFC 3339, for every 64-bit number', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        numbers,
        fc.integer({ min: 0, max: 2 ** 31 }).map((s) => BigInt(s) * 1_000_000_000n)
      ),
      (value) => {
        const seconds = new Date(Number(value / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
        const fraction = (value % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')
        assert.equal(
          written(32, (out) => writeNanoseconds(out, 0, ...halves(value))),
          `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`
        )
      }
    ),
    { numRuns: 5000 }
  )
})

test('the prefix of an IPv4 address of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }), (address, length) => {
      const bits = BigInt(`0x${Buffer.from(address).toString('hex')}`)
      const prefix = (bits >> BigInt(32 - length)) << BigInt(32 - length)
      const bytes = Buffer.from(prefix.toString(16).padStart(8, '0'), 'hex')
      assert.equal(
        written(20, (out) => writeNetwork(out, 0, Buffer.from(address), 0, 4, length)),
        `${bytes.join('.')}/${length}`
      )
    })
  )
})

test('IP protocols have the names of the registry', { skip: withoutCaptures }, () => {
  const rows = fs.readFileSync(path.join(CAPTURES, '../data/ip-protocols.csv'), 'utf8').trim().split('\r\n').slice(1)
  const registered = rows.map((row) => [Number(row.split(',')[0]), row.split(',')[1]] as const).filter(([, name]) => name !== 'Reserved')
  assert.deepEqual([...PROTOCOL_NAMES.entries], registered)
})

const CUSTOM = `
formatter:
  fields: [n, b, s, list]
  protobuf:
    - { name: n, index: 2000, type: varint }
    - { name: b, index: 2001, type: bytes }
    - { name: s, index: 2002, type: string }
    - { name: list, index: 2003, type: varint, array: true }
  render: { RENDER }
`

async function render(rules: string, values: { n?: bigint; b?: string; s?: string; list?: number[] }): Promise<unknown> {
  const writer = protobuf.Writer.create()
  if (values.n !== undefined) writer.uint32(2000 << 3).uint64(longOf(values.n))
  if (values.b !== undefined) writer.uint32((2001 << 3) | 2).bytes(Buffer.from(values.b, 'hex'))
  if (values.s !== undefined) writer.uint32((2002 << 3) | 2).string(values.s)
  for (const value of values.list ?? []) writer.uint32(2003 << 3).uint32(value)
  const json = await formatter('json', { mapping: CUSTOM.replace('RENDER', rules) })
  return Object.fromEntries(
    Object.entries(JSON.parse(json(writer.finish())!) as Record<string, unknown>).filter(([name]) => name in values)
  )
}

test("fields of a user's own, and every renderer on them", async () => {
  assert.deepEqual(await render('', { n: 5n, b: '00ff', s: 'é', list: [1, 2] }), { n: 5, b: '00ff', s: 'é', list: [1, 2] })
  assert.deepEqual(await render('n: ip, b: ip', { n: 0x0a000001n, b: '20010db8000000000000000000000001' }), {
    n: '10.0.0.1',
    b: '2001:db8::1'
  })
  assert.deepEqual(await render('n: ip, b: ip', { n: 2n ** 40n, b: 'c0ffee' }), { n: '1099511627776', b: 'c0ffee' })
  assert.deepEqual(await render('n: mac, b: mac', { n: 0x0200c0ffee00n, b: '0200c0ffee00' }), {
    n: '02:00:c0:ff:ee:00',
    b: '02:00:c0:ff:ee:00'
  })
  assert.deepEqual(await render('n: mac, b: mac', { n: 2n ** 48n, b: '0200' }), { n: '281474976710656', b: '0200' })
  assert.deepEqual(await render('n: etype, list: proto', { n: 0x0806n, list: [1, 132, 250] }), { n: 'ARP', list: ['ICMP', 'SCTP', '250'] })
  assert.deepEqual(await render('n: type', { n: 4n }), { n: 'IPFIX' })
  assert.deepEqual(await render('n: datetime', { n: 1709210096n }), { n: '2024-02-29T12:34:56Z' })
  assert.deepEqual(await render('n: datetime', { n: 253402300800n }), { n: '253402300800' })
  assert.deepEqual(await render('n: datetimenano', { n: 1709210096120000000n }), { n: '2024-02-29T12:34:56.12Z' })
  assert.deepEqual(await render('n: hex, b: hex, s: hex', { n: 0x1fn, b: '1f', s: 'az' }), { n: '0x1f', b: '1f', s: '617a' })
  assert.deepEqual(await render('n: string, b: string, s: string, list: string', { n: 7n, b: '617aff', s: 'az', list: [3] }), {
    n: '7',
    b: 'az\ufffd',
    s: 'az',
    list: ['3']
  })
})

test('a renderer takes the place of the one that a field has by itself', async () => {
  const json = await formatter('json', {
    mapping:
      'formatter: { render: { src_addr: none, proto: none, etype: hex, src_mac: none, src_net: none, time_received_ns: datetimenano, type: none } }'
  })
  assert.equal(
    json(
      encode({
        type: 3,
        time_received_ns: 1700000000000000001n,
        src_addr: Buffer.from([10, 0, 0, 1]),
        proto: 6,
        etype: 0x0800,
        src_mac: 5n,
        src_net: 8
      })
    ),
    '{"type":"NETFLOW_V9","time_received_ns":"2023-11-14T22:13:20.000000001Z","src_addr":"0a000001","etype":"0x800","proto":6,"src_mac":5,"src_net":8}'
  )
})

test('names of columns are changed in every format', async () => {
  const mapping = 'formatter: { fields: [src_mac, bytes], rename: { src_mac: src_macaddr, bytes: "größe" } }'
  const message = encode({ src_mac: 1n, bytes: 2n })
  assert.equal((await formatter('json', { mapping }))(message), '{"src_macaddr":"00:00:00:00:00:01","größe":2}')
  assert.equal((await formatter('text', { mapping }))(message), 'src_macaddr=00:00:00:00:00:01 größe=2')
})
