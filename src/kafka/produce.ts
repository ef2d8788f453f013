/** stdin to a topic: frames or lines in, messages out. */
import { EXIT, UserError } from '../cli/exit.js'
import { filterFrames, filterInput, textInput } from '../cli/filter.js'
import type { Log } from '../cli/log.js'
import { type Metric, serveMetrics } from '../cli/metrics.js'
import type { Tool } from '../cli/tool.js'
import { plural } from '../cli/plural.js'
import { columnNames, findColumn, loadMapping, type Mapping, unknownField } from '../mapping/mapping.js'
import { messageKind } from '../flow/streamkind.js'
import type { Client } from './client.js'
import { compressionType } from './codecs.js'
import { type Delivery, openDelivery } from './delivery.js'
import type { KafkaOptions } from './options.js'
import { exporterKey, fieldKey, jsonKey, type KeyOf, noKey } from '../ship/key.js'
import { filterLines } from '../ship/lines.js'
import { keyPartition } from './murmur2.js'
import { openOutbox, type Outbox } from '../ship/outbox.js'
import { patiently, reachTopic } from './topic.js'
import { watchDelivery } from '../ship/watch.js'

/** After SIGTERM, how long the cluster may take nothing at all before what is left is given up. */
const PATIENCE_AFTER_TERM_MS = 30_000

interface Counters {
  /** read from stdin */
  messages: number
  bytes: number
  /** larger than -maxmsgbytes */
  tooLarge: number
}

/** Reads stdin to its end; returns when all of it is delivered. */
export async function produce(tool: Tool<KafkaOptions>, client: Client): Promise<void> {
  const { options, log, signals } = tool
  const input = options.format === 'bin' ? filterInput(tool) : textInput(tool)
  const keys = await keysFor(options, log)
  const counters: Counters = { messages: 0, bytes: 0, tooLarge: 0 }

  let isStopped = false
  signals.onStop((signal) => (isStopped ||= signal === 'SIGTERM'))
  let turn = 0
  const outboxOptions = { maxMessageBytes: options.maxmsgbytes, flushBytes: options.flushbytes, flushMs: options.flushfreq }
  const delivery = await connect()
  const outbox = openOutbox({ ...outboxOptions, destination: delivery })
  const served =
    options.addr === undefined ? undefined : await serveMetrics(options.addr, metricsOf(counters, delivery, outbox), new Map(), log)
  const patienceMs = (): number => Math.min(options.giveup ?? Infinity, isStopped ? PATIENCE_AFTER_TERM_MS : Infinity)
  const onGivenUp = (): void => {
    input.stop()
  }
  signals.onStop(watchDelivery({ outbox, destination: delivery, peer: 'the broker', patienceMs, onGivenUp, log }))

  async function connect(): Promise<Delivery> {
    const start = { isStopped: () => isStopped, log, giveUpMs: options.giveup }
    const { topic } = options
    const partitions = (await reachTopic(client, topic, true, start)).length
    return patiently(start, () =>
      openDelivery(client, {
        topic,
        compression: compressionType(options.compression, client.kafkajs),
        log,
        partitions,
        onTooLarge: (bytes) => {
          outbox.shrink(bytes)
        }
      })
    )
  }

  function partitionOf(key: Buffer | null): number {
    if (key !== null && options.hashing) return keyPartition(key, delivery.partitions)
    turn = (turn + 1) % delivery.partitions
    return turn
  }

  /** Sends `buf[start, end)`. */
  function append(key: Buffer | null, buf: Buffer, start: number, end: number): void {
    counters.messages++
    counters.bytes += end - start
    if (outbox.append(partitionOf(key), key, buf, start, end) || counters.tooLarge++ > 0) return
    log.warn(`dropped a message of ${end - start} bytes: more than -maxmsgbytes ${options.maxmsgbytes}; more of them are only counted`)
  }

  async function sendFrames(): Promise<void> {
    const { delimited } = options
    let keyOf: KeyOf | undefined
    await filterFrames(tool, input, 'any', outbox, (buf, start, end, frameStart) => {
      keyOf ??= end > start ? keys[messageKind(buf.subarray(start, end)) ?? 'FlowMessage']() : undefined
      append(keyOf?.(buf, start, end) ?? null, buf, delimited ? frameStart : start, end)
    })
  }

  async function sendLines(format: 'json' | 'text'): Promise<void> {
    const keyOf = format === 'json' ? keys.json() : () => null
    await filterLines(input, format, outbox, (line) => {
      const value = Buffer.from(line)
      append(keyOf(line), value, 0, value.length)
    })
  }

  try {
    await (options.format === 'bin' ? sendFrames() : sendLines(options.format))
  } finally {
    const { messages, retries } = delivery.counters
    const tooLarge = counters.tooLarge + delivery.counters.tooLarge
    log.info(`${plural(counters.messages, 'message')} in, ${messages} delivered, ${tooLarge} too large, ${retries} retries`)
    served?.close()
    await delivery.close()
  }
}

interface Keys {
  Datagram: () => KeyOf
  FlowMessage: () => KeyOf
  json: () => (line: string) => Buffer | null
}

/** How messages of each kind get their keys, from `-key` and the mapping file. */
async function keysFor(options: KafkaOptions, log: Log): Promise<Keys> {
  const mapping: Mapping = await loadMapping(options.mapping)
  for (const warning of mapping.warnings) log.warn(warning)
  const columns = options.key?.map((name) => keyColumn(mapping, name)) ?? mapping.formatter.key
  const hasKey = columns.length > 0
  return {
    Datagram: exporterKey,
    FlowMessage: () => (hasKey ? fieldKey(mapping, columns) : noKey),
    json: () => (hasKey ? jsonKey(mapping, columns) : () => null)
  }
}

function keyColumn({ schema }: Mapping, name: string): string {
  const column = findColumn(schema, name)
  if (column === undefined) throw new UserError(EXIT.usage, `-key: ${unknownField(name, columnNames(schema))}`)
  return column
}

function metricsOf(counters: Counters, delivery: Delivery, outbox: Outbox): Metric[] {
  const delivered = delivery.counters
  const counter = (name: string, help: string, read: Metric['read']): Metric => ({
    name: `flow_kafka_${name}`,
    help,
    type: 'counter',
    read
  })
  const gauge = (name: string, help: string, read: Metric['read']): Metric => ({ name: `flow_kafka_${name}`, help, type: 'gauge', read })
  return [
    counter('messages_read_total', 'Messages read from stdin', () => counters.messages),
    counter('bytes_read_total', 'Bytes of messages read from stdin', () => counters.bytes),
    counter('messages_delivered_total', 'Messages that the cluster has', () => delivered.messages),
    counter('bytes_delivered_total', 'Bytes of keys and values that the cluster has', () => delivered.bytes),
    counter('batches_delivered_total', 'Batches that the cluster has', () => delivered.batches),
    counter('retries_total', 'Batches that had to be sent again', () => delivered.retries),
    {
      ...counter('dropped_total', 'Messages dropped, by cause', () => [
        [{ cause: 'maxmsgbytes' }, counters.tooLarge],
        [{ cause: 'broker' }, delivered.tooLarge]
      ]),
      labels: ['cause']
    },
    gauge('held_messages', 'Messages read and not delivered yet', () => outbox.heldMessages),
    gauge('held_bytes', 'Memory that these take', () => outbox.heldBytes),
    gauge('delivering', '1 while batches are taken, 0 while the cluster takes none', () => (delivery.trouble === undefined ? 1 : 0))
  ]
}
