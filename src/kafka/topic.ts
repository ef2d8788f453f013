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
/** After that the operator is told what the tool waits for. */
const SILENCE_MS = 2000

export interface TopicWanted {
  topic: string
  /** asks the cluster to create the topic, which it does where it is set up so */
  create?: () => Promise<void>
  /** true once the tool is to stop */
  isStopped: () => boolean
  log: Log
}

/**
 * Waits for a broker and the topic; gives the topic's partitions by number. Throws UserError with code 69 where none answers in time, where one
 * refuses what waiting does not mend, and where there is no such topic.
 */
export async function reachTopic({ kafka }: Client, { topic, create, isStopped, log }: TopicWanted): Promise<number[]> {
  const started = Date.now()
  const reasons = new Map<string, string>()
  const admin = kafka.admin({ retry: { retries: 0 } })
  let answered: number | undefined
  let isTold = false
  try {
    for (;;) {
      try {
        await admin.connect()
        answered ??= Date.now()
        return await partitionsOf(admin, topic)
      } catch (error) {
        if (isRefusal(error)) throw new UserError(EXIT.unavailable, kafkaReason(error))
        const isMissing = errorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
        // by broker, because the seeds are tried in turn
        reasons.set(isMissing ? topic : (brokerOf(error) ?? ''), kafkaReason(error))
        if (isMissing) await create?.().catch(() => undefined)
        if (isMissing && Date.now() - answered! > TOPIC_PATIENCE_MS) throw new UserError(EXIT.unavailable, `topic ${topic} does not exist, and the cluster does not create it`)
      }
      const inWords = [...reasons.values()].join('; ')
      if (isStopped()) throw new UserError(EXIT.unavailable, `stopped before there was a broker: ${inWords}`)
      const waited = Date.now() - started
      if (waited > PATIENCE_MS) throw new UserError(EXIT.unavailable, `no broker within ${PATIENCE_MS / 1000} s: ${inWords}`)
      if (waited > SILENCE_MS && !isTold) {
        isTold = true
        log.warn(`waiting for ${answered === undefined ? 'a broker' : `topic ${topic}`}: ${inWords}`)
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

async function partitionsOf(admin: Admin, topic: string): Promise<number[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return topics[0].partitions.map(({ partitionId }) => partitionId)
}
