/** Sockets that flow-listen is started with, and what it tells who started it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import test from 'node:test'
import { activated, withoutSystemd } from '../support/activation.js'
import { readDatagrams } from '../support/datagram-stream.js'
import { freePort } from '../support/ports.js'
import { ROOT, runTool } from '../support/tools.js'
import { numbered, send } from './listener.js'

const FLOW_LISTEN = path.join(ROOT, 'bin/flow-listen')
const PAYLOAD_BYTES = 100
const payloads = (stream: Buffer): number[] => readDatagrams(stream).map(({ payload }) => parseInt(payload.slice(0, 8), 16))

test('what arrives between two runs waits in the socket for the second', { skip: withoutSystemd, timeout: 60_000 }, async (t) => {
  const port = await freePort()
  // the shell stands for the service manager: it holds the socket while flow-listen comes and goes
  const shell = `${FLOW_LISTEN} -listen fd:// & echo first is $! >&2; wait; read -r; exec ${FLOW_LISTEN} -listen fd://3`
  const running = await activated(t, 'UDP', [port], ['bash', '-c', shell])
  await send(port, numbered(2, PAYLOAD_BYTES))
  await running.says(/listening on 127\.0\.0\.1:\d+ \(fd:\/\/3\)/)
  await running.writes(2 * PAYLOAD_BYTES)
  process.kill(Number(/first is (\d+)/.exec(running.stderr())![1]), 'SIGTERM')
  await running.says(/2 datagrams in, 2 out/)
  await send(port, numbered(3, PAYLOAD_BYTES, 2))
  running.stdin.write('\n')
  await running.writes(5 * PAYLOAD_BYTES)
  await running.stop()
  assert.match(running.stderr(), /3 datagrams in, 3 out/)
  assert.deepEqual(payloads(running.stdout()), [0, 1, 2, 3, 4])
})

test('a socket of TCP is taken over', { skip: withoutSystemd, timeout: 60_000 }, async (t) => {
  const port = await freePort()
  const running = await activated(t, 'TCP', [port], [FLOW_LISTEN, '-listen', 'fd+tcp://3'])
  const message = Buffer.from('000a001400000000000000000000000000020004', 'hex')
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.end(message)
  await running.says(/listening on 127\.0\.0\.1:\d+ \(fd\+tcp:\/\/3\)/)
  await running.writes(message.length)
  await running.stop()
  assert.equal(readDatagrams(running.stdout())[0].payload, message.toString('hex'))
})

test('a descriptor that is no socket, and none at all, cost a line', async () => {
  for (const [uri, code, line] of [
    ['fd://9', 69, /cannot listen on descriptor 9: it is no UDP socket$/m],
    ['fd+tcp://9', 69, /cannot listen on descriptor 9: is it a TCP socket that listens\?/],
    ['fd://', 64, /fd:\/\/ are the sockets that flow-listen was started with, and there are none/]
  ] as const) {
    const { code: ended, stderr } = await runTool('flow-listen', ['-listen', uri], '', { LISTEN_FDS: '' })
    assert.equal(ended, code, uri)
    assert.match(stderr, line)
    assert.doesNotMatch(stderr, /\n {4}at /)
  }
})

const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print('bound', flush=True)
print(receiver.recv(4096).decode(), flush=True)
`

test('who asked is told when all sockets are open', { skip: withoutSystemd, timeout: 60_000 }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-listen-'))
  t.after(() => {
    fs.rmSync(folder, { recursive: true })
  })
  const place = path.join(folder, 'notify')
  const receiver = spawn('python3', ['-c', RECEIVER, place], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => receiver.kill('SIGKILL'))
  const lines = readline.createInterface({ input: receiver.stdout })
  assert.deepEqual(await once(lines, 'line'), ['bound'])
  const child = spawn(FLOW_LISTEN, ['-listen', 'flow://127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NOTIFY_SOCKET: place }
  })
  t.after(() => child.kill('SIGKILL'))
  assert.deepEqual(await once(lines, 'line'), ['READY=1'])
})
