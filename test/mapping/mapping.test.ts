import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import fc from 'fast-check'
import { UserError } from '../../src/cli/exit.js'
import { loadMapping, type Mapping } from '../../src/mapping/mapping.js'
import { flowMessage } from '../../src/flow/proto.js'
import { ROOT } from '../support/tools.js'

const FIXTURE = path.join(ROOT, 'test/fixtures/goflow2-mapping.yaml')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mapping-'))
const file = path.join(folder, 'mapping.yaml')
after(() => {
  fs.rmSync(folder, { recursive: true })
})

function load(yaml: string): Promise<Mapping> {
  fs.writeFileSync(file, yaml)
  return loadMapping(file)
}

async function refusal(yaml: string): Promise<string> {
  try {
    await load(yaml)
  } catch (error) {
    assert.ok(error instanceof UserError, String(error))
    assert.equal(error.exitCode, 78)
    assert.ok(error.message.startsWith(`${file}:`), error.message)
    assert.doesNotMatch(error.message, /\n/)
    return error.message.slice(file.length + 1)
  }
  return 'taken as it is'
}

test("a mapping file in goflow2's shape is taken as it is", async () => {
  const { schema, formatter, ipfix, netflowv9, sflow, warnings } = await loadMapping(FIXTURE)
  assert.equal(schema.fields.length, flowMessage.fields.length + 3, 'fields with a number that they have already are the same fields')
  assert.deepEqual(schema.find('csum'), { name: 'csum', number: 999, type: 'uint64', repeated: false, packed: false })
  assert.deepEqual(schema.find('CustomList1'), { name: 'CustomList1', number: 1002000, type: 'bytes', repeated: true, packed: false })
  assert.equal(formatter.fields?.length, 26, 'a column that is listed twice is shown once')
  assert.deepEqual(formatter.fields.slice(0, 3), ['type', 'time_received_ns', 'sequence_num'])
  assert.deepEqual(formatter.key, ['sampler_address'])
  assert.deepEqual(
    [...formatter.rename],
    [
      ['src_mac', 'src_macaddr'],
      ['dst_mac', 'dst_macaddr']
    ]
  )
  assert.deepEqual([...formatter.render], [['time_received_ns', 'datetimenano']])
  assert.deepEqual(
    ipfix.map(({ field, pen, destination, endianness }) => [field, pen, destination.name, endianness]),
    [
      [61, undefined, 'flow_direction', 'big'],
      [239, undefined, 'bi_flow_direction', 'big'],
      [234, undefined, 'ingress_vrf_id', 'big'],
      [235, undefined, 'egress_vrf_id', 'big'],
      [8, undefined, 'src_addr', 'big'],
      [10, undefined, 'in_if', 'big'],
      [7, 2636, 'CustomInteger1', 'little']
    ]
  )
  assert.deepEqual(
    netflowv9.map(({ field, destination, endianness }) => [field, destination.name, endianness]),
    [
      [34, 'sampling_rate', 'big'],
      [61, 'flow_direction', 'big'],
      [33002, 'CustomList1', 'big']
    ]
  )
  assert.deepEqual(sflow.ports, [
    { proto: 'udp', dir: 'dst', port: 3544, parser: 'teredo-dst' },
    { proto: 'udp', dir: 'both', port: 4754, parser: 'gre' },
    { proto: 'udp', dir: 'both', port: 6081, parser: 'geneve' }
  ])
  assert.deepEqual(
    sflow.mapping.map(({ layer, encap, offset, length, destination }) => [layer, encap, offset, length, destination.name]),
    [
      [{ kind: 'layer', name: 'udp' }, false, 48, 16, 'csum'],
      [{ kind: 'level', level: 4 }, false, 0, 16, 'src_port'],
      [{ kind: 'layer', name: 'ipv6-route' }, true, 64, 128, 'CustomList1']
    ]
  )
  const line =
    fs
      .readFileSync(FIXTURE, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('endian: little')) + 1
  assert.equal(warnings.length, 1)
  assert.ok(warnings[0].startsWith(`${FIXTURE}:${line}: 'endian' is ignored`), warnings[0])
})

test('no file, an empty one and empty sections map nothing', async () => {
  const none = await loadMapping(undefined)
  assert.equal(none.schema, flowMessage)
  assert.equal(none.formatter.fields, undefined)
  for (const text of ['', '# nothing\n', 'formatter:\nipfix:\nsflow:\n', 'formatter:\n  fields: []\n  protobuf:\nipfix:\n  mapping:\n']) {
    assert.deepEqual(await load(text), { ...none, schema: flowMessage }, JSON.stringify(text))
  }
})

test('every layer selector', async () => {
  const layers = [
    'ETHERNET',
    'ip',
    'ipv6eh',
    'ipv6eh_fragment',
    'icmpv6',
    'teredo',
    '2',
    '0',
    '7',
    'payload',
    'arp',
    'icmp6',
    'etype0x86dd',
    'etype2054',
    'proto47',
    'udp53',
    'tcp179'
  ]
  const { sflow } = await load(
    `sflow: { mapping: [${layers.map((layer) => `{ layer: ${layer}, offset: 1, length: 3, destination: ip_flags }`).join(', ')}] }`
  )
  assert.deepEqual(
    sflow.mapping.map(({ layer }) => Object.values(layer).join(' ')),
    [
      'layer ethernet',
      'layer ip',
      'layer ipv6eh',
      'layer ipv6-frag',
      'layer ipv6-icmp',
      'layer teredo-dst',
      'level 2',
      'level 0',
      'level 7',
      'level 7',
      'etype 2054',
      'layer ipv6-icmp',
      'etype 34525',
      'etype 2054',
      'proto 47',
      'port udp 53',
      'port tcp 179'
    ]
  )
})

test('one list under two sections by a YAML alias', async () => {
  const { ipfix, netflowv9 } = await load(
    'ipfix: { mapping: &elements [ { field: 61, destination: FlowDirection } ] }\nnetflowv9: { mapping: *elements }'
  )
  assert.deepEqual(netflowv9, ipfix)
  assert.equal(ipfix[0].destination, flowMessage.field('flow_direction'))
})

const elementTo = (field: number, destination: string, pen?: number): string =>
  `ipfix: { mapping: [{ field: ${field},\n destination: ${destination}${pen === undefined ? '' : `, penprovided: true, pen: ${pen}`} }] }`

test('what fits a field, and what is not known, is taken', async () => {
  const fitting: [number, string][] = [
    [16, 'src_as'],
    [8, 'src_addr'],
    [27, 'src_addr'],
    [8, 'src_as'],
    [56, 'src_mac'],
    [82, 'in_if_name'],
    [95, 'application_id'],
    [90, 'bgp_next_hop'],
    [999, 'in_if'],
    [40001, 'src_as']
  ]
  for (const [field, destination] of fitting) {
    const protocol = field > 0x7fff ? 'netflowv9' : 'ipfix'
    const loaded = await load(elementTo(field, destination).replace('ipfix', protocol))
    assert.equal(loaded[protocol][0].destination.name, destination)
  }
  assert.equal((await load(elementTo(82, 'in_if', 2636))).ipfix.length, 1)
  // in a field of one's own anything may be bytes
  const own = 'formatter: { protobuf: [{ name: mine, index: 2000, type: string }] }\n'
  for (const field of [10, 27, 82, 291, 311]) assert.equal((await load(own + elementTo(field, 'mine'))).ipfix.length, 1)
})

test("the numbers of the countries may be given to fields of one's own", async () => {
  const { schema } = await load(
    'formatter: { protobuf: [{ name: mine, index: 1000, type: varint }, { name: other, index: 1001, type: string, array: true }] }'
  )
  assert.equal(schema.fields.length, flowMessage.fields.length)
  assert.deepEqual(
    [1000, 1001].map((number) => schema.byNumber(number)?.name),
    ['mine', 'other']
  )
  assert.equal(schema.find('src_country'), undefined)
})

const REFUSED: [what: string, yaml: string, said: RegExp][] = [
  ['an unknown section', 'formatter:\n  fields: [type]\nipfx: {}', /^3: unknown key 'ipfx': ipfix, /],
  ['an unknown key', 'formatter:\n  field: [type]', /^2: unknown key 'field': fields, /],
  ['an unknown key of an entry', 'ipfix:\n  mapping:\n    - { field: 61, dest: in_if }', /^3: unknown key 'dest': .*destination/],
  ['an unknown field', 'formatter:\n  fields:\n    - type\n    - scr_addr', /^4: unknown field 'scr_addr': src_addr, .*, …$/],
  ['an unknown key field', 'formatter: { key: [sampler] }', /^1: unknown field 'sampler': sampl/],
  ['an unknown renamed field', 'formatter:\n  rename:\n    srcmac: mac', /^3: unknown field 'srcmac': src_mac/],
  ['an unknown rendered field', 'formatter:\n  render:\n    srcmac: mac', /^3: unknown field 'srcmac': src_mac/],
  ['an unknown renderer', 'formatter:\n  render:\n    src_mac: max', /^3: unknown renderer 'max': mac, .*datetimenano/],
  [
    'a renderer that is none for the field',
    'formatter:\n  render:\n    src_addr: datetime',
    /^3: renderer 'datetime' is none for src_addr: none, ip/
  ],
  [
    'an unknown type',
    'formatter:\n  protobuf:\n    - { name: a, index: 2000,\n        type: varin }',
    /^4: unknown type 'varin': varint, string, bytes/
  ],
  ['an unknown destination', 'ipfix: { mapping: [{ field: 61, destination: mine }] }', /^1: unknown field 'mine': /],
  [
    'an unknown byte order',
    'ipfix: { mapping: [{ field: 61, destination: in_if, endianness: litle }] }',
    /unknown byte order 'litle': little, big/
  ],
  ['an unknown layer', 'sflow:\n  mapping:\n    - { layer: ipv5, length: 8, destination: in_if }', /^3: unknown layer 'ipv5': ipv4, /],
  [
    'a protocol number out of range',
    'sflow: { mapping: [{ layer: proto256, length: 8, destination: in_if }] }',
    /unknown layer 'proto256'/
  ],
  ['an element of text for a number', elementTo(82, 'in_if'), /^2: in_if is a number, and element 82 \(interfaceName\) is text$/],
  ['one of v9', elementTo(82, 'in_if').replace('ipfix', 'netflowv9'), /^2: in_if is a number, and element 82/],
  ['a list for a number', elementTo(291, 'src_as'), /^2: src_as is a number, and element 291 \(basicList\) is a list$/],
  ['a fraction for a number', elementTo(311, 'sampling_rate'), /^2: sampling_rate is a number, and .* is a fraction$/],
  ['an IPv6 address for a number', elementTo(27, 'src_as'), /^2: src_as is a number, and .* is an address$/],
  ['a number for an address', elementTo(16, 'src_addr'), /^2: src_addr is an address, and .* is a number$/],
  ['text for an address', elementTo(82, 'next_hop'), /^2: next_hop is an address, and .* is text$/],
  ['a number for text', elementTo(10, 'in_if_name'), /^2: in_if_name is text, and .* is a number$/],
  ['the other direction of text', elementTo(82, 'in_if', 29305), /^2: in_if is a number, and element 82 \(reverseInterfaceName\) is text$/],
  [
    'bits for an address that are none',
    'sflow: { mapping: [{ layer: ipv4, length: 16, destination: src_addr }] }',
    /^1: src_addr is an address of 32 or 128 bits, not 16$/
  ],
  [
    'a column whose number is taken',
    'formatter:\n  fields: [src_country]\n  protobuf: [{ name: mine, index: 1000, type: varint }]',
    /^2: 'src_country' is not there: the mapping file gives its number, 1000, to a field of its own$/
  ],
  ['an unknown parser', 'sflow: { ports: [{ proto: udp, dir: dst, port: 1, parser: genev }] }', /^1: unknown parser 'genev': geneve, /],
  ['an unknown direction', 'sflow: { ports: [{ proto: udp, dir: up, port: 1, parser: gre }] }', /unknown direction 'up': src, dst, both/],
  [
    'a number that is taken',
    'formatter:\n  protobuf:\n    - { name: mine, index: 6, type: bytes }',
    /^3: number 6 of 'mine' is taken by src_addr/
  ],
  [
    "a number of the other stream's message",
    'formatter: { protobuf: [{ name: mine, index: 201, type: bytes }] }',
    /^1: number 201 of 'mine' is taken by payload/
  ],
  ["a number of protobuf's own", 'formatter: { protobuf: [{ name: mine, index: 19000, type: bytes }] }', /^1: numbers 19000 to 19999/],
  [
    'another number for a field',
    'formatter: { protobuf: [{ name: in_if, index: 2000, type: varint }] }',
    /^1: 'in_if' has number 18 already/
  ],
  [
    'another type for a field',
    'formatter: { protobuf: [{ name: in_if, index: 18, type: bytes }] }',
    /^1: 'in_if' is there already, as type: varint/
  ],
  [
    'two new fields of one number',
    'formatter: { protobuf: [{ name: a, index: 2000, type: bytes },\n { name: b, index: 2000, type: bytes }] }',
    /^2: number 2000 of 'b' is taken by a/
  ],
  ['a field without an index', 'formatter: { protobuf: [{ name: a, type: bytes }] }', /^1: a field has a name, an index and a type/],
  [
    'a name that no text could hold',
    'formatter: { protobuf: [{ name: "a b", index: 2000, type: bytes }] }',
    /^1: a field's name is made of/
  ],
  ['two columns of one name', 'formatter: { rename: { src_mac: ether,\n dst_mac: ether } }', /^2: 'ether' is the name of src_mac already/],
  ["another column's name", 'formatter: { rename: { src_mac: dst_mac } }', /^1: 'dst_mac' is the name of dst_mac already/],
  [
    'an element number with the enterprise bit',
    'ipfix: { mapping: [{ field: 32769, destination: in_if }] }',
    /^1: a whole number from 0 to 32767/
  ],
  [
    'an enterprise number that is denied',
    'ipfix: { mapping: [{ field: 1, penprovided: false, pen: 9, destination: in_if }] }',
    /^1: 'pen: 9' beside/
  ],
  [
    'an enterprise number in v9',
    'netflowv9: { mapping: [{ field: 1, pen: 9, destination: in_if }] }',
    /^1: NetFlow v9 has no enterprise numbers/
  ],
  [
    'more bits than a number holds',
    'sflow: { mapping: [{ layer: udp, length: 65, destination: in_if }] }',
    /^1: in_if is a number and holds 64 bits/
  ],
  ['a negative offset', 'sflow: { mapping: [{ layer: udp, offset: -8, length: 8, destination: in_if }] }', /^1: a whole number from 0 /],
  ['a list where a mapping belongs', 'formatter: [fields]', /^1: 'key: value' pairs belong here, not a list/],
  ['a word where a list belongs', 'formatter:\n  fields: type', /^2: a list belongs here, not 'type'/],
  ['a mapping where a word belongs', 'formatter:\n  fields:\n    - type: x', /^3: a name belongs here, not a mapping/],
  ['a word where a number belongs', 'ipfix: { mapping: [{ field: sixty, destination: in_if }] }', /^1: a whole number .*, not 'sixty'/],
  ['a key that stands twice', 'ipfix: {}\nipfix: {}', /^2: .*unique/],
  ['text that is no YAML', 'formatter:\n  fields: [type', /^\d: /],
  ['plain text', 'hello', /^1: 'key: value' pairs belong here/]
]
for (const [what, yaml, said] of REFUSED) {
  test(`refused with its line: ${what}`, async () => {
    assert.match(await refusal(yaml), said)
  })
}

test('a file that is not there is another kind of error', async () => {
  await assert.rejects(
    loadMapping(path.join(folder, 'none.yaml')),
    (error: unknown) => error instanceof UserError && error.exitCode === 66 && error.message.endsWith('none.yaml: no such file')
  )
})

test('no text at all makes the loader throw anything but a line for the user', async () => {
  const stock = fs.readFileSync(FIXTURE, 'utf8')
  const cut = fc.nat(stock.length)
  const damaged = fc
    .tuple(cut, cut, fc.oneof(fc.string(), fc.constantFrom('\n', ': ', '- ', '[', '{', '&a ', '*a', '? ', '!!map ', '<<: ', '~', '"')))
    .map(([from, to, text]) => stock.slice(0, from) + text + stock.slice(Math.max(from, Math.min(to, from + 40))))
  await fc.assert(
    fc.asyncProperty(damaged, async (text) => {
      fs.writeFileSync(file, text)
      await loadMapping(file).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error
        assert.doesNotMatch(error.message, /\n/)
      })
    }),
    { numRuns: 300 }
  )
})
