/** flow-filter beside nfdump: pairs of expressions, one in each language, that choose the same flows of the same captures. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { flowMessage } from '../../src/flow/proto.js'
import { compileFilter } from '../../src/query/filter.js'
import { nfdump, sendDatagrams, withNfcapd, withoutNfdump } from '../support/nfdump.js'
import { type Flow, readFlows } from '../support/datagram-stream.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { ROOT, runPipeline } from '../support/tools.js'
import { parseAddress } from '../support/addresses.js'

/**
 * nfdump's (1.7.1), and ours. What it has no words for (!=, ranges in a list, flags among others, ICMP types by their protocol) is left to
 * the slow evaluator, and so is `as`, which wants its database of places.
 */
const PAIRS: readonly (readonly [theirs: string, ours: string])[] = [
  ['any', 'any'],
  ['proto tcp', 'tcp'],
  ['proto udp', 'udp'],
  ['proto icmp', 'icmp'],
  ['proto icmp6', 'icmp6'],
  ['proto 47', 'gre'],
  ['proto esp', 'proto esp'],
  ['proto 17', 'proto 17'],
  ['not proto tcp', 'not tcp'],
  ['not proto tcp', 'proto != tcp'],
  ['ipv4', 'ip4'],
  ['ipv6', 'ip6'],
  ['ipv4 and proto tcp', 'ip tcp'],
  ['proto tcp or proto udp', 'proto in [tcp udp]'],
  ['ip 192.0.2.10', 'host 192.0.2.10'],
  ['src ip 192.0.2.10', 'src 192.0.2.10'],
  ['dst ip 192.0.2.10', 'dst host 192.0.2.10'],
  ['src ip 192.0.2.10 or dst ip 192.0.2.10', 'src or dst ip 192.0.2.10'],
  ['host 192.0.2.10', 'addr 192.0.2.10'],
  ['not ip 192.0.2.10', 'host != 192.0.2.10'],
  ['ip in [192.0.2.10 192.0.2.11 10.0.0.1]', 'host in [192.0.2.10, 192.0.2.11, 10.0.0.1]'],
  ['src ip in [192.0.2.0/24 10.0.0.0/8]', 'src host in [192.0.2.0/24 10/8]'],
  ['not dst ip in [192.0.2.0/24 10.0.0.0/8]', 'dst host not in [192.0.2.0/24, 10.0.0.0/8]'],
  ['net 192.0.2.0/24', 'net 192.0.2.0/24'],
  ['src net 10.0.0.0/8', 'src net 10/8'],
  ['dst net 192.0.2.0/26', 'dst 192.0.2.0/26'],
  ['src net 192.0.2.0/24 and dst net 192.0.2.0/24', 'src and dst net 192.0.2.0/24'],
  ['net 2001:db8::/32', 'net 2001:db8::/32'],
  ['net 10.0.0.0/8 or net 172.16.0.0/12 or net 192.168.0.0/16', 'net in [10/8 172.16/12 192.168/16]'],
  ['port 53', 'port 53'],
  ['src port 53', 'src port domain'],
  ['dst port 443', 'dst port https'],
  ['src port 53 and dst port 53', 'src and dst port 53'],
  ['src port 53 or dst port 53', 'src or dst port 53'],
  ['port in [53 123 443]', 'port in [53, 123, 443]'],
  ['dst port in [53 80 443]', 'dst port in [domain http https]'],
  ['dst port > 1023 and not proto icmp and not proto icmp6', 'not icmp and not icmp6 and dst port > 1023'],
  ['dst port < 1024 and not proto icmp and not proto icmp6', 'dst port lt 1024 and not (icmp or icmp6)'],
  [
    'dst port >= 80 and dst port <= 443 and not proto icmp and not proto icmp6',
    'portrange 80-443 and dst portrange 80-443 and proto not in [icmp icmp6]'
  ],
  ['src port = 443', 'src port == 443'],
  ['proto tcp and dst port 443', 'tcp dst port 443'],
  ['proto tcp and (dst port 443 or dst port 80)', 'tcp dst port in [80 443]'],
  ['proto udp and not port 53', 'udp port != 53'],
  ['bytes > 1000', 'bytes > 1k'],
  ['bytes < 100', 'bytes < 100'],
  ['bytes > 10k and packets < 20', 'bytes gt 10k and packets lt 20'],
  ['bytes 1090', 'bytes == 1090'],
  ['packets 1', 'packets 1'],
  ['packets > 10', 'packets > 10'],
  ['packets >= 10', 'packets >= 10'],
  ['bytes <= 125', 'bytes <= 125'],
  ['bpp > 500', 'bpp > 500.99'],
  ['duration > 1000', 'duration > 1s'],
  ['duration < 200', 'duration < 200ms'],
  ['flags S', 'flags S'],
  ['flags SF', 'flags SF'],
  ['flags S and not flags A', 'flags S/SA'],
  ['flags R', 'tcp_flags > 0 and flags R'],
  ['not flags S', 'not flags S'],
  ['tos 16', 'tos 16'],
  ['tos 184', 'dscp ef'],
  ['tos > 100', 'tos > 100'],
  ['in if 7', 'in if 7'],
  ['out if 7', 'out_if == 7'],
  ['if 7', 'if 7'],
  ['if 1', 'if in [1]'],
  ['src mask 24', 'src prefix 24'],
  ['mask 24', 'prefix 24'],
  ['router ip 127.0.0.1', 'any'],
  ['src vlan 100', 'src vlan 100'],
  ['vlan 100', 'vlan 100'],
  ['(proto tcp or proto udp) and not (port 53 or port 443) and bytes > 500', '(tcp or udp) and not port in [53 443] and bytes > 500'],
  ['proto tcp and port 443 or proto udp and port 53', 'tcp && port 443 || udp && port 53'],
  ['not (proto tcp and port 443 or proto udp)', '!(tcp && port 443 || udp)']
]

const FIXTURES = path.join(ROOT, 'test/fixtures')
const captures: readonly (readonly [file: string, skip: string | false])[] = [
  ...['softflowd-v9', 'nfprobe-v9', 'nfprobe-v5', 'softflowd-v5'].map(
    (name) => [path.join(FIXTURES, `${name}.pcap`), withoutNfdump] as const
  ),
  ...['softflowd-v9', 'softflowd-v5', 'ovs-netflow-v5'].map((name) => {
    return [path.join(CAPTURES, `generated/${name}.pcap`), withoutNfdump === false ? withoutCaptures : withoutNfdump] as const
  })
]

/** A flow by what both show of it; it shows type and code of ICMP as a port. */
function told(source: string, destination: string, ports: string, protocol: string, packets: string, bytes: string): string {
  return [source, destination, /^(ICMP6?|1|58)$/.test(protocol) ? '' : ports, packets, bytes].join(' ')
}

function tellTheirs(row: Record<string, string>): string {
  // it shows an IPv6 address of which the upper half is zero as IPv4
  const address = (text: string): string => parseAddress(text === '0.0.0.1' ? '::1' : text.trim()).toString('hex')
  return told(address(row.sa), address(row.da), `${row.sp} ${row.dp}`, row.pr.trim(), row.ipkt, row.ibyt)
}

function tellOurs(flow: Flow): string {
  const of = (name: string): string => String(flow[name] ?? 0)
  return told(of('src_addr'), of('dst_addr'), `${of('src_port')} ${of('dst_port')}`, of('proto'), of('packets'), of('bytes'))
}

test('there are at least sixty pairs', () => {
  assert.ok(PAIRS.length >= 60)
})

for (const [file, skip] of captures) {
  test(`nfdump chooses the same flows of ${path.relative(path.dirname(ROOT), file)}`, { skip }, async () => {
    const datagrams = (await runPipeline(`flow-pcap '${file}'`)).stdout
    const { stdout: flows } = await runPipeline(`flow-pcap '${file}' | flow-decode`)
    await withNfcapd(
      (port) => sendDatagrams(datagrams, port),
      (folder) => {
        const frames = framesOf(flows)
        for (const [theirs, ours] of PAIRS) {
          // it does not keep the prefix lengths of NetFlow v5
          if (theirs.includes('mask') && file.includes('v5')) continue
          const { matches } = compileFilter(ours, { schema: flowMessage, now: 0n })
          const mine = frames.filter(([frame, start]) => matches(frame, start, frame.length)).flatMap(([frame]) => readFlows(frame))
          const rows = nfdump(folder, [theirs]).map(tellTheirs)
          assert.deepEqual(mine.map(tellOurs).sort(), rows.sort(), `${theirs} | ${ours}`)
        }
        return Promise.resolve()
      }
    )
  })
}

/** The frames of a stream, and where the message of each starts. */
function framesOf(stream: Buffer): [frame: Buffer, start: number][] {
  const frames: [Buffer, number][] = []
  for (let pos = 0; pos < stream.length;) {
    let [size, shift, at] = [0, 0, pos]
    do {
      size |= (stream[at] & 0x7f) << shift
      shift += 7
    } while (stream[at++] >= 0x80)
    frames.push([stream.subarray(pos, at + size), at - pos])
    pos = at + size
  }
  return frames
}
