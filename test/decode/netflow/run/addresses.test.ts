/** The address family is chosen once for a record, and what belongs to a family follows it. */
import test from 'node:test'
import { addr, assertFlow, type Element, hex, raw, uint, vary, VERSIONS } from '../../../support/records.js'

const ZERO4 = '0.0.0.0'
const ZERO6 = '::'
const SRC4 = '192.0.2.1'
const DST4 = '198.51.100.1'
const SRC6 = '2001:db8::1'
const DST6 = '2001:db8:1::1'

interface Both {
  src4?: string
  dst4?: string
  src6?: string
  dst6?: string
}

/** Everything that belongs to a family, of both families. */
function both({ src4 = ZERO4, dst4 = ZERO4, src6 = ZERO6, dst6 = ZERO6 }: Both): Element[] {
  return [
    addr(8, src4),
    addr(12, dst4),
    addr(27, src6),
    addr(28, dst6),
    uint(9, 24, 1),
    uint(13, 25, 1),
    uint(29, 64, 1),
    uint(30, 65, 1),
    addr(15, '192.0.2.254'),
    addr(62, '2001:db8::fe'),
    addr(18, '192.0.2.253'),
    addr(63, '2001:db8::fd')
  ]
}
const PROTO = uint(4, 6, 1)
const OF_IPV4 = { etype: 0x0800, src_net: 24, dst_net: 25, next_hop: hex('192.0.2.254'), bgp_next_hop: hex('192.0.2.253') }
const OF_IPV6 = { etype: 0x86dd, src_net: 64, dst_net: 65, next_hop: hex('2001:db8::fe'), bgp_next_hop: hex('2001:db8::fd') }

for (const version of VERSIONS) {
  test(`version ${version}: with both families in the template, the one with an address that is not zero counts`, async () => {
    await assertFlow(version, both({ src4: SRC4, dst4: DST4 }), { ...OF_IPV4, src_addr: hex(SRC4), dst_addr: hex(DST4) })
    await assertFlow(version, both({ src6: SRC6, dst6: DST6 }), { ...OF_IPV6, src_addr: hex(SRC6), dst_addr: hex(DST6) })
    for (const order of [both, (addresses: Both) => [...both(addresses)].reverse()]) {
      await assertFlow(version, order({ dst4: DST4 }), { ...OF_IPV4, src_addr: '00000000', dst_addr: hex(DST4) })
      await assertFlow(version, order({ src6: SRC6 }), { ...OF_IPV6, src_addr: hex(SRC6), dst_addr: '0'.repeat(32) })
    }
  })

  test(`version ${version}: IPv6 where both have addresses`, async () => {
    await assertFlow(version, both({ src4: SRC4, dst4: DST4, src6: SRC6, dst6: DST6 }), {
      ...OF_IPV6,
      src_addr: hex(SRC6),
      dst_addr: hex(DST6)
    })
    await assertFlow(version, both({ src4: SRC4, dst4: DST4, dst6: DST6 }), { ...OF_IPV6, src_addr: '0'.repeat(32), dst_addr: hex(DST6) })
  })

  test(`version ${version}: source and destination are of one family, never mixed`, async () => {
    await assertFlow(version, [addr(8, SRC4), addr(28, DST6)], { etype: 0x86dd, dst_addr: hex(DST6) })
    await assertFlow(version, [addr(8, SRC4), addr(28, ZERO6)], { etype: 0x0800, src_addr: hex(SRC4) })
  })

  test(`version ${version}: with addresses that are all zero, the Ethernet type and then the IP version tell the family`, async () => {
    const none = [addr(8, ZERO4), addr(12, ZERO4), addr(27, ZERO6), addr(28, ZERO6)]
    await assertFlow(version, [...none, PROTO], { proto: 6 })
    await assertFlow(version, [...none, uint(60, 6, 1)], { etype: 0x86dd, src_addr: hex(ZERO6), dst_addr: hex(ZERO6) })
    await assertFlow(version, [...none, uint(60, 6, 1), uint(256, 0x0800, 2)], {
      etype: 0x0800,
      src_addr: hex(ZERO4),
      dst_addr: hex(ZERO4)
    })
    await assertFlow(version, [addr(8, ZERO4), uint(256, 0x0806, 2)], { etype: 0x0806 })
    await assertFlow(version, [addr(8, ZERO4), uint(60, 6, 1)], { etype: 0x86dd })
    await assertFlow(version, [addr(8, ZERO4), uint(60, 5, 1), PROTO], { etype: 0x0800, src_addr: hex(ZERO4), proto: 6 })
    await assertFlow(version, [...none, uint(256, 0x88cc, 2)], { etype: 0x88cc })
  })

  test(`version ${version}: masks and next hops of the other family count only where the own ones are absent`, async () => {
    const others4 = [uint(9, 24, 1), uint(13, 25, 1), addr(15, '192.0.2.254'), addr(18, '192.0.2.253')]
    const others6 = [uint(29, 64, 1), uint(30, 65, 1), addr(62, '2001:db8::fe'), addr(63, '2001:db8::fd')]
    await assertFlow(version, [addr(27, SRC6), ...others4], { ...OF_IPV4, etype: 0x86dd, src_addr: hex(SRC6) })
    await assertFlow(version, [addr(8, SRC4), ...others6], { ...OF_IPV6, etype: 0x0800, src_addr: hex(SRC4) })
    // an IPv4 prefix over an IPv6 next hop (RFC 8950)
    await assertFlow(version, [addr(8, SRC4), uint(9, 24, 1), addr(62, '2001:db8::fe')], {
      etype: 0x0800,
      src_addr: hex(SRC4),
      src_net: 24,
      next_hop: hex('2001:db8::fe')
    })
    // present and zero is not absent
    await assertFlow(version, [addr(8, SRC4), uint(9, 0, 1), uint(29, 64, 1)], { etype: 0x0800, src_addr: hex(SRC4) })
    await assertFlow(version, [addr(27, SRC6), uint(9, 24, 1), uint(29, 0, 1)], { etype: 0x86dd, src_addr: hex(SRC6) })
  })

  test(`version ${version}: without addresses, IPv4's masks and next hops come first`, async () => {
    await assertFlow(version, [uint(29, 64, 1), uint(9, 24, 1), addr(62, '2001:db8::fe'), addr(15, '192.0.2.254')], {
      src_net: 24,
      next_hop: hex('192.0.2.254')
    })
  })

  test(`version ${version}: an address element of another length than 4 or 16 is skipped`, async () => {
    for (const length of [0, 1, 3, 5, 8, 15, 17, 40]) {
      const odd = (id: number): Element => raw(id, 'c0'.repeat(length))
      await assertFlow(version, [odd(8), uint(4, 6, 1)], { proto: 6 })
      await assertFlow(version, [odd(8), odd(12), addr(27, SRC6)], { etype: 0x86dd, src_addr: hex(SRC6) })
      await assertFlow(version, [odd(27), odd(28), addr(12, DST4)], { etype: 0x0800, dst_addr: hex(DST4) })
      await assertFlow(version, [addr(8, SRC4), odd(15), addr(62, '2001:db8::fe')], {
        etype: 0x0800,
        src_addr: hex(SRC4),
        next_hop: hex('2001:db8::fe')
      })
      await assertFlow(version, [addr(8, SRC4), addr(18, '192.0.2.253'), odd(63)], {
        etype: 0x0800,
        src_addr: hex(SRC4),
        bgp_next_hop: hex('192.0.2.253')
      })
      await assertFlow(version, [odd(47), addr(140, SRC6), odd(225), addr(281, SRC6)], {
        mpls_ip: [hex(SRC6)],
        post_nat_src_addr: hex(SRC6)
      })
    }
  })

  test(`version ${version}: an address tells its family by its length, not by its element`, async () => {
    await assertFlow(
      version,
      [
        { ...addr(8, SRC6), id: 8 },
        { ...addr(12, DST6), id: 12 }
      ],
      { etype: 0x86dd, src_addr: hex(SRC6), dst_addr: hex(DST6) }
    )
    await assertFlow(version, [{ ...addr(27, SRC4), id: 27 }], { etype: 0x0800, src_addr: hex(SRC4) })
  })
}

test('a family is chosen for each record anew, where lengths vary too', async () => {
  await assertFlow(10, [vary(raw(82, '6162')), ...both({ src4: SRC4 })], { ...OF_IPV4, src_addr: hex(SRC4), dst_addr: '00000000' })
  await assertFlow(10, [vary(raw(82, '')), ...both({ dst6: DST6 })], { ...OF_IPV6, src_addr: '0'.repeat(32), dst_addr: hex(DST6) })
})
