/** Targets of who asks: flows on their way out, and expressions. */
import { flowMessage } from '../../src/flow/proto.js'
import { compileFilter, FilterError, shownMistake } from '../../src/query/filter.js'
import { formatter } from '../format/support.js'
import { FlowMessage, readFlows } from '../support/datagram-stream.js'
import { decode } from '../support/decode.js'
import { mutate, mutateText } from '../support/mutate.js'
import { pick, realDatagrams, type Trial, withFile } from './seeds.js'

export async function flowMessages(): Promise<Trial> {
  const { flows } = await decode(await realDatagrams(4))
  const seeds = flows.slice(0, 5000).map((flow) => Buffer.from(FlowMessage.encode(FlowMessage.fromObject(fromHex(flow))).finish()))
  const formats = { json: await formatter('json'), text: await formatter('text'), csv: await formatter('csv') }
  return (random) => {
    const message = mutate(pick(seeds, random), pick(seeds, random), random)
    const line = formats.json(message)
    formats.text(message)
    formats.csv(message)
    if (line === undefined) return 'no protobuf'
    JSON.parse(line)
    return 'a line of each format'
  }
}

/** `readFlows` shows bytes as hexadecimal; protobufjs takes bytes. */
function fromHex(flow: ReturnType<typeof readFlows>[number]): Record<string, unknown> {
  const isBytes = (name: string): boolean => FlowMessage.fields[name].type === 'bytes'
  const bytes = (value: unknown): unknown => (Array.isArray(value) ? value.map(bytes) : Buffer.from(String(value), 'hex'))
  return Object.fromEntries(Object.entries(flow).map(([name, value]) => [name, isBytes(name) ? bytes(value) : value]))
}

const EXPRESSIONS = [
  'tcp and dst port 443 and not src net 10/8',
  'received > 5m and (net 192.0.2.0/24 or src as 64500)',
  'host in [192.0.2.1, 2001:db8::/32] and bytes > 1.5M or packets in 1..10',
  'flags S/SA and not flags F and duration > 5s and bps > 10k',
  'src ip 192.0.2.1 and in if 3 or exporter 198.51.100.1 and tos 0xb8',
  'in_if_name ~ "xe-.*" and bgp_communities = 64500:100',
  'nat event 1 and nat host 203.0.113.1 or src country in [CH, DE]',
  'host in @"LIST" or @include "FILTER" and not (udp or icmp)'
]
const LIST = '# blocked\n192.0.2.1\n2001:db8::/32   # a comment\n198.51.100.0/24, 203.0.113.9\n'

/** A filter, the list and the filter that it names as files: one of them changed. */
export async function expressions(): Promise<Trial> {
  const { flows } = await decode(await realDatagrams(2))
  const messages = flows.slice(0, 50).map((flow) => Buffer.from(FlowMessage.encode(FlowMessage.fromObject(fromHex(flow))).finish()))
  return (random) => {
    const which = random() % 3
    const changed = (text: string, place: number): string => (place === which ? mutateText(text, pick(EXPRESSIONS, random), random) : text)
    const text = changed(which === 0 ? pick(EXPRESSIONS, random) : EXPRESSIONS[EXPRESSIONS.length - 1], 0)
    return withFile(changed(LIST, 1), (list) =>
      withFile(changed(EXPRESSIONS[random() % (EXPRESSIONS.length - 1)], 2), (filter) => {
        try {
          const { matches, written } = compileFilter(text.replace('LIST', list).replace('FILTER', filter), {
            schema: flowMessage,
            now: 1n << 60n
          })
          compileFilter(written, { schema: flowMessage, now: 1n << 60n })
          return messages.some((message) => matches(message, 0, message.length)) ? 'matches some' : 'matches none'
        } catch (error) {
          if (!(error instanceof FilterError)) throw error
          shownMistake(error)
          return error.file === undefined ? 'a mistake' : `a mistake in the ${error.file === list ? 'list' : 'other filter'}`
        }
      })
    )
  }
}
