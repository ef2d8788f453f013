/**
 * What is changed inside kafkajs: the encoder of produce requests, and a timer. package.json pins its minor version; a start compares what the
 * changed places make with what kafkajs made by itself, and ends with one line where they differ.
 */
import { createRequire } from 'node:module'
import { EXIT, UserError } from '../cli/exit.js'
import { NO_KEY } from '../ship/key.js'
import { append, newMessages } from '../ship/messages.js'
import type { Codec } from './codecs.js'
import { isOurs, listOf, type ProduceArguments, produceBody } from './producerequest.js'

type RequestQueue = typeof import('kafkajs/src/network/requestQueue/index.js')
type Produce = typeof import('kafkajs/src/protocol/requests/produce/index.js')
type Sorter = typeof import('kafkajs/src/producer/groupMessagesPerPartition.js')

/** The first version of a produce request that holds record batches, since Kafka 0.11; up to the newest that kafkajs knows only the answers differ. */
const FIRST_VERSION = 3
const NEWEST_VERSION = 7

/** Throws UserError with code 70 where kafkajs is not the one that this was written for. */
export async function changeInside(codecOf: (compression: number) => Codec): Promise<void> {
  const requestQueue = part('network/requestQueue') as RequestQueue
  const produce = part('protocol/requests/produce') as Produce
  const sorter = part('producer/groupMessagesPerPartition') as Sorter
  await rehearse(produce, sorter)
  calm(requestQueue)
  encodeBatches(produce, codecOf)
}

const load = createRequire(import.meta.url)

/** A module of kafkajs: the one that its other modules see, which an import may copy. */
function part(name: string): unknown {
  try {
    return load(`kafkajs/src/${name}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') refuse(name.split('/').pop()!)
    throw error
  }
}

function refuse(name: string): never {
  throw new UserError(
    EXIT.software,
    `kafkajs is not the 2.2 that flow-kafka was made for: its ${name} differs; npm ci brings the right one`
  )
}

/**
 * kafkajs looks after its queue of requests every millisecond for as long as it is connected, with a timer set to a time that has passed:
 * 6 % of a core for nothing, and from Node 24 on a TimeoutNegativeWarning. Only requests that wait have to be looked after.
 */
function calm({ prototype }: RequestQueue): void {
  const look = (prototype as Partial<typeof prototype>).scheduleCheckPendingRequests
  if (typeof look !== 'function') refuse('requestQueue')
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) look.call(this)
  }
}

/** Requests whose messages are ours are encoded by us; the answers stay kafkajs' own. */
function encodeBatches(produce: Produce, codecOf: (compression: number) => Codec): void {
  const { protocol } = produce
  produce.protocol = ({ version }) => {
    if (version < FIRST_VERSION) throw new Error('the broker is older than Kafka 0.11')
    const make = protocol({ version })
    return (args) => {
      const made = make(args)
      if (isOurs(args)) made.request.encode = () => produceBody(args, codecOf)
      return made
    }
  }
}

/** Two messages on their usual way: kafkajs has to hand them on as they are, and to encode the same as we do. */
async function rehearse(produce: Produce, sorter: Sorter): Promise<void> {
  const now = Date.now()
  const messages = newMessages()
  const values = [Buffer.from('value'), Buffer.alloc(200, 1)]
  const keys = [NO_KEY, { bytes: Buffer.from('key'), size: 3 }]
  values.forEach((value, i) => {
    append(messages, keys[i], value, 0, value.length, 1)
  })
  const list = listOf(1, messages)
  const theirs = values.map((value, i) => ({ key: keys[i].size < 0 ? null : keys[i].bytes, value, timestamp: String(now) }))
  const request = (of: ProduceArguments['topicData'][0]['partitions'][0]['messages']): ProduceArguments => ({
    acks: -1,
    timeout: 30_000,
    producerId: 7,
    producerEpoch: 1,
    compression: 0,
    topicData: [{ topic: 'topic', partitions: [{ partition: 1, messages: of, firstSequence: 5 }] }]
  })
  try {
    const sorted = sorter({ topic: 'topic', partitionMetadata: [{}, {}], messages: list, partitioner: ({ message }) => message.partition })
    if (sorted[1] !== list) refuse('groupMessagesPerPartition')
    const { apiVersion, encode } = produce.protocol({ version: NEWEST_VERSION })(request(theirs)).request
    const [expected, actual] = [(await encode()).buffer, (await produceBody(request(list), () => refuse('codec'), now)).buffer]
    if (apiVersion !== NEWEST_VERSION || !actual.equals(expected)) refuse('produce')
  } catch (error) {
    if (error instanceof UserError) throw error
    refuse('produce') // what is called is not there, or is something else
  }
}
