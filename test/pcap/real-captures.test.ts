/** Every capture, payload and IPFIX file of the collection beside the project, and the same read by tshark. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { parseAddress } from '../../src/flow/address.js'
import { BrokenStreamError } from '../../src/flow/blocks.js'
import {
  dot1q,
  ethernet,
  ipv4,
  ipv6,
  ipv6Fragment,
  ipv6Options,
  mpls,
  packet,
  type PacketLayer,
  pppoe,
  udp
} from '../support/build-packet.js'
import type { ReadDatagram } from '../support/datagram-stream.js'
import { CAPTURED_AT, linuxCooked, linuxCooked2, LINK, loopback, payload, pcapng } from '../support/pcap-writer.js'
import { replayed } from '../support/replay.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'

/** Files of the index by path, with the number of datagrams in each. */
function indexed(): Map<string, number> {
  const files = new Map<string, number>()
  if (withoutCaptures !== false) return files
  let folder = ''
  for (const line of fs.readFileSync(path.join(CAPTURES, 'INDEX.md'), 'utf8').split('\n')) {
    folder = /^## (\S+)/.exec(line)?.[1] ?? folder
    const [, file, packets, versions, , , , peculiar] = line.split('|').map((cell) => cell.trim())
    if (!/\.\w+$/.test(file) || packets === undefined) continue
    const others = Number(/(\d+) non-flow/.exec(peculiar)?.[1] ?? 0)
    const inFragments = peculiar.includes('IP fragments')
    files.set(path.join(folder, file), inFragments ? sumOf(versions) : Number(packets) - others)
  }
  // its ten are all flows: besides the eight that the index counts, two of NetFlow v7
  files.set('arkime/arkime_synthetic.pcap', 10)
  // eight bytes that begin as sFlow v5: broken, and the decoder's to count
  files.set('tcpdump/sflow_print-segv.pcap', 1)
  // its count is one that no datagram can carry
  files.set('logstash/02-netflow-5-invalid-01.pcap', 0)
  return files
}

const sumOf = (versions: string): number => versions.split(' ').reduce((sum, version) => sum + Number(version.split(':')[1]), 0)
const read = (file: string): Buffer => fs.readFileSync(path.join(CAPTURES, file))
const kindOf = (file: string): 'capture' | 'ipfix' | 'raw' =>
  /\.pcap(ng)?$/.test(file) ? 'capture' : file.endsWith('.ipfix') ? 'ipfix' : 'raw'

test('every capture gives exactly the datagrams that are in it', { skip: withoutCaptures }, async () => {
  const files = indexed()
  assert.ok(files.size > 120)
  for (const [file, count] of files) {
    const bytes = read(file)
    const { datagrams, counts, error } = await replayed(bytes, { kind: kindOf(file), chunkBytes: 5000 })
    assert.equal(error, undefined, file)
    assert.equal(datagrams.length, count, file)
    if (kindOf(file) === 'raw') assert.equal(datagrams[0].payload, bytes.toString('hex'))
    if (kindOf(file) === 'ipfix') assert.equal(datagrams.map((datagram) => datagram.payload).join(''), bytes.toString('hex'))
    assert.equal(counts.cutDatagrams, 0, file)
  }
})

test('every capture cut short gives the datagrams before the cut', { skip: withoutCaptures }, async () => {
  for (const file of indexed().keys()) {
    if (kindOf(file) === 'raw') continue
    const whole = read(file)
    const { stream } = await replayed(whole, { kind: kindOf(file) })
    const cuts =
      whole.length < 600 ? Array.from(whole.keys()) : Array.from({ length: 12 }, (_, i) => Math.floor((whole.length * (i + 0.5)) / 12))
    for (const cut of cuts) {
      const part = await replayed(whole.subarray(0, cut), { kind: kindOf(file) })
      if (part.error instanceof BrokenStreamError) assert.ok(part.error.offset <= cut)
      assert.ok(part.stream.equals(stream.subarray(0, part.stream.length)), `${file} cut at ${cut}`)
    }
  }
})

test('the export time of IPFIX messages is their time of receipt', { skip: withoutCaptures }, async () => {
  const bytes = read('cesnet-ipfixcol/02-odid0.ipfix')
  const { datagrams } = await replayed(bytes, { kind: 'ipfix', exporter: { address: Buffer.from([192, 0, 2, 5]), port: 4739 } })
  assert.equal(datagrams[0].received, BigInt(bytes.readUInt32BE(4)) * 1_000_000_000n)
  assert.deepEqual([datagrams[0].src, datagrams[0].srcPort, datagrams[0].dst, datagrams[0].dstPort], ['c0000205', 4739, '', 0])
})

const withoutTshark = spawnSync('tshark', ['--version']).error === undefined ? false : 'no tshark'

/** The UDP datagrams of a capture as tshark sees them: of packets in packets, the outermost. */
function seenByTshark(file: string): ReadDatagram[] {
  const fields = ['frame.time_epoch', 'ip.src', 'ipv6.src', 'udp.srcport', 'ip.dst', 'ipv6.dst', 'udp.dstport', 'udp.payload']
  const options = [
    '-n',
    '-r',
    file,
    '-Y',
    'udp.payload',
    '--disable-protocol',
    'sflow',
    '-T',
    'fields',
    '-E',
    'occurrence=f',
    ...fields.flatMap((field) => ['-e', field])
  ]
  const { stdout } = spawnSync('tshark', options, { encoding: 'utf8', maxBuffer: 1 << 28 })
  const hex = (address: string): string => parseAddress(address)?.toString('hex') ?? ''
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [time, src4, src6, srcPort, dst4, dst6, dstPort, found] = line.split('\t')
      return {
        src: hex(src4 || src6),
        srcPort: Number(srcPort),
        dst: hex(dst4 || dst6),
        dstPort: Number(dstPort),
        received: BigInt(time.replace('.', '')),
        payload: found
      }
    })
}

test('tshark sees the same in captures of real exporters', { skip: withoutCaptures || withoutTshark }, async () => {
  for (const file of [
    'datadog/netflow9.pcapng',
    'datadog/sflow.pcapng',
    'generated/frag-ipv6.pcap',
    'generated/link-qinq.pcap',
    'generated/softflowd-v10-ether-nano.pcap',
    'pmacct/401-IPFIXv10-BMP-IPv6-CISCO-MPLS-multiple-sources__traffic-00.pcap'
  ]) {
    const { datagrams } = await replayed(read(file))
    assert.ok(datagrams.length > 0)
    assert.deepEqual(datagrams, seenByTshark(path.join(CAPTURES, file)), file)
  }
})

test('tshark sees the same through every link layer, extension header, and fragment', { skip: withoutTshark }, async () => {
  const flows = Buffer.from(`0009${'00010203'.repeat(30)}`, 'hex')
  const v4 = [ipv4({ src: '192.0.2.1', dst: '198.51.100.2', options: 8 }), udp(40000, 2055), payload(flows)]
  const v6 = [ipv6({ src: '2001:db8::1', dst: '2001:db8::2' }), ipv6Options(0), ipv6Options(60), udp(40000, 2055), payload(flows)]
  const fragments = [0, 64].map((start, i) => {
    const bytes = packet(udp(40001, 6343), payload(flows)).subarray(start, i === 0 ? 64 : undefined)
    return [
      packet(ethernet(), ipv4({ id: 9, flags: 1 - i, offset: start / 8, protocol: 17 }), payload(bytes)),
      packet(ethernet(), ipv6(), ipv6Fragment({ id: 9, offset: start / 8, more: i === 0, protocol: 17 }), payload(bytes))
    ]
  })
  const layers: [linkType: number, layers: PacketLayer[]][] = [
    [LINK.ethernet, [ethernet()]],
    [LINK.ethernet, [ethernet(), dot1q(1, { tpid: 0x88a8 }), dot1q(2, { tpid: 0x9100 }), dot1q(3)]],
    [LINK.ethernet, [ethernet(), mpls([16, 100])]],
    [LINK.ethernet, [ethernet(), pppoe(7)]],
    [LINK.linuxCooked, [linuxCooked()]],
    [LINK.linuxCooked2, [linuxCooked2()]],
    [LINK.raw, []],
    [LINK.null, [loopback()]]
  ]
  const ng = pcapng()
  const blocks = [ng.section(), ...layers.map(([linkType]) => ng.interface({ linkType, resolution: 9 }))]
  let time = CAPTURED_AT
  layers.forEach(([, below], id) => {
    for (const above of [v4, v6]) blocks.push(ng.enhanced({ bytes: packet(...below, ...above) }, time++, id))
  })
  for (const bytes of fragments.flat()) blocks.push(ng.enhanced({ bytes }, time++))
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'flow-pcap-')), 'all.pcapng')
  fs.writeFileSync(file, Buffer.concat(blocks))
  const { datagrams } = await replayed(fs.readFileSync(file))
  assert.equal(datagrams.length, 2 * layers.length + 2)
  assert.deepEqual(datagrams, seenByTshark(file))
  fs.rmSync(path.dirname(file), { recursive: true })
})
