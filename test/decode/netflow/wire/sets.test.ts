/** Sets of NetFlow v9 and IPFIX: padding, wrong lengths and counts; what is broken costs itself alone. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { be, set } from '../../../support/build-netflow.js'
import { decode, type Decoded } from '../../../support/decode.js'
import { message, raw, recordOf, templateSet, text, uint, vary, type Version, VERSIONS } from '../../../support/records.js'

const FIELDS = [uint(4, 6, 1), uint(7, 0, 2)]
const record = (port: number): Buffer => be(0x06_0000 + port, 3)
const definition = (version: Version): Buffer => templateSet(version, 256, FIELDS)
const zeros = (count: number): Buffer => Buffer.alloc(count)

function assertPorts({ flows, decoder }: Decoded, ports: number[], errors: [string, number][] = [], what?: string): void {
  assert.deepEqual(
    flows.map(({ src_port }) => src_port),
    ports,
    what
  )
  assert.deepEqual([...decoder.counts.errors], errors, what)
}

for (const version of VERSIONS) {
  const header = version === 9 ? 20 : 16
  const name = `version ${version}`

  test(`${name}: padding of any length behind the last record of a set`, async () => {
    for (let padding = 0; padding < 40; padding++) {
      const decoded = await decode([
        message(version, {}, definition(version), set(256, record(1), record(2), zeros(padding)), set(256, record(3)))
      ])
      assertPorts(decoded, [1, 2, 3], [], `${padding} bytes`)
    }
  })

  test(`${name}: what is left of a set is padding where it is shorter than a record, whatever it holds`, async () => {
    for (const rest of ['ff', '0101', 'ff00']) {
      assertPorts(
        await decode([message(version, {}, definition(version), set(256, record(1), Buffer.from(rest, 'hex')), set(256, record(2)))]),
        [1, 2]
      )
    }
  })

  test(`${name}: records that end in zeros are records, up to the last that is not all zero`, async () => {
    assertPorts(
      await decode([message(version, {}, definition(version), set(256, be(0x06_0100, 3)), set(256, zeros(3), be(0x01_0000, 3), zeros(5)))]),
      [256, undefined as unknown as number, undefined as unknown as number]
    )
  })

  test(`${name}: padding of any length behind the last template of a set`, async () => {
    for (let padding = 0; padding < 40; padding++) {
      const padded = set(version === 9 ? 0 : 2, definition(version).subarray(4), zeros(padding))
      assertPorts(await decode([message(version, {}, padded, set(256, record(1)))]), [1], [], `${padding} bytes`)
    }
  })

  test(`${name}: padding of any length behind the last set`, async () => {
    for (let padding = 0; padding < 40; padding++) {
      assertPorts(
        await decode([message(version, {}, definition(version), set(256, record(1)), zeros(padding))]),
        [1],
        [],
        `${padding} bytes`
      )
    }
  })

  test(`${name}: bytes behind the last set that are no padding are an error`, async () => {
    for (const rest of ['ff', '010203', '01000003', '01000009ff', '0100ffff']) {
      assertPorts(
        await decode([message(version, {}, definition(version), set(256, record(1)), Buffer.from(rest, 'hex'))]),
        [1],
        [['malformed-set', 1]],
        rest
      )
    }
  })

  test(`${name}: a set that is too short or runs past the end ends the datagram, not what stood before`, async () => {
    for (const length of [0, 1, 2, 3, 8 + 8, 0xffff]) {
      const broken = Buffer.concat([be(257, 2), be(length, 2), Buffer.from('06000100', 'hex')])
      const ending = length === 16 ? [] : [set(256, record(9))]
      const { flows, decoder } = await decode([message(version, {}, definition(version), set(256, record(1)), broken, ...ending)])
      assert.deepEqual(
        flows.map(({ src_port }) => src_port),
        [1],
        `length ${length}`
      )
      assert.deepEqual(decoder.counts.errors.get('malformed-set'), 1, `length ${length}`)
      // and the next datagram is a new one
      assertPorts(
        await decode([message(version, {}, definition(version), broken), message(version, { sequence: 2 }, set(256, record(2)))]),
        [2],
        [['malformed-set', 1]]
      )
    }
  })

  test(`${name}: empty sets, and sets of ids without a meaning, are passed over and counted`, async () => {
    const meaningless = (version === 9 ? [2, 3, 4, 99, 255] : [0, 1, 4, 99, 255]).map((id) => set(id, Buffer.from('0101010101', 'hex')))
    const decoded = await decode([
      message(
        version,
        {},
        ...meaningless,
        set(version === 9 ? 0 : 2),
        set(version === 9 ? 1 : 3),
        definition(version),
        set(256),
        set(256, record(1)),
        set(4)
      )
    ])
    assertPorts(decoded, [1])
    assert.equal(decoded.decoder.netflow.unknownSets, 6)
  })

  test(`${name}: a datagram cut at every byte gives the first of its flows`, async () => {
    const whole = message(
      version,
      {},
      definition(version),
      set(256, record(1), record(2)),
      set(256, record(3), zeros(1)),
      set(256, record(4))
    )
    let most = 0
    for (let cut = 0; cut <= whole.length; cut++) {
      const { flows, decoder } = await decode([whole.subarray(0, cut)])
      const ports = flows.map(({ src_port }) => src_port)
      assert.deepEqual(ports, [1, 2, 3, 4].slice(0, ports.length))
      most = Math.max(most, ports.length)
      if (cut < 4) assert.deepEqual([...decoder.counts.errors], [['unknown-protocol', 1]])
      else if (cut < header) assert.deepEqual([...decoder.counts.errors], [['truncated', 1]])
      else if (version === 10 && cut < whole.length) assert.equal(decoder.counts.errors.get('truncated'), 1, `cut to ${cut} bytes`)
    }
    assert.equal(most, 4)
  })

  test(`${name}: a header and nothing else`, async () => {
    assertPorts(await decode([message(version, {})]), [])
  })
}

test('version 9: the count of the header is not believed', async () => {
  for (const count of [0, 1, 2, 500, 65_535]) {
    assertPorts(
      await decode([message(9, { count }, definition(9), set(256, record(1), record(2)), set(256, record(3)))]),
      [1, 2, 3],
      [],
      `count ${count}`
    )
  }
})

test('IPFIX: what stands behind the header’s length is not read', async () => {
  const whole = message(10, {}, definition(10), set(256, record(1)))
  assertPorts(await decode([Buffer.concat([whole, set(256, record(2)), Buffer.from('ffffff', 'hex')])]), [1])
})

test('IPFIX: a length that is less than the header is an error', async () => {
  for (const length of [0, 1, 15]) {
    const datagram = message(10, {}, definition(10), set(256, record(1)))
    datagram.writeUInt16BE(length, 2)
    assertPorts(await decode([datagram]), [], [['truncated', 1]], `length ${length}`)
  }
})

test('IPFIX: a length that is more than the datagram is an error, and what is there is decoded', async () => {
  const datagram = message(10, {}, definition(10), set(256, record(1)))
  datagram.writeUInt16BE(datagram.length + 1, 2)
  assertPorts(await decode([datagram]), [1], [['truncated', 1]])
})

test('IPFIX: records of varying length, in both forms', async () => {
  const elements = [vary(text(82, '')), uint(7, 0, 2), vary(uint(1, 0, 1))]
  const one = (name: string, port: number, bytes: number, form: 'short' | 'long'): Buffer =>
    recordOf([vary(text(82, name), form), uint(7, port, 2), vary(uint(1, bytes, 3), form)])
  for (const form of ['short', 'long'] as const) {
    const { flows } = await decode([
      message(
        10,
        {},
        templateSet(10, 256, elements),
        set(256, one('', 1, 5, form), one('x'.repeat(254), 2, 6, form), one('y'.repeat(300), 3, 7, form), zeros(3))
      )
    ])
    assert.deepEqual(
      flows.map(({ src_port, bytes }) => [src_port, bytes]),
      [
        [1, '5'],
        [2, '6'],
        [3, '7']
      ]
    )
  }
})

test('IPFIX: a record that runs past its set costs the rest of the set', async () => {
  const elements = [uint(7, 0, 2), vary(text(82, ''))]
  const one = (port: number, name: string): Buffer => recordOf([uint(7, port, 2), vary(text(82, name))])
  for (const broken of ['0009 05 4142', '0009 fe', '0009 ff', '0009 ff00', '0009 ff0005 41', '0009 ffffff']) {
    const decoded = await decode([
      message(
        10,
        {},
        templateSet(10, 256, elements),
        set(256, one(1, 'ab'), Buffer.from(broken.replaceAll(' ', ''), 'hex')),
        set(256, one(2, 'c'))
      )
    ])
    assertPorts(decoded, [1, 2], [['malformed-record', 1]], broken)
  }
})

test('version 9: a length of 65,535 is variable, as H3C’s NetStream has it', async () => {
  const elements = [uint(7, 0, 2), { id: 82, bytes: Buffer.alloc(0), variable: 'short' as const }]
  const decoded = await decode([
    message(
      9,
      {},
      templateSet(9, 256, elements),
      set(256, be(7, 2), Buffer.from('0141', 'hex')),
      templateSet(9, 257, FIELDS),
      set(257, record(1))
    )
  ])
  assertPorts(decoded, [7, 1])
})

test('raw elements of no use between the others keep their places', async () => {
  for (const version of VERSIONS) {
    const elements = [raw(210, '010203'), uint(7, 9, 2), raw(33, 'ff'), uint(11, 8, 2), raw(94, '41'.repeat(300)), uint(4, 6, 1)]
    const { flows } = await decode([
      message(version, {}, templateSet(version, 300, elements), set(300, recordOf(elements), recordOf(elements)))
    ])
    assert.deepEqual(
      flows.map(({ src_port, dst_port, proto }) => [src_port, dst_port, proto]),
      [
        [9, 8, 6],
        [9, 8, 6]
      ]
    )
  }
})
