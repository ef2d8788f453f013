/** flow-kafka against a real cluster, with kcat as the judge of what it sends and as the sender of what it reads. */
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import kafkajs, { type Admin, type ProducerConfig } from 'kafkajs'
import { brokerList } from '../../src/kafka/brokers.js'
import { openClient } from '../../src/kafka/client.js'
import { openDelivery } from '../../src/kafka/delivery.js'
import type { Messages } from '../../src/ship/messages.js'
import { runPipeline, runTool, startTool, type Ended } from '../support/tools.js'
import { anyKafka, withoutGreeting, withoutKafka, withoutKcat } from '../support/kafka-broker.js'
import { assertSame, datagrams, exporter, flows, frameOf, framesOf, freshName, kcat, listOfMessages, readTopic } from '../support/kafka.js'
import { DatagramMessage } from '../support/datagram-stream.js'

const { Kafka, logLevel } = kafkajs

let broker: string
let stop = (): Promise<void> => Promise.resolve()
let admin: Admin
before(async () => {
  if (withoutKafka !== false) return
  const kafka = await anyKafka()
  broker = kafka.plain
  stop = kafka.stop
  admin = new Kafka({ brokers: broker.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
})
after(async () => {
  if (withoutKafka !== false) return
  await admin.disconnect()
  await stop()
})

/** A topic with three partitions; `config` are its own settings. */
async function freshTopic(config: Record<string, string> = {}, numPartitions = 3): Promise<string> {
  const topic = freshName('topic')
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) }]
  })
  return topic
}

async function produce(topic: string, args: readonly string[], input: Buffer | string, code = 0): Promise<Ended> {
  const ended = await runTool('flow-kafka', ['-brokers', broker, '-topic', topic, ...args], input)
  assert.equal(ended.code, code, ended.stderr)
  assert.equal(ended.stdout.length, 0)
  return ended
}

/** What the topic holds now, as `-consume` gives it. */
async function consume(topic: string, ...args: string[]): Promise<Buffer> {
  const ended = await runTool('flow-kafka', ['-brokers', broker, '-topic', topic, '-consume', '-exit-at-end', ...args])
  assert.equal(ended.code, 0, ended.stderr)
  return ended.stdout
}

test('flows go to a topic that is made for them, with their lengths, and come back as they were', { skip: withoutKcat }, async () => {
  const sent = flows(5000)
  const topic = freshName('topic')
  const { stderr } = await produce(topic, [], Buffer.concat(sent))
  assert.equal(withoutGreeting(stderr), 'flow-kafka: 5000 messages in, 5000 delivered\n')
  const messages = await readTopic(broker, topic)
  assertSame(
    messages.map(({ value }) => value),
    sent
  )
  assert.ok(messages.every(({ key }) => key === null))
  assertSame(framesOf(await consume(topic)), sent)
})

test('without a key the partitions take turns', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  await produce(topic, [], Buffer.concat(flows(300)))
  const counts = [0, 0, 0]
  for (const { partition } of await readTopic(broker, topic)) counts[partition]++
  assert.deepEqual(counts, [100, 100, 100])
})

test('-delimited=false leaves the lengths out, and back in', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const sent = flows(50)
  await produce(topic, ['-delimited=false'], Buffer.concat(sent))
  assertSame(
    (await readTopic(broker, topic)).map(({ value }) => value),
    sent.map((frame) => frame.subarray(1))
  )
  assertSame(framesOf(await consume(topic, '-delimited=false')), sent)
  const wrong = await runTool('flow-kafka', ['-brokers', broker, '-topic', topic, '-consume', '-group', freshName('group'), '-exit-at-end'])
  assert.deepEqual([wrong.code, wrong.stdout.length], [65, 0])
  assert.match(wrong.stderr, /the messages of the topic have no length in front: -delimited=false reads them\n$/)
})

test('a length that is longer than it has to be stays as it is', { skip: withoutKafka }, async () => {
  const topic = await freshTopic()
  const [frame] = flows(1)
  const odd = Buffer.concat([Buffer.from([frame[0] | 0x80, 0x80, 0x00]), frame.subarray(1)])
  await produce(topic, [], odd)
  assert.deepEqual(await consume(topic), odd)
})

test('the key is its fields’ text, and its partition the one that murmur2 gives', { skip: withoutKcat }, async () => {
  const topic = await freshTopic({}, 7)
  const judge = await freshTopic({}, 7)
  await produce(topic, ['-key', 'sampler_address,in_if,dst_addr'], Buffer.concat(flows(400, 20)))
  const messages = await readTopic(broker, topic)
  const keys = [...new Set(messages.map(({ key }) => key!))]
  assert.equal(keys.length, 20)
  assert.ok(keys.includes('10.0.0.7,2,2001:db8::1'))
  await kcat(['-b', broker, '-t', judge, '-P', '-K', ' ', '-X', 'partitioner=murmur2_random'], keys.map((key) => `${key} value\n`).join(''))
  const expected = new Map((await readTopic(broker, judge)).map(({ key, partition }) => [key, partition]))
  for (const { key, partition } of messages) assert.equal(partition, expected.get(key), String(key))
})

test('-hashing=false: the key stays, the partitions take turns', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  await produce(topic, ['-transport.kafka.hashing=false', '-key', 'sampler_address'], Buffer.concat(flows(9, 1)))
  const messages = await readTopic(broker, topic)
  assert.deepEqual(
    messages.map(({ partition }) => partition),
    [0, 0, 0, 1, 1, 1, 2, 2, 2]
  )
  assert.ok(messages.every(({ key }) => key === '10.0.0.0'))
})

test('datagrams are keyed by their exporter’s address', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const sent = datagrams(60)
  await produce(topic, [], Buffer.concat(sent))
  const messages = await readTopic(broker, topic)
  assertSame(
    messages.map(({ value }) => value),
    sent
  )
  for (const { key, value } of messages) {
    const { src_addr: address } = DatagramMessage.decodeDelimited(value) as unknown as { src_addr: Uint8Array }
    assert.equal(key, Buffer.from(address).join('.'))
  }
  assertSame(framesOf(await consume(topic)), sent)
})

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(`${codec}: what is sent kcat reads, what kcat or the broker compressed is read`, { skip: withoutKcat }, async () => {
    const sent = flows(3000)
    async function ours(): Promise<void> {
      const topic = await freshTopic()
      await produce(topic, ['-transport.kafka.compression', codec], Buffer.concat(sent))
      assertSame(
        (await readTopic(broker, topic)).map(({ value }) => value),
        sent
      )
      assertSame(framesOf(await consume(topic)), sent)
    }
    async function kcats(): Promise<void> {
      const topic = await freshTopic()
      const lines = Array.from({ length: 3000 }, (_, i) => `{"line":${i},"of":"the same"}`)
      await kcat(['-b', broker, '-t', topic, '-P', '-z', codec], lines.join('\n'))
      assert.deepEqual((await consume(topic, '-format', 'json')).toString().trimEnd().split('\n').sort(), [...lines].sort())
    }
    async function brokers(): Promise<void> {
      const topic = await freshTopic({ 'compression.type': codec === 'none' ? 'uncompressed' : codec })
      await produce(topic, [], Buffer.concat(sent))
      assertSame(framesOf(await consume(topic)), sent)
    }
    await Promise.all([ours(), kcats(), brokers()])
  })
}

test('lines of text: one a message, whatever ends them, with a key where they are JSON', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  await produce(
    topic,
    ['-format', 'json', '-key', 'sampler_address,in_if'],
    '{"sampler_address":"10.0.0.1","in_if":7}\n\n{"sampler_address":"10.0.0.2"}\r\n{"é":1}'
  )
  const messages = (await readTopic(broker, topic)).map(({ key, value }) => `${key} ${value.toString()}`)
  assert.deepEqual(messages.sort(), [
    ',0 {"é":1}',
    '10.0.0.1,7 {"sampler_address":"10.0.0.1","in_if":7}',
    '10.0.0.2,0 {"sampler_address":"10.0.0.2"}'
  ])
  assert.deepEqual((await consume(topic, '-format', 'text')).toString().split('\n').sort(), [
    '',
    '{"sampler_address":"10.0.0.1","in_if":7}',
    '{"sampler_address":"10.0.0.2"}',
    '{"é":1}'
  ])
  const wrong = await runTool('flow-kafka', ['-brokers', broker, '-topic', topic, '-format', 'text'], Buffer.concat(flows(5)))
  assert.equal(wrong.code, 65)
  assert.match(wrong.stderr, /stdin is no text: leave out -format text/)
})

test('a line that is no UTF-8 goes and comes back as it is', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const lines = Buffer.from('caf\xe9 \x85\xa0\xff\r\n\xc3\xa9 is UTF-8\n\xc3', 'latin1')
  await produce(topic, ['-format', 'text'], lines)
  const values = ['caf\xe9 \x85\xa0\xff', '\xc3', '\xc3\xa9 is UTF-8']
  assert.deepEqual((await readTopic(broker, topic)).map(({ value }) => value.toString('latin1')).sort(), values)
  const back = await consume(topic, '-format', 'text')
  assert.deepEqual(back.toString('latin1').trimEnd().split('\n').sort(), values)
})

test('a message over -maxmsgbytes is dropped and counted, and no other', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const small = flows(100)
  const large = frameOf({ sampler_address: exporter(1), src_as_name: 'x'.repeat(5000) })
  const { stderr } = await produce(
    topic,
    ['-maxmsgbytes', '4000'],
    Buffer.concat([...small.slice(0, 50), large, large, ...small.slice(50)]),
    69
  )
  assert.match(
    withoutGreeting(stderr),
    /^flow-kafka: warning: dropped a message of 50\d\d bytes: more than -maxmsgbytes 4000[^\n]*\nflow-kafka: 102 messages in, 100 delivered, 2 too large\n$/
  )
  assertSame(
    (await readTopic(broker, topic)).map(({ value }) => value),
    small
  )
})

test('a batch that is too large for the broker is cut until what is too large stands alone', { skip: withoutKcat }, async () => {
  const topic = await freshTopic({ 'max.message.bytes': '3000' }, 1)
  const small = flows(500, 3)
  const large = frameOf({ sampler_address: exporter(1), src_as_name: 'x'.repeat(5000) })
  const { stderr } = await produce(topic, [], Buffer.concat([...small.slice(0, 250), large, ...small.slice(250)]), 69)
  assert.match(
    stderr,
    /warning: dropped a message of 50\d\d bytes: the broker takes none of that size[^\n]*\nflow-kafka: 501 messages in, 500 delivered, 1 too large\n$/
  )
  assert.deepEqual(
    (await readTopic(broker, topic)).map(({ value }) => value),
    small
  )
})

test('a producer whose numbers run out is replaced, and nothing is lost, twice there or out of order', { skip: withoutKcat }, async () => {
  const topic = await freshTopic({}, 2)
  const silent = (): void => undefined
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  const client = await openClient({ brokers: () => Promise.resolve(brokerList(broker)), security: {}, isDebugging: false, log })
  let producers = 0
  const { kafka } = client
  const counted = Object.assign(Object.create(kafka) as typeof kafka, {
    producer: (config: ProducerConfig) => (producers++, kafka.producer(config))
  })
  const delivery = await openDelivery(
    { ...client, kafka: counted },
    { topic, compression: kafkajs.CompressionTypes.None, log, partitions: 2, onTooLarge: silent, maxSequence: 1000 }
  )
  const numbered = (from: number): Messages => listOfMessages(Array.from({ length: 300 }, (_, i) => String(from + i)))
  for (let from = 0; from < 3000; from += 300) {
    await Promise.all([0, 1].map((partition) => delivery.deliver(partition, numbered(from))))
  }
  await delivery.close()
  const values = (await readTopic(broker, topic)).map(({ value }) => Number(value))
  const expected = Array.from({ length: 3000 }, (_, i) => i)
  assert.deepEqual(values, [...expected, ...expected])
  assert.equal(producers, 4)
})

test('a group goes on where it was, and begins where it is told', { skip: withoutKafka }, async () => {
  const topic = await freshTopic()
  const [first, second] = [flows(200), flows(300, 7, 200)]
  await produce(topic, [], Buffer.concat(first))
  const group = freshName('group')
  assertSame(framesOf(await consume(topic, '-group', group)), first)
  assert.equal((await consume(topic, '-group', group)).length, 0)
  await produce(topic, [], Buffer.concat(second))
  assertSame(framesOf(await consume(topic, '-group', group)), second)
  assertSame(framesOf(await consume(topic)), [...first, ...second])
  assert.equal((await consume(topic, '-group', freshName('group'), '-from', 'latest')).length, 0)
})

test(
  'only what is written is committed: a member that is killed while its reader sleeps leaves the rest to the next',
  { skip: withoutKafka },
  async () => {
    const topic = await freshTopic({}, 1)
    const sent = flows(60_000)
    await produce(topic, [], Buffer.concat(sent))
    const group = freshName('group')
    const { code } = await runPipeline(
      `flow-kafka -brokers ${broker} -topic ${topic} -consume -group ${group} & tool=$!; sleep 4; kill -KILL $tool; wait $tool`.replace(
        ' &',
        ' > >(sleep 4) &'
      )
    )
    assert.equal(code, 137)
    const pipe = 2 * 64 * 1024
    const rest = framesOf(await consume(topic, '-group', group))
    assert.ok(rest.reduce((sum, frame) => sum + frame.length, 0) > sent.reduce((sum, frame) => sum + frame.length, 0) - pipe)
  }
)

test('a reader that goes away ends it without a word', { skip: withoutKafka }, async () => {
  const topic = await freshTopic()
  await produce(topic, [], Buffer.concat(flows(20_000)))
  const { code, stdout, stderr } = await runPipeline(
    `flow-kafka -brokers ${broker} -topic ${topic} -consume -group ${freshName('group')} | head -c 20`
  )
  assert.deepEqual([code, stdout.length, withoutGreeting(stderr)], [0, 20, ''])
})

test('SIGTERM while input pauses: what was read is delivered', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const sent = flows(100)
  const tool = startTool('flow-kafka', ['-brokers', broker, '-topic', topic, '-flushfreq', '1h', '-addr', '127.0.0.1:0'])
  await tool.until(() => tool.stderr().includes('metrics at'))
  tool.stdin.write(Buffer.concat(sent))
  const address = /http:\/\/\S+/.exec(tool.stderr())![0]
  const metrics = async (): Promise<string> => (await fetch(address)).text()
  while (!(await metrics()).includes('flow_kafka_messages_read_total 100')) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.match(await metrics(), /\nflow_kafka_held_messages 100\n/)
  assert.match(await metrics(), /\nflow_kafka_dropped_total\{cause="maxmsgbytes"\} 0\n/)
  tool.kill('SIGTERM')
  const { code, stderr } = await tool.ended
  assert.equal(code, 0, stderr)
  assertSame(
    (await readTopic(broker, topic)).map(({ value }) => value),
    sent
  )
})

test('a stream that breaks: what came before is delivered, then exit 65', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const sent = flows(10)
  const { code, stderr } = await runTool(
    'flow-kafka',
    ['-brokers', broker, '-topic', topic],
    Buffer.concat([...sent, Buffer.from([40, 1, 2])])
  )
  assert.equal(code, 65)
  assert.match(
    stderr,
    new RegExp(
      `10 messages in, 10 delivered.*\\nflow-kafka: stdin: the stream ends inside a message at byte ${Buffer.concat(sent).length}\\n$`
    )
  )
  assertSame(
    (await readTopic(broker, topic)).map(({ value }) => value),
    sent
  )
})

test('a stream of another kind is named', { skip: withoutKafka }, async () => {
  const topic = await freshTopic()
  const { code, stderr } = await runTool(
    'flow-kafka',
    ['-brokers', broker, '-topic', topic],
    Buffer.from('d4c3b2a1020004000000000000000000', 'hex')
  )
  assert.equal(code, 65)
  assert.match(stderr, /stdin is a capture file: put flow-pcap in between/)
  const json = await runTool('flow-kafka', ['-brokers', broker, '-topic', topic], '{"type":"IPFIX"}\n')
  assert.match(json.stderr, /stdin is JSON text: -format json sends its lines/)
})
