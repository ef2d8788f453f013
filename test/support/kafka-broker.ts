/**
 * A real Apache Kafka for the tests: one node in KRaft mode with a listener of each kind, run from the jars that Maven fetches once into a
 * cache folder. Every port is a free one on loopback, every file under a temporary folder that `stop` removes.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { makeCertificates, type Certificates } from './certificates.js'

const KAFKA_VERSION = '4.1.0'
const JARS = path.join(os.homedir(), '.cache', 'flow-pipeline-test', `kafka-${KAFKA_VERSION}`)
const CLUSTER_ID = 'Zmxvdy1waXBlbGluZS10ZQ'
const START_MS = 60_000
/** What every user of the SASL listener has: one name and password for each mechanism. */
export const SASL_USER = { name: 'collector', password: 'many flows' }

const run = promisify(execFile)

export interface KafkaBroker {
  /** host:port of the listener without TLS and SASL */
  readonly plain: string
  /** … with SASL PLAIN and SCRAM, without TLS */
  readonly sasl: string
  /** … with TLS */
  readonly tls: string
  /** … with TLS that wants a client's certificate */
  readonly mtls: string
  readonly certificates: Certificates
  /** Ends the broker's process at once, as a crash does. */
  kill(): Promise<void>
  /** Starts it again on the same ports, with the same data; `properties` on top of what it had. */
  start(properties?: Record<string, string>): Promise<void>
  /** Ends it, and removes what it left. */
  stop(): Promise<void>
}

function has(command: string, option: string): boolean {
  try {
    execFileSync(command, [option], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const isCI = process.env.CI === 'true'
/** A cluster that is there already, and is as good for most tests. */
const external = process.env.KAFKA_BROKERS

/** To be given as a test's `skip`: false where a broker of our own can be run. With CI=true it is always to be run, and the test fails where it cannot. */
export const withoutOwnKafka: string | false =
  isCI || (has('java', '-version') && has('mvn', '-version')) ? false : 'no java and mvn to run a Kafka broker with'
/** The same for tests that are content with any broker. */
export const withoutKafka: string | false = external === undefined ? withoutOwnKafka : false
/** For tests whose judge is kcat. */
export const withoutKcat: string | false = withoutKafka || (isCI || has('kcat', '-V') ? false : 'no kcat')

/** host:port of a broker that listens without TLS and SASL, and how to be done with it. */
export async function anyKafka(): Promise<Pick<KafkaBroker, 'plain' | 'stop'>> {
  if (external === undefined) return startKafka()
  return { plain: external, stop: () => Promise.resolve() }
}

/** Starts a broker of our own. */
export async function startKafka(properties: Record<string, string> = {}): Promise<KafkaBroker> {
  const jars = await fetchJars()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-kafka-test-'))
  const certificates = makeCertificates(folder)
  const [plain, sasl, tls, mtls, controller] = await freePorts(5)
  const config = path.join(folder, 'server.properties')
  const base = settings(folder, { plain, sasl, tls, mtls, controller }, certificates)
  fs.writeFileSync(config, inProperties({ ...base, ...properties }))
  const java = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', path.join(jars, '*')]
  const scram = ['256', '512'].flatMap((bits) => [
    '--add-scram',
    `SCRAM-SHA-${bits}=[name=${SASL_USER.name},password=${SASL_USER.password}]`
  ])
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', config, ...scram])

  let child: ChildProcess | undefined
  let output = ''

  async function start(more: Record<string, string> = {}): Promise<void> {
    fs.writeFileSync(config, inProperties({ ...base, ...properties, ...more }))
    output = ''
    child = spawn('java', [...java, 'kafka.Kafka', config], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (data: Buffer) => (output = (output + data.toString()).slice(-10_000)))
    const deadline = Date.now() + START_MS
    while (!(await answers(plain))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Kafka does not start: ${output}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async function kill(): Promise<void> {
    if (child?.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  // whatever way the test process ends, the broker does not outlive it
  process.on('exit', () => child?.kill('SIGKILL'))
  await start()
  const at = (port: number): string => `127.0.0.1:${port}`
  return {
    plain: at(plain),
    sasl: at(sasl),
    tls: at(tls),
    mtls: at(mtls),
    certificates,
    kill,
    start,
    async stop() {
      await kill()
      fs.rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** The folder with Kafka's jars, fetched where it is not there yet. */
async function fetchJars(): Promise<string> {
  if (fs.existsSync(JARS)) return JARS
  fs.mkdirSync(path.dirname(JARS), { recursive: true })
  const work = fs.mkdtempSync(`${JARS}-`)
  fs.writeFileSync(
    path.join(work, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
      <modelVersion>4.0.0</modelVersion><groupId>test</groupId><artifactId>kafka-broker</artifactId><version>1</version>
      <dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency></dependencies>
    </project>`
  )
  await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=jars'], { cwd: work })
  try {
    fs.renameSync(path.join(work, 'jars'), JARS)
  } catch (error) {
    if (!fs.existsSync(JARS)) throw error // else another test file was quicker
  }
  fs.rmSync(work, { recursive: true, force: true })
  return JARS
}

type Ports = Record<'plain' | 'sasl' | 'tls' | 'mtls' | 'controller', number>

function settings(folder: string, ports: Ports, certificates: Certificates): Record<string, string> {
  const listeners = Object.entries(ports).map(([name, port]) => `${name.toUpperCase()}://127.0.0.1:${port}`)
  const keyStore = { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': certificates.serverKeyStore }
  const trustStore = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': certificates.ca }
  const login = 'org.apache.kafka.common.security'
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    listeners: listeners.join(','),
    'advertised.listeners': listeners.filter((listener) => !listener.startsWith('CONTROLLER')).join(','),
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,MTLS:SSL,CONTROLLER:PLAINTEXT',
    ...of('listener.name.sasl', {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required user_${SASL_USER.name}=${JSON.stringify(SASL_USER.password)};`,
      'scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
      'scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`
    }),
    ...of('listener.name.tls', keyStore),
    ...of('listener.name.mtls', { ...keyStore, ...trustStore, 'ssl.client.auth': 'required' }),
    'log.dirs': path.join(folder, 'data'),
    'num.partitions': '3',
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000'
  }
}

function of(prefix: string, properties: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [`${prefix}.${name}`, value]))
}

function inProperties(properties: Record<string, string>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => {
      resolve(false)
    })
  })
}

/** What flow-kafka logs, without the line that says that it is connected. */
export const withoutGreeting = (stderr: string): string => stderr.replace(/^flow-kafka: (connected|reading)[^\n]*\n/m, '')
