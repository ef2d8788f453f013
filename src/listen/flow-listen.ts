/** flow-listen: UDP sockets in, Datagram frames out. */
import { once } from 'node:events'
import { onceEach } from '../cli/onceeach.js'
import { parseNetworks } from '../cli/networks.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { limitOf, SOURCE_OPTIONS } from '../cli/source.js'
import { logSilence } from '../cli/waiting.js'
import { defineTool, type Tool } from '../cli/tool.js'
import type { Listener } from './listener.js'
import { declareMetrics, summaryOf, warnOfDrops } from './metrics.js'
import { blockQueue } from './queue.js'
import { tellReady } from './readiness.js'
import { startStreamListener } from './streamlistener.js'
import { startUdpListener } from './udplistener.js'
import { isStream, operandMeant, parseListenUris } from './uris.js'

const OPTIONS = optionTable({
  listen: {
    argument: 'uris',
    help:
      'where: SCHEME://[HOST][:PORT][?KEY=VALUE&…], separated by commas; schemes sflow (port 6343), netflow (2055), ipfix (4739) and flow (2055); ' +
      'keys count, rcvbuf, queue_size, queue_bytes, blocking; ipfix+tcp (4739) and ipfix+tls (4740) with keys max, idle, timeout, cert, key, ca; ' +
      'fd://3, fd+tcp and fd+tls: sockets that are bound already',
    parse: parseListenUris,
    default: 'sflow://:6343,netflow://:2055'
  },
  allow: { argument: 'networks', help: 'only from these exporters, as 10.0.0.0/8,2001:db8::/32', parse: parseNetworks },
  ...SOURCE_OPTIONS
})

export const tool = defineTool(
  {
    name: 'flow-listen',
    summary: 'Receives NetFlow, IPFIX and sFlow over UDP, and IPFIX over TCP and TLS, and writes the datagrams to stdout for flow-decode.',
    operandMeant,
    modes: [{ reads: 'nothing', writes: ['Datagram'] }],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-decode | flow-format',
      'flow-listen -listen netflow://:9995 -allow 10.0.0.0/8 | flow-decode > day.bin',
      'flow-listen -listen ipfix+tcp://:4739 | flow-decode | flow-format',
      'flow-listen -for 60s | flow-decode | flow-agg -by src_as -top 5 | flow-format'
    ]
  },
  run
)

async function run(tool: Tool<OptionsOf<typeof OPTIONS>>): Promise<void> {
  const { options, log, signals } = tool
  const cut = new AbortController() // the reader went away or a thread failed: nothing more can be done
  const cutOff = once(cut.signal, 'abort')
  const stop = new Promise((resolve) => {
    signals.onStop(resolve)
  })
  let threadError: Error | undefined
  const onThreadError = (error: Error): void => {
    threadError = error
    cut.abort()
  }

  const queue = blockQueue(
    tool.stdout(() => {
      cut.abort()
    })
  )
  const limit = limitOf(tool)
  const logOnce = onceEach((line) => {
    log.info(line)
  })
  const onExporter = (address: string, protocol = 'no protocol that is known', allowed: boolean): void => {
    logOnce(address, () =>
      allowed ? `new exporter ${address} (${protocol})` : `${address} is refused: it is in no network of -allow (${protocol})`
    )
  }
  const listeners: Listener[] = []
  const context = { networks: options.allow ?? [], queue, limit, log, onExporter, onThreadError }
  for (const uri of options.listen)
    listeners.push(await (isStream(uri) ? startStreamListener(uri, context) : startUdpListener(uri, context)))
  await tool.serve((metrics) => {
    declareMetrics(metrics, listeners)
  })
  tellReady(log)
  tool.summary(() => summaryOf(listeners, limit.over))
  logSilence(log, `no datagrams on ${listeners.map(({ name }) => name).join(', ')} yet`, () =>
    listeners.some(({ numbers }) => numbers().received > 0)
  )
  warnOfDrops(listeners, log)

  await Promise.race([stop, cutOff])
  await Promise.race([Promise.all(listeners.map((listener) => listener.drain())), cutOff])
  for (const listener of listeners) listener.close()
  if (threadError !== undefined) throw threadError
  await queue.end()
}
