/** flow-kafka: FlowMessages, Datagrams or lines of text to a Kafka topic, and back. */
import { FILES } from '../cli/definition.js'
import { EXIT, type ExitCode, UserError } from '../cli/exit.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { brokerList, srvBrokers } from './brokers.js'
import { openClient } from './client.js'
import { consume } from './consume.js'
import { type KafkaOptions, OPTIONS } from './options.js'
import { produce } from './produce.js'
import { securityConfig } from './security.js'

export const tool = defineTool(
  {
    name: 'flow-kafka',
    summary: 'Sends the flows on stdin to a Kafka topic; with -consume, reads them back to stdout.',
    operands: FILES,
    modes: [
      { when: ['consume', 'format=bin'], reads: 'nothing', writes: ['FlowMessage', 'Datagram', 'CounterSample'] },
      { when: ['consume'], reads: 'nothing', writes: 'text' },
      { when: ['format=bin'], reads: ['FlowMessage', 'Datagram', 'CounterSample'], writes: 'nothing' },
      { reads: 'text', writes: 'nothing' }
    ],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-decode | flow-kafka -brokers kafka1:9092,kafka2:9092',
      'flow-kafka -consume -group store | flow-filter tcp | flow-format'
    ]
  },
  run
)

async function run(tool: Tool<KafkaOptions>): Promise<ExitCode> {
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
  if (!options.consume) return produce(tool, client)
  await consume(tool, client)
  return EXIT.ok
}

function checkTogether(options: KafkaOptions): void {
  const { topic, consume, group, count, 'exit-at-end': exitAtEnd } = options
  if (!/^[\w.-]{1,249}$/.test(topic) || topic === '.' || topic === '..') {
    throw new UserError(EXIT.usage, `-topic ${topic}: a topic's name is made of letters, digits, '.', '_' and '-', 249 at the most`)
  }
  checkPack(options)
  if (consume) return
  if (group !== undefined) throw new UserError(EXIT.usage, '-group goes with -consume')
  if (exitAtEnd) throw new UserError(EXIT.usage, '-exit-at-end goes with -consume')
  if (count !== undefined || options.for !== undefined)
    throw new UserError(EXIT.usage, '-for and -count go with -consume: what is sent ends with its input')
}

function checkPack({ pack, maxmsgbytes, delimited, format, consume }: KafkaOptions): void {
  if (pack === 0) return
  const refuse = (why: string): never => {
    throw new UserError(EXIT.usage, `-pack ${pack}: ${why}`)
  }
  if (consume) refuse('packs are made on the way to a topic; -consume takes them as they are')
  if (format !== 'bin') refuse(`packs hold flows or datagrams, no lines: leave out -format ${format}`)
  if (!delimited) refuse('flows in a pack need their length in front: leave out -delimited=false')
  if (pack > maxmsgbytes) refuse(`more than a message may hold, -maxmsgbytes ${maxmsgbytes}`)
}
