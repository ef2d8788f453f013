/** Options templates: scopes and fields of every length, enterprise elements, and those that make no sense. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { be, optionsTemplate10, optionsTemplate9, set, template } from '../../../support/build-netflow.js'
import { decode, type Decoded } from '../../../support/decode.js'
import { message, optionsTemplateSet, raw, recordOf, templateSet, text, uint, type Version } from '../../../support/records.js'

const FIELDS = [uint(4, 6, 1), uint(7, 0, 2)]
const record = (port: number): Buffer => be(0x06_0000 + port, 3)
const data = (version: Version, port: number, domain = 0, id = 256): Buffer => message(version, { domain }, set(id, record(port)))
const definition = (version: Version, domain = 0, id = 256): Buffer => message(version, { domain }, templateSet(version, id, FIELDS))
const templates = (version: Version, ...records: Buffer[]): Buffer => set(version === 9 ? 0 : 2, ...records)
const optionsTemplates = (version: Version, ...records: Buffer[]): Buffer => set(version === 9 ? 1 : 3, ...records)

const ports = ({ flows }: Decoded): unknown[] => flows.map(({ src_port }) => src_port)
const errors = ({ decoder }: Decoded): [string, number][] => [...decoder.counts.errors]

test('IPFIX: enterprise fields have a number behind them, in options templates as well', async () => {
  const data = templates(
    10,
    template(256, [
      [7, 2, 9],
      [7, 2],
      [0x7fff, 3, 0xffff_ffff]
    ])
  )
  const options = optionsTemplates(
    10,
    optionsTemplate10(
      300,
      [
        [144, 1, 9],
        [10, 1]
      ],
      [
        [34, 2, 9],
        [34, 2],
        [82, 65_535, 9],
        [82, 65_535]
      ]
    )
  )
  const told = set(300, Buffer.from('55 07 ffff 0064 02 6e6f 03 796573'.replaceAll(' ', ''), 'hex'))
  const { flows } = await decode([
    message(10, {}, data, options, told, set(256, be(1, 2), be(2, 2), Buffer.from('ffffff', 'hex'))),
    message(10, {}, templateSet(10, 257, [uint(10, 7, 1)]), set(257, be(7, 1)))
  ])
  assert.deepEqual(
    flows.map(({ src_port, in_if, in_if_name, sampling_rate }) => [src_port, in_if, in_if_name, sampling_rate]),
    [
      [2, undefined, undefined, undefined],
      [undefined, 7, 'yes', '100']
    ]
  )
})

test('options templates with scopes of no length, without scopes, and with fields of no length', async () => {
  const told = async (version: Version, options: Buffer, values: string): Promise<unknown> => {
    const { flows, decoder } = await decode([
      message(version, {}, optionsTemplates(version, options), set(300, Buffer.from(values.replaceAll(' ', ''), 'hex'))),
      definition(version),
      data(version, 1)
    ])
    assert.deepEqual([...decoder.counts.errors], [])
    return flows[0].sampling_rate
  }
  // as Juniper sends them: the scope is the system, of no bytes
  assert.equal(
    await told(
      9,
      optionsTemplate9(
        300,
        [[1, 0]],
        [
          [34, 4],
          [36, 2]
        ]
      ),
      '00000064 003c'
    ),
    '100'
  )
  assert.equal(
    await told(
      10,
      optionsTemplate10(
        300,
        [[144, 0]],
        [
          [34, 4],
          [160, 0]
        ]
      ),
      '00000064'
    ),
    '100'
  )
  assert.equal(await told(9, optionsTemplate9(300, [], [[34, 4]]), '00000064'), '100')
  assert.equal(await told(10, optionsTemplate10(300, [], [[34, 4]]), '00000064'), '100')
  assert.equal(
    await told(
      9,
      optionsTemplate9(
        300,
        [
          [1, 4],
          [2, 0]
        ],
        [
          [34, 0],
          [50, 4]
        ]
      ),
      'c0000201 00000064'
    ),
    '100'
  )
  assert.equal(
    await told(
      10,
      optionsTemplate10(
        300,
        [
          [144, 4],
          [141, 0]
        ],
        [
          [34, 0],
          [50, 4]
        ]
      ),
      '00000001 00000064'
    ),
    '100'
  )
})

test('IPFIX: an options template all of whose fields are scopes is one', async () => {
  const { decoder } = await decode([
    message(
      10,
      {},
      optionsTemplates(
        10,
        optionsTemplate10(
          300,
          [
            [144, 4],
            [149, 4]
          ],
          []
        )
      ),
      set(300, be(5, 4), be(6, 4))
    )
  ])
  assert.deepEqual([...decoder.counts.errors], [])
  assert.equal(decoder.netflow.optionsRecords, 1)
})

test('options templates that make no sense are refused', async () => {
  const refused = async (version: Version, options: Buffer): Promise<void> => {
    const decoded = await decode([
      message(version, {}, optionsTemplates(version, options), templateSet(version, 256, FIELDS), set(256, record(1)))
    ])
    assert.deepEqual(ports(decoded), [1])
    assert.deepEqual(errors(decoded), [['malformed-template', 1]])
  }
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
  await refused(9, hex('012c 0003 0004 0001 0004 0022 0004')) // lengths that are no whole fields
  await refused(9, hex('012c 0004 0006 0001 0004 0022 0004'))
  await refused(9, hex('012c 0000 0000')) // no fields
  await refused(9, hex('012c 0004 0004 0001 0000 0022 0000')) // fields of no bytes
  await refused(9, hex('00ff 0004 0004 0001 0004 0022 0004')) // an id of no data set
  await refused(9, hex('012c fffc fffc 0001 0004 0022 0004')) // more than the set
  await refused(10, hex('012c 0002 0003 0090 0004 0022 0004')) // more scopes than fields
  await refused(10, hex('012c 0002 0001 0090 0000 0022 0000'))
  await refused(10, hex('00ff 0002 0001 0090 0004 0022 0004'))
  await refused(10, hex('012c ffff 0001 0090 0004 0022 0004'))
})

test('a scope is not read as a value, nor a value as a scope', async () => {
  // the rate in the scope is one all the same, the interface among the values is no scope
  const { flows } = await decode([
    message(
      10,
      {},
      optionsTemplateSet(10, 300, [uint(34, 0), uint(149, 0)], [text(82, '', 2)]),
      set(300, recordOf([uint(34, 100), uint(149, 5), raw(82, '4142')]))
    ),
    message(10, { domain: 5 }, templateSet(10, 256, FIELDS), set(256, record(1))),
    message(10, { domain: 6 }, templateSet(10, 256, FIELDS), set(256, record(2))),
    message(
      10,
      { domain: 6 },
      optionsTemplateSet(10, 300, [uint(144, 1)], [uint(149, 5), uint(34, 7)]),
      set(300, recordOf([uint(144, 1), uint(149, 5), uint(34, 7)]))
    ),
    message(10, { domain: 6 }, set(256, record(3)))
  ])
  assert.deepEqual(
    flows.map(({ src_port, sampling_rate }) => [src_port, sampling_rate]),
    [
      [1, '100'],
      [2, undefined],
      [3, '7']
    ]
  )
})
