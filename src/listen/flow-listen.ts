/** flow-listen: UDP sockets in, Datagram frames out. */
import { once } from 'node:events'
import { serveMetrics } from '../cli/metrics.js'
import type { CommandLine } from '../cli/options.js'
import { binaryStdout, runTool, type Tool } from '../cli/tool.js'
import type { Network } from '../flow/address.js'
import { parseNetworks } from '../cli/networks.js'
import { type Listener, parseListeners } from './listeners.js'
import { type Listening, startListening } from './listening.js'
import { metricsOf, summaryOf, warnOfDrops } from './metrics.js'
import { blockQueue } from './queue.js'

const DEFAULT_LISTENERS = 'sflow://:6343,netflow://:2055'

const COMMAND_LINE: CommandLine = {
  name: 'flow-listen',
  summary: 'Receives NetFlow, IPFIX and sFlow over UDP, and writes the datagrams to stdout for flow-decode.',
  options: [
    {
      flags: 'listen <uris>',
      help:
        'where: SCHEME://[HOST][:PORT][?KEY=VALUE&…], separated by commas; schemes sflow (port 6343), netflow (2055), ipfix (4739) and flow (2055); ' +
        `keys count, rcvbuf, queue_size, queue_bytes, blocking (default: ${DEFAULT_LISTENERS})`,
      parse: (word, previous) => parseListeners(word, previous as Listener[] | undefined)
    },
    {
      flags: 'allow <networks>',
      help: 'only from these exporters, as 10.0.0.0/8,2001:db8::/32',
      parse: (word, previous) => parseNetworks(word, previous as Network[] | undefined)
    }
  ],
  examples: [
    'flow-listen | flow-decode | flow-format',
    "flow-listen -listen 'netflow://:2055?count=2&rcvbuf=67108864' -allow 10.0.0.0/8 | flow-decode | flow-kafka"
  ]
}

interface Options {
  listen?: Listener[]
  allow?: Network[]
}

export async function main(): Promise<void> {
  await runTool<Options>(COMMAND_LINE, run)
}

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log, signals } = tool
  const cut = new AbortController() // the reader went away or a thread broke: nothing more can be done
  const cutOff = once(cut.signal, 'abort')
  const stop = new Promise((resolve) => {
    signals.onStop(resolve)
  })
  let death: Error | undefined
  const onDeath = (error: Error): void => {
    death = error
    cut.abort()
  }

  const queue = blockQueue(
    binaryStdout(tool, () => {
      cut.abort()
    })
  )
  const listenings: Listening[] = []
  for (const listener of options.listen ?? parseListeners(DEFAULT_LISTENERS)) {
    listenings.push(await startListening(listener, { networks: options.allow ?? [], queue, log, onDeath }))
  }
  const served = options.addr === undefined ? undefined : await serveMetrics(options.addr, metricsOf(listenings), new Map(), log)
  warnOfDrops(listenings, log)

  await Promise.race([stop, cutOff])
  await Promise.race([Promise.all(listenings.map((listening) => listening.drain())), cutOff])
  for (const listening of listenings) listening.close()
  if (death !== undefined) throw death
  await queue.end()
  served?.close()
  log.info(summaryOf(listenings))
}
