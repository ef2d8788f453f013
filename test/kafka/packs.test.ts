/** Packs on a real broker: what is in the messages of a topic, what reads them, and what becomes of them when the broker goes away. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import kafkajs, { type Admin } from 'kafkajs'
import { keyPartition } from '../../src/kafka/murmur2.js'
import { DatagramMessage } from '../support/datagram-stream.js'
import { type KafkaBroker, startKafka, withoutGreeting, withoutKcat, withoutOwnKafka } from '../support/kafka-broker.js'
import {
  assertOrdered,
  assertSame,
  datagrams,
  exporter,
  flowNumber,
  flows,
  frameOf,
  framesOf,
  freshName,
  keyOf,
  readTopic
} from '../support/kafka.js'
import { type Ended, ROOT, runTool, startTool } from '../support/tools.js'

const { Kafka, logLevel } = kafkajs
const KEYED = ['-pack', '65536', '-key', 'sampler_address']

let broker: KafkaBroker
let admin: Admin
before(async () => {
  if (withoutOwnKafka !== false) return
  broker = await startKafka()
  admin = new Kafka({ brokers: [broker.plain], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
})
after(async () => {
  if (withoutOwnKafka !== false) return
  await admin.disconnect()
  await broker.stop()
})

async function freshTopic(config: Record<string, string> = {}): Promise<string> {
  const topic = freshName('topic')
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3, configEntries }] })
  return topic
}

async function produce(topic: string, args: readonly string[], input: Buffer, code = 0): Promise<Ended> {
  const ended = await runTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, ...args], input)
  assert.equal(ended.code, code, ended.stderr)
  return ended
}

async function consume(topic: string): Promise<Buffer[]> {
  const ended = await runTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, '-consume', '-exit-at-end'])
  assert.equal(ended.code, 0, ended.stderr)
  assert.match(ended.stderr, new RegExp(`flow-kafka: ${framesOf(ended.stdout).length} messages out`))
  return framesOf(ended.stdout)
}

test('a message holds flows of its key alone, with their lengths, in their order', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const sent = flows(20_000)
  const { stderr } = await produce(topic, KEYED, Buffer.concat(sent))
  const messages = await readTopic(broker.plain, topic)
  assert.equal(withoutGreeting(stderr), `flow-kafka: 20000 messages in, 20000 delivered in ${messages.length} packs\n`)
  assert.ok(messages.length < 100)
  for (const { key, partition, value } of messages) {
    assert.ok(value.length <= 65_536)
    assert.equal(partition, keyPartition(keyOf(key), 3))
    for (const frame of framesOf(value)) assert.equal(flowNumber(frame)[0], key)
  }
  assertOrdered(
    messages.flatMap(({ value }) => framesOf(value)),
    sent,
    flowNumber
  )
  assertOrdered(await consume(topic), sent, flowNumber)
})

test(
  'packs without a key take the partitions by turns; compressed or not, they come back as they went',
  { skip: withoutKcat },
  async () => {
    for (const compression of ['none', 'zstd']) {
      const topic = await freshTopic()
      const sent = flows(20_000)
      await produce(topic, ['-pack', '10000', '-compression', compression], Buffer.concat(sent))
      const counts = [0, 0, 0]
      for (const { partition } of await readTopic(broker.plain, topic)) counts[partition]++
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join())
      assertSame(await consume(topic), sent)
    }
  }
)

test('datagrams are packed by exporter', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const sent = datagrams(5000)
  await produce(topic, ['-pack', '65536'], Buffer.concat(sent))
  assert.ok((await readTopic(broker.plain, topic)).length < 50)
  assertOrdered(await consume(topic), sent, (frame) => {
    const { src_addr, src_port } = DatagramMessage.decodeDelimited(frame) as unknown as { src_addr: Uint8Array; src_port: number }
    return [src_addr.join('.'), src_port]
  })
})

test('a pack that is too large for the broker is taken apart, until a flow that is stands alone', { skip: withoutKcat }, async () => {
  const topic = await freshTopic({ 'max.message.bytes': '3000' })
  const small = flows(2000, 3)
  const large = frameOf({ sampler_address: exporter(1), src_as_name: 'x'.repeat(5000) })
  const { stderr } = await produce(topic, KEYED, Buffer.concat([...small.slice(0, 1000), large, ...small.slice(1000)]), 69)
  assert.match(
    stderr,
    /warning: dropped a message of 50\d\d bytes: the broker takes none of that size[^\n]*\nflow-kafka: 2001 messages in, 2000 delivered in \d+ packs, 1 too large\n$/
  )
  assertOrdered(await consume(topic), small, flowNumber)
})

test('a flow that is larger than a pack goes by itself, one over -maxmsgbytes does not go', { skip: withoutKcat }, async () => {
  const topic = await freshTopic()
  const [first, last] = [flows(10, 1), flows(10, 1, 11)]
  const large = (size: number): Buffer => frameOf({ sampler_address: exporter(0), sequence_num: 11, src_as_name: 'x'.repeat(size) })
  const { stderr } = await produce(
    topic,
    ['-pack', '1000', '-maxmsgbytes', '6000', '-key', 'sampler_address'],
    Buffer.concat([...first, large(5000), large(7000), ...last]),
    69
  )
  assert.match(stderr, /22 messages in, 21 delivered in \d+ packs, 1 too large\n$/)
  assertOrdered(await consume(topic), [...first, large(5000), ...last], flowNumber)
})

test('a million keys', { skip: withoutOwnKafka }, async () => {
  const topic = await freshTopic()
  const frames = Array.from({ length: 1_000_000 }, (_, i) => {
    // type 4; in_if, its number the key
    const frame = Buffer.from([6, 0x08, 4, 0x90, 0x01, 0x80, 0x80])
    return Buffer.concat([frame, varint(i)])
  }).map((frame) => {
    frame[0] = frame.length - 1
    return frame
  })
  const { stderr } = await produce(topic, ['-pack', '65536', '-key', 'in_if'], Buffer.concat(frames))
  assert.match(stderr, /1000000 messages in, 1000000 delivered in 1000000 packs\n$/)
})

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80)
  return Buffer.from([...bytes, value])
}

test('one flow now and then is there long before -flushfreq', { skip: withoutOwnKafka }, async () => {
  const topic = await freshTopic()
  const reader = startTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, '-consume'])
  const tool = startTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, ...KEYED, '-flushfreq', '1h'])
  let bytes = 0
  for (const frame of flows(4)) {
    tool.stdin.write(frame)
    bytes += frame.length
    await reader.until(() => reader.stdout().length === bytes)
  }
  tool.stdin.end()
  assert.equal((await tool.ended).code, 0)
  reader.kill('SIGTERM')
  await reader.ended
})

test(
  'a broker that is killed in the middle of packs is waited for: all arrives, once, each exporter’s in order',
  { skip: withoutOwnKafka },
  async () => {
    const topic = await freshTopic()
    const sent = flows(60_000)
    const tool = startTool('flow-kafka', [
      '-brokers',
      broker.plain,
      '-topic',
      topic,
      '-pack',
      '20000',
      '-pack.time',
      '50ms',
      '-key',
      'sampler_address'
    ])
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
    let killed: Promise<void> | undefined
    for (let at = 0; at < sent.length; at += 500) {
      tool.stdin.write(Buffer.concat(sent.slice(at, at + 500)))
      await pause(20)
      if (at === 20_000) killed = broker.kill()
      if (at === 30_000) {
        await killed
        await broker.start()
      }
    }
    tool.stdin.end()
    const { code, stderr } = await tool.ended
    assert.equal(code, 0, stderr)
    assert.match(stderr, /cannot deliver/)
    assert.match(stderr, /60000 messages in, 60000 delivered in \d+ packs, \d+ retr(?:y|ies)\n$/)
    assertOrdered(await consume(topic), sent, flowNumber)
  }
)

const PYTHON = process.env.CHDB_PYTHON ?? 'python3'
const withoutChdb =
  withoutKcat ||
  (spawnSync(PYTHON, ['-c', 'import chdb']).status === 0
    ? false
    : 'no ClickHouse engine: the Python package chdb is not installed (CHDB_PYTHON names a python that has it)')

test('ClickHouse reads each flow of a pack as a row', { skip: withoutChdb }, async () => {
  const topic = await freshTopic()
  const sent = flows(3000)
  await produce(topic, KEYED, Buffer.concat(sent))
  const messages = await readTopic(broker.plain, topic)
  assert.ok(messages.length < 20)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-packs-'))
  try {
    // a message at a time, as the Kafka engine hands them to the format
    const files = messages.map(({ value }, i) => {
      const file = path.join(folder, `message${i}`)
      fs.writeFileSync(file, value)
      return file
    })
    const script = `
import sys
import chdb
for file in sys.argv[2:]:
    sql = f"SELECT count(), sum(bytes), uniqExact(hex(sampler_address)) FROM file('{file}', 'Protobuf', 'bytes UInt64, sampler_address String') SETTINGS format_schema = '{sys.argv[1]}/flow.proto:FlowMessage'"
    print(chdb.query(sql, "TSV").bytes().decode().strip())
`
    const rows = execFileSync(PYTHON, ['-c', script, path.join(ROOT, 'proto'), ...files], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => line.split('\t').map(Number))
    assert.deepEqual(
      rows.map(([count, , keys]) => [count, keys]),
      messages.map(({ value }) => [framesOf(value).length, 1])
    )
    assert.equal(
      rows.reduce((sum, [, bytes]) => sum + bytes, 0),
      sent.reduce((sum, _, i) => sum + 1000 + i, 0)
    )
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
