/** A real exporter, Debian's softflowd, sends the flows of a capture to flow-listen. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { ethernet, ipv4, packet, udp } from '../support/build-packet.js'
import { payload, pcap } from '../support/pcap-writer.js'
import { listen } from './listener.js'

const run = promisify(execFile)
const FLOWS = 200

function withoutSoftflowd(): string | false {
  try {
    execFileSync('softflowd', ['-h'], { stdio: 'ignore' })
    return false
  } catch {
    return 'no softflowd on this machine'
  }
}

for (const [host, query] of [
  ['127.0.0.1', ''],
  ['[::1]', ''],
  ['127.0.0.1', '?count=2']
]) {
  test(`softflowd to ${host}${query}`, { skip: withoutSoftflowd(), timeout: 60_000 }, async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-listen-'))
    t.after(() => {
      fs.rmSync(folder, { recursive: true })
    })
    const capture = path.join(folder, 'traffic.pcap')
    const packets = Array.from({ length: FLOWS }, (_, i) => ({
      bytes: packet(ethernet(), ipv4(), udp(10_000 + i, 53), payload(Buffer.alloc(32)))
    }))
    fs.writeFileSync(capture, pcap(packets))
    const flowListen = await listen(t, `netflow://${host}:0${query}`)
    const collector = `${host}:${flowListen.ports[0]}`
    await run('softflowd', ['-r', capture, '-n', collector, '-v', '5', '-d', '-c', 'none', '-p', path.join(folder, 'pid')], {
      timeout: 30_000
    })
    assert.equal((await flowListen.stop()).code, 0)
    let flows = 0
    for (const { payload: message, src_addr, dst_port } of flowListen.received) {
      assert.equal(message.readUInt16BE(0), 5)
      const count = message.readUInt16BE(2)
      assert.equal(message.length, 24 + 48 * count)
      flows += count
      assert.equal(src_addr.length, host === '[::1]' ? 16 : 4)
      assert.equal(dst_port, flowListen.ports[0])
    }
    assert.equal(flows, FLOWS)
  })
}
