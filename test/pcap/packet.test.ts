import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { SkipCause } from '../../src/pcap/packet.js'
import {
  authentication,
  dot1q,
  ethernet,
  ethernetSnap,
  icmp,
  ipv4,
  ipv6,
  ipv6Fragment,
  ipv6Options,
  mpls,
  packet,
  type PacketLayer,
  pppoe,
  raw,
  segmentRouting,
  tcp,
  udp
} from '../support/build-packet.js'
import { linuxCooked, linuxCooked2, LINK, loopback, payload, pcap, pcapng } from '../support/pcap-writer.js'
import { replayed, type Replayed } from '../support/replay.js'

const FLOWS = Buffer.from('0009 0001 0000 0001 0000 0002 0000 0003 0000 0004'.replaceAll(' ', ''), 'hex')
const export4 = [ipv4({ src: '192.0.2.1', dst: '198.51.100.2' }), udp(40000, 2055), payload(FLOWS)]
const export6 = [ipv6({ src: '2001:db8::1', dst: '2001:db8::2' }), udp(40000, 2055), payload(FLOWS)]

interface Play {
  linkType?: number
  captured?: number
  ports?: ReadonlySet<number>
}

async function play(bytes: Buffer, { linkType = LINK.ethernet, captured = bytes.length, ports }: Play = {}): Promise<Replayed> {
  return replayed(pcap([{ bytes, captured }], { linkType }), { ports })
}

async function assertDatagram(bytes: Buffer, linkType: number): Promise<void> {
  const { datagrams } = await play(bytes, { linkType })
  assert.equal(datagrams.length, 1)
  const [{ src, srcPort, dst, dstPort, payload: found }] = datagrams
  const family =
    src.length === 8 ? { src: 'c0000201', dst: 'c6336402' } : { src: `20010db8${'0'.repeat(23)}1`, dst: `20010db8${'0'.repeat(23)}2` }
  assert.deepEqual({ src, dst, srcPort, dstPort, found }, { ...family, srcPort: 40000, dstPort: 2055, found: FLOWS.toString('hex') })
}

async function assertSkipped(cause: SkipCause, bytes: Buffer, options: Play = {}): Promise<void> {
  const { datagrams, counts } = await play(bytes, options)
  assert.equal(datagrams.length, 0)
  assert.equal(counts.skipped[cause], 1)
}

const LINK_LAYERS: readonly [name: string, linkType: number, layers: readonly PacketLayer[]][] = [
  ['Ethernet', LINK.ethernet, [ethernet()]],
  ['a VLAN', LINK.ethernet, [ethernet(), dot1q(100)]],
  ['stacked VLANs of three kinds', LINK.ethernet, [ethernet(), dot1q(1, { tpid: 0x88a8 }), dot1q(2, { tpid: 0x9100 }), dot1q(3), dot1q(4)]],
  ['VLANs of older kinds', LINK.ethernet, [ethernet(), dot1q(1, { tpid: 0x9200 }), dot1q(2, { tpid: 0x9300 })]],
  ['802.3 with SNAP', LINK.ethernet, [ethernetSnap()]],
  ['MPLS', LINK.ethernet, [ethernet(), mpls([16, 3, 100])]],
  ['an MPLS pseudowire with VLANs', LINK.ethernet, [ethernet(), dot1q(5), mpls([16], { controlWord: true }), ethernet(), dot1q(6)]],
  ['PPPoE', LINK.ethernet, [ethernet(), pppoe(7)]],
  ['Linux cooked', LINK.linuxCooked, [linuxCooked()]],
  ['Linux cooked with a VLAN', LINK.linuxCooked, [linuxCooked(), dot1q(100)]],
  ['Linux cooked v2', LINK.linuxCooked2, [linuxCooked2()]],
  ['raw IP', LINK.raw, []],
  ['raw IP as BSDs number it', 12, []],
  ['raw IP as OpenBSD numbers it', 14, []],
  ['BSD loopback, little endian', LINK.null, [loopback()]],
  ['BSD loopback, big endian', LINK.null, [loopback({ bigEndian: true })]],
  ['OpenBSD loopback', LINK.loop, [loopback({ bigEndian: true, ipv6Family: 24 })]]
]

for (const [name, linkType, layers] of LINK_LAYERS) {
  test(`${name} carries IPv4 and IPv6`, async () => {
    await assertDatagram(packet(...layers, ...export4), linkType)
    await assertDatagram(packet(...layers, ...export6), linkType)
  })
}

test('PPP with and without its framing, its protocol in two bytes and in one, and Cisco HDLC', async () => {
  const behind = (bytes: number[], layers: readonly PacketLayer[]): Buffer => Buffer.concat([Buffer.from(bytes), packet(...layers)])
  for (const linkType of [LINK.ppp, LINK.pppHdlc]) {
    for (const framing of [[0xff, 0x03], []]) {
      await assertDatagram(behind([...framing, 0x00, 0x21], export4), linkType)
      await assertDatagram(behind([...framing, 0x21], export4), linkType)
      await assertDatagram(behind([...framing, 0x00, 0x57], export6), linkType)
    }
    await assertDatagram(behind([0x0f, 0x00, 0x08, 0x00], export4), linkType)
    await assertDatagram(behind([0x8f, 0x00, 0x86, 0xdd], export6), linkType)
    await assertSkipped('not-ip', behind([0xff, 0x03, 0xc0, 0x21], export4), { linkType })
    await assertSkipped('cut', Buffer.from([0xff, 0x03, 0x00]), { linkType })
  }
})

test('netfilter’s log in either byte order, its packet behind other attributes', async () => {
  for (const isBig of [true, false]) {
    const u16 = (value: number): number[] => (isBig ? [value >> 8, value & 0xff] : [value & 0xff, value >> 8])
    const attribute = (type: number, value: Buffer): Buffer =>
      Buffer.concat([Buffer.from([...u16(value.length + 4), ...u16(type)]), value, Buffer.alloc(-value.length & 3)])
    const log = (family: number, ...attributes: Buffer[]): Buffer => Buffer.concat([Buffer.from([family, 0, 0, 30]), ...attributes])
    const others = [attribute(1, Buffer.alloc(4)), attribute(10, Buffer.from('out\0')), attribute(12, Buffer.alloc(1))]
    await assertDatagram(log(2, ...others, attribute(9, packet(...export4))), LINK.nflog)
    await assertDatagram(log(10, attribute(9, packet(...export6)), ...others), LINK.nflog)
    await assertSkipped('cut', log(2, ...others), { linkType: LINK.nflog })
    await assertSkipped('not-ip', log(2, Buffer.from([...u16(0), ...u16(1)]), Buffer.alloc(8)), { linkType: LINK.nflog })
  }
})

test('the link types IPV4 and IPV6', async () => {
  await assertDatagram(packet(...export4), LINK.ipv4)
  await assertDatagram(packet(...export6), LINK.ipv6)
})

test('every IPv6 family number of BSD loopback, and no other', async () => {
  for (const ipv6Family of [10, 23, 24, 28, 30]) await assertDatagram(packet(loopback({ ipv6Family }), ...export6), LINK.null)
  await assertSkipped('not-ip', packet(loopback({ ipv6Family: 7 }), ...export6), { linkType: LINK.null })
})

test('IPv4 options and an authentication header are stepped over', async () => {
  await assertDatagram(packet(ipv4({ src: '192.0.2.1', dst: '198.51.100.2', options: 40 }), udp(40000, 2055), payload(FLOWS)), LINK.raw)
  await assertDatagram(
    packet(ipv4({ src: '192.0.2.1', dst: '198.51.100.2' }), authentication(), udp(40000, 2055), payload(FLOWS)),
    LINK.raw
  )
})

test('IPv6 extension headers are stepped over, in any number', async () => {
  const chain = [ipv6Options(0), ipv6Options(60, 3), segmentRouting(['2001:db8::3'], 0), ipv6Fragment(), authentication(), ipv6Options(60)]
  await assertDatagram(packet(ipv6(), ...chain, udp(40000, 2055), payload(FLOWS)), LINK.raw)
  await assertDatagram(packet(ipv6(), ...Array<PacketLayer>(150).fill(ipv6Options(60)), udp(40000, 2055), payload(FLOWS)), LINK.raw)
})

test('padding behind the IP packet, and what the UDP length leaves out, is no payload', async () => {
  const padded = Buffer.concat([packet(ethernet(), ...export4), Buffer.alloc(20, 0xff)])
  await assertDatagram(padded, LINK.ethernet)
  const short = packet(
    ipv4({ src: '192.0.2.1', dst: '198.51.100.2' }),
    udp(40000, 2055),
    payload(Buffer.concat([FLOWS, Buffer.from('left out')]))
  )
  short.writeUInt16BE(8 + FLOWS.length, 24)
  await assertDatagram(short, LINK.raw)
})

test('a length of zero in IP or UDP, as of a packet that the network card cuts up, means to the end', async () => {
  const v4 = packet(...export4)
  v4.writeUInt16BE(0, 24)
  await assertDatagram(v4, LINK.raw)
  v4.writeUInt16BE(0, 2)
  await assertDatagram(v4, LINK.raw)
  const v6 = packet(...export6)
  v6.writeUInt16BE(0, 4)
  await assertDatagram(v6, LINK.raw)
})

test('a datagram that the capture cut short gives what is there, and is counted', async () => {
  for (const layers of [export4, export6]) {
    const bytes = packet(ethernet(), ...layers)
    for (let cut = 1; cut <= FLOWS.length - 2; cut++) {
      const { datagrams, counts } = await play(bytes, { captured: bytes.length - cut })
      assert.deepEqual(
        datagrams.map((datagram) => datagram.payload),
        [FLOWS.toString('hex', 0, FLOWS.length - cut)]
      )
      assert.equal(counts.cutDatagrams, 1)
    }
    assert.equal((await play(bytes)).counts.cutDatagrams, 0)
    for (let captured = 0; captured <= bytes.length - FLOWS.length - 1; captured++) await assertSkipped('cut', bytes, { captured })
  }
})

test('what is no export is skipped, by cause', async () => {
  await assertSkipped('not-ip', packet(ethernet({ type: 0x0806 }), payload(Buffer.alloc(28))))
  await assertSkipped('not-ip', packet(ethernet({ type: 38 }), payload(Buffer.alloc(38)))) // spanning tree
  await assertSkipped('not-ip', packet(ethernet(), pppoe(7), payload(Buffer.alloc(10))))
  await assertSkipped('not-ip', packet(raw(0x50, 0, 0, 0)), { linkType: LINK.raw })
  await assertSkipped('not-udp', packet(ethernet(), ipv4(), tcp(179, 2055)))
  await assertSkipped('not-udp', packet(ethernet(), ipv4(), icmp(3, 3), ...export4))
  await assertSkipped('not-udp', packet(ethernet(), ipv4({ flags: 1, protocol: 6 }), payload(Buffer.alloc(8))))
  await assertSkipped('not-udp', packet(ethernet(), ipv6({ nextHeader: 59 })))
})

test('what contradicts itself is skipped as malformed', async () => {
  const change = (layers: readonly PacketLayer[], at: number, value: number): Buffer => {
    const bytes = packet(...layers)
    bytes.writeUInt16BE(value, at)
    return bytes
  }
  for (const bytes of [
    change(export4, 0, 0x4400), // header shorter than its least
    change(export4, 2, 19), // packet shorter than its header
    change(export4, 24, 7), // UDP length shorter than its header
    change(export4, 24, 8 + FLOWS.length + 1), // longer than the packet
    change(export6, 44, 8 + FLOWS.length + 1),
    packet(ipv4({ protocol: 17 }), raw(1, 2, 3)),
    packet(ipv6({ nextHeader: 0 }), raw(17)),
    packet(ipv6({ nextHeader: 0 }), raw(17, 9, 0, 0, 0, 0, 0, 0)), // an extension header longer than the packet
    packet(ipv6({ nextHeader: 44 }), raw(17, 0, 0, 0))
  ]) {
    await assertSkipped('malformed', bytes, { linkType: LINK.raw })
  }
})

test('every protocol that is decoded is taken by its first bytes, and nothing else', async () => {
  const taken = ['0001', '0005', '0007', '0009', '000a', '0005001e', '00000005', '000a0010ffff']
  const skipped = ['', '00', '0000', '0002', '0008', '0006', '00000004', '000005', '01bb', '0900', '0500', '00000500']
  const from = async (hex: string, srcPort = 40000, dstPort = 9999): Promise<number> =>
    (await play(packet(ipv4(), udp(srcPort, dstPort), payload(Buffer.from(hex, 'hex'))), { linkType: LINK.raw })).datagrams.length
  for (const hex of taken) assert.equal(await from(hex), 1, hex)
  for (const hex of skipped) assert.equal(await from(hex), 0, hex)
  const stun = '000100002112a442000102030405060708090a0b'
  assert.equal(await from(stun), 0)
  for (const port of [53, 69, 137, 5353, 5355]) {
    assert.equal(await from('00050100000100000000', 40000, port), 0)
    assert.equal(await from('00098180000100010000', port), 0)
  }
})

test('-port takes all UDP to these ports, and no other', async () => {
  const ports = new Set([53, 2055])
  const text = packet(ipv4(), udp(2055, 53), payload(Buffer.from('text')))
  assert.equal((await play(text, { linkType: LINK.raw, ports })).datagrams.length, 1)
  await assertSkipped('other-port', packet(ipv4(), udp(2055, 6343), payload(FLOWS)), { linkType: LINK.raw, ports })
})

test('a frame of nothing but headers of every layer ends the search', async () => {
  const labels = Buffer.alloc(200_000)
  const tags = Buffer.concat(Array<Buffer>(50_000).fill(Buffer.from('00018100', 'hex')))
  const pseudowires = Buffer.concat(
    Array<Buffer>(9_000).fill(
      Buffer.concat([Buffer.from('00000100 00000000'.replace(' ', ''), 'hex'), Buffer.alloc(12), Buffer.from('8847', 'hex')])
    )
  )
  await assertSkipped('cut', packet(ethernet({ type: 0x8847 }), payload(labels)))
  await assertSkipped('cut', packet(ethernet({ type: 0x8100 }), payload(tags)))
  await assertSkipped('cut', packet(ethernet({ type: 0x8847 }), payload(pseudowires)))
  await assertSkipped(
    'malformed',
    packet(ipv6({ nextHeader: 60 }), payload(Buffer.alloc(60_000, Buffer.from('3c00010400000000', 'hex')))),
    { linkType: LINK.raw }
  )
})

test('any bytes, of any link type, are a packet of one verdict', async () => {
  const ng = pcapng()
  const types = Object.values(LINK)
  const start = [ng.section(), ...types.map((linkType) => ng.interface({ linkType }))]
  const samples = LINK_LAYERS.flatMap(([, , layers]) => [packet(...layers, ...export4), packet(...layers, ...export6)])
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 120 }).map((array) => Buffer.from(array)),
    fc
      .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }), fc.nat(200))
      .map(([sample, changes, length]) => {
        const changed = Buffer.from(sample)
        for (const [at, value] of changes) changed[at % changed.length] = value
        return changed.subarray(0, length)
      })
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(bytes, fc.nat(types.length - 1)), { minLength: 1, maxLength: 50 }), async (packets) => {
      const file = Buffer.concat([...start, ...packets.map(([data, id]) => ng.enhanced({ bytes: data }, 1n, id))])
      const { datagrams, counts, error } = await replayed(file, { chunkBytes: 1000 })
      assert.equal(error, undefined)
      assert.equal(datagrams.length + Object.values(counts.skipped).reduce((sum, count) => sum + count, 0), packets.length)
    }),
    { numRuns: 300 }
  )
})
