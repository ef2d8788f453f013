/** kafkajs as the tool uses it: brokers with IPv6 addresses, logs in our log, codecs, no noise. */
import net from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { ISocketFactory, Kafka, KafkaConfig, LogEntry } from 'kafkajs'
import type { Log } from '../cli/log.js'
import { tls } from '../flow/lazy.js'
import { type BrokerAddress, seedHost, seedName } from './brokers.js'
import { type Kafkajs, registerCodecs } from './codecs.js'
import { changeInside } from './inside.js'

export interface Client {
  readonly kafka: Kafka
  /** the same, but every attempt to connect is one at one broker, and throws what that did */
  readonly probe: Kafka
  readonly kafkajs: Kafkajs
}

export interface ClientConfig {
  /** the brokers to begin with; asked again whenever all that are known are gone */
  brokers: () => Promise<BrokerAddress[]>
  security: Pick<KafkaConfig, 'ssl' | 'sasl'>
  isDebugging: boolean
  log: Log
}

const CONNECTION_TIMEOUT_MS = 5000
const KEEP_ALIVE_MS = 60_000

/** Loads kafkajs; connects to nothing yet. */
export async function openClient({ brokers, security, isDebugging, log }: ClientConfig): Promise<Client> {
  const { default: kafkajs } = await import('kafkajs')
  await changeInside(registerCodecs(kafkajs))
  const config: KafkaConfig = {
    clientId: 'flow-kafka',
    brokers: async () => (await brokers()).map(seedName),
    ...security,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    // short: whoever asks knows better how long to go on, and says so to the operator
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 1000 },
    socketFactory: connectSocket,
    logLevel: isDebugging ? kafkajs.logLevel.DEBUG : kafkajs.logLevel.ERROR,
    logCreator: () => (entry) => {
      pass(entry, log)
    }
  }
  return { kafkajs, kafka: new kafkajs.Kafka(config), probe: new kafkajs.Kafka({ ...config, retry: { retries: 0 } }) }
}

const connectSocket: ISocketFactory = ({ host: name, port, ssl, onConnect }) => {
  const host = seedHost(name)
  // without TLS it comes as null, whatever the types say
  const socket = (ssl as ConnectionOptions | null)
    ? tls().connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  socket.setNoDelay(true)
  return socket
}

/** What kafkajs logs as errors are mostly retries; the tool says itself what an operator needs, but for one thing. */
function pass({ namespace, log: { message, error, broker } }: LogEntry, log: Log): void {
  if (message.startsWith('Offset out of range, resetting'))
    log.warn('the topic no longer holds what the group was to read next: messages were lost to its retention')
  else
    log.debug(`kafkajs: ${namespace}: ${message}`, {
      broker: broker as string | undefined,
      error: typeof error === 'string' ? error : undefined
    })
}
