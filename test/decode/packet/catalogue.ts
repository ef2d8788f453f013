/** Frames of every kind that we read, by name; the tests that hold for any frame go through them. */
import {
  authentication,
  dot1q,
  ethernet,
  ethernetSnap,
  geneve,
  gre,
  gtpu,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Fragment,
  ipv6Options,
  mpls,
  packet,
  pppoe,
  pptp,
  raw,
  sctp,
  segmentRouting,
  tcp,
  teredo,
  udp,
  vxlan
} from '../../support/build-packet.js'

const payload = raw(...Buffer.from('the quick brown fox jumps over the lazy dog'))

/** The label of a pseudowire with a control word, which others have to be told of. */
export const PSEUDOWIRE = 4242

export const FRAMES: Readonly<Record<string, Buffer>> = {
  'IPv4 and TCP': packet(
    ethernet(),
    ipv4({ tos: 0x10, id: 4711, flags: 2, ttl: 63 }),
    tcp(50123, 443, { flags: 0x18, options: 12 }),
    payload
  ),
  'IPv4 with options and UDP': packet(ethernet(), ipv4({ options: 8 }), udp(123, 124), payload),
  'IPv4 and SCTP': packet(ethernet(), ipv4(), sctp(3868, 2905), payload),
  'IPv4 and ICMP': packet(ethernet(), ipv4({ ttl: 1 }), icmp(3, 1), payload),
  'IPv6 and TCP': packet(ethernet(), ipv6({ trafficClass: 0xb8, flowLabel: 0x12345, hopLimit: 59 }), tcp(1024, 22, { flags: 2 })),
  'IPv6 and ICMPv6': packet(ethernet(), ipv6({ hopLimit: 255 }), icmpv6(135, 0), payload),
  'IEEE 802.3 with SNAP': packet(ethernetSnap(), ipv4(), udp(68, 67), payload),
  'one VLAN tag': packet(ethernet(), dot1q(1505, { priority: 3 }), ipv4(), tcp(80, 50000)),
  'two VLAN tags': packet(ethernet(), dot1q(100, { tpid: 0x88a8 }), dot1q(200), ipv6(), udp(5060, 5061), payload),
  'three VLAN tags, of old': packet(ethernet(), dot1q(1, { tpid: 0x9100 }), dot1q(2, { tpid: 0x9100 }), dot1q(3), ipv4(), icmp(8, 0)),
  'MPLS and IPv4': packet(ethernet(), mpls([24001, 16, 299776], { ttl: 250 }), ipv4(), tcp(179, 40000)),
  'MPLS and IPv6': packet(ethernet(), mpls([17]), ipv6(), udp(1000, 2000), payload),
  'a pseudowire with a control word': packet(
    ethernet(),
    mpls([24002, PSEUDOWIRE], { controlWord: true }),
    ethernet({ src: '02:00:00:00:00:0a', dst: '02:00:00:00:00:0b' }),
    ipv4({ src: '10.1.1.1' }),
    tcp(1, 2)
  ),
  'PPPoE and IPv4': packet(ethernet(), pppoe(0x1234), ipv4(), tcp(50000, 80)),
  'PPPoE and IPv6 behind a tag': packet(ethernet(), dot1q(35), pppoe(9), ipv6(), udp(50000, 53), payload),
  'a first fragment of IPv4': packet(ethernet(), ipv4({ id: 99, flags: 1 }), udp(2049, 800), payload),
  'a later fragment of IPv4': packet(ethernet(), ipv4({ id: 99, offset: 185 }), raw(8, 1, 8, 2, 8, 3, 8, 4), payload),
  'a first fragment of IPv6': packet(ethernet(), ipv6(), ipv6Fragment({ id: 0xdeadbeef, more: true }), udp(2049, 800), payload),
  'a later fragment of IPv6': packet(
    ethernet(),
    ipv6(),
    ipv6Fragment({ id: 0xdeadbeef, offset: 100, protocol: 17 }),
    raw(8, 1, 8, 2, 8, 3, 8, 4),
    payload
  ),
  'options of IPv6': packet(ethernet(), ipv6(), ipv6Options(0, 1), ipv6Options(60), tcp(1025, 25)),
  'AH in IPv6': packet(ethernet(), ipv6(), authentication(), udp(500, 4500), payload),
  'AH in IPv4': packet(ethernet(), ipv4(), authentication(), tcp(500, 4500)),
  'segment routing': packet(
    ethernet(),
    ipv6(),
    segmentRouting(['2001:db8::a', '2001:db8::b'], 1),
    ipv6({ src: 'fd00::1', dst: 'fd00::2' }),
    tcp(1, 2)
  ),
  GRE: packet(ethernet(), ipv4(), gre(), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 9 }), tcp(1, 2)),
  'GRE with all': packet(
    ethernet(),
    ipv6(),
    gre({ checksum: true, key: 0xcafe, sequence: 7 }),
    ipv6({ src: 'fd00::1' }),
    udp(3, 4),
    payload
  ),
  'GRE and Ethernet': packet(
    ethernet(),
    ipv4(),
    gre({ key: 0x123456 }),
    ethernet({ src: '02:00:00:00:00:0a' }),
    ipv4({ src: '10.0.0.1' }),
    udp(5, 6),
    payload
  ),
  PPTP: packet(ethernet(), ipv4(), pptp({ sequence: 1, acknowledgement: 2 }), ipv4({ src: '10.0.0.1' }), icmp(8, 0)),
  'IPv4 in IPv4': packet(ethernet(), ipv4(), ipv4({ src: '10.0.0.1', ttl: 7 }), udp(7, 8), payload),
  'IPv6 in IPv4': packet(ethernet(), ipv4(), ipv6({ src: 'fd00::1' }), tcp(9, 10)),
  'IPv4 in IPv6': packet(ethernet(), ipv6(), ipv4({ src: '10.0.0.1' }), sctp(11, 12)),
  VXLAN: packet(
    ethernet(),
    ipv4(),
    udp(54321, 4789),
    vxlan(5001),
    ethernet({ src: '02:00:00:00:00:0a' }),
    dot1q(77),
    ipv4({ src: '10.0.0.1' }),
    tcp(1, 2)
  ),
  Geneve: packet(
    ethernet(),
    ipv6(),
    udp(54321, 6081),
    geneve(6001, 8),
    ethernet({ src: '02:00:00:00:00:0a' }),
    ipv6({ src: 'fd00::1' }),
    udp(1, 2),
    payload
  ),
  Teredo: packet(
    ethernet(),
    ipv4(),
    udp(54321, 3544),
    teredo(),
    ipv6({ src: '2001:0:4136:e378:8000:63bf:3fff:fdd2' }),
    icmpv6(128, 0),
    payload
  ),
  'Teredo with indications': packet(
    ethernet(),
    ipv4(),
    udp(3544, 54321),
    teredo({ origin: true, authenticated: true }),
    ipv6({ src: 'fe80::1' }),
    icmpv6(134, 0),
    payload
  ),
  'GTP-U': packet(ethernet(), dot1q(100), ipv4(), udp(2152, 2152), gtpu(0xcafe0001), ipv4({ src: '10.0.0.1', ttl: 48 }), tcp(443, 50000)),
  'GTP-U with a sequence number and extension headers': packet(
    ethernet(),
    ipv6(),
    udp(40000, 2152),
    gtpu(7, {
      sequence: 9,
      extensions: [
        [0x85, Buffer.from([0x10, 9])],
        [0xc0, Buffer.alloc(6)]
      ]
    }),
    ipv6({ src: 'fd00::1' }),
    udp(1, 2),
    payload
  ),
  'VXLAN in GRE': packet(
    ethernet(),
    ipv4({ src: '198.18.0.1', dst: '198.18.0.2' }),
    gre({ key: 5 }),
    ipv4({ src: '198.18.1.1', dst: '198.18.1.2' }),
    udp(50000, 4789),
    vxlan(77),
    ethernet({ src: '02:00:00:00:00:0a', dst: '02:00:00:00:00:0b' }),
    ipv6({ src: 'fd00::1', dst: 'fd00::2', hopLimit: 9 }),
    tcp(1, 2)
  )
}
