/**
 * A topic to stdout. A message counts as read once its bytes are written: only then is its offset committed, so whatever ends the tool,
 * no message is skipped. What was written and not committed, because the tool was killed, is read again by whoever goes on.
 */
import type { Consumer, ConsumerCrashEvent, EachBatchPayload } from 'kafkajs'
import { EXIT, UserError } from '../cli/exit.js'
import type { Metrics, Reading } from '../cli/metrics.js'
import { limitOf } from '../cli/source.js'
import { logSilence } from '../cli/waiting.js'
import type { Tool } from '../cli/tool.js'
import { others, plural } from '../cli/plural.js'
import { crypto } from '../flow/lazy.js'
import type { Client } from './client.js'
import { isRefusal, kafkaReason } from './errors.js'
import type { KafkaOptions } from './options.js'
import { progressTo } from './progress.js'
import { reachTopic } from './topic.js'
import { valueWriter } from './values.js'

/** How long a member that is dead keeps its partitions. */
const SESSION_MS = 10_000
const HEARTBEAT_MS = 3000
/** How long a fetch waits for messages, and so a stop for a fetch. */
const FETCH_WAIT_MS = 500
const FETCH_BYTES = 4 * 1024 * 1024
/** A first join that takes no longer is not logged. */
const FIRST_JOIN_MS = 10_000
const PAUSE_MS = 1000
/** How long a broker may take to let us go. */
const LEAVE_MS = 10_000

interface Counters {
  messages: number
  bytes: number
  malformed: number
  commits: number
  /** by partition */
  lag: Map<number, number>
}

/** Reads the topic until a signal, the reader's end or `-exit-at-end`. */
export async function consume(tool: Tool<KafkaOptions>, client: Client): Promise<void> {
  const { options, log, signals } = tool
  const { topic, group, from } = options
  const counters: Counters = { messages: 0, bytes: 0, malformed: 0, commits: 0, lag: new Map() }
  let isStopped = false
  let failure: unknown
  let onStop: (() => void) | undefined
  const stop = (): void => {
    isStopped = true
    onStop?.()
  }
  const output = tool.stdout(stop)
  const write = valueWriter(output, options.format, options.delimited)
  signals.onStop(stop)
  const limit = limitOf(tool)

  /** the offset behind what is written of each partition */
  const written = new Map<number, number>()
  let assigned: readonly number[] = []
  const started = Date.now()
  let hasJoined = false
  let troubleSince: number | undefined

  await reachTopic(client, topic, false, { isStopped: () => isStopped, log })
  const progress = options['exit-at-end'] ? await progressTo(client, topic, group, from) : undefined
  await tool.serve((metrics) => {
    declareMetrics(metrics, counters, () => assigned.length)
  })
  logSilence(log, `no messages in ${topic} yet`, () => counters.messages > 0)
  tool.summary(() => `${plural(counters.messages, 'message')} out${others([counters.malformed, 'malformed'])}`)

  function checkEnd(): void {
    if (progress?.isComplete(assigned) === true) stop()
  }

  function fails(error: unknown): void {
    // a group that is new may have to wait for its coordinator
    if (!hasJoined && Date.now() - started < FIRST_JOIN_MS) return
    if (troubleSince === undefined) log.warn(`cannot read: ${kafkaReason(error)}; trying until it works`)
    troubleSince ??= Date.now()
  }

  function joins(consumer: Consumer, partitions: readonly number[]): void {
    if (troubleSince !== undefined) log.info(`reading again after ${((Date.now() - troubleSince) / 1000).toFixed(1)} s`)
    troubleSince = undefined
    if (!hasJoined)
      log.info(`reading ${topic}: ${plural(partitions.length, 'partition')}${group === undefined ? '' : ` as a member of ${group}`}`)
    hasJoined = true
    assigned = partitions
    for (const partition of [...counters.lag.keys()]) if (!partitions.includes(partition)) counters.lag.delete(partition)
    // a group of its own has nothing committed to go on from
    if (group === undefined) for (const partition of partitions) seekBack(consumer, partition)
    checkEnd()
  }

  function seekBack(consumer: Consumer, partition: number): void {
    const offset = written.get(partition)
    if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) })
  }

  /** Writes a batch and waits until the reader has it; heartbeats go to the group meanwhile. */
  async function takeBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const { partition } = batch
    let next = written.get(partition) ?? 0
    // the topic was made anew
    if (Number(batch.highWatermark) < next) next = 0
    const beat = setInterval(() => {
      payload.heartbeat().catch(() => undefined) // a lost partition shows when the batch is done
    }, HEARTBEAT_MS)
    try {
      for (const { offset, value } of batch.messages) {
        // written already: the group sends it again because its commit was lost
        if (Number(offset) < next) continue
        if (limit.isReached) break
        put(value, partition, offset)
        next = Number(offset) + 1
        if (output.blocked) await output.ready()
      }
    } catch (error) {
      failure ??= error
      stop()
    }
    try {
      await output.end()
      written.set(partition, next)
      if (failure === undefined && !limit.isReached) payload.resolveOffset(batch.lastOffset())
      else if (next > Number(batch.firstOffset())) payload.resolveOffset(String(next - 1))
    } catch (error) {
      failure ??= error
      stop()
    } finally {
      clearInterval(beat)
    }
  }

  function put(value: Buffer | null, partition: number, offset: string): void {
    const messages = value === null ? 0 : write(value)
    if (messages > 0) {
      counters.messages += messages
      limit.admit(messages)
      counters.bytes += value!.length
    } else if (counters.malformed++ === 0) {
      log.warn(`dropped a message that is none: partition ${partition}, offset ${offset}; more of them are only counted`)
    }
  }

  /** Reads as a member of the group until `stop`; throws what ends that otherwise. */
  async function readAsMember(): Promise<void> {
    const consumer = client.kafka.consumer({
      groupId: group ?? `flow-kafka-${crypto().randomUUID()}`,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytes: FETCH_BYTES,
      allowAutoTopicCreation: false,
      retry: { retries: 3, restartOnFailure: () => Promise.resolve(!isStopped) }
    })
    const ended = new Promise<void>((resolve, reject) => {
      onStop = resolve
      consumer.on('consumer.crash', ({ payload: { error, restart } }: ConsumerCrashEvent) => {
        if (isRefusal(error) || !restart) reject(error)
        else fails(error)
      })
    })
    ended.catch(() => undefined) // it is waited for once the consumer runs
    consumer.on('consumer.group_join', ({ payload }) => {
      joins(consumer, payload.memberAssignment[topic] ?? [])
    })
    consumer.on('consumer.end_batch_process', ({ payload: { partition, lastOffset, offsetLag } }) => {
      counters.lag.set(partition, Number(offsetLag))
      progress?.reached(partition, Number(lastOffset) + 1)
      checkEnd()
    })
    consumer.on('consumer.commit_offsets', () => counters.commits++)
    try {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: from === 'earliest' })
      await consumer.run({ eachBatch: takeBatch, eachBatchAutoResolve: false, autoCommit: group !== undefined })
      if (!isStopped) await ended
    } finally {
      // commits what is written and leaves the group, so that others go on at once
      await Promise.race([consumer.disconnect().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref())])
    }
  }

  while (!isStopped) {
    try {
      await readAsMember()
    } catch (error) {
      if (isRefusal(error)) throw new UserError(EXIT.unavailable, kafkaReason(error))
      fails(error)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  if (failure !== undefined) throw failure as Error
}

function declareMetrics({ counter, gauge }: Metrics, counters: Counters, assigned: () => number): void {
  const lag = (): Reading => [...counters.lag].map(([partition, messages]) => [{ partition: String(partition) }, messages] as const)
  counter('messages_written', 'Messages of the topic written to stdout', () => counters.messages)
  counter('bytes_written', 'Bytes of their values', () => counters.bytes)
  counter('dropped', 'Messages dropped, by cause', () => [[{ cause: 'malformed' }, counters.malformed]], ['cause'])
  counter('commits', 'Commits of offsets', () => counters.commits)
  gauge('assigned_partitions', 'Partitions that the group has given to this member', assigned)
  gauge('lag_messages', 'Messages of the partition that are not read yet', lag, ['partition'])
}
