/** Elements of several values: label stacks, communities, segments. */
import test from 'node:test'
import { be } from '../../../support/build-netflow.js'
import { addr, assertFlow, type Element, hex, raw, uint, vary, VERSIONS } from '../../../support/records.js'

/** An entry of a label stack: label, class, bottom of stack. */
const label = (id: number, value: number, bottom = false, cls = 0): Element => ({
  id,
  bytes: be((value << 4) | (cls << 1) | (bottom ? 1 : 0), 3)
})

test('MPLS labels are the top 20 bits of 70 to 79, to the bottom of the stack', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [label(70, 16_000, true)], { mpls_label: [16_000] })
    await assertFlow(version, [label(70, 0xfffff), label(71, 17, true, 7), label(72, 18)], { mpls_label: [0xfffff, 17] })
    await assertFlow(version, [label(72, 3, true), label(70, 1), label(71, 2)], { mpls_label: [1, 2, 3] })
    await assertFlow(
      version,
      Array.from({ length: 10 }, (_, i) => label(70 + i, 0xffff0 + i, i === 9)),
      { mpls_label: Array.from({ length: 10 }, (_, i) => 0xffff0 + i) }
    )
    await assertFlow(
      version,
      Array.from({ length: 10 }, (_, i) => label(70 + i, 100 + i)),
      { mpls_label: Array.from({ length: 10 }, (_, i) => 100 + i) }
    )
  }
})

test('MPLS entries that are all zero are skipped, explicit null is not', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [label(70, 0), label(71, 5), label(72, 0), label(73, 6, true)], { mpls_label: [5, 6] })
    await assertFlow(version, [label(70, 7), label(71, 0, true)], { mpls_label: [7, 0] })
    await assertFlow(version, [label(70, 0), label(71, 0)], {})
  }
})

test('MPLS entries of another length: with a TTL behind, too short, variable', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [{ id: 70, bytes: be(((16_000 << 4) | 1) * 256 + 64, 4) }], { mpls_label: [16_000] })
    await assertFlow(version, [raw(70, 'ffff'), label(71, 5, true)], { mpls_label: [5] })
  }
  await assertFlow(10, [vary(label(70, 9)), vary(raw(71, '')), vary(label(72, 10, true))], { mpls_label: [9, 10] })
})

test('the same MPLS element many times over is one entry of the stack', async () => {
  for (const version of VERSIONS)
    await assertFlow(
      version,
      Array.from({ length: 300 }, (_, i) => label(70, 0xfff00 + (i & 0xff))),
      { mpls_label: [0xfff00] }
    )
})

const community = (id: number, text: string): Element => ({
  id,
  bytes: be(Number(text.split(':')[0]) * 65536 + Number(text.split(':')[1]), 4)
})
/** A basicList of communities: semantic, element, length of each, values. */
const communities = (id: number, ...values: string[]): Element => ({
  id,
  bytes: Buffer.concat([Buffer.from('ff01e30004', 'hex'), ...values.map((value) => community(0, value).bytes)])
})
const numbers = (...values: string[]): number[] => values.map((value) => Number(value.split(':')[0]) * 65536 + Number(value.split(':')[1]))

test('communities come one by one and in lists, the single ones first', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [community(483, '64512:1')], { bgp_communities: numbers('64512:1') })
    await assertFlow(version, [community(483, '64512:1'), community(483, '64512:2')], { bgp_communities: numbers('64512:1', '64512:2') })
    await assertFlow(version, [communities(485, '64512:4'), communities(484, '64512:2', '64512:3'), community(483, '64512:1')], {
      bgp_communities: numbers('64512:1', '64512:2', '64512:3', '64512:4')
    })
    await assertFlow(version, [communities(484), uint(4, 6, 1)], { proto: 6 })
  }
  await assertFlow(10, [vary(communities(484, '65535:65535', '64512:3')), vary(community(483, '64512:1'))], {
    bgp_communities: numbers('64512:1', '65535:65535', '64512:3')
  })
  await assertFlow(10, [vary(communities(484)), vary(communities(485, '64512:3'), 'long')], { bgp_communities: numbers('64512:3') })
})

test('a community is a number, of any length', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [uint(483, 5, 1), uint(483, 6, 2), uint(483, 2n ** 40n, 8)], { bgp_communities: [5, 6, 0xffff_ffff] })
    await assertFlow(version, [uint(483, 0), uint(4, 6, 1)], { proto: 6 })
  }
})

test('long lists of communities', async () => {
  for (const count of [25, 26, 31, 32, 127, 128, 3276, 3277, 4095, 4096, 13_000]) {
    const values = Array.from({ length: count }, (_, i) => `${64_000 + (i % 1500)}:${i}`)
    await assertFlow(10, [vary(communities(484, ...values))], { bgp_communities: numbers(...values) })
  }
})

test('lists of something else, cut lists and lists of odd lengths give the whole communities they have', async () => {
  const list = (hexes: string): Element => raw(484, hexes)
  for (const version of VERSIONS) {
    await assertFlow(version, [list('ff 01e3 0004 fc000001 fc00')], { bgp_communities: numbers('64512:1') })
    for (const nothing of [
      'ff',
      'ff01e3',
      'ff01e30004',
      'ff01e30004fc00',
      'ff01e20004fc000001',
      'ff81e3000400007279fc000001',
      'fc000001',
      'ff01e30000fc000001',
      'ff01e30003fc0000'
    ]) {
      await assertFlow(version, [list(nothing), uint(4, 6, 1)], { proto: 6 })
    }
  }
})

const SEGMENTS = ['2001:db8:1::1', '2001:db8:2::', '2001:db8:3::a']
const bytesOf = (addresses: readonly string[]): string => addresses.map(hex).join('')
const HEXES = SEGMENTS.map(hex)

/** Every form in which segments are told, the most telling first. */
const FORMS: Record<string, Element[]> = {
  'list section 497': [raw(497, bytesOf(SEGMENTS))],
  'basic list 496': [raw(496, `ff01ee0010${bytesOf(SEGMENTS)}`)],
  'single segments 494': SEGMENTS.map((segment) => addr(494, segment)),
  'header 499': [raw(499, `3b06040202000000${bytesOf(SEGMENTS)}`)]
}

for (const [form, elements] of Object.entries(FORMS)) {
  test(`segments from the ${form}`, async () => {
    for (const version of VERSIONS) {
      await assertFlow(version, elements, { ipv6_routing_header_addresses: HEXES })
      await assertFlow(version, [uint(498, 2, 1), addr(495, SEGMENTS[1]), ...elements], {
        ipv6_routing_header_addresses: HEXES,
        ipv6_routing_header_seg_left: 2
      })
    }
    await assertFlow(
      10,
      elements.map((element) => vary(element)),
      { ipv6_routing_header_addresses: HEXES }
    )
  })
}

test('the active segment 495 where there is nothing else', async () => {
  for (const version of VERSIONS) await assertFlow(version, [addr(495, SEGMENTS[1])], { ipv6_routing_header_addresses: [HEXES[1]] })
})

test('of several forms the first that tells: 497, 496, 494, 499, 495', async () => {
  const one = (i: number): string => hex(`2001:db8::${i}`)
  const forms = [
    raw(497, one(1)),
    raw(496, `ff01ee0010${one(2)}`),
    raw(494, one(3)),
    raw(499, `3b02040000000000${one(4)}`),
    raw(495, one(5))
  ]
  for (let first = 0; first < forms.length; first++) {
    const rest = forms.slice(first)
    for (const version of VERSIONS) {
      await assertFlow(version, rest, { ipv6_routing_header_addresses: [one(first + 1)] })
      await assertFlow(version, [...rest].reverse(), { ipv6_routing_header_addresses: [one(first + 1)] })
    }
    const silent = forms.slice(0, first).map(({ id }) => vary(raw(id, '')))
    await assertFlow(10, [...silent, ...rest], { ipv6_routing_header_addresses: [one(first + 1)] })
  }
})

test('a basic list of segments whose lengths vary, or with an enterprise number, or cut', async () => {
  const [first, second] = HEXES
  for (const version of VERSIONS) {
    await assertFlow(version, [raw(496, `ff01eeffff10${first}10${second}`)], { ipv6_routing_header_addresses: [first, second] })
    await assertFlow(version, [raw(496, `ff01eeffffff0010${first}10${second}`)], { ipv6_routing_header_addresses: [first, second] })
    await assertFlow(version, [raw(496, `ff01eeffff10${first}10${second.slice(2)}`)], { ipv6_routing_header_addresses: [first] })
    await assertFlow(version, [raw(496, `ff01ee0010${first}${second.slice(2)}`)], { ipv6_routing_header_addresses: [first] })
    for (const nothing of [
      'ff',
      'ff01ee00',
      'ff01ee0010',
      'ff01eeffff',
      'ff01eeffff11',
      'ff01ee0004c0000201',
      'ff81ee0010',
      `ff81ee001000000009${first}`,
      `ff001b0010${first}`
    ]) {
      await assertFlow(version, [raw(496, nothing), uint(4, 6, 1)], { proto: 6 })
    }
  }
})

test('a segment routing header gives the segments its last entry counts, as far as the bytes reach', async () => {
  for (const version of VERSIONS) {
    // TLVs behind the segments
    await assertFlow(version, [raw(499, `3b0604010100 0000${bytesOf(SEGMENTS.slice(0, 2))}0504000000000000ffffffffffffffff`)], {
      ipv6_routing_header_addresses: HEXES.slice(0, 2)
    })
    await assertFlow(version, [raw(499, `3bff0400ff000000${bytesOf(SEGMENTS)}`)], { ipv6_routing_header_addresses: HEXES })
    for (const nothing of ['3b', '3b00040000000000', `3b02040000000000${HEXES[0].slice(2)}`])
      await assertFlow(version, [raw(499, nothing), uint(4, 6, 1)], { proto: 6 })
  }
})

test('empty segments are passed over', async () => {
  for (const version of VERSIONS)
    await assertFlow(version, [raw(497, `${HEXES[0]}${'00'.repeat(16)}${HEXES[1]}`)], {
      ipv6_routing_header_addresses: [HEXES[0], HEXES[1]]
    })
})
