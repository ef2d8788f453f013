import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { BrokenStreamError } from '../../src/flow/blocks.js'
import { WrongInputError } from '../../src/pcap/wronginput.js'
import { ethernet, ipv4, packet, udp } from '../support/build-packet.js'
import { CAPTURED_AT, type CapturedPacket, LINK, payload, pcap, pcapng } from '../support/pcap-writer.js'
import { replayed } from '../support/replay.js'

const flows = (text: string): Buffer => Buffer.concat([Buffer.from([0, 9]), Buffer.from(text)])
const packetOf = (text: string): Buffer =>
  packet(ethernet(), ipv4({ src: '192.0.2.1', dst: '198.51.100.2' }), udp(40000, 2055), payload(flows(text)))
const captured = (text: string, time?: bigint): CapturedPacket => ({ bytes: packetOf(text), ...(time === undefined ? {} : { time }) })
const texts = (datagrams: readonly { payload: string }[]): string[] =>
  datagrams.map((datagram) => Buffer.from(datagram.payload, 'hex').toString('latin1', 2))

for (const bigEndian of [false, true]) {
  for (const nanoseconds of [false, true]) {
    test(`pcap, ${nanoseconds ? 'nano' : 'micro'}seconds, ${bigEndian ? 'big' : 'little'} endian`, async () => {
      const { datagrams, error } = await replayed(pcap([captured('one'), captured('two', 1n)], { bigEndian, nanoseconds }))
      assert.equal(error, undefined)
      assert.deepEqual(datagrams, [
        {
          src: 'c0000201',
          srcPort: 40000,
          dst: 'c6336402',
          dstPort: 2055,
          received: nanoseconds ? CAPTURED_AT : CAPTURED_AT - (CAPTURED_AT % 1000n),
          payload: flows('one').toString('hex')
        },
        {
          src: 'c0000201',
          srcPort: 40000,
          dst: 'c6336402',
          dstPort: 2055,
          received: nanoseconds ? 1n : 0n,
          payload: flows('two').toString('hex')
        }
      ])
    })
  }
  test(`pcapng, ${bigEndian ? 'big' : 'little'} endian: every kind of packet block, unknown blocks passed over`, async () => {
    const ng = pcapng(bigEndian)
    const us = CAPTURED_AT / 1000n
    const file = [
      ng.section(),
      ng.block(0x0bad, Buffer.from('a custom block')),
      ng.interface(),
      ng.enhanced(captured('enhanced'), us),
      ng.block(5, Buffer.alloc(20)),
      ng.obsolete(captured('obsolete'), us + 1n),
      ng.simple(captured('simple'))
    ]
    const before = BigInt(Date.now()) * 1_000_000n
    const { datagrams, error, counts } = await replayed(Buffer.concat(file))
    assert.equal(error, undefined)
    assert.deepEqual(texts(datagrams), ['enhanced', 'obsolete', 'simple'])
    assert.deepEqual(
      datagrams.slice(0, 2).map(({ received }) => received),
      [us * 1000n, us * 1000n + 1000n]
    )
    assert.ok(datagrams[2].received >= before && datagrams[2].received < before + 60_000_000_000n, 'a simple packet has the time of now')
    assert.equal(counts.packets, 3)
  })
}

test('pcapng: each interface has its own link type, time resolution and offset; each section its own interfaces and byte order', async () => {
  const ip = { bytes: packet(ipv4(), udp(1, 2055), payload(flows('raw ip'))) }
  const little = pcapng(false)
  const big = pcapng(true)
  const file = [
    little.section(),
    little.interface({ resolution: 9 }),
    little.interface({ resolution: 3, offset: 3600n, linkType: LINK.raw }),
    little.interface({ resolution: 0x80 | 20 }),
    little.interface({ resolution: 12, offset: -1n }),
    little.interface({ resolution: 0 }),
    little.enhanced(captured('ns'), CAPTURED_AT, 0),
    little.enhanced(ip, 1_700_000_000_123n, 1),
    little.enhanced(captured('2^-20 s'), (1_700_000_000n << 20n) + 1n, 2),
    little.enhanced(captured('ps'), 1_700_000_001_000_000_001_999n & 0xffffffffffffffffn, 3),
    little.enhanced(captured('s'), 1_700_000_000n, 4),
    big.section(),
    big.interface({ resolution: 8 }),
    big.enhanced(captured('10 ns'), 170_000_000_000_000_001n, 0),
    little.section(),
    little.interface({ linkType: LINK.raw }),
    little.enhanced(ip, 5n)
  ]
  const { datagrams, error } = await replayed(Buffer.concat(file))
  assert.equal(error, undefined)
  assert.deepEqual(
    datagrams.map(({ received }, i) => [texts(datagrams)[i], received]),
    [
      ['ns', CAPTURED_AT],
      ['raw ip', 1_700_003_600_123_000_000n],
      ['2^-20 s', 1_700_000_000_000_000_953n],
      ['ps', (1_700_000_001_000_000_001_999n & 0xffffffffffffffffn) / 1000n - 1_000_000_000n],
      ['s', 1_700_000_000_000_000_000n],
      ['10 ns', 1_700_000_000_000_000_010n],
      ['raw ip', 5000n]
    ]
  )
})

test('times are exact to the nanosecond over the whole range of a format', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt(0n, 4_294_967_295_999_999_999n), fc.boolean(), async (time, bigEndian) => {
      const [classic, next] = await Promise.all([
        replayed(pcap([captured('', time)], { nanoseconds: true, bigEndian })),
        replayed(
          Buffer.concat([
            pcapng(bigEndian).section(),
            pcapng(bigEndian).interface(),
            pcapng(bigEndian).enhanced(captured(''), time / 1000n)
          ])
        )
      ])
      assert.equal(classic.datagrams[0].received, time)
      assert.equal(next.datagrams[0].received, time - (time % 1000n))
    }),
    { numRuns: 50 }
  )
})

test('captures that were put one behind the other are read one after the other', async () => {
  const file = [
    pcap([captured('a')]),
    pcap([captured('b')], { bigEndian: true, nanoseconds: true }),
    pcap([]),
    pcap([{ bytes: packet(ipv4(), udp(1, 2055), payload(flows('c'))) }], { linkType: LINK.raw })
  ]
  assert.deepEqual(texts((await replayed(Buffer.concat(file))).datagrams), ['a', 'b', 'c'])
})

test('packets that are put off until they are due come once and in order, wherever the chunks are cut', async () => {
  const file = pcap(['a', 'b', 'c', 'd'].map((text, i) => captured(text, BigInt(i) * 3_000_000_000n)))
  for (const chunkBytes of [1, 7, 50, file.length]) {
    const { datagrams, counts } = await replayed(file, { speed: 1000, chunkBytes })
    assert.deepEqual(texts(datagrams), ['a', 'b', 'c', 'd'])
    assert.equal(counts.packets, 4)
  }
})

test('a packet without a byte is a packet', async () => {
  const { datagrams, counts } = await replayed(pcap([{ bytes: Buffer.alloc(0) }, captured('a')]))
  assert.deepEqual(texts(datagrams), ['a'])
  assert.equal(counts.packets, 2)
  assert.equal(counts.skipped.cut, 1)
})

const SAMPLES: readonly [name: string, file: Buffer][] = [
  ['pcap', pcap([captured('one'), captured('two'), captured('three')])],
  [
    'pcapng',
    Buffer.concat([
      pcapng().section(),
      pcapng().interface(),
      pcapng().enhanced(captured('one'), 1n),
      pcapng().section(),
      pcapng().interface(),
      pcapng().obsolete(captured('two'), 2n),
      pcapng().simple(captured('three'))
    ])
  ]
]

for (const [name, file] of SAMPLES) {
  test(`${name} in chunks of any size gives the same datagrams`, async () => {
    for (let chunkBytes = 1; chunkBytes <= file.length; chunkBytes++) {
      const { datagrams, error } = await replayed(file, { chunkBytes })
      assert.equal(error, undefined)
      assert.deepEqual(texts(datagrams), ['one', 'two', 'three'])
    }
  })

  test(`${name} cut at any byte: what came before is written, and the place of the cut is told`, async () => {
    for (let cut = 0; cut < file.length; cut++) {
      const { datagrams, error } = await replayed(file.subarray(0, cut), { chunkBytes: 50 })
      assert.deepEqual(texts(datagrams), ['one', 'two', 'three'].slice(0, datagrams.length))
      // between two blocks an end is an end
      if (error === undefined) assert.ok(cut >= 24)
      else if (cut < 4) assert.ok(error instanceof WrongInputError)
      else assert.ok(error instanceof BrokenStreamError && error.offset < cut && error.offset >= cut - 200, error.message)
    }
  })

  test(`${name} with any byte changed never fails in another way`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = Buffer.from(file)
        for (const [at, value] of changes) changed[at] = value
        const { error, datagrams } = await replayed(changed, { chunkBytes: 100 })
        assert.ok(error === undefined || error instanceof BrokenStreamError || error instanceof WrongInputError, String(error))
        assert.ok(datagrams.length <= 3)
      }),
      { numRuns: 500 }
    )
  })
}

test('lengths that cannot be are told with their place, after what came before', async () => {
  const whole = pcap([captured('a')])
  const insane = pcap([{ bytes: Buffer.alloc(0), captured: 300_000 }]).subarray(24)
  const ng = pcapng()
  const start = Buffer.concat([ng.section(), ng.interface(), ng.enhanced(captured('a'), 1n)])
  const differing = ng.block(6, Buffer.alloc(40))
  differing[differing.length - 4]++
  const broken: [Buffer, RegExp][] = [
    [Buffer.concat([whole, insane]), new RegExp(`^no sane packet length at byte ${whole.length}$`)],
    [Buffer.concat([start, Buffer.from('0600000005000000deadbeef', 'hex')]), new RegExp(`^no sane block length at byte ${start.length}$`)],
    [Buffer.concat([start, Buffer.from('06000000ffffffffdeadbeef', 'hex')]), /^no sane block length/],
    [Buffer.concat([start, differing]), /^a block whose two lengths differ at byte/],
    [Buffer.concat([start, Buffer.from('0a0d0d0a1c00000000000000', 'hex')]), /^a section without a byte order at byte/]
  ]
  for (const [file, message] of broken) {
    const { datagrams, error } = await replayed(file)
    assert.deepEqual(texts(datagrams), ['a'])
    assert.ok(error instanceof BrokenStreamError)
    assert.match(error.message, message)
  }
})

test('a packet block that contradicts itself costs itself alone', async () => {
  const ng = pcapng()
  const noInterface = ng.enhanced(captured('x'), 1n, 7)
  const tooLong = ng.enhanced({ bytes: Buffer.alloc(0), captured: 1000 }, 1n)
  const { datagrams, counts, error } = await replayed(
    Buffer.concat([
      ng.section(),
      ng.simple(captured('no interface yet')),
      ng.interface(),
      noInterface,
      tooLong,
      ng.block(6, Buffer.alloc(4)),
      ng.enhanced(captured('a'), 1n)
    ])
  )
  assert.equal(error, undefined)
  assert.deepEqual(texts(datagrams), ['a'])
  assert.equal(counts.skipped.malformed, 4)
  assert.equal(counts.packets, 5)
})

test("a simple packet ends at its interface's snaplen", async () => {
  const ng = pcapng()
  const { counts } = await replayed(Buffer.concat([ng.section(), ng.interface({ snaplen: 30 }), ng.simple(captured('a'))]))
  assert.equal(counts.skipped.cut, 1)
})

test('versions and link types that are not known are told', async () => {
  const version = pcap([captured('a')])
  version[4] = 3
  const ngVersion = Buffer.concat([pcapng().section(), pcapng().interface()])
  ngVersion[12] = 2
  for (const [file, message] of [
    [version, /^pcap version 3 is not known at byte 0/],
    [ngVersion, /^pcapng version 2 is not known at byte 0/],
    [pcap([captured('a')], { linkType: 105 }), /^link type 105 is not read \(Ethernet, .*\) at byte 0/]
  ] as const) {
    const { error } = await replayed(file)
    assert.ok(error instanceof BrokenStreamError)
    assert.match(error.message, message)
  }
})

test('in pcapng the packets of a link type that is not read are skipped, and that is said once', async () => {
  const ng = pcapng()
  const file = [
    ng.section(),
    ng.interface({ linkType: 105 }),
    ng.interface(),
    ng.enhanced(captured('x'), 1n),
    ng.enhanced(captured('x'), 1n),
    ng.enhanced(captured('a'), 1n, 1)
  ]
  const { datagrams, counts, warnings } = await replayed(Buffer.concat(file))
  assert.deepEqual(texts(datagrams), ['a'])
  assert.equal(counts.skipped['link-type'], 2)
  assert.deepEqual(warnings, ['test: packets of link type 105 are skipped'])
})

test('the link type of a pcap may have the length of a frame check sequence above it', async () => {
  const file = pcap([captured('a')])
  file.writeUInt32LE(0x54000001, 20)
  assert.deepEqual(texts((await replayed(file)).datagrams), ['a'])
})
