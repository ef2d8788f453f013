import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { MAX_MESSAGE_BYTES } from '../../src/flow/frames.js'
import type { FieldName } from '../../src/flow/names.js'
import { type Field, flowMessage } from '../../src/flow/proto.js'
import { readFlows } from '../support/datagram-stream.js'
import { KEEP_AS_ORDER } from '../../src/enrich/asorder.js'
import { bytesOf, enricherOf, flowFrame, frame } from './enriching.js'

const AS = {
  networks: [
    ['192.0.2.0/24', { autonomous_system_number: 64500, autonomous_system_organization: 'Example' }],
    ['198.51.100.0/24', { autonomous_system_number: 4200000000, autonomous_system_organization: 'Größe' }],
    ['203.0.113.0/24', { autonomous_system_number: 64502 }],
    ['2001:db8::/32', { autonomous_system_number: 64503, autonomous_system_organization: 'Six' }]
  ]
} as const
const PLACES = {
  networks: [
    ['192.0.2.0/24', { country: { iso_code: 'DE' }, city: { names: { en: 'Cologne' } } }],
    ['198.51.100.0/24', { country: { iso_code: 'US' } }]
  ]
} as const

const SRC = bytesOf('192.0.2.1')
const DST = bytesOf('198.51.100.1')

test('both addresses get what the databases tell', async () => {
  const { stream } = (await enricherOf([AS, PLACES]))(flowFrame({ type: 3, src_addr: SRC, dst_addr: DST, bytes: 7 }))
  assert.deepEqual(readFlows(stream), [
    {
      type: 'NETFLOW_V9',
      bytes: '7',
      src_addr: 'c0000201',
      dst_addr: 'c6336401',
      src_as: 64500,
      src_as_name: 'Example',
      src_country: 'DE',
      src_city: 'Cologne',
      dst_as: 4200000000,
      dst_as_name: 'Größe',
      dst_country: 'US'
    }
  ])
})

test('IPv6 addresses', async () => {
  const { stream } = (await enricherOf([AS]))(flowFrame({ src_addr: bytesOf('2001:db8::1'), dst_addr: bytesOf('2001:db9::1') }))
  const [flow] = readFlows(stream)
  assert.equal(flow.src_as, 64503)
  assert.equal(flow.dst_as, undefined)
})

test("a hit replaces the exporter's AS, and the name of the one before", async () => {
  const { stream } = (await enricherOf([AS]))(
    flowFrame({ src_addr: bytesOf('203.0.113.1'), src_as: 1, src_as_name: 'One', dst_addr: DST, dst_as: 2 })
  )
  const [flow] = readFlows(stream)
  assert.deepEqual([flow.src_as, flow.src_as_name, flow.dst_as, flow.dst_as_name], [64502, undefined, 4200000000, 'Größe'])
})

test('a miss changes nothing', async () => {
  const enrich = await enricherOf([AS, PLACES])
  const stream = flowFrame({
    src_addr: bytesOf('10.0.0.1'),
    dst_addr: bytesOf('10.0.0.2'),
    src_as: 1,
    src_as_name: 'One',
    dst_as: 2,
    src_country: 'FR',
    src_city: 'Lyon'
  })
  assert.deepEqual(enrich(stream), { stream, flows: 1, enriched: 0, malformed: 0 })
})

test("with keep-as the exporter's AS stays unless it is zero, and has the name found only if it is the AS found", async () => {
  const flows = [
    { src_addr: SRC, src_as: 1, dst_addr: DST, dst_as: 4200000000 },
    { src_addr: SRC, src_as: 1, src_as_name: 'One', dst_addr: DST, dst_as: 0 },
    { src_addr: SRC, dst_addr: bytesOf('203.0.113.1'), dst_as: 64502, dst_as_name: 'Kept' }
  ]
  const { stream } = (await enricherOf([AS, PLACES], { order: KEEP_AS_ORDER }))(Buffer.concat(flows.map(flowFrame)))
  const found = readFlows(stream).map((flow) => [
    flow.src_as,
    flow.src_as_name,
    flow.src_city,
    flow.dst_as,
    flow.dst_as_name,
    flow.dst_country
  ])
  assert.deepEqual(found, [
    [1, undefined, 'Cologne', 4200000000, 'Größe', 'US'],
    [1, 'One', 'Cologne', 4200000000, 'Größe', 'US'],
    [64500, 'Example', 'Cologne', 64502, 'Kept', undefined]
  ])
})

test('a sampling rate is set on every flow, whatever it was', async () => {
  const frames = [{}, { sampling_rate: 5, bytes: 1 }, { src_addr: SRC }].map(flowFrame)
  const twice = frame(Buffer.concat([Buffer.from([0x18, 5]), Buffer.from([0x48, 1]), Buffer.from([0x18, 6])]))
  const { stream, enriched } = (await enricherOf([], { samplingRate: 2 ** 40 + 3 }))(Buffer.concat([...frames, twice]))
  assert.equal(enriched, 4)
  assert(readFlows(stream).every(({ sampling_rate: rate }) => rate === String(2 ** 40 + 3)))
  assert.equal((await enricherOf([], { samplingRate: 2 }))(twice).stream.toString('hex'), '04' + '4801' + '1802')
})

test('of an address that stands twice the last counts, and a replaced field goes wherever it stands', async () => {
  const message = Buffer.from([0x32, 4, 10, 0, 0, 1, 0x70, 1, 0x48, 9, 0x70, 0x82, 0x80, 0x00, 0x32, 4, ...SRC, 0x70, 3])
  const { stream } = (await enricherOf([{ networks: [['192.0.2.0/24', { asn: 'AS300' }]] }]))(frame(message))
  assert.equal(stream.subarray(1).toString('hex'), '32040a000001' + '4809' + '3204c0000201' + '70ac02')
})

test('a field of another wire type is not the field', async () => {
  // src_as as bytes, src_addr as a number, src_country as a number
  const message = Buffer.from([0x72, 1, 5, 0x30, 7, 0xc0, 0x3e, 1, 0x3a, 4, ...DST])
  const { stream } = (await enricherOf([PLACES]))(frame(message))
  assert.equal(stream.subarray(1).toString('hex'), message.toString('hex') + 'ca3e025553')
})

test('addresses of odd lengths are not looked up', async () => {
  const enrich = await enricherOf([AS])
  const stream = Buffer.concat([
    flowFrame({ src_addr: Buffer.alloc(5), dst_addr: Buffer.alloc(0) }),
    flowFrame({ src_addr: SRC.subarray(0, 3) })
  ])
  assert.deepEqual(enrich(stream).stream, stream)
})

/** Any field, with numbers of the schema and others. */
const anyField = fc.record({
  number: fc.oneof(fc.constantFrom(...flowMessage.fields.map((field) => field.number)), fc.integer({ min: 1, max: 2 ** 29 - 1 })),
  wireType: fc.constantFrom(0, 1, 2, 5),
  value: fc.oneof(
    fc.constant(SRC),
    fc.constant(DST),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
  ),
  varint: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
})
type AnyField = typeof anyField extends fc.Arbitrary<infer F> ? F : never

function fieldBytes({ number, wireType, value, varint }: AnyField): Buffer {
  const writer = protobuf.Writer.create().uint32(((number << 3) | wireType) >>> 0)
  const long = { low: Number(BigInt.asIntN(32, varint)), high: Number(BigInt.asIntN(32, varint >> 32n)), unsigned: true }
  if (wireType === 0) writer.uint64(long)
  else if (wireType === 1) writer.fixed64(long)
  else if (wireType === 5) writer.fixed32(long.low >>> 0)
  else writer.bytes(value)
  return Buffer.from(writer.finish())
}

/** What SRC and DST are known for. */
const KNOWN = new Map<string, Record<string, number | string>>([
  [SRC.toString('hex'), { as: 64500, as_name: 'Example', country: 'DE', city: 'Cologne' }],
  [DST.toString('hex'), { as: 4200000000, as_name: 'Größe', country: 'US' }]
])

const wireTypeOf = ({ type }: Field): number => (type === 'bytes' || type === 'string' ? 2 : 0)

/** The enriched message, field by field. */
function expected(fields: readonly AnyField[], keepAs: boolean): Buffer {
  const isField = (name: FieldName) => (field: AnyField) =>
    field.number === flowMessage.field(name).number && field.wireType === wireTypeOf(flowMessage.field(name))
  let rest = [...fields]
  const added: Buffer[] = []
  for (const side of ['src', 'dst'] as const) {
    const { as: asn, ...facts } = KNOWN.get(fields.findLast(isField(`${side}_addr`))?.value.toString('hex') ?? '') ?? {}
    const exporters = Number((fields.findLast(isField(`${side}_as`))?.varint ?? 0n) & 0xffffffffn)
    const kept = keepAs && exporters !== 0
    if (kept && asn !== exporters) delete facts.as_name
    for (const [name, value] of Object.entries({ ...(asn === undefined || kept ? {} : { as: asn }), ...facts })) {
      const replaced = `${side}_${name}` as FieldName
      rest = rest.filter((field) => !isField(replaced)(field))
      const { number } = flowMessage.field(replaced)
      const writer = protobuf.Writer.create().uint32((number << 3) | (typeof value === 'string' ? 2 : 0))
      added.push(Buffer.from((typeof value === 'string' ? writer.string(value) : writer.uint32(value)).finish()))
    }
  }
  return Buffer.concat([...rest.map(fieldBytes), ...added])
}

test('any message of any fields: what is replaced goes, all else passes byte for byte, what is new stands at the end', async () => {
  const keeping = await enricherOf([AS, PLACES], { order: KEEP_AS_ORDER })
  const enrich = await enricherOf([AS, PLACES])
  const exporters = fc.record({
    number: fc.constantFrom(flowMessage.field('src_as').number, flowMessage.field('dst_as').number),
    wireType: fc.constant(0),
    value: fc.constant(SRC),
    varint: fc.constantFrom(0n, 1n, 64500n, 4200000000n)
  })
  const addresses = fc.record({
    number: fc.constantFrom(flowMessage.field('src_addr').number, flowMessage.field('dst_addr').number),
    wireType: fc.constant(2),
    value: fc.constantFrom(SRC, DST),
    varint: fc.constant(0n)
  })
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ arbitrary: anyField, weight: 8 }, exporters, addresses), { maxLength: 30 }),
      fc.boolean(),
      (fields, keepAs) => {
        const { stream, malformed } = (keepAs ? keeping : enrich)(frame(Buffer.concat(fields.map(fieldBytes))))
        assert.equal(malformed, 0)
        assert.deepEqual(stream, frame(expected(fields, keepAs)))
        // enriched once more nothing changes
        if (!keepAs) assert.deepEqual(enrich(stream).stream, stream)
      }
    ),
    { numRuns: 500 }
  )
})

test('bytes that are no protobuf pass as they are, and are counted', async () => {
  const whole = flowFrame({ src_addr: SRC, dst_addr: DST, bytes: 2 ** 40, src_country: 'FR', time_received_ns: 2 ** 52 }).subarray(1)
  const broken = [
    [0x00],
    [0x02, 0],
    [0x05, 1, 2, 3, 4],
    [0x07, 1],
    [0x32],
    [0x32, 4, 1, 2, 3],
    [0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1],
    [0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x48, 0x80],
    [0x49, 1, 2, 3, 4, 5, 6, 7],
    [0x4d, 1, 2, 3],
    [0x4b, 0x4c], // a group
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1] // a tag of more than 32 bits
  ].map((bytes) => Buffer.from([...whole, ...bytes]))
  const stream = Buffer.concat(broken.map(frame))
  const enrich = await enricherOf([AS, PLACES], { samplingRate: 5 })
  assert.deepEqual(enrich(stream), { stream, flows: broken.length, enriched: 0, malformed: broken.length })
})

test('a message cut at every byte is enriched where it is whole, and passes where it is not', async () => {
  const message = flowFrame({ src_addr: SRC, src_as: 1, time_received_ns: 2 ** 52, dst_as: 2, dst_addr: DST, src_country: 'FR' }).subarray(
    1
  )
  const enrich = await enricherOf([AS, PLACES])
  for (let size = 0; size <= message.length; size++) {
    const stream = frame(message.subarray(0, size))
    const { stream: output, malformed } = enrich(stream)
    if (malformed === 1) assert.deepEqual(output, stream)
    else assert.equal(readFlows(output).length, 1)
  }
})

test('any bytes as a message', async () => {
  const enrich = await enricherOf([AS, PLACES])
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const stream = frame(bytes)
      const { stream: output, malformed } = enrich(stream)
      let valid = true
      try {
        const reader = protobuf.Reader.create(bytes)
        while (reader.pos < reader.len) {
          const tag = reader.uint32()
          if (tag >>> 3 === 0 || [3, 4, 6, 7].includes(tag & 7)) throw new Error()
          reader.skipType(tag & 7)
        }
      } catch {
        valid = false
      }
      // protobufjs is the more lenient, with tags of more than 32 bits
      assert(malformed === 1 || valid)
      if (malformed === 1) assert.deepEqual(output, stream)
    })
  )
})

test('a message that would grow past what a stream carries passes as it is', async () => {
  const message = Buffer.concat([
    Buffer.from([0x32, 4, ...SRC]),
    protobuf.Writer.create()
      .uint32((5000 << 3) | 2)
      .bytes(Buffer.alloc(MAX_MESSAGE_BYTES - 20))
      .finish()
  ])
  assert(message.length < MAX_MESSAGE_BYTES)
  const stream = frame(message)
  assert((await enricherOf([AS]))(stream).stream.equals(stream))
})

test('a message with more fields to replace than usual', async () => {
  const message = Buffer.concat([
    Buffer.from([0x32, 4, ...SRC]),
    ...Array.from({ length: 500 }, (_, i) => Buffer.from([0x70, i & 0x7f, 0x48, i & 0x7f]))
  ])
  const { stream } = (await enricherOf([AS]))(frame(message))
  const [flow] = readFlows(stream)
  assert.equal(flow.src_as, 64500)
  assert.equal(stream.length, 2 + 6 + 1000 + 4 + 11)
})
