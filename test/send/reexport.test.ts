/** flow-send with flows: over UDP, over TCP and TLS, into a file; and what other collectors make of it. */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import tls from 'node:tls'
import { captureIndex } from '../captures/capture-index.js'
import { readCapture } from '../support/captures.js'
import { makeCertificates } from '../support/certificates.js'
import { datagramFrame, readFlows } from '../support/datagram-stream.js'
import { listening, nfdump, withNfcapd, withoutNfdump } from '../support/nfdump.js'
import { freePort } from '../support/ports.js'
import { withoutCaptures } from '../support/shared.js'
import { ROOT, runPipeline, runTool, startTool } from '../support/tools.js'
import { flowBytes } from './ipfix/flows.js'

const DEMO = path.join(ROOT, 'test/fixtures/demo.pcap')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-send-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

async function demoFlows(): Promise<Buffer> {
  const { stdout } = await runPipeline(`flow-pcap ${DEMO} | flow-decode`)
  return stdout
}

/** bytes and packets of all flows. */
function sums(flows: readonly Record<string, unknown>[]): [number, number] {
  const sum = (name: string): number => flows.reduce((total, flow) => total + Number(flow[name] ?? 0), 0)
  return [sum('bytes'), sum('packets')]
}

/** The messages of a stream or file, by their lengths. */
function messagesOf(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  while (bytes.length > 0) {
    const length = bytes.readUInt16BE(2)
    assert.ok(length >= 16 && length <= bytes.length, 'a whole message')
    messages.push(bytes.subarray(0, length))
    bytes = bytes.subarray(length)
  }
  return messages
}

test('a file of flows is read by flow-pcap -ipfix, as of the time when they were received', async () => {
  const file = path.join(folder, 'demo.ipfix')
  const flows = await demoFlows()
  const sent = await runTool('flow-send', ['-to', `file:${file}`], flows)
  assert.equal(sent.code, 0, sent.stderr)
  assert.match(sent.stderr, /left out, because no element of IPFIX says them: .*type/)
  assert.match(sent.stderr, /109 flows of 4 exporters in; file:.*demo.ipfix: 109 flows in \d+ messages sent/)
  const back = readFlows((await runPipeline(`flow-pcap -ipfix ${file} | flow-decode`)).stdout)
  const before = readFlows(flows)
  assert.deepEqual(sums(back), sums(before))
  const seconds = (of: typeof back): number => Number(of[0].time_received_ns) / 1e9
  assert.ok(Math.abs(seconds(back) - seconds(before)) < 60)
})

test('what cannot be is said in one line', async () => {
  const cases: [args: string[], input: Buffer, code: number, line: RegExp][] = [
    [['-to', 'file:/nowhere/flows.ipfix'], Buffer.alloc(0), 73, /cannot write \/nowhere\/flows.ipfix: there is no folder \/nowhere/],
    [['-to', `file:${folder}/x.ipfix`], datagramFrame({ payload: Buffer.alloc(20) }), 65, /put flow-decode in front/],
    [['-to', 'ipfix+tls://localhost:4740?ca=/nowhere.pem'], Buffer.alloc(0), 66, /cannot read \/nowhere.pem: no such file/],
    [['-to', 'ipfix+udp://localhost:4740'], Buffer.alloc(0), 64, /'ipfix\+udp' in .* is no scheme/],
    [['-mtu', '100', '-to', '127.0.0.1:9'], Buffer.alloc(0), 64, /from 576 to 65507/]
  ]
  for (const [args, input, code, line] of cases) {
    const ended = await runTool('flow-send', args, input)
    assert.equal(ended.code, code, ended.stderr)
    assert.match(ended.stderr, line)
  }
})

/** One flow as a frame. */
function flowFrame(fields: Parameters<typeof flowBytes>[0]): Buffer {
  const bytes = flowBytes(fields)
  assert.ok(bytes.length < 128)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
const flow = (packets: bigint): Buffer =>
  flowFrame({ sampler_address: Buffer.from([192, 0, 2, 1]), src_addr: Buffer.from([10, 0, 0, 1]), packets })

/** Whether one of the messages has a data set of one of the templates. */
const dataSets = (messages: readonly Buffer[]): number => messages.filter((message) => message.readUInt16BE(16) >= 256).length

test('each connection begins with templates and at sequence number 0; what came while there was none is kept for the next', async () => {
  const sockets: net.Socket[] = []
  const heard: Buffer[] = []
  const server = net.createServer((socket) => {
    const at = sockets.push(socket) - 1
    heard[at] = Buffer.alloc(0)
    socket.on('data', (chunk) => (heard[at] = Buffer.concat([heard[at], chunk])))
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const tool = startTool('flow-send', ['-to', `ipfix+tcp://127.0.0.1:${port}`])
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await pause(5)
  }
  tool.stdin.write(flow(1n))
  await until(() => sockets.length === 1 && dataSets(messagesOf(heard[0])) === 1)
  sockets[0].resetAndDestroy()
  await tool.until(() => tool.stderr().includes('trying again'))
  tool.stdin.write(flow(2n))
  await until(() => sockets.length === 2 && dataSets(messagesOf(heard[1])) === 1)
  tool.stdin.end()
  const { code, stderr } = await tool.ended
  assert.equal(code, 0, stderr)
  assert.match(stderr, /connected to ipfix\+tcp:.*connected to ipfix\+tcp:/s)
  assert.match(stderr, /2 flows of 1 exporter in; .*: 2 flows in \d+ messages sent/)
  for (const stream of heard) {
    const messages = messagesOf(stream)
    assert.equal(messages[0].readUInt32BE(8), 0)
    assert.equal(messages[0].readUInt16BE(16), 2, 'a template set comes first')
    // the options record that says who the exporter is, and the flow
    assert.equal(messages.at(-1)!.readUInt32BE(8), 1)
  }
  server.close()
})

test('TLS: the target has to be who it is, and sees who we are', async () => {
  const { ca, otherCa, serverKeyStore, client, clientKey } = makeCertificates(folder)
  const pem = fs.readFileSync(serverKeyStore)
  let bytes = 0
  const server = tls.createServer({ cert: pem, key: pem, ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: true }, (socket) =>
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const target = `ipfix+tls://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sent = await runTool('flow-send', ['-to', `${target}?ca=${ca}&cert=${client}&key=${clientKey}`], flow(1n))
  assert.equal(sent.code, 0, sent.stderr)
  assert.ok(bytes > 100)
  const refused = await runTool('flow-send', ['-to', `${target}?ca=${otherCa}&cert=${client}&key=${clientKey}`], flow(1n))
  assert.equal(refused.code, 69)
  assert.match(refused.stderr, /cannot connect to ipfix\+tls:.*certificate/)
  assert.match(refused.stderr, /0 flows in 0 messages sent, 1 dropped \(disconnected\)/)
  server.close()
})

test('a target that is down costs no other a flow, nor stdout', async () => {
  const flows = await demoFlows()
  const down = await freePort()
  const file = path.join(folder, 'beside.ipfix')
  const { code, stdout, stderr } = await runTool('flow-send', ['-tee', '-to', `ipfix+tcp://127.0.0.1:${down},file:${file}`], flows)
  assert.equal(code, 69)
  assert.ok(stdout.equals(flows))
  assert.match(stderr, new RegExp(`127.0.0.1:${down}: 0 flows in 0 messages sent, 109 dropped \\(disconnected\\); file:.*: 109 flows in`))
})

/** What became of flows at a target, of the summary. */
function fateOf(stderr: string, name: string): { sent: number; dropped: number } {
  const told = stderr.split('\n').find((line) => / flows? of \d+ exporters? in;/.test(line)) ?? ''
  const part = told.split('; ').find((one) => one.startsWith(`${name}: `)) ?? ''
  const sum = (pattern: RegExp): number => Array.from(part.matchAll(pattern)).reduce((total, [, count]) => total + Number(count), 0)
  return { sent: sum(/(\d+) flows? in /g), dropped: sum(/(\d+) dropped/g) }
}

test('a target that takes nothing holds up neither SIGTERM nor what stands before it, and what it did not get is told', async () => {
  const held: net.Socket[] = []
  const server = net.createServer({ pauseOnConnect: true }, (socket) => held.push(socket.on('error', () => undefined)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const name = `ipfix+tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
  const flows = await demoFlows()
  // more than waits for a target and fits into the buffers of a socket
  const times = Math.ceil((24 * 1024 * 1024) / flows.length)
  const tool = startTool('flow-send', ['-to', name])
  tool.stdin.write(Buffer.concat(Array.from({ length: times }, () => flows)))
  await tool.until(() => tool.stderr().includes('connected to'))
  tool.kill('SIGTERM')
  const { code, stderr } = await tool.ended
  assert.equal(code, 69, stderr)
  assert.ok(stderr.includes(`${name} did not take all: see the drops`), stderr)
  assert.ok(!stderr.includes('trying again'), stderr)
  const { sent, dropped } = fateOf(stderr, name)
  assert.ok(dropped > 0)
  assert.equal(sent + dropped, times * 109)
  for (const socket of held) socket.destroy()
  server.close()
})

test('a target that goes and comes back costs no other a flow, nor stdout, and of its own what is counted', async () => {
  const name = 'ipfix+tcp://127.0.0.1'
  const file = path.join(folder, 'outage.ipfix')
  const flows = await demoFlows()
  const port = await freePort()
  const sockets: net.Socket[] = []
  const listen = async (): Promise<net.Server> => {
    const server = net.createServer((socket) => sockets.push(socket.on('error', () => undefined).resume()))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  let server = await listen()
  const tool = startTool('flow-send', ['-tee', '-to', `${name}:${port},file:${file}`])
  let written = 0
  const write = async (rounds: number): Promise<void> => {
    for (let i = 0; i < rounds; i++) tool.stdin.write(flows)
    written += rounds * flows.length
    while (tool.stdout().length < written) await pause(50)
  }
  await write(10)
  server.close()
  await tool.until(() => sockets.length === 1)
  sockets[0].destroy()
  await tool.until(() => tool.stderr().includes('trying again'))
  // as much as waits for a target, and more
  const rounds = Math.ceil((11 * 1024 * 1024) / flows.length)
  await write(rounds)
  server = await listen()
  await tool.until(() => tool.stderr().split('connected to').length === 3)
  await write(10)
  tool.stdin.end()
  const { code, stdout, stderr } = await tool.ended
  assert.equal(code, 0, stderr)
  const all = (rounds + 20) * 109
  assert.equal(stdout.length, written)
  assert.deepEqual(fateOf(stderr, `file:${file}`), { sent: all, dropped: 0 })
  const { sent, dropped } = fateOf(stderr, `${name}:${port}`)
  assert.equal(sent + dropped, all)
  assert.match(stderr, /\d+ dropped \(queue full\)/)
  assert.equal(readFlows((await runPipeline(`flow-pcap -ipfix ${file} | flow-decode`)).stdout).length, all)
  server.close()
})

test('nfcapd has the flows that nfdump knows of', { skip: withoutNfdump }, async () => {
  const flows = await demoFlows()
  const wanted = sums(readFlows(flows))
  await withNfcapd(
    (port) => runTool('flow-send', ['-to', `127.0.0.1:${port}`], flows),
    (at) => {
      const theirs = nfdump(at, ['-s', 'proto/bytes', '-n', '50'])
      const sum = (name: string): number => theirs.reduce((total, row) => total + Number(row[name]), 0)
      assert.deepEqual([sum('byt'), sum('pkt')], wanted)
      return Promise.resolve()
    }
  )
})

const withoutPmacct = spawnSync('nfacctd', ['-V']).error === undefined ? false : 'no nfacctd'

test('nfacctd of pmacct has the same sums', { skip: withoutPmacct }, async () => {
  const flows = await demoFlows()
  const port = await freePort()
  const [conf, out] = [path.join(folder, 'nfacctd.conf'), path.join(folder, 'nfacctd.json')]
  const settings = {
    nfacctd_ip: '127.0.0.1',
    nfacctd_port: port,
    plugins: 'print',
    aggregate: 'src_host,dst_host,src_port,dst_port,proto',
    print_output: 'json',
    print_output_file: out,
    print_refresh_time: 1
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`)
  fs.writeFileSync(conf, lines.join(''))
  const nfacctd = spawn('nfacctd', ['-f', conf], { stdio: 'ignore' })
  const exited = once(nfacctd, 'exit')
  await listening(port)
  await runTool('flow-send', ['-to', `127.0.0.1:${port}`], flows)
  const wanted = sums(readFlows(flows))
  const read = (): Record<string, unknown>[] =>
    fs.existsSync(out)
      ? fs.readFileSync(out, 'utf8').split('\n').filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Record<string, unknown>) // prettier-ignore
      : []
  let theirs: [number, number] = [0, 0]
  for (let tries = 0; tries < 200 && theirs[0] !== wanted[0]; tries++) {
    await pause(100)
    theirs = sums(read())
  }
  nfacctd.kill('SIGINT')
  await exited
  assert.deepEqual(theirs, wanted)
})

test('the flows of all captures go out in at most 64 templates, and all come back', { skip: withoutCaptures }, async () => {
  const datagrams: Buffer[] = []
  for (const [i, { path: capture }] of captureIndex().entries())
    for (const datagram of await readCapture(capture)) datagrams.push(datagramFrame({ ...datagram, src: Buffer.from([10, 9, 0, i]) }))
  const flows = (await runTool('flow-decode', ['-loglevel', 'error'], Buffer.concat(datagrams))).stdout
  const before = readFlows(flows)
  const file = path.join(folder, 'captures.ipfix')
  const sent = await runTool('flow-send', ['-to', `file:${file}`], flows)
  assert.equal(sent.code, 0, sent.stderr)
  assert.deepEqual(fateOf(sent.stderr, `file:${file}`), { sent: before.length, dropped: 0 })
  const ids = new Set(messagesOf(fs.readFileSync(file)).flatMap(templateIds))
  assert.ok(ids.size > 20 && ids.size <= 64, `${ids.size} templates`)
  const back = readFlows((await runPipeline(`flow-pcap -ipfix ${file} | flow-decode -sampler record`)).stdout)
  const bySampler = (of: typeof back): Map<string, [number, number, number]> => {
    const sums = new Map<string, [number, number, number]>()
    for (const { sampler_address, bytes, packets } of of) {
      const [count, b, p] = sums.get(sampler_address as string) ?? [0, 0, 0]
      sums.set(sampler_address as string, [count + 1, b + Number(bytes ?? 0), p + Number(packets ?? 0)])
    }
    return new Map([...sums].sort())
  }
  assert.deepEqual(bySampler(back), bySampler(before))
})

/** The ids of the templates, and options templates, that a message of flow-send defines. */
function templateIds(message: Buffer): number[] {
  const ids: number[] = []
  for (let set = 16; set < message.length; set += message.readUInt16BE(set + 2)) {
    const [kind, end] = [message.readUInt16BE(set), set + message.readUInt16BE(set + 2)]
    if (kind !== 2 && kind !== 3) continue
    for (let pos = set + 4; pos < end;) {
      ids.push(message.readUInt16BE(pos))
      pos += (kind === 2 ? 4 : 6) + 4 * message.readUInt16BE(pos + 2)
    }
  }
  return ids
}

const withoutTshark = spawnSync('tshark', ['-v']).error === undefined ? false : 'no tshark'

test('tshark finds each message whole, in the size asked for, and its sequence number expected', { skip: withoutTshark }, async () => {
  const [file, capture] = [path.join(folder, 'tshark.ipfix'), path.join(folder, 'tshark.pcap')]
  await runTool('flow-send', ['-mtu', '600', '-to', `file:${file}`], await demoFlows())
  const messages = messagesOf(fs.readFileSync(file))
  assert.ok(messages.every(({ length }) => length <= 600))
  const frames = messages.map((payload) => datagramFrame({ payload, dstPort: 4739 }))
  await runTool('flow-pcap', ['-w', capture], Buffer.concat(frames))
  const fields = ['cflow.od_id', 'cflow.sequence', 'cflow.sequence_analysis.expected_sn', '_ws.expert.message']
  const out = execFileSync('tshark', [
    '-r',
    capture,
    '-d',
    'udp.port==4739,cflow',
    '-T',
    'fields',
    ...fields.flatMap((field) => ['-e', field])
  ])
  const rows = out.toString().replace(/\n$/, '').split('\n').map((row) => row.split('\t')) // prettier-ignore
  assert.equal(rows.length, messages.length)
  for (const [domain, sequence, expected, expert] of rows) {
    assert.ok(Number(domain.split(',')[0]) >= 1 && sequence !== '')
    assert.equal(expected, '')
    assert.equal(expert, '')
  }
})
