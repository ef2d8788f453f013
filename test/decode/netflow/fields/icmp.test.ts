/** ICMP type and code, in each of the places where exporters put them. */
import test from 'node:test'
import { assertFlow, raw, uint, vary, VERSIONS } from '../../../support/records.js'

test('32 and 139 hold the type and the code in one', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [raw(32, '0301')], { icmp_type: 3, icmp_code: 1 })
    await assertFlow(version, [raw(139, '8700')], { icmp_type: 135 })
    await assertFlow(version, [raw(32, '0003')], { icmp_code: 3 })
    await assertFlow(version, [raw(139, '8700'), raw(32, '0301')], { icmp_type: 3, icmp_code: 1 })
    await assertFlow(version, [raw(139, '8701'), raw(32, '0000')], { icmp_type: 135, icmp_code: 1 })
    await assertFlow(version, [uint(32, 0x0301, 4)], { icmp_type: 3, icmp_code: 1 })
    await assertFlow(version, [uint(32, 4, 1)], { icmp_code: 4 })
  }
})

test('176 and 177, 178 and 179 hold them apart', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [uint(176, 3, 1), uint(177, 1, 1)], { icmp_type: 3, icmp_code: 1 })
    await assertFlow(version, [uint(179, 1, 1), uint(178, 135, 1)], { icmp_type: 135, icmp_code: 1 })
    await assertFlow(version, [uint(176, 0, 1), uint(177, 0, 1), uint(178, 135, 1), uint(179, 1, 1)], { icmp_type: 135, icmp_code: 1 })
    await assertFlow(version, [uint(176, 8, 1)], { icmp_type: 8 })
    await assertFlow(version, [uint(177, 8, 1)], { icmp_code: 8 })
    await assertFlow(version, [uint(176, 0, 1), uint(177, 3, 1)], { icmp_code: 3 })
  }
})

test('32 counts before 176, and 176 before the port', async () => {
  for (const version of VERSIONS) {
    await assertFlow(version, [uint(176, 8, 1), uint(177, 9, 1), raw(32, '0301')], { icmp_type: 3, icmp_code: 1 })
    await assertFlow(version, [raw(32, '0000'), uint(176, 8, 1), uint(177, 9, 1)], { icmp_type: 8, icmp_code: 9 })
    await assertFlow(version, [uint(4, 1, 1), uint(11, 0x0301, 2), uint(176, 8, 1)], { proto: 1, dst_port: 0x0301, icmp_type: 8 })
  }
})

test('else the destination port holds them, of ICMP and ICMPv6, where the source port is zero or none', async () => {
  for (const version of VERSIONS) {
    for (const proto of [1, 58]) {
      await assertFlow(version, [uint(4, proto, 1), uint(7, 0, 2), uint(11, 0x0301, 2)], {
        proto,
        dst_port: 0x0301,
        icmp_type: 3,
        icmp_code: 1
      })
      await assertFlow(version, [uint(11, 0x8000, 2), uint(4, proto, 1)], { proto, dst_port: 0x8000, icmp_type: 0x80 })
      await assertFlow(version, [uint(4, proto, 1), uint(7, 5, 2), uint(11, 0x0301, 2)], { proto, src_port: 5, dst_port: 0x0301 })
    }
    for (const proto of [0, 2, 6, 17, 59])
      await assertFlow(version, [uint(4, proto, 1), uint(7, 0, 2), uint(11, 0x0301, 2)], {
        ...(proto === 0 ? {} : { proto }),
        dst_port: 0x0301
      })
    await assertFlow(version, [uint(11, 0x0301, 2)], { dst_port: 0x0301 })
  }
})

test('in variable length', async () => {
  await assertFlow(10, [vary(raw(32, '0301'))], { icmp_type: 3, icmp_code: 1 })
  await assertFlow(10, [vary(uint(4, 1, 1)), vary(raw(7, '')), vary(uint(11, 0x0301, 2))], {
    proto: 1,
    dst_port: 0x0301,
    icmp_type: 3,
    icmp_code: 1
  })
  await assertFlow(10, [vary(uint(176, 3, 1)), vary(raw(178, '')), vary(uint(177, 1, 2), 'long')], { icmp_type: 3, icmp_code: 1 })
})
