/** Numbers of every length: exporters shorten them (RFC 7011 section 6.2), and some lengthen them. */
import test from 'node:test'
import { addr, assertFlow, raw, uint, vary, VERSIONS } from '../../../support/records.js'

const WIDE = [
  ['bytes', 1],
  ['bytes', 23],
  ['bytes', 85],
  ['bytes', 231],
  ['packets', 2],
  ['packets', 24],
  ['packets', 86],
  ['packets', 298],
  ['src_mac', 56],
  ['dst_mac', 80],
  ['sampling_rate', 34],
  ['sampling_rate', 50],
  ['sampling_rate', 305],
  ['application_id', 95]
] as const
const NARROW = [
  ['proto', 4],
  ['src_port', 7],
  ['dst_port', 11],
  ['in_if', 10],
  ['in_if', 252],
  ['out_if', 14],
  ['out_if', 253],
  ['dst_vlan', 59],
  ['ip_tos', 5],
  ['forwarding_status', 89],
  ['ip_ttl', 52],
  ['ip_ttl', 192],
  ['ipv6_flow_label', 31],
  ['fragment_id', 54],
  ['fragment_offset', 88],
  ['src_as', 16],
  ['dst_as', 17],
  ['next_hop_as', 128],
  ['src_net', 9],
  ['dst_net', 30],
  ['observation_point_id', 138],
  ['ipv6_routing_header_seg_left', 498],
  ['ingress_vrf_id', 234],
  ['egress_vrf_id', 235],
  ['bi_flow_direction', 239],
  ['flow_direction', 61],
  ['post_nat_src_port', 227],
  ['post_nat_dst_port', 228],
  ['nat_event', 230]
] as const

const UINT32_MAX = 0xffff_ffffn

/** The smallest, a crooked and the largest number that need `length` bytes. */
function valuesOf(length: number): bigint[] {
  const bits = BigInt(8 * length)
  return [1n << (bits - 8n), 0x8182_8384_8586_8788n >> (64n - bits), (1n << bits) - 1n]
}

test('64-bit fields are exact from one byte to eight', async () => {
  for (const [name, id] of WIDE) {
    for (let length = 1; length <= 8; length++) {
      for (const value of valuesOf(length)) {
        await assertFlow(9, [uint(id, value, length)], { [name]: String(value) })
        await assertFlow(10, [vary(uint(id, value, length))], { [name]: String(value) })
      }
    }
  }
})

test('32-bit fields take numbers of one byte to eight, and are capped, never wrapped', async () => {
  for (const [name, id] of NARROW) {
    for (let length = 1; length <= 8; length++) {
      for (const value of [...valuesOf(length), 1n << (BigInt(8 * length) - 1n)]) {
        const expected = { [name]: Number(value > UINT32_MAX ? UINT32_MAX : value) }
        await assertFlow(9, [uint(id, value, length)], expected)
        await assertFlow(10, [vary(uint(id, value, length), 'long')], expected)
      }
    }
  }
})

test('a number of no bytes or of more than eight is no value, and the record lives', async () => {
  for (const [name, id] of [...WIDE, ...NARROW]) {
    for (const length of [0, 9, 16, 40, 300]) {
      const odd = raw(id, 'ff'.repeat(length))
      const neighbour = name === 'ip_tos' ? uint(4, 6, 1) : uint(5, 8, 1)
      const expected = name === 'ip_tos' ? { proto: 6 } : { ip_tos: 8 }
      for (const version of VERSIONS) await assertFlow(version, [odd, neighbour], expected)
      await assertFlow(10, [neighbour, vary(odd)], expected)
    }
  }
})

test('where an element has no value of a usable length, the next in line counts', async () => {
  for (const length of [0, 9, 20]) {
    const unusable = (id: number) => raw(id, 'ff'.repeat(length))
    for (const version of VERSIONS) {
      await assertFlow(version, [unusable(1), uint(23, 5)], { bytes: '5' })
      await assertFlow(version, [unusable(1), unusable(23), uint(85, 6)], { bytes: '6' })
      await assertFlow(version, [unusable(2), unusable(24), unusable(86), uint(298, 7)], { packets: '7' })
      await assertFlow(version, [unusable(10), uint(252, 8)], { in_if: 8 })
      await assertFlow(version, [unusable(56), raw(81, '0200 5e00 5301')], { src_mac: String(0x0200_5e00_5301) })
      await assertFlow(version, [unusable(34), uint(50, 9)], { sampling_rate: '9' })
      await assertFlow(version, [unusable(60), uint(256, 0x0806, 2)], { etype: 0x0806 })
      await assertFlow(version, [unusable(32), raw(139, '8001')], { icmp_type: 0x80, icmp_code: 1 })
    }
    const unusableHere = (id: number) => vary(unusable(id))
    await assertFlow(10, [unusableHere(10), uint(252, 8)], { in_if: 8 })
    await assertFlow(10, [unusableHere(1), uint(23, 5)], { bytes: '5' })
  }
})

test('the same element twice: the first counts', async () => {
  for (const version of VERSIONS)
    await assertFlow(version, [uint(1, 5), uint(1, 6), uint(4, 6, 1), uint(4, 17, 1)], { bytes: '5', proto: 6 })
})

test('an element of zero length beside the real one does not hide it', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [raw(1, ''), uint(1, 6), raw(8, ''), addr(8, '192.0.2.1')], {
      bytes: '6',
      src_addr: 'c0000201',
      etype: 0x0800
    })
  }
})
