/** flow-send as a process, and its parts. */
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'
import type { Log } from '../../src/cli/log.js'
import { udpTargetsOf } from '../../src/send/udptargets.js'
import { exportersOf } from '../../src/send/exporters.js'
import { relay } from '../../src/send/relay.js'
import { type HostTarget, parseTargets } from '../../src/send/targets.js'
import { socketOf } from '../../src/send/udp.js'
import { datagramFrame, readDatagrams } from '../support/datagram-stream.js'
import { nfdump, withNfcapd, withoutNfdump } from '../support/nfdump.js'
import { ROOT, runPipeline, runTool, startTool } from '../support/tools.js'

interface Heard {
  port: number
  from: number
  payload: string
}

/** A collector on 127.0.0.1: what it heard, in order. */
async function collector(
  type: 'udp4' | 'udp6' = 'udp4'
): Promise<{ port: number; heard: Heard[]; until(count: number): Promise<void>; close(): void }> {
  const socket = dgram.createSocket(type)
  socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1')
  await once(socket, 'listening')
  const { port } = socket.address()
  const heard: Heard[] = []
  socket.on('message', (message, from) => heard.push({ port, from: from.port, payload: message.toString('hex') }))
  return {
    port,
    heard,
    async until(count) {
      while (heard.length < count) await once(socket, 'message')
    },
    close: () => socket.close()
  }
}

const from = (last: number, port: number, byte: number): Buffer =>
  datagramFrame({ src: Buffer.from([192, 0, 2, last]), srcPort: port, payload: Buffer.alloc(20, byte) })

test('each exporter comes from a port of its own, to each target that takes it, and stdout has what came', async () => {
  const [first, second] = [await collector(), await collector('udp6')]
  const frames = [from(1, 100, 1), from(2, 100, 2), from(1, 101, 3), from(1, 100, 4)]
  const tool = startTool('flow-send', ['-tee', '-to', `127.0.0.1:${first.port},[::1]:${second.port}?allow=192.0.2.2`])
  for (const frame of frames) tool.stdin.write(frame)
  tool.stdin.end()
  await Promise.all([first.until(4), second.until(1)])
  const { code, stdout, stderr } = await tool.ended
  assert.equal(code, 0, stderr)
  assert.ok(stdout.equals(Buffer.concat(frames)))
  assert.deepEqual(
    first.heard.map(({ payload }) => payload.slice(0, 2)),
    ['01', '02', '03', '04']
  )
  const ports = first.heard.map(({ from }) => from)
  assert.equal(ports[0], ports[3])
  assert.equal(new Set(ports).size, 3)
  assert.deepEqual(
    second.heard.map(({ payload }) => payload.slice(0, 2)),
    ['02']
  )
  assert.match(stderr, new RegExp(`4 datagrams of 3 exporters in; 127.0.0.1:${first.port}: 4 sent; \\[::1\\]:${second.port}: 1 sent`))
  first.close()
  second.close()
})

test('targets that are not there, or have no name, cost neither stdout nor another target a datagram', async () => {
  const here = await collector()
  const { stdout: stream } = await runTool('flow-pcap', [path.join(ROOT, 'test/fixtures/demo.pcap')])
  const datagrams = readDatagrams(stream)
  // nobody listens on port 9, the name does not exist, nothing leads to 240.0.0.1
  const { code, stdout, stderr } = await runTool(
    'flow-send',
    ['-tee', '-to', `127.0.0.1:9,nowhere.invalid:2055,240.0.0.1:2055,127.0.0.1:${here.port}`],
    stream
  )
  assert.equal(code, 0, stderr)
  assert.ok(stdout.equals(stream))
  await here.until(datagrams.length)
  assert.deepEqual(here.heard.map(({ payload }) => payload).sort(), datagrams.map(({ payload }) => payload).sort())
  assert.match(stderr, /warning: cannot resolve nowhere.invalid/)
  assert.match(stderr, new RegExp(`nowhere.invalid:2055: 0 sent, ${datagrams.length} dropped \\(unresolved\\)`))
  here.close()
})

test('what is wrong with a command line costs one line', async () => {
  const cases: [args: string[], code: number, line: RegExp][] = [
    [[], 64, /where to\? -to HOST:PORT/],
    [['-to', 'here'], 64, /'here' is no target/],
    [['-to', 'nowhere.invalid:2055'], 69, /no target of -to has an address/]
  ]
  for (const [args, code, line] of cases) {
    const ended = await runTool('flow-send', args)
    assert.equal(ended.code, code)
    assert.match(ended.stderr, line)
  }
})

const silent = (): void => undefined
const log = (lines: string[]): Log => ({ debug: silent, info: (line) => lines.push(line), warn: (line) => lines.push(line), error: silent })

test('names are asked for again; without an answer the address that there is stays', async () => {
  const answers = [{ address: '127.0.0.1', family: 4 }, undefined, { address: '::1', family: 6 }]
  const lines: string[] = []
  const { promise, resolve } = deferred()
  const udpTargets = udpTargetsOf(
    parseTargets('collector:2055,127.0.0.9:2055') as HostTarget[],
    log(lines),
    (host) => {
      assert.equal(host, 'collector')
      const answer = answers.shift()
      if (answers.length === 0) setImmediate(resolve)
      return answer === undefined ? Promise.reject(new Error('no answer')) : Promise.resolve(answer)
    },
    5
  )
  await udpTargets.resolve()
  assert.equal(udpTargets.all[0].address, '127.0.0.1')
  const keepsAlive = setInterval(silent, 1000)
  await promise
  clearInterval(keepsAlive)
  udpTargets.close()
  assert.deepEqual([udpTargets.all[0].address, udpTargets.all[0].family, udpTargets.all[1].address], ['::1', 6, '127.0.0.9'])
  assert.deepEqual(lines, [
    'cannot resolve collector: no answer; going on with 127.0.0.1',
    'collector:2055 is at ::1 now, no longer at 127.0.0.1'
  ])
})

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = silent
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}

test('past the most exporters the longest silent one gives its socket away', () => {
  const exporters = exportersOf([], 2)
  const at = (last: number): ReturnType<typeof exporters.at> => exporters.at(Buffer.from([10, 0, 0, last]), 0, 4, 2055)
  const first = at(1)
  const second = at(2)
  socketOf(second, 4)
  assert.equal(at(1), first)
  at(3)
  assert.equal(at(1), first)
  assert.notEqual(at(2), second)
  assert.deepEqual(exporters.counts, { exporters: 4, closed: 2 })
  exporters.closeAll()
})

test('what waits for a target is bounded, and what is past that is counted, while others get all', () => {
  const udpTargets = udpTargetsOf(parseTargets('127.0.0.1:9,127.0.0.1:10') as HostTarget[], log([])).all
  const exporters = exportersOf(udpTargets)
  const sending = relay(udpTargets, exporters)
  udpTargets[0].counts.waitingBytes = 8 * 1024 * 1024
  const frame = from(1, 100, 1)
  sending.onFrame(frame, 1, frame.length, 0)
  assert.equal(udpTargets[0].counts.dropped['queue-full'], 1)
  assert.equal(udpTargets[1].counts.dropped['queue-full'], 0)
  assert.equal(sending.blocked, false)
  udpTargets[1].counts.waitingBytes += 8 * 1024 * 1024
  assert.equal(sending.blocked, true)
  exporters.closeAll()
})

test('nfcapd behind it has the flows of three exporters, whose templates have the same numbers', { skip: withoutNfdump }, async () => {
  const demo = path.join(ROOT, 'test/fixtures/demo.pcap')
  const ours = await runPipeline(`flow-pcap ${demo} | flow-decode | flow-agg -by type,proto -raw-counts | flow-format`)
  const sums = new Map<string, [flows: number, packets: number, bytes: number]>()
  for (const line of ours.stdout.toString().trimEnd().split('\n')) {
    const { type, proto, flows, packets, bytes } = JSON.parse(line) as {
      type: string
      proto: string
      flows: number
      packets: number
      bytes: number
    }
    if (type === 'SFLOW_5') continue
    const [f, p, b] = sums.get(proto) ?? [0, 0, 0]
    sums.set(proto, [f + flows, p + packets, b + bytes])
  }
  await withNfcapd(
    (port) => runPipeline(`flow-pcap ${demo} | flow-send -to 127.0.0.1:${port}`),
    (folder) => {
      const theirs = nfdump(folder, ['-s', 'proto/bytes', '-n', '20']).map(
        ({ pr, fl, pkt, byt }) => [pr, [Number(fl), Number(pkt), Number(byt)]] as const
      )
      assert.deepEqual(new Map(theirs.map(([proto, counts]) => [proto === 'ICMP6' ? 'IPv6-ICMP' : proto, counts])), sums)
      return Promise.resolve()
    }
  )
})
