/** What flow-kafka does, beside kcat, on a broker that KAFKA_BROKERS names or that is started for it; nothing where there is none. */
import { spawnSync } from 'node:child_process'
import { anyKafka, withoutKafka, withoutKcat } from '../support/kafka-broker.js'
import { freshName } from '../support/kafka.js'

/** A row: its name, the command, and the file that is its stdin. */
export type Row = (name: string, command: string, file: string) => void

/** `flows` holds messages, `lines` the same as flow-format's JSON. */
export async function benchKafka(flowKafka: string, flows: string, lines: string, row: Row): Promise<void> {
  if (withoutKafka !== false) {
    process.stdout.write(`no Kafka rows: ${withoutKafka}\n`)
    return
  }
  const { plain, stop } = await anyKafka()
  try {
    const to = (...options: string[]): string => [flowKafka, '-brokers', plain, '-topic', freshName('bench'), ...options].join(' ')
    row('flow-kafka', to(), flows)
    row('flow-kafka -key sampler_address', to('-key', 'sampler_address'), flows)
    row('flow-kafka -pack 65536', to('-pack', '65536'), flows)
    row('flow-kafka -pack 65536 -key …', to('-pack', '65536', '-key', 'sampler_address'), flows)
    row('flow-kafka -format json', to('-format', 'json'), lines)
    if (withoutKcat === false && spawnSync('kcat', ['-V']).status === 0)
      row('kcat -P, lines', `kcat -P -b ${plain} -t ${freshName('bench')}`, lines)
  } finally {
    await stop()
  }
}
