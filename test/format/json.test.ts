import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { type Field, flowMessage } from '../../src/flow/proto.js'
import { longOf } from '../support/datagram-stream.js'
import { encode, formatter, parseExactly } from './support.js'

const MACS = ['src_mac', 'dst_mac']
const PREFIXES = ['src_net', 'dst_net']
/** The fields whose value is shown by a rule of its own have tests of their own. */
const NAMED = ['etype', 'proto', ...MACS, ...PREFIXES, 'mac', 'addr_net']

const u32 = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 9999, 10_000, 99_999_999, 100_000_000, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff })
)
const u64 = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    10n ** 18n - 1n,
    10n ** 18n,
    2n ** 63n,
    2n ** 64n - 1n
  ),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 2n ** 40n })
)
const address = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))

function valueOf(field: Field): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'uint32':
      return u32
    case 'uint64':
      return u64
    case 'enum':
      return fc.oneof(fc.constantFrom(...field.names!.keys()), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))
    case 'string':
      return fc.string({ unit: 'binary' })
    case 'bytes':
      return fc.oneof(address, fc.uint8Array({ maxLength: 20 }))
  }
}

const message = fc.record(
  Object.fromEntries(
    flowMessage.fields
      .filter(({ name }) => !NAMED.includes(name))
      .map((field) => [field.name, field.repeated ? fc.array(valueOf(field), { maxLength: 5 }) : valueOf(field)])
  ),
  { requiredKeys: [] }
)

/** The URL standard writes IPv6 hosts as RFC 5952 does, but for IPv4-mapped ones. */
function addressText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return hex
  if (/^0{20}ffff/.test(hex)) return `::ffff:${bytes.slice(12).join('.')}`
  return new URL(`http://[${hex.match(/..../g)!.join(':')}]`).hostname.slice(1, -1)
}

function shown(field: Field, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => shown(field, one))
  if (field.type === 'enum') return field.names!.get(value as number) ?? String(value)
  if (field.type === 'bytes') return addressText(value as Uint8Array)
  return field.type === 'string' ? value : `#${String(value)}`
}

const isEmpty = (value: unknown): boolean =>
  value === 0 || value === 0n || value === '' || (Array.isArray(value) || value instanceof Uint8Array ? value.length === 0 : false)

test('shows what protobufjs encoded: every field, every digit, in the order of the schema', async () => {
  const json = await formatter()
  fc.assert(
    fc.property(message, (values) => {
      const line = json(encode(values))!
      const expected = flowMessage.fields
        .filter(({ name }) => name in values && !isEmpty(values[name]))
        .map((field) => [field.name, shown(field, values[field.name])])
      assert.deepEqual(Object.entries(parseExactly(line)), expected)
      assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/)
    }),
    { numRuns: 400 }
  )
})

/** A field as it stands on the wire: of a number that the schema has or not, in a wire type that may be another than its own. */
const anyField = fc
  .tuple(
    fc.oneof(fc.constantFrom(...flowMessage.fields.map(({ number }) => number)), fc.integer({ min: 1, max: 20_000 })),
    fc.oneof(
      fc.constantFrom(0n, 1n, 2048n, 2n ** 32n),
      u64,
      fc.uint8Array({ maxLength: 20 }),
      fc.uint8Array({ minLength: 120, maxLength: 140 })
    )
  )
  .map(([number, value]) => {
    const writer = protobuf.Writer.create()
    if (typeof value === 'bigint') writer.uint32(number * 8).uint64(longOf(value))
    else writer.uint32(number * 8 + 2).bytes(value)
    return Buffer.from(writer.finish())
  })

test('a line is the same whatever the order of the fields, whatever is between them, and wherever the message ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      message,
      fc.constantFrom('json', 'text'),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(), anyField), { maxLength: 3 }),
      fc.nat(3),
      async (values, format, swaps, others, cut) => {
        const fields = flowMessage.fields.filter(({ name }) => name in values).map(({ name }) => encode({ [name]: values[name] }))
        // a formatter of its own for each message: it remembers of which kind the last ones were
        const line = (await formatter(format))(Buffer.concat(fields))
        assert.equal(line, (await formatter(format as 'json'))(encode(values)))
        const swapped = fields.slice()
        for (const [one, other] of swaps.map((pair) => pair.map((place) => place % fields.length))) {
          if (fields.length > 0) [swapped[one], swapped[other]] = [swapped[other], swapped[one]]
        }
        const learning = await formatter(format)
        assert.equal(learning(Buffer.concat(swapped)), line)
        assert.equal(learning(Buffer.concat(swapped)), line, 'the same with that order learnt')
        for (const [place, other] of others) fields.splice(place % (fields.length + 1), 0, other)
        const whole = Buffer.concat(fields)
        // the formatter compares what it makes in the middle of a buffer with what it makes at the end of one, where each field is read first
        ;(await formatter(format))(whole.subarray(0, Math.max(0, whole.length - cut)))
        learning(whole.subarray(0, Math.max(0, whole.length - cut)))
      }
    ),
    { numRuns: 300 }
  )
})

test('times near one another, and those of other centuries between them, have their own digits', async () => {
  const json = await formatter()
  const near = fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }).map((away) => 1_700_000_000_000_000_000n + away)
  const edge = fc
    .tuple(fc.bigInt({ min: 1_000_000n, max: 18_446_743n }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([high, away]) => high * 10n ** 12n + away)
  fc.assert(
    fc.property(fc.array(fc.oneof(near, edge, u64), { minLength: 1 }), (times) => {
      for (const time of times) assert.equal(json(encode({ time_received_ns: time })), time === 0n ? '{}' : `{"time_received_ns":${time}}`)
    }),
    { numRuns: 300 }
  )
})

test('64-bit numbers have every digit', async () => {
  const json = await formatter()
  assert.equal(
    json(encode({ bytes: 18446744073709551615n, application_id: 9007199254740993n })),
    '{"bytes":18446744073709551615,"application_id":9007199254740993}'
  )
})

/** One field as it stands on the wire. */
function raw(...fields: [name: string, wireType: number, value: number | Uint8Array][]): Buffer {
  const writer = protobuf.Writer.create()
  for (const [name, wireType, value] of fields) {
    writer.uint32((flowMessage.find(name)!.number << 3) | wireType)
    if (value instanceof Uint8Array) writer.bytes(value)
    else if (wireType === 5) writer.fixed32(value)
    else writer.uint32(value)
  }
  return Buffer.from(writer.finish())
}

test('the order on the wire does not matter, and the last of a scalar counts', async () => {
  const json = await formatter()
  assert.equal(
    json(raw(['dst_port', 0, 443], ['src_port', 0, 1], ['bytes', 0, 7], ['src_port', 0, 53])),
    '{"bytes":7,"src_port":53,"dst_port":443}'
  )
  assert.equal(json(raw(['src_port', 0, 53], ['src_port', 0, 0])), '{}', 'zero is the same as not set')
  assert.equal(json(raw(['src_addr', 2, Buffer.from([10, 0, 0, 1])], ['src_addr', 2, Buffer.alloc(0)])), '{}')
})

test('repeated numbers are read packed and not, in several runs, with other fields in between', async () => {
  const json = await formatter()
  const message = raw(
    ['as_path', 2, Buffer.from([1, 0xac, 0x02])],
    ['bytes', 0, 5],
    ['as_path', 0, 7],
    ['as_path', 2, Buffer.alloc(0)],
    ['bgp_communities', 0, 9],
    ['as_path', 2, Buffer.from([0])]
  )
  assert.equal(json(message), '{"bytes":5,"bgp_communities":[9],"as_path":[1,300,7,0]}')
})

test('a field of another wire type, or of no name, is not shown', async () => {
  const json = await formatter()
  assert.equal(
    json(
      raw(
        ['bytes', 5, 5],
        ['src_port', 2, Buffer.from([1])],
        ['src_addr', 0, 1],
        ['layer_stack', 5, 1],
        ['mpls_ip', 0, 3],
        ['packets', 0, 2]
      )
    ),
    '{"packets":2}'
  )
  assert.equal(json(Buffer.concat([Buffer.from([0xb8, 0x3e, 0x05]), raw(['packets', 0, 2])])), '{"packets":2}')
  assert.equal(json(Buffer.alloc(0)), '{}')
})

test('numbers that have names are words, whatever the number', async () => {
  const json = await formatter()
  const words = (values: Record<string, unknown>): unknown => JSON.parse(json(encode(values))!)
  assert.deepEqual(words({ type: 3, etype: 0x0800, proto: 6, layer_stack: [0, 6, 2, 99] }), {
    type: 'NETFLOW_V9',
    etype: 'IPv4',
    proto: 'TCP',
    layer_stack: ['Ethernet', 'Dot1Q', 'IPv6', 'Custom']
  })
  assert.deepEqual(words({ etype: 0x86dd, proto: 58 }), { etype: 'IPv6', proto: 'IPv6-ICMP' })
  assert.deepEqual(words({ etype: 0x88cc, proto: 200, type: 77, layer_stack: [55] }), {
    etype: '0x88cc',
    proto: '200',
    type: '77',
    layer_stack: ['55']
  })
  assert.deepEqual(words({ etype: 0x5, proto: 4_000_000_000 }), { etype: '0x0005', proto: '4000000000' })
  assert.deepEqual(words({ etype: 0x0806, proto: 135 }), { etype: 'ARP', proto: 'Mobility Header' })
})

test('MAC addresses and prefixes', async () => {
  const json = await formatter()
  const address = Buffer.from('20010db8ffffffffffffffffffffffff', 'hex')
  assert.equal(
    json(encode({ src_mac: 0x00a1b2c3d4e5n, dst_mac: 0xffffffffffffn })),
    '{"src_mac":"00:a1:b2:c3:d4:e5","dst_mac":"ff:ff:ff:ff:ff:ff"}'
  )
  assert.match(
    json(encode({ src_addr: Buffer.from([10, 255, 255, 255]), src_net: 9, dst_addr: address, dst_net: 34 }))!,
    /"src_net":"10.128.0.0\/9","dst_net":"2001:db8:c000::\/34"/
  )
  assert.match(
    json(encode({ src_addr: Buffer.from([10, 1, 2, 3]), src_net: 32, dst_addr: address, dst_net: 128 }))!,
    /"src_net":"10.1.2.3\/32","dst_net":"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\/128"/
  )
  assert.match(json(encode({ src_addr: Buffer.from([10, 1, 2, 3]), src_net: 33 }))!, /"src_net":"\/33"/, 'no prefix of that address')
  assert.equal(json(encode({ src_net: 24 })), '{"src_net":"/24"}', 'no address')
})

test('listed fields are all shown, in their order, zero or not', async () => {
  const json = await formatter('json', {
    fields: ['bytes', 'src_addr', 'type', 'etype', 'src_mac', 'src_net', 'as_path', 'mpls_ip', 'src_country', 'icmp_name', 'dst_port']
  })
  assert.equal(
    json(encode({ dst_port: 53, src_port: 9 })),
    '{"bytes":0,"src_addr":"","type":"FLOWUNKNOWN","etype":"0x0000","src_mac":"00:00:00:00:00:00","src_net":"","as_path":[],"mpls_ip":[],"src_country":"","icmp_name":"","dst_port":53}'
  )
  // nothing of the flow before
  json(encode({ bytes: 5n, src_addr: Buffer.from([1, 2, 3, 4]), src_net: 8, as_path: [4], src_country: 'NO' }))
  assert.match(json(encode({}))!, /^{"bytes":0,"src_addr":"",.*"src_net":"","as_path":\[\],"mpls_ip":\[\],"src_country":""/)
})

test('icmp_name names the type under its protocol', async () => {
  const json = await formatter('json', { fields: ['icmp_name'] })
  const name = (proto: number, icmp_type: number): string =>
    (JSON.parse(json(encode({ proto, icmp_type }))!) as { icmp_name: string }).icmp_name
  assert.deepEqual(
    [name(1, 0), name(1, 3), name(1, 8), name(58, 128), name(58, 135), name(1, 200), name(58, 0), name(6, 8)],
    ['EchoReply', 'DestinationUnreachable', 'Echo', 'EchoRequest', 'NeighborSolicitation', '200', '0', '']
  )
})

test('strings are valid JSON whatever the bytes, and the characters that there are', async () => {
  const json = await formatter('json', { fields: ['src_as_name'] })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        brokenUtf8
      ),
      (bytes) => {
        const line = json(raw(['src_as_name', 2, bytes]))!
        assert.deepEqual(JSON.parse(line), { src_as_name: Buffer.from(bytes).toString('utf8') })
        assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/)
      }
    ),
    { numRuns: 2000 }
  )
  assert.equal(
    json(encode({ src_as_name: '"a\\\n\t\x1b[31m\u009b é\u2028😀' })),
    '{"src_as_name":"\\"a\\\\\\n\\t\\u001b[31m\\u009b é\\u2028😀"}'
  )
})

/** Bytes that are nearly characters. */
const brokenUtf8 = fc
  .array(fc.constantFrom(0x41, 0x7f, 0x80, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff), {
    maxLength: 12
  })
  .map((bytes) => Uint8Array.from(bytes))

test('any bytes in any field, at any size, make a line that is JSON', async () => {
  const json = await formatter()
  const field = fc.constantFrom(...flowMessage.fields)
  const value = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 3000 }), brokenUtf8)
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value), { maxLength: 12 }), (fields) => {
      const line = json(raw(...fields.map(([{ name }, bytes]) => [name, 2, bytes] as [string, number, Uint8Array])))
      if (line !== undefined) JSON.parse(line)
    }),
    { numRuns: 1000 }
  )
})

test('a long list has room for its longest values', async () => {
  const longest: Record<string, unknown> = { as_path: 0xffffffff, layer_stack: 10, mpls_ip: Buffer.alloc(16, 0xff), layer_size: 9 }
  for (const [name, value] of Object.entries(longest)) {
    for (const format of ['json', 'text', 'csv'] as const) {
      const line = (await formatter(format, { fields: [name] }))(encode({ [name]: Array.from({ length: 3000 }, () => value) }))!
      assert.equal(line.split(format === 'csv' ? ' ' : ',').length, 3000)
    }
  }
})

const sample = encode({
  type: 1,
  time_received_ns: 1700000000123456789n,
  sampling_rate: 1000n,
  sampler_address: Buffer.from([10, 0, 0, 1]),
  bytes: 1500n,
  packets: 1n,
  src_addr: Buffer.alloc(16, 0x20),
  dst_addr: Buffer.alloc(16, 0x30),
  etype: 0x86dd,
  proto: 17,
  src_port: 53,
  src_mac: 0x0200c0ffee00n,
  as_path: [64500, 64501, 4200000000],
  bgp_communities: [1, 2],
  mpls_ip: [Buffer.from([1, 2, 3, 4])],
  layer_stack: [0, 2, 4],
  layer_size: [14, 40, 8],
  src_country: 'NO',
  src_as_name: 'Æther "1"\n',
  in_if_name: 'xe-0/0/0',
  src_net: 48
})

test('a message cut at any byte is refused or is a line, and protobufjs agrees', async () => {
  const json = await formatter()
  for (let end = 0; end <= sample.length; end++) {
    const cut = sample.subarray(0, end)
    const line = json(cut)
    if (line !== undefined) JSON.parse(line)
    let isMessage = true
    try {
      const reader = protobuf.Reader.create(cut)
      while (reader.pos < reader.len) reader.skipType(reader.uint32() & 7)
    } catch {
      isMessage = false
    }
    assert.equal(line !== undefined, isMessage, `cut at byte ${end}`)
  }
})

test('a damaged message is refused or is a line that is JSON', async () => {
  const formats = await Promise.all([
    formatter(),
    formatter('json', { fields: flowMessage.fields.map(({ name }) => name) }),
    formatter('text'),
    formatter('csv')
  ])
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }), (changes) => {
      const damaged = Buffer.from(sample)
      for (const [at, byte] of changes) damaged[at] = byte
      const [json, listed, text, csv] = formats.map((format) => format(damaged))
      assert.equal(listed === undefined || text === undefined || csv === undefined, json === undefined)
      if (json !== undefined) JSON.parse(json)
      if (listed !== undefined) JSON.parse(listed)
    }),
    { numRuns: 3000 }
  )
})
