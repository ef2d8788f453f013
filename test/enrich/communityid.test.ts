import assert from 'node:assert/strict'
import test from 'node:test'
import { readFlows } from '../support/datagram-stream.js'
import { bytesOf, enricher, flowFrame } from './enriching.js'

const enrich = enricher({}, { communityId: true })

function idOf(fields: Record<string, unknown>): unknown {
  return readFlows(enrich(flowFrame(fields)).stream)[0].community_id
}

/** Published with the specification and its reference implementation: protocol, addresses, ports (type and code of ICMP), ID. */
const PUBLISHED: readonly (readonly [proto: number, src: string, dst: string, first: number, second: number, id: string])[] = [
  [6, '128.232.110.120', '66.35.250.204', 34855, 80, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '66.35.250.204', '128.232.110.120', 80, 34855, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '10.0.0.1', '10.0.0.2', 10, 11569, '1:SXBGMX1lBOwhhoDrZynfROxnhnM='],
  [6, '2001:470:e5bf:dead:4957:2174:e82c:4887', '2607:f8b0:400c:c03::1a', 63943, 25, '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4='],
  [6, '2607:f8b0:400c:c03::1a', '2001:470:e5bf:dead:4957:2174:e82c:4887', 25, 63943, '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4='],
  [17, '192.168.1.52', '8.8.8.8', 54585, 53, '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  [17, '8.8.8.8', '192.168.1.52', 53, 54585, '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  [132, '192.168.170.8', '192.168.170.56', 7, 7, '1:MP2EtRCAUIZvTw6MxJHLV7N7JDs='],
  [132, '192.168.170.8', '192.168.170.56', 7, 80, '1:jQgCxbku+pNGw8WPbEc/TS/uTpQ='],
  [132, '192.168.170.56', '192.168.170.8', 80, 7, '1:jQgCxbku+pNGw8WPbEc/TS/uTpQ='],
  [46, '10.1.12.1', '10.1.12.2', 0, 0, '1:KHlLkgoJW7ifUTyTSgyVfkFHzKw='],
  [46, '10.1.24.4', '10.1.12.1', 0, 0, '1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4='],
  [1, '192.168.0.89', '192.168.0.1', 8, 0, '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.1', '192.168.0.89', 0, 8, '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.1', '192.168.0.89', 0, 20, '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.89', '192.168.0.1', 20, 0, '1:3o2RFccXzUgjl7zDpqmY7yJi8rI='],
  [1, '192.168.0.89', '192.168.0.1', 20, 1, '1:tz/fHIDUHs19NkixVVoOZywde+I='],
  [1, '10.0.0.1', '10.0.0.2', 11, 0, '1:YHxtAirCG//0OzkcVAukqKQN9xM='],
  [58, 'fe80::200:86ff:fe05:80da', 'fe80::260:97ff:fe07:69ea', 135, 0, '1:dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::260:97ff:fe07:69ea', 'fe80::200:86ff:fe05:80da', 136, 0, '1:dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::260:97ff:fe07:69ea', 'fe80::200:86ff:fe05:80da', 135, 136, '1:zavyT/cezQr1fmImYCwYnMXbgck='],
  [58, '3ffe:507:0:1:260:97ff:fe07:69ea', '3ffe:507:0:1:200:86ff:fe05:80da', 3, 0, '1:NdobDX8PQNJbAyfkWxhtL2Pqp5w='],
  [58, '3ffe:507:0:1:200:86ff:fe05:80da', '3ffe:507:0:1:260:97ff:fe07:69ea', 3, 0, '1:/OGBt9BN1ofenrmSPWYicpij2Vc='],
  [58, '3ffe:501:410:0:2c0:dfff:fe47:33e', '3ffe:507:0:1:200:86ff:fe05:80da', 1, 4, '1:hLZd0XGWojozrvxqE0dWB1iM6R0='],
  [58, '3ffe:507:0:1:200:86ff:fe05:80da', '3ffe:501:0:1001::2', 128, 129, '1:+TW+HtLHvV1xnGhV1lv7XoJrqQg='],
  [58, 'fe80::200:86ff:fe05:80da', 'ff02::2', 133, 134, '1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0='],
  [58, 'fe80::260:97ff:fe07:69ea', 'ff02::1', 134, 133, '1:pkvHqCL88/tg1k4cPigmZXUtL00=']
]

test('the published Community IDs', () => {
  for (const [proto, src, dst, first, second, id] of PUBLISHED) {
    const isIcmp = proto === 1 || proto === 58
    const ports = isIcmp ? { icmp_type: first, icmp_code: second } : { src_port: first, dst_port: second }
    assert.equal(idOf({ proto, src_addr: bytesOf(src), dst_addr: bytesOf(dst), ...ports }), id, `${proto} ${src} ${dst} ${first} ${second}`)
  }
})

test('an IPv4-mapped address is the IPv4 one; what was there is replaced', () => {
  const mapped = (address: string): Buffer => Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), bytesOf(address)])
  const flow = { proto: 17, src_port: 54585, dst_port: 53, src_addr: mapped('192.168.1.52'), community_id: 'old' }
  for (const dst of [bytesOf('8.8.8.8'), mapped('8.8.8.8')])
    assert.equal(idOf({ ...flow, dst_addr: dst }), '1:d/FP5EW3wiY1vCndhwleRRKHowQ=')
})

test('a flow without both addresses of one family, or without a protocol, has no ID and passes as it is', () => {
  const [four, six] = [bytesOf('10.0.0.1'), bytesOf('2001:db8::1')]
  for (const fields of [
    { proto: 6, src_addr: four, dst_addr: six },
    { proto: 6, src_addr: four },
    { proto: 6, dst_addr: four, src_addr: Buffer.alloc(5) },
    { src_addr: four, dst_addr: four, src_port: 1 },
    { proto: 256, src_addr: four, dst_addr: four }
  ]) {
    const stream = flowFrame(fields)
    assert.deepEqual(enrich(stream).stream, stream)
  }
})
