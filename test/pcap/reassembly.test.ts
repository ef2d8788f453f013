import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { newIpPacket } from '../../src/pcap/packet.js'
import { reassembly } from '../../src/pcap/reassembly.js'
import { ipv4, ipv6, ipv6Fragment, ipv6Options, packet, udp } from '../support/build-packet.js'
import { CAPTURED_AT, type CapturedPacket, LINK, payload, pcap } from '../support/pcap-writer.js'
import { replayed, type Replayed } from '../support/replay.js'

const SECOND = 1_000_000_000n

interface Fragmented {
  family: 4 | 6
  id: number
  src?: string
}

/** One fragment: `bytes` of the IP payload from `offset` on. */
function fragment({ family, id, src }: Fragmented, bytes: Buffer, offset: number, more: boolean, protocol = 17): Buffer {
  return family === 4
    ? packet(ipv4({ ...(src === undefined ? {} : { src }), id, flags: more ? 1 : 0, offset: offset / 8, protocol }), payload(bytes))
    : packet(ipv6(src === undefined ? {} : { src }), ipv6Fragment({ id, offset: offset / 8, more, protocol }), payload(bytes))
}

/** A UDP datagram of flows, cut at these places (multiples of 8). */
function fragments(of: Fragmented, flows: Buffer, cuts: readonly number[]): Buffer[] {
  const whole = packet(udp(40000, 2055), payload(flows))
  const places = [0, ...[...new Set(cuts)].sort((a, b) => a - b).filter((cut) => cut > 0 && cut < whole.length), whole.length]
  return places.slice(1).map((end, i) => fragment(of, whole.subarray(places[i], end), places[i], end < whole.length))
}

const flowsOf = (bytes: number, fill = 7): Buffer => Buffer.concat([Buffer.from([0, 9]), Buffer.alloc(bytes, fill)])

function play(packets: readonly (Buffer | CapturedPacket)[]): Promise<Replayed> {
  return replayed(
    pcap(
      packets.map((one) => (Buffer.isBuffer(one) ? { bytes: one } : one)),
      { linkType: LINK.raw, nanoseconds: true }
    ),
    { chunkBytes: 5000 }
  )
}

const payloads = ({ datagrams }: Replayed): string[] => datagrams.map((datagram) => datagram.payload)

const datagramSpec = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  flows: fc.uint8Array({ minLength: 20, maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.from([0, 9]), bytes])),
  cuts: fc.array(
    fc.nat(40).map((place) => place * 8),
    { minLength: 1, maxLength: 8 }
  )
})

test('datagrams come whole out of fragments in any order, mixed, and some of them twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(datagramSpec, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat(1000)), async (specs, random) => {
      const next = (): number => random.next().value as number
      const all = specs.flatMap(({ family, flows, cuts }, id) => {
        const parts = fragments({ family, id: id + 1 }, flows, cuts)
        // one that completes the datagram and then comes again begins another: only those before it are doubled
        return parts.map((bytes, i) => ({ bytes, key: next(), id, twice: parts.length > 1 && i > 0 && next() % 3 === 0 }))
      })
      all.sort((a, b) => a.key - b.key)
      const last = new Map(all.map((one, i) => [one.id, i]))
      const sent = all.flatMap((one, i) => (one.twice && last.get(one.id) !== i ? [one.bytes, one.bytes] : [one.bytes]))
      const result = await play(sent)
      assert.deepEqual(payloads(result).sort(), specs.map(({ flows }) => flows.toString('hex')).sort())
      assert.equal(result.counts.skipped.fragment, 0)
    }),
    { numRuns: 200 }
  )
})

test('a reassembled datagram has its addresses, its ports, and the time of the fragment that made it whole', async () => {
  for (const family of [4, 6] as const) {
    const parts = fragments({ family, id: 1 }, flowsOf(100), [16, 64])
    const { datagrams, counts } = await play(parts.map((bytes, i) => ({ bytes, time: CAPTURED_AT + BigInt(i) })))
    const [{ src, dst, ...rest }] = datagrams
    assert.deepEqual(rest, { srcPort: 40000, dstPort: 2055, received: CAPTURED_AT + 2n, payload: flowsOf(100).toString('hex') })
    assert.deepEqual([src, dst], family === 4 ? ['c0000201', 'c6336402'] : [`20010db8${'0'.repeat(23)}1`, `20010db8${'0'.repeat(23)}2`])
    assert.deepEqual(
      { packets: counts.packets, fragments: counts.fragments, datagrams: counts.datagrams },
      { packets: 3, fragments: 3, datagrams: 1 }
    )
  }
})

test('the largest datagram there is', async () => {
  const flows = flowsOf(65_535 - 20 - 8 - 2, 3)
  const parts = fragments(
    { family: 4, id: 1 },
    flows,
    Array.from({ length: 44 }, (_, i) => (i + 1) * 1480)
  )
  assert.deepEqual(payloads(await play(parts.reverse())), [flows.toString('hex')])
})

test('extension headers behind the fragment header are stepped over', async () => {
  const whole = packet(ipv6Options(60), udp(1, 2055), payload(flowsOf(100)))
  const parts = [whole.subarray(0, 56), whole.subarray(56)].map((bytes, i) => fragment({ family: 6, id: 1 }, bytes, i * 56, i === 0, 60))
  assert.deepEqual(payloads(await play(parts)), [flowsOf(100).toString('hex')])
})

test('fragments of different sources, destinations, identifications and protocols are kept apart', async () => {
  const first = fragments({ family: 4, id: 1 }, flowsOf(100, 1), [64])
  const others = [
    fragments({ family: 4, id: 1, src: '192.0.2.77' }, flowsOf(100, 2), [64]),
    fragments({ family: 4, id: 2 }, flowsOf(100, 3), [64]),
    fragments({ family: 6, id: 1 }, flowsOf(100, 4), [64]),
    fragments({ family: 6, id: 65537 }, flowsOf(100, 5), [64])
  ]
  const ah = fragment({ family: 4, id: 1 }, Buffer.alloc(64, 9), 0, true, 51)
  const all = [first[0], ah, ...others.map(([head]) => head), first[1], ...others.map(([, tail]) => tail)]
  assert.deepEqual(
    payloads(await play(all)),
    [1, 2, 3, 4, 5].map((fill) => flowsOf(100, fill).toString('hex'))
  )
})

test('a datagram that misses a fragment is given up, and its fragments are counted', async () => {
  const parts = fragments({ family: 4, id: 1 }, flowsOf(200), [64, 128])
  for (const missing of [0, 1, 2]) {
    const result = await play(parts.filter((_, i) => i !== missing))
    assert.deepEqual(payloads(result), [])
    assert.equal(result.counts.skipped.fragment, 2)
  }
})

test('fragments that come more than 30 seconds of capture time apart are not put together', async () => {
  const [head, tail] = fragments({ family: 4, id: 1 }, flowsOf(100), [64])
  const apart = (time: bigint): Promise<Replayed> =>
    play([
      { bytes: head, time: CAPTURED_AT },
      { bytes: tail, time: CAPTURED_AT + time }
    ])
  assert.equal(payloads(await apart(29n * SECOND)).length, 1)
  assert.equal(payloads(await apart(-29n * SECOND)).length, 1)
  for (const time of [31n, -31n]) {
    const result = await apart(time * SECOND)
    assert.equal(payloads(result).length, 0)
    assert.equal(result.counts.skipped.fragment, 2)
  }
})

test('a fragment that was cut short by the capture makes no datagram', async () => {
  const [head, tail] = fragments({ family: 4, id: 1 }, flowsOf(100), [64])
  const result = await play([{ bytes: head, captured: head.length - 1 }, tail])
  assert.deepEqual(payloads(result), [])
  assert.equal(result.counts.skipped.fragment, 2)
})

test('overlapping fragments are never mixed: the later ones begin a datagram of their own', async () => {
  const of = { family: 4, id: 1 } as const
  const whole = packet(udp(1, 2055), payload(flowsOf(100)))
  const evil = Buffer.alloc(40, 0x66)
  const overlapping = await play([
    fragment(of, whole.subarray(0, 64), 0, true),
    fragment(of, evil, 48, true),
    fragment(of, whole.subarray(64), 64, false)
  ])
  assert.deepEqual(payloads(overlapping), [])
  const replaced = await play([
    fragment(of, whole.subarray(0, 64), 0, true),
    fragment(of, Buffer.alloc(64, 0x66), 0, true),
    fragment(of, whole.subarray(64), 64, false)
  ])
  assert.equal(payloads(replaced).filter((found) => found === flowsOf(100).toString('hex')).length, 0)
  const past = await play([
    fragment(of, whole.subarray(64), 64, false),
    fragment(of, evil, 128, true),
    fragment(of, whole.subarray(0, 64), 0, true)
  ])
  assert.deepEqual(payloads(past), [])
})

test('an identification that is used again after a loss loses no second datagram', async () => {
  const of = { family: 4, id: 1 } as const
  const [lostTail] = fragments(of, flowsOf(100, 1), [64])
  const second = fragments(of, flowsOf(100, 2), [64])
  assert.deepEqual(payloads(await play([lostTail, ...second])), [flowsOf(100, 2).toString('hex')])
})

test('fragments that no sender makes are dropped: of no whole 8 bytes, empty, past the largest datagram', async () => {
  const of = { family: 4, id: 1 } as const
  const bad = [
    fragment(of, Buffer.alloc(63), 0, true),
    fragment(of, Buffer.alloc(0), 8, true),
    fragment(of, Buffer.alloc(100), 65_528, false)
  ]
  const result = await play(bad)
  assert.equal(result.counts.skipped.fragment, 3)
})

test('what waits for other fragments is bounded in bytes and in number', () => {
  let lost = 0
  const fragmentsHeld = reassembly((count) => {
    lost += count
  })
  const ip = newIpPacket()
  ip.buf = Buffer.alloc(2000)
  ip.srcEnd = ip.dstStart = 4
  ip.dstEnd = 8
  ip.payloadStart = 100
  ip.fragmented = ip.moreFragments = true
  const flood = (offset: number, bytes: number): void => {
    for (let id = 0; id < 30_000; id++) {
      ip.identification = id
      ip.fragmentOffset = offset
      ip.payloadEnd = 100 + bytes
      assert.equal(fragmentsHeld.add(ip, id / 5_000), false)
      assert.ok(fragmentsHeld.pendingBytes <= 32 * 1024 * 1024)
    }
  }
  flood(0, 8)
  assert.equal(lost, 30_000 - 16_384)
  flood(20_000, 1480) // each of these needs room for all that stands before
  assert.ok(fragmentsHeld.pendingBytes <= 32 * 1024 * 1024)
  fragmentsHeld.end()
  assert.equal(fragmentsHeld.pendingBytes, 0)
  assert.equal(lost, 60_000)
})
