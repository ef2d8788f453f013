/** `-for` and `-count` end a source, so that what stands behind it sees the end of its input. */
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { datagramFrame, readDatagrams } from '../support/datagram-stream.js'
import { ROOT, runPipeline, runTool, startTool } from '../support/tools.js'

const CAPTURE = path.join(ROOT, 'test/fixtures/demo.pcap')

test('flow-pcap -count gives so many datagrams and reads no further, also of a pipe that stays open', async () => {
  const all = readDatagrams((await runTool('flow-pcap', [CAPTURE])).stdout)
  const { code, stdout, stderr } = await runTool('flow-pcap', ['-count', '3', CAPTURE, '/dev/null'])
  assert.equal(code, 0, stderr)
  assert.deepEqual(readDatagrams(stdout), all.slice(0, 3))
  assert.match(stderr, /^flow-pcap: \d+ packets in, 3 datagrams out\n$/)
  const piped = startTool('flow-pcap', ['-count', '1'])
  piped.stdin.write(fs.readFileSync(CAPTURE))
  assert.deepEqual(readDatagrams((await piped.ended).stdout), all.slice(0, 1))
})

test('-for ends a source that has nothing', async () => {
  const waiting = startTool('flow-pcap', ['-for', '100ms'])
  const { code, stdout } = await waiting.ended
  assert.deepEqual([code, stdout.length], [0, 0])
  const counted = await runPipeline("flow-listen -listen 'flow://127.0.0.1:0' -for 100ms | flow-decode | flow-format | wc -l")
  assert.deepEqual([counted.code, counted.stdout.toString().trim()], [0, '0'])
})

test('flow-listen -count', async () => {
  const listen = startTool('flow-listen', ['-listen', 'flow://127.0.0.1:0', '-count', '5'])
  await listen.until(() => listen.stderr().includes('listening on'))
  const port = Number(/listening on 127\.0\.0\.1:(\d+)/.exec(listen.stderr())![1])
  const socket = dgram.createSocket('udp4')
  const timer = setInterval(() => {
    for (let i = 0; i < 3; i++) socket.send(Buffer.from([0, 9, i]), port, '127.0.0.1')
  }, 5)
  const { code, stdout, stderr } = await listen.ended
  clearInterval(timer)
  socket.close()
  assert.equal(code, 0, stderr)
  assert.equal(readDatagrams(stdout).length, 5)
  assert.match(stderr, /datagrams in, 5 out/)
})

test('-for and -count are no options of what ends with its input', async () => {
  assert.match((await runTool('flow-kafka', ['-count', '3'])).stderr, /-for and -count go with -consume/)
  assert.match(
    (await runTool('flow-pcap', ['-w', '-', '-for', '1s'], datagramFrame({ payload: Buffer.alloc(1) }))).stderr,
    /are for reading one/
  )
  assert.match((await runTool('flow-decode', ['-count', '3'])).stderr, /have it/)
})
