/** Counter samples as messages, read back by protobufjs. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { counterHandler } from '../../../src/decode/counters/counters.js'
import { counterRecords } from '../../../src/decode/sflow/structures.js'
import { counterMessage } from '../../../src/flow/proto.js'
import { u32 } from '../../support/build-packet.js'
import { buildSflowDatagram, flowSample, structure } from '../../support/build-sflow.js'
import { decode } from '../../support/decode.js'
import { keptOutput } from '../../support/output.js'
import { type CounterValues, countersOf, genericRecord, portName, readCounters, u64, xdrText } from '../../support/read-counters.js'

async function counters(...datagrams: Buffer[]): Promise<{ samples: CounterValues[]; flows: number; warnings: string[] }> {
  const { output, taken } = keptOutput()
  const { flows, warnings } = await decode(datagrams, { onCounterSample: counterHandler({ output, series: undefined }) })
  return { samples: readCounters(await taken()), flows: flows.length, warnings }
}

const datagram = (...samples: Buffer[]): Buffer => buildSflowDatagram({ agent: '192.0.2.254', subAgent: 3, uptime: 77_000, samples })

test('records with a message in proto/counter.proto have its members, of the same types', () => {
  const types: Record<string, string> = { u32: 'uint32', c32: 'uint32', u64: 'uint64', c64: 'uint64', f32: 'float' }
  const structures = [...counterRecords().values()]
  for (const field of counterMessage) {
    if (field.type !== 'message' || field.repeated) continue
    const { members } = structures.find(({ name }) => name === field.name)!
    assert.deepEqual(
      field.fields!.map(({ name, type }) => [name, type]),
      members.map(({ name, type }) => [name, types[type]]),
      field.name
    )
  }
})

test('names of records and of their members are there once', () => {
  const names = [...counterRecords().values()].map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const { name, members } of counterRecords().values())
    assert.equal(new Set(members.map((member) => member.name)).size, members.length, name)
})

test('compact and expanded samples: agent, source, sequence, times, typed records, zero told as zero, unknown left out', async () => {
  const unknown = structure(1001, Buffer.concat([u32(0, 0xffffffff, 7), u64(0xffffffffffffffffn), u64(1n << 40n)]))
  const { samples, flows } = await counters(
    datagram(
      countersOf({ sequence: 9, source: 4, records: [genericRecord(4, { inOctets: 1n << 60n })] }),
      flowSample(),
      countersOf({ expanded: true, sourceClass: 2, source: 0x1234567, records: [unknown] })
    )
  )
  assert.equal(flows, 1)
  const [first, second] = samples
  assert.deepEqual(
    { ...first, generic_interface: undefined },
    {
      time_received_ns: '1700000001234567890',
      agent: 'c00002fe',
      sub_agent: 3,
      uptime: 77_000,
      sequence_num: 9,
      source_class: 'INTERFACE',
      source_index: 4,
      generic_interface: undefined
    }
  )
  const generic = first.generic_interface as Record<string, unknown>
  assert.equal(generic.if_in_octets, String(1n << 60n))
  assert.equal(generic.if_out_octets, '0')
  assert.equal(generic.if_promiscuous_mode, 0)
  assert.equal(Object.keys(generic).length, 19)
  assert.equal(second.source_class, 'PHYSICAL')
  assert.equal(second.source_index, 0x1234567)
  assert.deepEqual(second.processor, { cpu_5s: 0, cpu_5m: 7, free_memory: String(1n << 40n) })
})

test('names of interfaces and hosts go with later samples of the same source', async () => {
  const named = (index: number, ...records: Buffer[]): Buffer => countersOf({ source: index, records: [genericRecord(index), ...records] })
  const host = structure(2000, Buffer.concat([xdrText('leaf-1'), Buffer.alloc(16), u32(3, 2), xdrText('6.1')]))
  const { samples } = await counters(
    datagram(named(1), named(1, portName('eth1')), named(2)),
    datagram(named(1), countersOf({ sourceClass: 2, records: [host] }), countersOf({ sourceClass: 2, records: [structure(1001, u32(1))] }))
  )
  assert.deepEqual(
    samples.map(({ if_name: name }) => name),
    [undefined, 'eth1', undefined, 'eth1', undefined, undefined]
  )
  assert.deepEqual(samples.map(({ host_name: name }) => name).slice(4), ['leaf-1', 'leaf-1'])
})

test('all else by name and value: structures in lists, second records of a kind, what is not known', async () => {
  const lane = (index: number): Buffer => u32(index, 6000, 500, 1, 2, 850, 400, 3, 4, 851)
  const { samples } = await counters(
    datagram(
      countersOf({
        records: [
          structure(10, Buffer.concat([u32(1, 4, 3300, -25_000 >>> 0, 2), lane(1), lane(2)])),
          structure(1003, u32(0, 64)),
          structure(1003, u32(1, 64)),
          genericRecord(1),
          genericRecord(2),
          structure((8800 << 12) + 2, Buffer.from('cafe', 'hex')),
          structure(2202, Buffer.concat([xdrText(''), u32(5)]))
        ]
      })
    )
  )
  const values = samples[0].values!
  assert.equal(values['sfp.module_temperature'], -25_000)
  assert.equal(values['sfp.lanes[1].rx_wavelength'], '851')
  assert.equal(values['queue_length.queue_index'], '0')
  assert.equal(values['queue_length[1].queue_index'], '1')
  assert.equal((samples[0].generic_interface as { if_index: number }).if_index, 1)
  assert.equal(values['generic_interface[1].if_index'], '2')
  assert.equal(values['8800.2'], 'cafe')
  assert.equal(values['app_operations.application'], '')
  assert.equal(values['app_operations.success'], '5')
})

test('every structure that is known, with any values, comes out as it went in', async () => {
  const scalars: Record<string, { bytes: fc.Arbitrary<number>; size: number }> = {}
  for (const type of ['u32', 'c32', 'i32', 'f32']) scalars[type] = { bytes: fc.integer({ min: 0, max: 0xfffffffe }), size: 4 }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...counterRecords()),
      fc.infiniteStream(fc.nat({ max: 0x7ffffff })),
      async ([tag, { name, members }], numbers) => {
        const expected = new Map<string, string>()
        const bytes = members.map((member) => {
          const number = numbers.next().value as number
          switch (member.type) {
            case 'u64':
            case 'c64':
              expected.set(member.name, String(BigInt(number) << 32n))
              return u64(BigInt(number) << 32n)
            case 'string':
              expected.set(member.name, `n${number}`)
              return xdrText(`n${number}`)
            case 'u32':
            case 'c32':
            case 'i32':
              expected.set(member.name, String(number))
              return u32(number)
            case 'f32': {
              const float = Buffer.alloc(4)
              float.writeFloatBE(number / 8)
              expected.set(member.name, String(float.readFloatBE(0)))
              return float
            }
            case 'opaque16':
              return Buffer.alloc(16)
            case 'mac':
              return Buffer.alloc(8)
            default:
              return u32(0) // an empty list
          }
        })
        const { samples } = await counters(datagram(countersOf({ records: [structure(tag, Buffer.concat(bytes))] })))
        const typed = samples[0][name] as Record<string, unknown> | undefined
        for (const [member, value] of expected)
          assert.equal(String(typed === undefined ? samples[0].values![`${name}.${member}`] : typed[member]), value, `${name}.${member}`)
      }
    )
  )
})

test('a sample cut at any byte, or with any byte changed, costs no more than itself, and what is written stays protobuf', async () => {
  const whole = countersOf({
    records: [
      genericRecord(1),
      portName('eth0'),
      structure(2001, u32(1, 1, 1, 0xaabbccdd, 0xeeff0000)),
      structure(10, u32(1, 1, 1, 1, 1, 1))
    ]
  })
  for (let end = 8; end < whole.length; end++) {
    const cut = structure(2, whole.subarray(8, end))
    const { samples, flows, warnings } = await counters(datagram(cut, flowSample()))
    assert.ok(samples.length <= 1)
    assert.equal(flows, 1, `cut at ${end}`)
    assert.ok(warnings.length > 0 || end % 4 === 0, `cut at ${end}`)
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
      const changed = Buffer.from(whole)
      changed[at] = byte
      await counters(datagram(changed, flowSample()))
    })
  )
})
