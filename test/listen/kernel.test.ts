import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import test, { type TestContext } from 'node:test'
import { kernelDropCounter, ownSockets } from '../../src/listen/kernel.js'
import { withoutIpv6, withoutProc } from './listener.js'

async function socketAt(t: TestContext, address: string): Promise<dgram.Socket> {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  t.after(() => socket.close())
  return socket
}

test('our sockets are found where they are bound', { skip: withoutProc }, async (t) => {
  for (const address of ['127.0.0.1', '127.0.0.2', '0.0.0.0', ...(withoutIpv6 === false ? ['::1', '::'] : [])]) {
    const { port } = (await socketAt(t, address)).address()
    assert.equal(ownSockets({ address, port }).size, 1, address)
    assert.equal(ownSockets({ address: '127.0.0.3', port }).size, 0, address)
  }
})

test('where no socket of ours is, nothing is counted', { skip: withoutProc }, () => {
  assert.equal(kernelDropCounter([{ address: '192.0.2.1', port: 1 }]), undefined)
})

for (const address of ['127.0.0.1', '::1']) {
  test(
    `each datagram to ${address} is either read or counted as dropped`,
    { skip: withoutProc || (address === '::1' && withoutIpv6), timeout: 30_000 },
    async (t) => {
      const socket = await socketAt(t, address)
      const other = await socketAt(t, address)
      socket.setRecvBufferSize(20_000)
      const drops = kernelDropCounter([socket.address()])!
      const othersDrops = kernelDropCounter([other.address()])!
      assert.equal(drops(), 0)
      let read = 0
      socket.on('message', () => read++)
      const sender = await socketAt(t, address)
      for (let round = 1; round <= 2; round++) {
        let sent = 0
        for (let i = 0; i < 300; i++) sender.send(Buffer.alloc(1000), socket.address().port, address, () => sent++)
        while (sent < 300) await new Promise((resolve) => setTimeout(resolve, 5))
        while (read + drops() < 300 * round) await once(socket, 'message')
        assert.equal(read + drops(), 300 * round)
      }
      assert.ok(drops() > 0)
      assert.equal(othersDrops(), 0)
    }
  )
}
