/** Datagrams through Kafka into decoders that share the work: two pipelines of one group, of which one goes away in mid-stream. */
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import kafkajs from 'kafkajs'
import { be, set, template, v9 } from '../support/build-netflow.js'
import { datagramFrame, FlowMessage } from '../support/datagram-stream.js'
import { type KafkaBroker, startKafka, withoutOwnKafka } from '../support/kafka-broker.js'
import { exporter, freshName } from '../support/kafka.js'
import { type Running, startPipeline, startTool } from '../support/tools.js'

const { Kafka, logLevel } = kafkajs

const PARTITIONS = 6
const EXPORTERS = 24
const DATAGRAMS = 200
const RECORDS = 5
/** of an exporter's datagrams, one in so many brings its template, and the last: so long a decoder that is new to it has to hold its data */
const TEMPLATE_EVERY = 25

let broker: KafkaBroker
before(async () => {
  if (withoutOwnKafka === false) broker = await startKafka()
})
after(async () => {
  if (withoutOwnKafka === false) await broker.stop()
})

/** All exporters' datagrams number `n`; the ports of the records count from 1. */
function round(n: number): Buffer[] {
  const records = Array.from({ length: RECORDS }, (_, i) => be(n * RECORDS + i + 1, 2))
  const sets = [...(n % TEMPLATE_EVERY === 0 || n === DATAGRAMS - 1 ? [set(0, template(256, [[7, 2]]))] : []), set(256, ...records)]
  const payload = v9({ sequence: n }, ...sets)
  return Array.from({ length: EXPORTERS }, (_, i) => datagramFrame({ payload, src: exporter(i) }))
}

/** The flows of a stream, each as its exporter and port; what a killed process had begun to write is left out. */
function flowsIn(stream: Buffer): string[] {
  const flows: string[] = []
  // a flow of this test is shorter than 128 bytes, so its length is one byte
  for (let at = 0; at + 1 < stream.length && at + 1 + stream[at] <= stream.length; at += 1 + stream[at]) {
    const { sampler_address: from, src_port: port } = FlowMessage.decodeDelimited(stream.subarray(at)) as unknown as {
      sampler_address: Uint8Array
      src_port: number
    }
    flows.push(`${Buffer.from(from).join('.')} ${port}`)
  }
  return flows
}

const ALL = Array.from({ length: EXPORTERS }, (_, i) =>
  Array.from({ length: DATAGRAMS * RECORDS }, (_, port) => `${exporter(i).join('.')} ${port + 1}`)
).flat()

/** Two pipelines that have been given partitions, and what is sent to them while they run. */
async function start(): Promise<{ one: Running; other: Running; sent: Promise<void> }> {
  const topic = freshName('datagrams')
  const admin = new Kafka({ brokers: [broker.plain], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS }] })
  await admin.disconnect()
  // the shell's process becomes the tool's
  const command = `{ echo pid $BASHPID >&2; exec flow-kafka -consume -group ${freshName('group')} -brokers ${broker.plain} -topic ${topic} -loglevel debug; } | flow-decode`
  const pipelines: Running[] = []
  for (let i = 0; i < 2; i++) {
    const pipeline = startPipeline(command)
    pipelines.push(pipeline)
    await pipeline.until(() => pipeline.stderr().includes('has joined the group'))
  }
  const source = startTool('flow-kafka', ['-brokers', broker.plain, '-topic', topic, '-key', 'src_addr', '-flushfreq', '20ms'])
  const sent = (async () => {
    for (let n = 0; n < DATAGRAMS; n += 5) {
      source.stdin.write(Buffer.concat(Array.from({ length: 5 }, (_, i) => round(n + i)).flat()))
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    source.stdin.end()
    const { code, stderr } = await source.ended
    assert.equal(code, 0, stderr)
  })()
  const [one, other] = pipelines
  await Promise.all(pipelines.map((pipeline) => pipeline.until(() => pipeline.stdout().length > 20_000)))
  return { one, other, sent }
}

test(
  'one of two decoders is stopped: the other takes its exporters over, and every flow comes once',
  { skip: withoutOwnKafka },
  async () => {
    const { one, other, sent } = await start()
    one.kill('SIGTERM')
    const { stdout: early } = await one.ended
    const moved = new Set(flowsIn(early).map((flow) => flow.split(' ')[0]))
    await sent
    await other.until(() => flowsIn(early).length + flowsIn(other.stdout()).length >= ALL.length)
    other.kill('SIGTERM')
    const late = flowsIn((await other.ended).stdout)
    assert.deepEqual([...flowsIn(early), ...late].sort(), [...ALL].sort())
    assert.ok(moved.size > 0 && late.some((flow) => moved.has(flow.split(' ')[0])))
  }
)

test(
  'what reads for one of two decoders is killed: the other goes on from what was committed, and no flow is missing',
  { skip: withoutOwnKafka },
  async () => {
    const { one, other, sent } = await start()
    process.kill(Number(/^pid (\d+)$/m.exec(one.stderr())![1]), 'SIGKILL')
    const early = flowsIn((await one.ended).stdout)
    await sent
    const seen = (): Set<string> => new Set([...early, ...flowsIn(other.stdout())])
    await other.until(() => seen().size >= ALL.length)
    other.kill('SIGTERM')
    await other.ended
    assert.deepEqual([...seen()].sort(), [...ALL].sort())
  }
)
