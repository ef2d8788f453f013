/** flow-kafka: FlowMessages, Datagrams or lines of text to a Kafka topic, and back. */
import { duration, timerDuration, wholeNumber, wordList, type CommandLine } from '../cli/options.js'
import { EXIT, UserError } from '../cli/exit.js'
import { runTool, type Tool } from '../cli/tool.js'
import { brokerList, srvBrokers } from './brokers.js'
import { openClient } from './client.js'
import { COMPRESSIONS } from './codecs.js'
import { consume } from './consume.js'
import type { KafkaOptions } from './options.js'
import { produce } from './produce.js'
import { SASL_MECHANISMS, securityConfig } from './security.js'

/** goflow2's spelling of an option. */
const long = (name: string): { aliases: string[] } => ({ aliases: [`transport.kafka.${name}`] })

const COMMAND_LINE: CommandLine = {
  name: 'flow-kafka',
  summary: 'Sends the flows on stdin to a Kafka topic; with -consume, reads them back to stdout.',
  options: [
    { flags: 'brokers <list>', help: 'brokers to begin with, HOST:PORT,…', default: '127.0.0.1:9092,[::1]:9092', ...long('brokers') },
    { flags: 'srv <name>', help: 'find the brokers by this SRV record instead', ...long('srv') },
    { flags: 'topic <name>', help: 'topic to write, or to read', default: 'flow-messages', ...long('topic') },
    { flags: 'tls', help: 'use TLS', ...long('tls') },
    { flags: 'tls.ca <file>', help: "authority that signed the brokers' certificates (the system's)", ...long('tls.ca') },
    { flags: 'tls.client <file>', help: 'our certificate, for brokers that want one', ...long('tls.client') },
    { flags: 'tls.key <file>', help: 'its key', ...long('tls.key') },
    { flags: 'tls.insecure', help: 'trust any certificate', ...long('tls.insecure') },
    {
      flags: 'sasl <mechanism>',
      help: 'none, plain, scram-sha256 or scram-sha512, as KAFKA_SASL_USER with KAFKA_SASL_PASS',
      choices: SASL_MECHANISMS,
      default: 'none',
      ...long('sasl')
    },
    { flags: 'format <format>', help: 'bin: messages; json or text: lines', choices: ['bin', 'json', 'text'], default: 'bin' },
    { flags: 'delimited', help: 'messages of the topic have their length in front', default: true },
    {
      flags: 'compression <codec>',
      help: 'none, gzip, snappy, lz4 or zstd',
      choices: COMPRESSIONS,
      default: 'none',
      aliases: ['compression.type', 'transport.kafka.compression', 'transport.kafka.compression.type']
    },
    { flags: 'mapping <file>', help: 'mapping file, for its formatter.key' },
    { flags: 'key <fields>', help: 'fields that make the key instead, a,b,c', parse: wordList },
    { flags: 'hashing', help: 'the key decides the partition', default: true, ...long('hashing') },
    {
      flags: 'maxmsgbytes <bytes>',
      help: 'largest message and batch',
      parse: wholeNumber(1, 2 ** 30),
      default: 1_000_000,
      ...long('maxmsgbytes')
    },
    {
      flags: 'flushbytes <bytes>',
      help: 'send when so much is gathered',
      parse: wholeNumber(1),
      default: 104_857_600,
      ...long('flushbytes')
    },
    {
      flags: 'flushfreq <time>',
      help: 'send when a message has waited for so long',
      parse: timerDuration,
      default: '5s',
      ...long('flushfreq')
    },
    {
      flags: 'pack <bytes>',
      help: 'flows of one key in messages of up to so many bytes; 0: a message a flow',
      parse: wholeNumber(0, 2 ** 30),
      default: 0
    },
    { flags: 'pack.time <time>', help: 'how long a flow waits for others in its pack', parse: timerDuration, default: '200ms' },
    { flags: 'giveup <time>', help: 'end when brokers take nothing for so long (never)', parse: duration },
    { flags: 'consume', help: 'read the topic and write it to stdout' },
    { flags: 'group <name>', help: 'with -consume: go on where this group was, share the topic with it' },
    {
      flags: 'from <place>',
      help: 'earliest or latest: where to begin where it has not been',
      choices: ['earliest', 'latest'],
      default: 'earliest'
    },
    { flags: 'exit-at-end', help: 'end when all that the topic held at the start is read' },
    { flags: 'transport <name>', help: 'accepted', choices: ['kafka'], hidden: true },
    { flags: 'transport.kafka.version <version>', help: 'accepted', hidden: true }
  ],
  examples: [
    'flow-listen | flow-decode | flow-kafka -brokers kafka1:9092,kafka2:9092',
    'flow-kafka -consume -group store | flow-enrich -db.asn GeoLite2-ASN.mmdb | flow-format'
  ]
}

async function run(tool: Tool<KafkaOptions>): Promise<void> {
  const { options, log } = tool
  checkTogether(options)
  const { srv } = options
  const seeds = srv === undefined ? brokerList(options.brokers) : await srvBrokers(srv)
  const client = await openClient({
    // asked again, a name server that fails is no reason to forget what it said
    brokers: async () => (srv === undefined ? seeds : srvBrokers(srv).catch(() => seeds)),
    security: securityConfig(options, process.env),
    isDebugging: options.loglevel === 'debug',
    log
  })
  await (options.consume === true ? consume(tool, client) : produce(tool, client))
}

function checkTogether(options: KafkaOptions): void {
  const { topic, consume, group, 'exit-at-end': exitAtEnd } = options
  if (!/^[\w.-]{1,249}$/.test(topic) || topic === '.' || topic === '..') {
    throw new UserError(EXIT.usage, `-topic ${topic}: a topic's name is made of letters, digits, '.', '_' and '-', 249 at the most`)
  }
  checkPack(options)
  if (consume === true) return
  if (group !== undefined) throw new UserError(EXIT.usage, '-group goes with -consume')
  if (exitAtEnd === true) throw new UserError(EXIT.usage, '-exit-at-end goes with -consume')
}

function checkPack({ pack, maxmsgbytes, delimited, format, consume }: KafkaOptions): void {
  if (pack === 0) return
  const refuse = (why: string): never => {
    throw new UserError(EXIT.usage, `-pack ${pack}: ${why}`)
  }
  if (consume === true) refuse('packs are made on the way to a topic; -consume takes them as they are')
  if (format !== 'bin') refuse(`packs hold flows or datagrams, no lines: leave out -format ${format}`)
  if (!delimited) refuse('flows in a pack need their length in front: leave out -delimited=false')
  if (pack > maxmsgbytes) refuse(`more than a message may hold, -maxmsgbytes ${maxmsgbytes}`)
}

export async function main(): Promise<void> {
  await runTool(COMMAND_LINE, run)
}
