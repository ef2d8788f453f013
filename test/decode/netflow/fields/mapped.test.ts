/** Elements that a mapping file sends to fields. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { loadMapping, type Mapping } from '../../../../src/mapping/mapping.js'
import { be, type FieldSpec, ipfix, optionsTemplate9, set, template, v9, variable } from '../../../support/build-netflow.js'
import { ethernet, icmp, ipv4, packet } from '../../../support/build-packet.js'
import type { Flow } from '../../../support/datagram-stream.js'
import { decode } from '../../../support/decode.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-mapped-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

async function mappingOf(yaml: string): Promise<Mapping> {
  const file = path.join(folder, 'mapping.yaml')
  fs.writeFileSync(file, yaml)
  return loadMapping(file)
}

/** A mapping file that sends one element to so many fields. */
function toMany(count: number, type: string, element: number): string {
  const names = Array.from({ length: count }, (_, i) => `own${i}`)
  return [
    'formatter:\n  protobuf:',
    ...names.map((name, i) => `    - { name: ${name}, index: ${2000 + i}, type: ${type} }`),
    'ipfix:\n  mapping:',
    ...names.map((name) => `    - { field: ${element}, destination: ${name} }`)
  ].join('\n')
}

/** The flow of one record of IPFIX or v9. */
async function flowOf(mapping: string, fields: readonly FieldSpec[], ...values: Buffer[]): Promise<Flow> {
  const payload = ipfix({}, set(2, template(256, fields)), set(256, ...values))
  const { flows } = await decode([payload], { mapping: await mappingOf(`ipfix:\n  mapping:\n${mapping}`) })
  assert.equal(flows.length, 1)
  return flows[0]
}

test('a field of its own takes the element, and what the table says of that field is left out', async () => {
  const flow = await flowOf(
    '    - { field: 21, destination: bytes }\n',
    [
      [1, 4],
      [21, 4]
    ],
    be(100, 4),
    be(7, 4)
  )
  assert.equal(flow.bytes, '7')
})

test('ICMP: one of type and code may be mapped, the other stays', async () => {
  const fields: FieldSpec[] = [
    [32, 2],
    [176, 1]
  ]
  const flow = await flowOf('    - { field: 176, destination: icmp_type }\n', fields, be(0x0301, 2), be(8, 1))
  assert.deepEqual([flow.icmp_type, flow.icmp_code], [8, 1])
  const zero = await flowOf('    - { field: 176, destination: icmp_code }\n', fields, be(0x0301, 2), be(0, 1))
  assert.deepEqual([zero.icmp_type, zero.icmp_code], [3, undefined])
})

test('ICMP of a record and of its section are not mixed', async () => {
  const section = packet(ethernet(), ipv4({ protocol: 1 }), icmp(3, 5))
  const { flows } = await decode([
    ipfix(
      {},
      set(
        2,
        template(256, [
          [32, 2],
          [315, 65535]
        ])
      ),
      set(256, be(0x0301, 2), variable(section))
    )
  ])
  assert.deepEqual([flows[0].icmp_type, flows[0].icmp_code], [3, 1])
})

test('a mapped sampling rate is the record’s own, and one of zero is none', async () => {
  const mapping = await mappingOf('netflowv9:\n  mapping:\n    - { field: 48, destination: sampling_rate }\n')
  const options = [set(1, optionsTemplate9(300, [[1, 4]], [[34, 4]])), set(300, be(0, 4), be(1000, 4))]
  const records = set(256, be(0, 1), be(1, 4), be(9, 1), be(2, 4))
  const { flows } = await decode(
    [
      v9(
        {},
        ...options,
        set(
          0,
          template(256, [
            [48, 1],
            [2, 4]
          ])
        ),
        records
      )
    ],
    { mapping }
  )
  assert.deepEqual(
    flows.map(({ sampling_rate }) => sampling_rate),
    ['1000', '9']
  )
})

test('a template that has one element a thousand times, with many destinations', async () => {
  const repeated = Array.from({ length: 1019 }, (): FieldSpec => [1000, 1])
  const fields: FieldSpec[] = [[8, 4], [12, 4], [27, 16], [28, 16], [1, 4, 29305], ...repeated]
  const record = Buffer.concat([be(1, 4), be(2, 4), Buffer.alloc(32), be(5, 4), Buffer.alloc(1019, 3)])
  const { flows, warnings } = await decode([ipfix({}, set(2, template(256, fields)), set(256, record))], {
    mapping: await mappingOf(toMany(12, 'varint', 1000))
  })
  assert.deepEqual([flows.length, warnings], [2, []])
})

test('a record of which mapping would make more than a message costs itself alone', async () => {
  const templates = set(
    2,
    template(256, [
      [82, 65535],
      [2, 4]
    ])
  )
  const long = ipfix({}, templates, set(256, variable(Buffer.alloc(60_000, 0xff)), be(1, 4)))
  const { flows, warnings } = await decode([long, ipfix({}, set(256, variable(Buffer.from('eth0')), be(2, 4)))], {
    mapping: await mappingOf(toMany(120, 'string', 82))
  })
  assert.deepEqual(
    flows.map(({ packets }) => packets),
    ['2']
  )
  assert.match(warnings[0], /more than a message holds malformed-record/)
})

test('a value that is sent to a number and is longer than one is counted, and is no zero', async () => {
  const mapping = await mappingOf(
    'formatter: { protobuf: [{ name: mine, index: 2000, type: varint }] }\n' +
      'ipfix: { mapping: [{ field: 1, penprovided: true, pen: 99, destination: mine }, { field: 2, penprovided: true, pen: 99, destination: in_if }] }'
  )
  const fields: FieldSpec[] = [
    [4, 1],
    [1, 9, 99],
    [2, 65535, 99]
  ]
  const record = (long: Buffer, text: string): Buffer => Buffer.concat([be(6, 1), long, variable(Buffer.from(text))])
  const records = [record(Buffer.alloc(9, 1), 'ge-0/0/0.100'), record(Buffer.alloc(9), '\x07'), record(Buffer.alloc(9), '')]
  const { flows, decoder, warnings } = await decode([ipfix({}, set(2, template(256, fields)), set(256, ...records))], { mapping })
  assert.deepEqual(
    flows.map(({ proto, in_if }) => [proto, in_if]),
    [
      [6, undefined],
      [6, 7],
      [6, undefined]
    ]
  )
  assert.deepEqual([...decoder.counts.errors], [['mapping', 1]])
  assert.deepEqual(warnings, ['4 of the values of template 256 that the mapping file sends to numbers are none mapping'])
})
