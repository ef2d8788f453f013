/** What becomes of messages when brokers and members of a group go away, and who is let in: on a broker that the tests stop and start. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import test, { after, before } from 'node:test'
import kafkajs, { type Admin } from 'kafkajs'
import { type Ended, runTool, startTool, type Running } from '../support/tools.js'
import { type KafkaBroker, SASL_USER, startKafka, withoutOwnKafka } from '../support/kafka-broker.js'
import { assertOrdered, assertSame, datagrams, flowNumber, flows, framesOf, freshName } from '../support/kafka.js'
import { DatagramMessage } from '../support/datagram-stream.js'

const { Kafka, logLevel } = kafkajs

let broker: KafkaBroker
let admin: Admin
before(async () => {
  if (withoutOwnKafka !== false) return
  broker = await startKafka({ 'auto.create.topics.enable': 'false' })
  waiting = startWaiting()
  admin = new Kafka({ brokers: [broker.plain], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
})
after(async () => {
  if (withoutOwnKafka !== false) return
  await admin.disconnect()
  await broker.stop()
})

async function freshTopic(numPartitions = 3): Promise<string> {
  const topic = freshName('topic')
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] })
  return topic
}

async function consume(topic: string, ...args: string[]): Promise<Buffer[]> {
  const ended = await runTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, '-consume', '-exit-at-end', ...args])
  assert.equal(ended.code, 0, ended.stderr)
  return framesOf(ended.stdout)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Members of a group that have all been given partitions. */
async function members(topic: string, count: number): Promise<Running[]> {
  const group = freshName('group')
  const args = ['-brokers', broker.plain, '-topic', topic, '-consume', '-group', group, '-loglevel', 'debug']
  const all: Running[] = []
  for (let i = 0; i < count; i++) {
    const tool = startTool('flow-kafka', args)
    all.push(tool)
    await tool.until(() => tool.stderr().includes('has joined the group'))
  }
  return all
}

/** Writes frames at a pace, until all are written or `isOver`. */
async function feed(tool: Running, frames: readonly Buffer[], isOver: () => boolean = () => false): Promise<void> {
  for (let at = 0; at < frames.length && !isOver(); at += 500) {
    tool.stdin.write(Buffer.concat(frames.slice(at, at + 500)))
    await pause(50)
  }
  tool.stdin.end()
}

// ---- who is let in

interface Door {
  name: string
  listener: 'plain' | 'sasl' | 'tls' | 'mtls'
  args: (broker: KafkaBroker) => string[]
  env?: Record<string, string>
  /** what is said where the door stays shut */
  refused?: RegExp
}
const login = { KAFKA_SASL_USER: SASL_USER.name, KAFKA_SASL_PASS: SASL_USER.password }
const intruder = { KAFKA_SASL_USER: SASL_USER.name, KAFKA_SASL_PASS: 'guess' }
const DOORS: readonly Door[] = [
  ...['plain', 'scram-sha256', 'scram-sha512'].flatMap((mechanism): Door[] => [
    { name: `SASL ${mechanism}`, listener: 'sasl', args: () => ['-sasl', mechanism], env: login },
    {
      name: `SASL ${mechanism} with a wrong password`,
      listener: 'sasl',
      args: () => ['-transport.kafka.sasl', mechanism],
      env: intruder,
      refused: /^flow-kafka: authentication refused: .*authentication.*\n$/i
    }
  ]),
  { name: 'TLS', listener: 'tls', args: ({ certificates }) => ['-tls', '-tls.ca', certificates.ca] },
  { name: 'TLS, any certificate', listener: 'tls', args: () => ['-tls', '-tls.insecure'] },
  {
    name: 'TLS with another authority',
    listener: 'tls',
    args: ({ certificates }) => ['-transport.kafka.tls', '-transport.kafka.tls.ca', certificates.otherCa],
    refused:
      /^flow-kafka: 127\.0\.0\.1:\d+: its certificate is signed by an authority that is not trusted: -tls\.ca names the file of the authority\n$/
  },
  {
    name: 'TLS with the system’s authorities',
    listener: 'tls',
    args: () => ['-tls'],
    refused: /its certificate is signed by an authority that is not trusted/
  },
  {
    name: 'mutual TLS',
    listener: 'mtls',
    args: ({ certificates: { ca, client, clientKey } }) => ['-tls.ca', ca, '-tls.client', client, '-tls.key', clientKey]
  },
  {
    name: 'mutual TLS without a certificate',
    listener: 'mtls',
    args: ({ certificates }) => ['-tls.ca', certificates.ca],
    refused: /it does not take our certificate, or wants one: see -tls\.client and -tls\.key/
  }
]

for (const { name, listener, args, env, refused } of DOORS) {
  test(
    `${name}: ${refused === undefined ? 'messages go in and come out' : 'refused in one line, exit 69'}`,
    { skip: withoutOwnKafka },
    async () => {
      const topic = await freshTopic()
      const sent = flows(100)
      const common = ['-brokers', broker[listener], '-topic', topic, ...args(broker)]
      const produced = await runTool('flow-kafka', common, Buffer.concat(sent), env)
      if (refused !== undefined) {
        assert.match(produced.stderr, refused)
        assert.deepEqual([produced.code, produced.stderr.split('\n').length], [69, 2])
        return
      }
      assert.equal(produced.code, 0, produced.stderr)
      const consumed = await runTool('flow-kafka', [...common, '-consume', '-exit-at-end'], '', env)
      assertSame(framesOf(consumed.stdout), sent)
    }
  )
}

// ---- who goes away

test(
  'a broker that is killed in mid-stream is waited for: all arrives, once, each exporter’s in order, and is read on',
  { skip: withoutOwnKafka },
  async () => {
    const topic = await freshTopic()
    const sent = flows(40_000)
    const [reader] = await members(topic, 1)
    const tool = startTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, '-key', 'sampler_address', '-flushfreq', '20ms'])
    let isFed = false
    const feeding = feed(tool, sent).then(() => (isFed = true))
    await reader.until(() => reader.stdout().length > 0)
    assert.equal(isFed, false)
    await broker.kill()
    await tool.until(() => tool.stderr().includes('cannot deliver'))
    await broker.start()
    await feeding
    const { code, stderr } = await tool.ended
    assert.equal(code, 0, stderr)
    assert.match(
      stderr,
      /^(?:flow-kafka: connected: [^\n]*\n)?flow-kafka: warning: cannot deliver: [^\n]*; trying until it works\nflow-kafka: delivering again after [\d.]+ s\nflow-kafka: 40000 messages in, 40000 delivered, [1-9]\d* retr(?:y|ies)\n$/
    )
    assertOrdered(await consume(topic), sent, flowNumber)

    const total = Buffer.concat(sent).length
    await reader.until(() => reader.stdout().length >= total)
    reader.kill('SIGTERM')
    const read = await reader.ended
    assert.equal(read.code, 0, read.stderr)
    assertOrdered(framesOf(read.stdout), sent, flowNumber)
  }
)

test(
  'members of a group share the topic: one that is stopped hands over without loss or repetition',
  { skip: withoutOwnKafka },
  async () => {
    const topic = await freshTopic(6)
    const sent = datagrams(20_000, 40)
    const [one, other] = await members(topic, 2)
    const source = startTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, '-flushfreq', '20ms'])
    const feeding = feed(source, sent)
    await Promise.all([one, other].map((tool) => tool.until(() => tool.stdout().length > 10_000)))
    one.kill('SIGTERM')
    const { code, stdout: early, stderr } = await one.ended
    assert.equal(code, 0, stderr)
    await feeding
    assert.equal((await source.ended).code, 0)
    const total = Buffer.concat(sent).length
    await other.until(() => early.length + other.stdout().length >= total)
    other.kill('SIGTERM')
    const { stdout: late } = await other.ended
    assertSame([...framesOf(early), ...framesOf(late)], sent)
    for (const part of [early, late]) {
      const last = new Map<string, number>()
      for (const frame of framesOf(part)) {
        const { src_addr, src_port } = DatagramMessage.decodeDelimited(frame) as unknown as { src_addr: Uint8Array; src_port: number }
        const key = Buffer.from(src_addr).join('.')
        assert.ok(src_port > (last.get(key) ?? 0), `${key}: ${src_port} after ${last.get(key)}`)
        last.set(key, src_port)
      }
    }
  }
)

test('a member that is killed loses nothing: the other reads what it had not committed', { skip: withoutOwnKafka }, async () => {
  const topic = await freshTopic(6)
  const sent = datagrams(10_000, 40)
  const [one, other] = await members(topic, 2)
  const source = startTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, '-flushfreq', '20ms'])
  const feeding = feed(source, sent)
  await Promise.all([one, other].map((tool) => tool.until(() => tool.stdout().length > 10_000)))
  one.kill('SIGKILL')
  const { stdout: early } = await one.ended
  await feeding
  const wanted = new Set(sent.map((frame) => frame.toString('hex')))
  const seen = new Set<string>()
  let at = 0
  for (const frame of wholeFrames(early)) seen.add(frame.toString('hex'))
  await other.until(() => {
    const frames = wholeFrames(other.stdout().subarray(at))
    for (const frame of frames) {
      seen.add(frame.toString('hex'))
      at += frame.length
    }
    return seen.size >= wanted.size
  })
  other.kill('SIGTERM')
  await other.ended
  assert.deepEqual(seen, wanted)
})

/** The frames of a stream that may end inside one. */
function wholeFrames(stream: Buffer): Buffer[] {
  const frames: Buffer[] = []
  // a datagram of this test is shorter than 128 bytes, so its length is one byte
  for (let at = 0; at < stream.length && at + 1 + stream[at] <= stream.length; at += 1 + stream[at])
    frames.push(stream.subarray(at, at + 1 + stream[at]))
  return frames
}

// ---- who gives up

interface Waiting {
  /** there is no such topic */
  missing: Promise<Ended>[]
  /** nobody listens */
  nobody: Promise<Ended>
  /** who listens closes the connection, as a listener does that expects another protocol */
  mistaken: Promise<Ended>[]
  close: () => void
}
let waiting: Waiting

/** Tools that wait until they end with 69; begun early, because some wait for long. */
function startWaiting(): Waiting {
  const closing = net.createServer((socket) => socket.on('error', () => undefined).on('data', () => socket.destroy()))
  const server = once(closing.listen(0, '127.0.0.1'), 'listening').then(() => `127.0.0.1:${(closing.address() as net.AddressInfo).port}`)
  return {
    missing: [[], ['-consume']].map((more) =>
      runTool('flow-kafka', ['-brokers', broker.plain, '-topic', 'missing', ...more], Buffer.concat(flows(1)))
    ),
    nobody: runTool('flow-kafka', ['-brokers', '127.0.0.1:1,[::1]:1'], Buffer.concat(flows(1))),
    mistaken: [[], ['-tls']].map(async (more) => runTool('flow-kafka', ['-brokers', await server, ...more])),
    close: () => closing.close()
  }
}

test('without a broker for 30 s, and without the topic, it ends with 69', { skip: withoutOwnKafka }, async () => {
  for (const { code, stderr, stdout } of await Promise.all(waiting.missing)) {
    assert.deepEqual([code, stdout.length], [69, 0])
    assert.match(stderr, /topic missing does not exist/)
  }
  for (const { code, stderr } of await Promise.all(waiting.mistaken)) {
    assert.equal(code, 69)
    assert.match(stderr, /it closed the connection: is -tls or -sasl missing, or too much\?/)
  }
  waiting.close()
  const { code, stderr } = await waiting.nobody
  assert.equal(code, 69)
  assert.match(stderr, /no broker within 30 s: (127\.0\.0\.1:1: connection refused|\[::1\]:1: [^;]*); .*:1: /)
})

test('whoever ends without delivering says how many: after -giveup, and at a second signal', { skip: withoutOwnKafka }, async () => {
  const topic = await freshTopic()
  const args = ['-brokers', broker.plain, '-topic', topic, '-flushfreq', '20ms', '-addr', '127.0.0.1:0']
  const tools = [startTool('flow-kafka', [...args, '-giveup', '2s']), startTool('flow-kafka', args)]
  for (const tool of tools) {
    await tool.until(() => tool.stderr().includes('metrics at'))
    tool.stdin.write(Buffer.concat(flows(100)))
  }
  while ((await consume(topic)).length < 200) await pause(100)
  await broker.kill()
  for (const tool of tools) tool.stdin.write(Buffer.concat(flows(100)))
  await Promise.all(tools.map((tool) => tool.until(() => tool.stderr().includes('cannot deliver'))))
  const gaveUp = await tools[0].ended
  assert.equal(gaveUp.code, 69)
  assert.match(
    gaveUp.stderr,
    /200 messages in, 100 delivered, .*\nflow-kafka: gave up after 2 s \(.*connection refused\): 100 messages were read and not delivered\n$/
  )
  tools[1].kill('SIGINT')
  await pause(200)
  tools[1].kill('SIGINT')
  const { code, stderr } = await tools[1].ended
  assert.equal(code, 130)
  assert.match(stderr, /flow-kafka: 100 messages were read and not delivered\n$/)
})
