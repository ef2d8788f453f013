/** stdin to a topic: frames or lines in, messages out. */
import { EXIT, type ExitCode, UserError } from '../cli/exit.js'
import { readFrames } from '../cli/filter.js'
import type { Metrics, Reading } from '../cli/metrics.js'
import type { Tool } from '../cli/tool.js'
import { others, plural } from '../cli/plural.js'
import { columnNames, findColumn, type Mapping, unknownField } from '../mapping/mapping.js'
import { mappingOf } from '../mapping/option.js'
import { messageKind } from '../flow/streamkind.js'
import type { Client } from './client.js'
import { compressionType } from './codecs.js'
import { type Delivery, type DeliveryCounters, openDelivery } from './delivery.js'
import type { KafkaOptions } from './options.js'
import { jsonKey } from '../ship/jsonkey.js'
import { agentKey, exporterKey, fieldKey, type Key, type KeyOf, NO_KEY, noKey } from '../ship/key.js'
import { filterLines } from '../ship/lines.js'
import { keyPartition } from './murmur2.js'
import { openOutbox, type Outbox } from '../ship/outbox.js'
import { openPacks, type Packs } from '../ship/packs.js'
import { patiently, reachTopic } from './topic.js'
import { watchDelivery } from '../ship/watch.js'

/** After SIGTERM, how long the cluster may accept nothing before the rest is given up. */
const PATIENCE_AFTER_TERM_MS = 30_000
/** How long a pack that goes waits for other packs: its flows have waited already. */
const PACK_FLUSH_MS = 10

interface Counters {
  /** read from stdin */
  messages: number
  bytes: number
  /** larger than -maxmsgbytes */
  tooLarge: number
}

/** Reads stdin to its end, and returns when it is delivered: the exit code, not 0 where a message was too large for that. */
export async function produce(tool: Tool<KafkaOptions>, client: Client): Promise<ExitCode> {
  const { options, log, signals } = tool
  const keys = await keysFor(tool)
  const counters: Counters = { messages: 0, bytes: 0, tooLarge: 0 }

  let isStopped = false
  signals.onStop((signal) => (isStopped ||= signal === 'SIGTERM'))
  let turn = 0
  const delivery = await connect()
  log.info(`connected: topic ${options.topic} has ${plural(delivery.partitions, 'partition')}`)
  const { pack: packBytes } = options
  const outbox = openOutbox({
    maxMessageBytes: options.maxmsgbytes,
    flushBytes: options.flushbytes,
    flushMs: packBytes > 0 ? Math.min(options.flushfreq, PACK_FLUSH_MS) : options.flushfreq,
    destination: delivery
  })
  const packs = packBytes > 0 ? openPacks({ packBytes, waitMs: options['pack.time'], partitionOf, outbox }) : undefined
  const sink = packs ?? outbox
  await tool.serve((metrics) => {
    declareMetrics(metrics, counters, delivery, outbox, packs)
  })
  tool.summary(() => summaryOf(counters, delivery.counters, packs !== undefined))
  const patienceMs = (): number => Math.min(options.giveup ?? Infinity, isStopped ? PATIENCE_AFTER_TERM_MS : Infinity)
  const onGivenUp = (): void => {
    tool.inputs.stop()
  }
  signals.onStop(
    watchDelivery({
      outbox,
      undelivered: () => outbox.undelivered + (packs?.flows ?? 0),
      destination: delivery,
      peer: 'the broker',
      patienceMs,
      onGivenUp,
      log
    })
  )

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
        onTooLarge: (bytes, messages) => {
          if (messages > 1) outbox.shrink(bytes)
          else packs?.shrink(bytes)
        }
      })
    )
  }

  function partitionOf(key: Key): number {
    if (key.size >= 0 && options.hashing) return keyPartition(key, delivery.partitions)
    turn = (turn + 1) % delivery.partitions
    return turn
  }

  /** Sends `buf[start, end)`. */
  function append(key: Key, buf: Buffer, start: number, end: number): void {
    counters.messages++
    counters.bytes += end - start
    const isTaken = packs === undefined ? outbox.append(partitionOf(key), key, buf, start, end, 1) : packs.append(key, buf, start, end)
    if (isTaken || counters.tooLarge++ > 0) return
    log.warn(`dropped a message of ${end - start} bytes: more than -maxmsgbytes ${options.maxmsgbytes}; more of them are only counted`)
  }

  async function sendFrames(): Promise<void> {
    const { delimited } = options
    let keyOf: KeyOf | undefined
    await readFrames(tool, sink, (buf, start, end, frameStart) => {
      keyOf ??= end > start ? keys[messageKind(buf.subarray(start, end)) ?? 'FlowMessage']() : undefined
      append(keyOf?.(buf, start, end) ?? NO_KEY, buf, delimited ? frameStart : start, end)
    })
  }

  async function sendLines(format: 'json' | 'text'): Promise<void> {
    const keyOf = format === 'json' ? keys.json() : noKey
    await filterLines(tool.inputs, format, sink, (buf, start, end) => {
      append(keyOf(buf, start, end), buf, start, end)
    })
  }

  try {
    await (options.format === 'bin' ? sendFrames() : sendLines(options.format))
  } finally {
    await delivery.close()
  }
  return counters.tooLarge + delivery.counters.tooLarge > 0 ? EXIT.unavailable : EXIT.ok
}

interface Keys {
  Datagram: () => KeyOf
  FlowMessage: () => KeyOf
  CounterSample: () => KeyOf
  json: () => KeyOf
}

/** How messages of each kind get their keys, from `-key` and the mapping file. */
async function keysFor(tool: Tool<KafkaOptions>): Promise<Keys> {
  const mapping = await mappingOf(tool)
  const columns = tool.options.key?.map((name) => keyColumn(mapping, name)) ?? mapping.formatter.key
  const hasKey = columns.length > 0
  return {
    Datagram: exporterKey,
    CounterSample: agentKey,
    FlowMessage: () => (hasKey ? fieldKey(mapping, columns) : noKey),
    json: () => (hasKey ? jsonKey(mapping, columns) : noKey)
  }
}

function keyColumn({ schema }: Mapping, name: string): string {
  const column = findColumn(schema, name)
  if (column === undefined) throw new UserError(EXIT.usage, `-key: ${unknownField(name, columnNames(schema))}`)
  return column
}

/** What came in and went out; of the rest what there was of it. */
function summaryOf(counters: Counters, { messages, delivered, tooLarge, retries }: DeliveryCounters, isPacking: boolean): string {
  const dropped = counters.tooLarge + tooLarge
  const packs = isPacking ? ` in ${plural(messages, 'pack')}` : ''
  return (
    `${plural(counters.messages, 'message')} in, ${delivered} delivered${packs}` +
    others([dropped, 'too large'], [retries, 'retry', 'retries'])
  )
}

function declareMetrics(
  { counter, gauge }: Metrics,
  counters: Counters,
  delivery: Delivery,
  outbox: Outbox,
  packs: Packs | undefined
): void {
  const delivered = delivery.counters
  const dropped = (): Reading => [
    [{ cause: 'maxmsgbytes' }, counters.tooLarge],
    [{ cause: 'broker' }, delivered.tooLarge]
  ]
  counter('messages_read', 'Messages read from stdin', () => counters.messages)
  counter('bytes_read', 'Bytes of messages read from stdin', () => counters.bytes)
  counter('messages_delivered', 'Messages from stdin that the cluster has', () => delivered.delivered)
  counter('records_delivered', 'Messages of the topic that hold these: with -pack fewer', () => delivered.messages)
  counter('bytes_delivered', 'Bytes of keys and values that the cluster has', () => delivered.bytes)
  counter('batches_delivered', 'Batches that the cluster has', () => delivered.batches)
  counter('retries', 'Batches that had to be sent again', () => delivered.retries)
  counter('dropped', 'Messages dropped, by cause', dropped, ['cause'])
  gauge('held_messages', 'Messages read and not delivered yet', () => outbox.undelivered + (packs?.flows ?? 0))
  if (packs !== undefined) gauge('open_packs', 'Packs that wait for more flows', () => packs.open)
  gauge('held_bytes', 'Memory that these take', () => outbox.undeliveredBytes)
  gauge('delivering', '1 while batches are taken, 0 while the cluster takes none', () => (delivery.trouble === undefined ? 1 : 0))
}
