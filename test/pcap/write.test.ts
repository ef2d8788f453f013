/** flow-pcap -w, and back. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { packetWriter, pcapHeader } from '../../src/pcap/write.js'
import { frameReader } from '../../src/flow/frames.js'
import { datagramFrame, readDatagrams } from '../support/datagram-stream.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { ROOT, runTool } from '../support/tools.js'
import { replayed } from '../support/replay.js'

/** A datagram that flow-pcap takes without -port: NetFlow v9 with no set in it, and anything behind. */
const payload = fc
  .uint8Array({ maxLength: 3000 })
  .map((bytes) => Buffer.concat([Buffer.from([0, 9, 0, 0]), Buffer.alloc(16), Buffer.from(bytes)]))
const address = (size: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes))
const datagram = fc.constantFrom(4, 16).chain((size) =>
  fc.record({
    payload,
    src: address(size).filter((bytes) => bytes.some((byte) => byte !== 0)),
    srcPort: fc.integer({ min: 1024, max: 65_535 }),
    dstPort: fc.constantFrom(2055, 4739, 9996),
    received: fc.bigInt(0n, (2n ** 32n - 1n) * 1_000_000_000n)
  })
)

async function written(stream: Buffer): Promise<Buffer> {
  const output = { buf: Buffer.alloc(1 << 20), pos: 0, reserve: () => undefined }
  const { onFrame } = packetWriter(output)
  frameReader(onFrame).push(stream)
  return Promise.resolve(Buffer.concat([pcapHeader(), output.buf.subarray(0, output.pos)]))
}

test('a capture that was written reads back as the datagrams that it was written from', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(datagram, { maxLength: 10 }), async (specs) => {
      const stream = Buffer.concat(specs.map(datagramFrame))
      const { datagrams } = await replayed(await written(stream), { ports: new Set([2055, 4739, 9996]) })
      // an IPv4 destination of an IPv6 packet cannot be written
      assert.deepEqual(
        datagrams,
        readDatagrams(stream).map((read) => (read.src.length === 32 ? { ...read, dst: '' } : read))
      )
    }),
    { numRuns: 300 }
  )
})

const folders = ['generated', 'datadog', 'arkime']
const captures = withoutCaptures === false ? folders.flatMap((folder) => list(path.join(CAPTURES, folder))) : []

function list(folder: string): string[] {
  return fs.existsSync(folder)
    ? fs
        .readdirSync(folder)
        .filter((name) => /\.pcap(ng)?$/.test(name))
        .map((name) => path.join(folder, name))
    : []
}

test('flow-pcap -w and back is the identity over real captures', { skip: withoutCaptures }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pcap-'))
  try {
    const file = path.join(folder, 'again.pcap')
    const first = await runTool('flow-pcap', [...list(path.join(ROOT, 'test/fixtures')), ...captures]) // some of them are cut short
    const { code, stderr } = await runTool('flow-pcap', ['-w', file], first.stdout)
    assert.equal(code, 0, stderr)
    const second = await runTool('flow-pcap', [file])
    const datagrams = readDatagrams(first.stdout)
    readDatagrams(second.stdout).forEach((datagram, i) => assert.deepEqual(datagram, datagrams[i], `datagram ${i}`))
    assert.ok(second.stdout.equals(first.stdout))
    assert.ok(datagrams.length > 1000, String(datagrams.length))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

const withoutTshark: string | false = spawnSync('tshark', ['-v']).error === undefined ? false : 'no tshark'

test('tshark finds all lengths and checksums right', { skip: withoutTshark }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pcap-'))
  try {
    const file = path.join(folder, 'written.pcap')
    const { stdout } = await runTool('flow-pcap', [path.join(ROOT, 'test/fixtures/demo.pcap')])
    const odd = [1, 2, 3].map((size) => datagramFrame({ payload: Buffer.alloc(size, 0xff), src: Buffer.alloc(16, 0xfe) }))
    assert.equal((await runTool('flow-pcap', ['-w', file], Buffer.concat([stdout, ...odd]))).code, 0)
    const fields = ['ip.checksum.status', 'udp.checksum.status', 'udp.length'].flatMap((field) => ['-e', field])
    const options = ['-o', 'ip.check_checksum:true', '-o', 'udp.check_checksum:true', '-T', 'fields', '-E', 'occurrence=f']
    const rows = spawnSync('tshark', ['-r', file, ...options, ...fields], { encoding: 'utf8' })
      .stdout.trimEnd()
      .split('\n')
    // 1 is good; IPv6 has none
    assert.deepEqual(new Set(rows.map((row) => row.replace(/\d+$/, ''))), new Set(['1\t1\t', '\t1\t']))
    assert.equal(rows.length, readDatagrams(stdout).length + odd.length)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

test('what no packet can carry is told, and the rest is written', async () => {
  const stream = Buffer.concat([datagramFrame({ payload: Buffer.alloc(65_508) }), datagramFrame({ payload: Buffer.alloc(65_507) })])
  const { code, stderr, stdout } = await runTool('flow-pcap', ['-w', '-'], stream)
  assert.equal(code, 0)
  assert.equal(stdout.length, 24 + 16 + 28 + 65_507)
  assert.match(stderr, /2 datagrams in, 1 packet to stdout, 1 longer than a packet can be/)
})

test('-w with what is for reading is refused, and so are a folder and a file that are not there', async () => {
  for (const args of [
    ['-w', 'x', '-speed', '1'],
    ['-w', 'x', '-raw']
  ]) {
    assert.equal((await runTool('flow-pcap', args)).code, 64, args.join(' '))
  }
  const { code, stderr } = await runTool('flow-pcap', ['-w', '/nowhere/x.pcap'])
  assert.equal(code, 73)
  assert.match(stderr, /cannot create \/nowhere\/x.pcap: there is no folder \/nowhere/)
  const missing = path.join(os.tmpdir(), `${process.pid}.pcap`)
  assert.equal((await runTool('flow-pcap', ['-w', missing, 'no-such-file'])).code, 66)
  assert.equal(fs.existsSync(missing), false)
})
