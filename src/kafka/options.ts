/** flow-kafka's options. */
import { duration, timerDuration, wholeNumber, wordList } from '../cli/options.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { SOURCE_OPTIONS } from '../cli/source.js'
import { MAPPING_OPTION } from '../mapping/option.js'
import { COMPRESSIONS } from './codecs.js'
import { SASL_MECHANISMS } from './security.js'

/** goflow2's spelling of an option. */
const long = (name: string): { aliases: string[] } => ({ aliases: [`transport.kafka.${name}`] })

export const OPTIONS = optionTable({
  brokers: { argument: 'list', help: 'brokers to begin with, HOST:PORT,…', default: '127.0.0.1:9092,[::1]:9092', ...long('brokers') },
  srv: { rare: true, argument: 'name', help: 'find the brokers by this SRV record instead', ...long('srv') },
  topic: { argument: 'name', help: 'topic to write, or to read', default: 'flow-messages', ...long('topic') },
  tls: { help: 'use TLS', ...long('tls') },
  'tls.ca': { rare: true, argument: 'file', help: "authority that signed the brokers' certificates (the system's)", ...long('tls.ca') },
  'tls.client': { rare: true, argument: 'file', help: 'our certificate, for brokers that want one', ...long('tls.client') },
  'tls.key': { rare: true, argument: 'file', help: 'its key', ...long('tls.key') },
  'tls.insecure': { rare: true, help: 'trust any certificate', ...long('tls.insecure') },
  sasl: {
    rare: true,
    argument: 'mechanism',
    help: 'none, plain, scram-sha256 or scram-sha512, as KAFKA_SASL_USER with KAFKA_SASL_PASS',
    choices: SASL_MECHANISMS,
    default: 'none',
    ...long('sasl')
  },
  format: { argument: 'format', help: 'bin: messages; json or text: lines', choices: ['bin', 'json', 'text'], default: 'bin' },
  delimited: { rare: true, help: 'messages of the topic have their length in front', default: true },
  compression: {
    rare: true,
    argument: 'codec',
    help: 'none, gzip, snappy, lz4 or zstd',
    choices: COMPRESSIONS,
    default: 'none',
    aliases: ['compression.type', 'transport.kafka.compression', 'transport.kafka.compression.type']
  },
  mapping: { rare: true, ...MAPPING_OPTION.mapping, help: 'mapping file, for its formatter.key' },
  key: { isFields: true, argument: 'fields', help: 'fields that make the key instead, a,b,c', parse: wordList },
  hashing: { rare: true, help: 'the key decides the partition', default: true, ...long('hashing') },
  maxmsgbytes: {
    rare: true,
    argument: 'bytes',
    help: 'largest message and batch',
    parse: wholeNumber(1, 2 ** 30),
    default: 1_000_000,
    ...long('maxmsgbytes')
  },
  flushbytes: {
    rare: true,
    argument: 'bytes',
    help: 'send when so much is gathered',
    parse: wholeNumber(1),
    default: 104_857_600,
    ...long('flushbytes')
  },
  flushfreq: {
    rare: true,
    argument: 'time',
    help: 'send when a message has waited for so long',
    parse: timerDuration,
    default: '5s',
    ...long('flushfreq')
  },
  pack: {
    argument: 'bytes',
    help: 'flows of one key in messages of up to so many bytes; 0: a message a flow',
    parse: wholeNumber(0, 2 ** 30),
    default: 0
  },
  'pack.time': {
    rare: true,
    argument: 'time',
    help: 'how long a flow waits for others in its pack',
    parse: timerDuration,
    default: '200ms'
  },
  giveup: { rare: true, argument: 'time', help: 'end when brokers take nothing for so long (never)', parse: duration },
  consume: { help: 'read the topic and write it to stdout' },
  group: { argument: 'name', help: 'with -consume: go on where this group was, share the topic with it' },
  from: {
    rare: true,
    argument: 'place',
    help: 'earliest or latest: where to begin where it has not been',
    choices: ['earliest', 'latest'],
    default: 'earliest'
  },
  ...SOURCE_OPTIONS,
  'exit-at-end': { rare: true, help: 'end when all that the topic held at the start is read' },
  transport: { argument: 'name', help: 'accepted', choices: ['kafka'], hidden: true },
  'transport.kafka.version': { argument: 'version', help: 'accepted', hidden: true }
})

export type KafkaOptions = OptionsOf<typeof OPTIONS>
