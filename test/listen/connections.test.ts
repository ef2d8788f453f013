/** flow-listen over TCP and TLS, as a process. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import tls from 'node:tls'
import { makeCertificates } from '../support/certificates.js'
import { ROOT, runPipeline } from '../support/tools.js'
import { listen, type Received } from './listener.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-listen-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

/** An IPFIX message of so many bytes, with a number in it. */
function message(bytes: number, sequence = 0): Buffer {
  const out = Buffer.alloc(bytes, sequence & 0xff)
  out.writeUInt16BE(10, 0)
  out.writeUInt16BE(bytes, 2)
  out.writeUInt32BE(sequence, 8)
  return out
}

async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.setNoDelay(true)
  return socket
}

const closed = (socket: net.Socket): Promise<unknown> =>
  socket.closed ? Promise.resolve() : new Promise((resolve) => socket.resume().once('close', resolve))
const payloads = (received: readonly Received[]): Buffer[] => received.map(({ payload }) => Buffer.from(payload))

test('messages byte by byte, two a segment and the longest come as they are; the end of a connection is told', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0')
  const [port] = listener.ports
  const socket = await connect(port)
  const from = socket.localPort
  for (const byte of message(40, 1)) {
    socket.write(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.write(Buffer.concat([message(16, 2), message(100, 3)]))
  socket.write(message(65_535, 4))
  await listener.until(4)
  socket.end()
  await listener.until(5)
  assert.deepEqual(payloads(listener.received), [message(40, 1), message(16, 2), message(100, 3), message(65_535, 4), Buffer.alloc(0)])
  const again = await connect(port)
  again.end(message(20))
  await listener.until(7)
  const numbers = listener.received.map(({ connection }) => connection)
  assert.ok(numbers[0] > 0n)
  assert.equal(new Set(numbers.slice(0, 5)).size, 1)
  assert.ok(numbers[5] > numbers[0] && numbers[5] === numbers[6])
  const [first] = listener.received
  assert.deepEqual([[...first.src_addr], first.src_port, [...first.dst_addr], first.dst_port], [[127, 0, 0, 1], from, [127, 0, 0, 1], port])
  assert.ok(Math.abs(Number(first.time_received_ns / 1_000_000n) - Date.now()) < 60_000)
  const { code, stderr } = await listener.stop()
  assert.equal(code, 0)
  assert.match(stderr, /5 datagrams in, 5 out; 2 connections\n$/)
})

test('who sends nonsense, or half of a message, costs itself alone', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0')
  const [port] = listener.ports
  const good = await connect(port)
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([0, 10, 0, 15, 0, 0, 0, 0]), Buffer.from([0, 9, 0, 20])]) {
    const bad = await connect(port)
    bad.write(bytes)
    await closed(bad)
  }
  const half = await connect(port)
  half.end(message(100).subarray(0, 50))
  await listener.says(/inside-message/)
  good.write(message(30, 9))
  // the ends of four others came first
  await listener.until(5)
  assert.deepEqual(payloads(listener.received).at(-1), message(30, 9))
  const { stderr } = await listener.stop()
  assert.match(stderr, /cut off 127.0.0.1:\d+ \(nonsense\)/)
  assert.match(stderr, /5 connections, refused or cut off: 3 nonsense, 1 inside message\n$/)
})

test('who drips bytes, says nothing or comes when there are enough is cut off', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0?timeout=200ms&max=3&idle=700ms')
  const [port] = listener.ports
  const [silent, slow, good] = [await connect(port), await connect(port), await connect(port)]
  const drip = setInterval(() => slow.write(Buffer.from([0])), 20)
  slow.write(Buffer.from([0, 10, 100, 0]))
  good.write(message(30))
  await listener.until(1)
  await closed(await connect(port))
  await Promise.all([closed(silent), closed(slow)])
  clearInterval(drip)
  assert.equal(good.closed, false)
  await closed(good)
  const { stderr } = await listener.stop()
  assert.match(stderr, /1 too many, 2 slow, 1 idle\n$/)
})

test('a thousand connections are taken, and no more', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0')
  const sockets: net.Socket[] = []
  for (let i = 0; i < 1000; i++) sockets.push(await connect(listener.ports[0]))
  await closed(await connect(listener.ports[0]))
  for (const socket of sockets) socket.write(message(20))
  await listener.until(1000)
  const { stderr } = await listener.stop()
  assert.match(stderr, /1000 datagrams in, 1000 out; 1000 connections, refused or cut off: 1 too many\n$/)
  for (const socket of sockets) socket.destroy()
})

test('a reader that is slow slows the exporters down, and nothing is lost', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0')
  const socket = await connect(listener.ports[0])
  listener.pause()
  const count = 2000
  let taken = 0
  for (let i = 0; i < count; i++) socket.write(message(20_000, i), () => taken++)
  // the system's buffers fill up, and then nothing moves
  for (let before = -1; before !== taken;) {
    before = taken
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  assert.ok(taken < count)
  listener.resume()
  await listener.until(count)
  assert.deepEqual(
    listener.received.map(({ payload }) => Buffer.from(payload).readUInt32BE(8)),
    Array.from({ length: count }, (_, i) => i)
  )
  socket.destroy()
  await listener.stop()
})

test('what the kernel has acknowledged is written at the end, however slow the reader is', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0')
  const socket = await connect(listener.ports[0])
  listener.pause()
  const count = 1200
  for (let i = 0; i < count; i++) socket.write(message(1000, i))
  if (socket.writableNeedDrain) await once(socket, 'drain')
  const stopped = listener.stop()
  listener.resume()
  assert.match((await stopped).stderr, /1200 datagrams in, 1200 out; 1 connection\n$/)
})

test('an exporter that never stops holds up no end', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0')
  const socket = await connect(listener.ports[0])
  const many = Buffer.concat(Array.from({ length: 100 }, () => message(1000)))
  const write = (): void => {
    while (!socket.closed && socket.write(many));
  }
  socket.on('drain', write)
  write()
  await listener.until(1000)
  assert.equal((await listener.stop()).code, 0)
})

test('what comes beyond -count is not counted as out', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0', '-count', '1')
  const socket = await connect(listener.ports[0])
  socket.write(Buffer.concat([message(20, 1), message(20, 2), message(20, 3)]))
  await listener.until(1)
  await closed(socket)
  assert.match((await listener.stop()).stderr, /3 datagrams in, 1 out, 2 more than -count; 1 connection\n$/)
})

test('-allow holds for connections', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0', '-allow', '192.0.2.0/24')
  await closed(await connect(listener.ports[0]))
  const { stderr } = await listener.stop()
  assert.match(stderr, /0 datagrams in, 0 out; 0 connections, refused or cut off: 1 not allowed\n$/)
})

test('TLS: a client of the authority is taken, one without a certificate refused', async (t) => {
  const { ca, serverKeyStore, client, clientKey } = makeCertificates(folder)
  const listener = await listen(t, `ipfix+tls://127.0.0.1:0?cert=${serverKeyStore}&key=${serverKeyStore}&ca=${ca}`)
  const [port] = listener.ports
  const trusted = { port, host: '127.0.0.1', ca: fs.readFileSync(ca) }
  const good = tls.connect({ ...trusted, cert: fs.readFileSync(client), key: fs.readFileSync(clientKey) })
  good.end(message(40, 7))
  await listener.until(2)
  assert.deepEqual(payloads(listener.received), [message(40, 7), Buffer.alloc(0)])
  const bare = tls.connect(trusted)
  bare.on('error', () => undefined)
  bare.write(message(40))
  await closed(bare)
  const { stderr } = await listener.stop()
  assert.match(stderr, /1 datagram in, 1 out; 1 connection, refused or cut off: 1 handshake\n$/)
})

test('TLS: handshakes that nobody goes on with take room, but not for ever, and hold up no end; who is not allowed gets none', async (t) => {
  const { serverKeyStore } = makeCertificates(folder)
  const uri = `ipfix+tls://127.0.0.1:0?cert=${serverKeyStore}&key=${serverKeyStore}`
  const listener = await listen(t, `${uri}&max=3&timeout=1s`)
  const [port] = listener.ports
  const halves = [await connect(port), await connect(port), await connect(port)]
  await closed(await connect(port))
  await Promise.all(halves.map(closed))
  const good = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  good.end(message(40))
  await listener.until(2)
  const { stderr } = await listener.stop()
  assert.match(stderr, /1 connection, refused or cut off: 1 too many, 3 handshake\n$/)

  const patient = await listen(t, `${uri}&timeout=1h`)
  const half = await connect(patient.ports[0])
  const stopped = patient.stop()
  await closed(half)
  assert.equal((await stopped).code, 0)

  const choosy = await listen(t, uri, '-allow', '192.0.2.0/24')
  await closed(await connect(choosy.ports[0]))
  assert.match((await choosy.stop()).stderr, /0 connections, refused or cut off: 1 not allowed\n$/)
})

test('flow-send over TCP, with templates that another connection has otherwise, gives flow-decode the same flows', async (t) => {
  const listener = await listen(t, 'ipfix+tcp://127.0.0.1:0')
  const demo = path.join(ROOT, 'test/fixtures/demo.pcap')
  const target = `ipfix+tcp://127.0.0.1:${listener.ports[0]}`
  const sent = await runPipeline(`flow-pcap ${demo} | flow-decode | flow-send -to ${target}`)
  assert.match(sent.stderr, /109 flows in \d+ messages sent/)
  const { stderr } = await listener.stop()
  assert.match(stderr, /; 1 connection\n$/)
  const messages = Number(/in (\d+) messages sent/.exec(sent.stderr)![1])
  assert.equal(listener.received.length, messages + 1)
})

test('what is wrong with a listener of connections is said', async () => {
  const cases: [uri: string, code: number, line: RegExp][] = [
    ['ipfix+tls://:0', 64, /needs cert=FILE and key=FILE/],
    ['ipfix+tcp://:0?cert=x', 64, /'cert' in .* is no setting: max, idle, timeout, workers are/],
    ['ipfix+tcp://:0?idle=5', 64, /idle in .* is not '5' but a duration/],
    ['ipfix+tls://:0?cert=/nowhere.pem&key=/nowhere.pem', 66, /cannot read \/nowhere.pem: no such file/]
  ]
  for (const [uri, code, line] of cases) {
    const ended = await runPipeline(`flow-listen -listen '${uri}' | cat`)
    assert.equal(ended.code, code, ended.stderr)
    assert.match(ended.stderr, line)
  }
})
