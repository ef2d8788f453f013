/** Templates: whose they are, when they are refused, replaced, withdrawn and forgotten. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { be, type FieldSpec, optionsTemplate10, optionsTemplate9, set, template } from '../../../support/build-netflow.js'
import type { DatagramSpec } from '../../../support/datagram-stream.js'
import { decode, type Decoded } from '../../../support/decode.js'
import { message, optionsTemplateSet, templateSet, uint, type Version, VERSIONS } from '../../../support/records.js'

const FIELDS = [uint(4, 6, 1), uint(7, 0, 2)]
const record = (port: number): Buffer => be(0x06_0000 + port, 3)
const data = (version: Version, port: number, domain = 0, id = 256): Buffer => message(version, { domain }, set(id, record(port)))
const definition = (version: Version, domain = 0, id = 256): Buffer => message(version, { domain }, templateSet(version, id, FIELDS))
const templates = (version: Version, ...records: Buffer[]): Buffer => set(version === 9 ? 0 : 2, ...records)
const optionsTemplates = (version: Version, ...records: Buffer[]): Buffer => set(version === 9 ? 1 : 3, ...records)

const ports = ({ flows }: Decoded): unknown[] => flows.map(({ src_port }) => src_port)
const errors = ({ decoder }: Decoded): [string, number][] => [...decoder.counts.errors]

for (const version of VERSIONS) {
  const name = `version ${version}`
  const other: Version = version === 9 ? 10 : 9

  test(`${name}: a template is of one exporter, version and domain, from whatever port`, async () => {
    const from = (payload: Buffer, last: number, srcPort: number): DatagramSpec => ({
      payload,
      src: Buffer.from([192, 0, 2, last]),
      srcPort
    })
    const decoded = await decode([
      from(definition(version, 7), 1, 1000),
      from(data(version, 1, 7), 1, 1000),
      from(data(version, 2, 7), 1, 2000),
      from(data(version, 3, 8), 1, 1000), // another domain
      from(data(version, 4, 7), 2, 1000), // another exporter
      from(data(other, 5, 7), 1, 1000) // the other version
    ])
    assert.deepEqual(ports(decoded), [1, 2])
    assert.deepEqual(errors(decoded), [['template-not-found', 3]])
  })

  test(`${name}: an exporter is the same whether its address comes as IPv4 or mapped into IPv6`, async () => {
    const decoded = await decode([
      { payload: definition(version), src: Buffer.from('00000000000000000000ffffc0000209', 'hex') },
      { payload: data(version, 1), src: Buffer.from([192, 0, 2, 9]) },
      { payload: data(version, 2), src: Buffer.from('00000000000000000000ffffc0000209', 'hex') },
      { payload: data(version, 3), src: Buffer.from('00000000000000000001ffffc0000209', 'hex') },
      { payload: data(version, 4), src: Buffer.from('00000000000000000000000000000000', 'hex') }
    ])
    assert.deepEqual(ports(decoded), [1, 2])
    assert.deepEqual(
      decoded.flows.map(({ sampler_address }) => sampler_address),
      ['c0000209', 'c0000209']
    )
    assert.deepEqual(
      [...decoded.decoder.exporters.all()].map((exporter) => exporter.name),
      ['192.0.2.9', '::1:ffff:c000:209', '::']
    )
  })

  test(`${name}: a redefinition replaces, in the middle of a datagram and from another port too`, async () => {
    const swapped = templateSet(version, 256, [uint(11, 0, 2), uint(4, 0, 1)])
    const { flows } = await decode([
      message(version, {}, templateSet(version, 256, FIELDS), set(256, record(1)), swapped, set(256, be(0x0002_11, 3))),
      { payload: message(version, {}, set(256, be(0x0003_11, 3))), srcPort: 1 },
      { payload: definition(version), srcPort: 2 },
      // the port that swapped them has sent nothing since
      { payload: data(version, 4), srcPort: 3 },
      message(version, {}, set(256, be(0x0005_11, 3)))
    ])
    assert.deepEqual(
      flows.map(({ src_port, dst_port, proto }) => [src_port, dst_port, proto]),
      [
        [1, undefined, 6],
        [undefined, 2, 17],
        [undefined, 3, 17],
        [4, undefined, 6],
        [undefined, 5, 17]
      ]
    )
  })

  test(`${name}: a template may become an options template, and back`, async () => {
    const scope = version === 9 ? uint(1, 0, 1) : uint(144, 0, 1)
    const options = optionsTemplateSet(version, 256, [scope], [uint(34, 0, 2)])
    const decoded = await decode([
      definition(version),
      data(version, 1),
      message(version, {}, options, set(256, be(0x01_0064, 3))),
      definition(version),
      data(version, 2)
    ])
    assert.deepEqual(
      decoded.flows.map(({ src_port, sampling_rate }) => [src_port, sampling_rate]),
      [
        [1, undefined],
        [2, '100']
      ]
    )
    assert.equal(decoded.decoder.netflow.optionsRecords, 1)
  })

  test(`${name}: several templates in one set, data and options`, async () => {
    const scope = version === 9 ? uint(1, 0, 1) : uint(144, 0, 1)
    const options = (id: number, element: number): Buffer =>
      (version === 9 ? optionsTemplate9 : optionsTemplate10)(id, [[scope.id, 1]], [[element, 2]])
    const decoded = await decode([
      message(
        version,
        {},
        templates(
          version,
          template(256, [[7, 2]]),
          template(257, [[11, 2]]),
          template(258, [
            [4, 1],
            [7, 2]
          ])
        ),
        optionsTemplates(version, options(400, 34), options(401, 160)),
        set(257, be(5, 2)),
        set(400, be(0x01_0032, 3)),
        set(258, record(6)),
        set(256, be(7, 2))
      )
    ])
    assert.deepEqual(
      decoded.flows.map(({ src_port, dst_port, sampling_rate }) => [src_port, dst_port, sampling_rate]),
      [
        [undefined, 5, undefined],
        [6, undefined, '50'],
        [7, undefined, '50']
      ]
    )
    assert.equal(decoded.decoder.netflow.templates, 5)
  })

  test(`${name}: a template with an id under 256 is refused, and its neighbours are not`, async () => {
    for (const id of [0, 1, 2, 3, 255]) {
      const decoded = await decode([
        message(
          version,
          {},
          templates(
            version,
            template(id, [[7, 2]]),
            template(256, [
              [4, 1],
              [7, 2]
            ])
          ),
          set(256, record(1))
        )
      ])
      assert.deepEqual(ports(decoded), [1], `id ${id}`)
      assert.deepEqual(errors(decoded), [['malformed-template', 1]], `id ${id}`)
    }
  })

  test(`${name}: a template whose records would have no bytes is refused`, async () => {
    const nothing: FieldSpec[][] = [
      [[7, 0]],
      [
        [7, 0],
        [11, 0]
      ],
      ...(version === 9 ? [[]] : [])
    ]
    for (const fields of nothing) {
      const decoded = await decode([
        message(
          version,
          {},
          templates(
            version,
            template(300, fields),
            template(256, [
              [4, 1],
              [7, 2]
            ])
          ),
          set(256, record(1)),
          set(300, record(2))
        )
      ])
      assert.deepEqual(ports(decoded), [1])
      assert.deepEqual(errors(decoded), [
        ['malformed-template', 1],
        ['template-not-found', 1]
      ])
    }
  })

  test(`${name}: a template of more than 1,024 fields is refused, of 1,024 it is not`, async () => {
    const fields = (count: number): FieldSpec[] => Array.from({ length: count }, (_, i): FieldSpec => (i === count - 1 ? [7, 2] : [210, 1]))
    for (const count of [1024, 1025, 5000]) {
      const decoded = await decode([
        message(
          version,
          {},
          templates(
            version,
            template(300, fields(count)),
            template(256, [
              [4, 1],
              [7, 2]
            ])
          ),
          set(256, record(1)),
          set(300, Buffer.alloc(count, 1), be(2, 1))
        )
      ])
      assert.deepEqual(ports(decoded), count === 1024 ? [1, 0x0102] : [1], `${count} fields`)
      assert.deepEqual(
        errors(decoded),
        count === 1024
          ? []
          : [
              ['malformed-template', 1],
              ['template-not-found', 1]
            ],
        `${count} fields`
      )
    }
  })

  test(`${name}: a template whose records would be more than 65,535 bytes is refused`, async () => {
    const fields = (bytes: number): FieldSpec[] => [
      [210, 30_000],
      [210, bytes - 30_002],
      [7, 2]
    ]
    for (const bytes of [65_535, 65_536, 90_000]) {
      const decoded = await decode([
        message(
          version,
          {},
          templates(
            version,
            template(300, fields(bytes)),
            template(256, [
              [4, 1],
              [7, 2]
            ])
          ),
          set(256, record(1))
        )
      ])
      assert.deepEqual(ports(decoded), [1])
      assert.deepEqual(errors(decoded), bytes === 65_535 ? [] : [['malformed-template', 1]], `${bytes} bytes`)
    }
  })

  test(`${name}: a refused redefinition ends what was there; data waits for one that can be read`, async () => {
    const refused = message(version, {}, templates(version, template(256, [[7, 0]])))
    assert.deepEqual(ports(await decode([definition(version), refused, data(version, 1)])), [])
    assert.deepEqual(ports(await decode([definition(version), refused, data(version, 1), definition(version)])), [1])
    // no other port's stands in for the port, but its own does for others
    const other = { payload: definition(version), srcPort: 1 }
    assert.deepEqual(ports(await decode([other, refused, data(version, 1)])), [])
    assert.deepEqual(ports(await decode([refused, other, { payload: data(version, 1), srcPort: 2 }])), [1])
  })

  test(`${name}: a template that its set cuts is an error, what stood before is kept`, async () => {
    const two = Buffer.concat([
      template(256, [
        [4, 1],
        [7, 2]
      ]),
      template(257, [
        [8, 4],
        [12, 4],
        [7, 2]
      ])
    ])
    for (let cut = 12; cut <= two.length; cut++) {
      const decoded = await decode([message(version, {}, templates(version, two.subarray(0, cut)), set(256, record(1)))])
      assert.deepEqual(ports(decoded), [1])
      // fewer bytes than a withdrawal may be padding
      assert.deepEqual(errors(decoded), cut < 16 || cut === two.length ? [] : [['malformed-template', 1]], `cut to ${cut} bytes`)
    }
    const decoded = await decode([
      message(
        version,
        {},
        templates(version, be(256, 2), be(65_535, 2), Buffer.alloc(400, 7)),
        definition(version).subarray(version === 9 ? 20 : 16),
        set(256, record(1))
      )
    ])
    assert.deepEqual(ports(decoded), [1])
    assert.deepEqual(errors(decoded), [['malformed-template', 1]])
  })

  test(`${name}: past the limit the least recently used template of the exporter goes first`, async () => {
    const ids = [256, 257, 258, 259]
    const decoded = await decode(
      [
        ...ids.slice(0, 3).map((id) => definition(version, 1, id)),
        data(version, 1, 1, 256), // 257 is the least recently used now
        definition(version, 2, 259),
        ...ids.slice(0, 3).map((id) => data(version, id, 1, id)),
        data(version, 9, 2, 259)
      ],
      { maxTemplates: 3 }
    )
    assert.deepEqual(ports(decoded), [1, 256, 258, 9])
    assert.equal(decoded.decoder.netflow.templatesEvicted, 1)
    assert.deepEqual(errors(decoded), [['template-not-found', 1]])
    const [exporter] = decoded.decoder.exporters.all()
    assert.equal(exporter.templates.size, 3)
  })

  test(`${name}: a template that is only told again is not another one`, async () => {
    const decoded = await decode([...Array.from({ length: 50 }, () => definition(version)), data(version, 1)], { maxTemplates: 1 })
    assert.deepEqual(ports(decoded), [1])
    assert.equal(decoded.decoder.netflow.templatesEvicted, 0)
    assert.equal(decoded.decoder.netflow.changes, 1)
  })

  test(`${name}: large templates go when they take too much memory, however few they are`, async () => {
    const fields = Array.from({ length: 1024 }, (_, i): FieldSpec => [1 + i, 1])
    const large = Array.from({ length: 10_000 }, (_, i) =>
      message(version, {}, templates(version, template(1000 + i, fields)), ...(i < 100 ? [set(1000 + i, Buffer.alloc(1024, 1))] : []))
    )
    const { decoder } = await decode([...large, definition(version)], { maxTemplates: 20_000 })
    const [exporter] = decoder.exporters.all()
    assert(exporter.templates.size < 8000 && exporter.templates.size > 2000, `${exporter.templates.size} templates`)
    assert(exporter.templateBytes <= 32 << 20)
    assert.equal(decoder.netflow.templatesEvicted + exporter.templates.size, 10_001)
  })
}

test('IPFIX: withdrawals are counted and ignored', async () => {
  const withdrawal = (id: number): Buffer => be(id * 65_536, 4)
  const decoded = await decode([
    definition(10),
    message(
      10,
      {},
      set(2, withdrawal(256)),
      set(3, withdrawal(256)),
      set(2, withdrawal(2)),
      set(3, withdrawal(3)),
      set(2, withdrawal(999), withdrawal(998), template(257, [[7, 2]]), withdrawal(257)),
      set(257, be(5, 2))
    ),
    data(10, 1)
  ])
  assert.deepEqual(ports(decoded), [5, 1])
  assert.deepEqual(errors(decoded), [])
  assert.equal(decoded.decoder.netflow.withdrawals, 7)
})
