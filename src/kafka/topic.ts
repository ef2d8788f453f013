/** Reaching the cluster and its topic when the tool starts. */
import type { Admin } from 'kafkajs'
import { EXIT, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import type { Client } from './client.js'
import { brokerOf, errorType, isRefusal, kafkaReason } from './errors.js'

/** How long brokers may take to answer, and a topic to be there, at the start. */
const PATIENCE_MS = 30_000
const TOPIC_PATIENCE_MS = 10_000
const PAUSE_MS = 300
/** After that the log says what the tool waits for. */
const SILENCE_MS = 2000

export interface Start {
  /** true once the tool is to stop */
  isStopped: () => boolean
  log: Log
  /** gives up after so many milliseconds, if that is sooner than by itself */
  giveUpMs?: number | undefined
}

/**
 * The result of `attempt`, which is tried until it has one. Throws UserError with code 69 where that takes too long, and where a broker refuses what
 * waiting does not mend; a UserError of `attempt` as it is.
 */
export async function patiently<T>({ isStopped, log, giveUpMs = Infinity }: Start, attempt: () => Promise<T>): Promise<T> {
  const started = Date.now()
  const patienceMs = Math.min(PATIENCE_MS, giveUpMs)
  // by broker, because the seeds are tried in turn
  const reasons = new Map<string | undefined, string>()
  let isLogged = false
  const logWait = (why: string): void => {
    if (!isLogged) log.warn(`waiting for a broker: ${why}`)
    isLogged = true
  }
  for (;;) {
    // an attempt that is neither accepted nor refused is logged as well
    const silence = setTimeout(logWait, SILENCE_MS, 'none has answered so far')
    try {
      return await attempt()
    } catch (error) {
      if (error instanceof UserError) throw error
      if (isRefusal(error)) throw new UserError(EXIT.unavailable, kafkaReason(error))
      reasons.set(brokerOf(error), kafkaReason(error))
    } finally {
      clearTimeout(silence)
    }
    const inWords = [...reasons.values()].join('; ')
    const waited = Date.now() - started
    if (isStopped()) throw new UserError(EXIT.unavailable, `stopped before a broker was reached: ${inWords}`)
    if (waited > patienceMs) throw new UserError(EXIT.unavailable, `no broker within ${patienceMs / 1000} s: ${inWords}`)
    if (waited > SILENCE_MS) logWait(inWords)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/**
 * The partitions of the topic, by number. Where there is no such topic and `mayCreate`, asks the cluster for it, which makes it where it is set
 * up so. Throws as `patiently`, and UserError with code 69 where the topic is not there soon.
 */
export async function reachTopic(client: Client, topic: string, mayCreate: boolean, start: Start): Promise<number[]> {
  const admin = client.probe.admin()
  let missingSince: number | undefined
  try {
    return await patiently(start, async () => {
      try {
        await admin.connect()
        return await partitionsOf(admin, topic)
      } catch (error) {
        if (errorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
        missingSince ??= Date.now()
        if (Date.now() - missingSince > TOPIC_PATIENCE_MS) {
          throw new UserError(EXIT.unavailable, `topic ${topic} does not exist${mayCreate ? ', and the cluster does not create it' : ''}`)
        }
        if (mayCreate) await askFor(client, topic).catch(() => undefined)
        throw error
      }
    })
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

async function partitionsOf(admin: Admin, topic: string): Promise<number[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return topics[0].partitions.map(({ partitionId }) => partitionId)
}

/** A producer that sends nothing asks for the topic all the same, with leave to create it (auto.create.topics.enable). */
async function askFor({ kafka }: Client, topic: string): Promise<void> {
  const producer = kafka.producer({ createPartitioner: () => () => 0 })
  try {
    await producer.connect()
    await producer.send({ topic, messages: [] })
  } finally {
    await producer.disconnect()
  }
}
