/** flow-send: datagrams on to other collectors. */
import { EXIT, UserError } from '../cli/exit.js'
import { filterFrames, filterInput } from '../cli/filter.js'
import { serveMetrics } from '../cli/metrics.js'
import type { CommandLine } from '../cli/options.js'
import { binaryStdout, runTool, type Tool } from '../cli/tool.js'
import { copier } from '../flow/copy.js'
import type { FrameHandler } from '../flow/frames.js'
import type { Output, Sink } from '../flow/output.js'
import { destinationsOf } from './destinations.js'
import { exportersOf } from './exporters.js'
import { type Relay, relay } from './relay.js'
import { parseTargets, type Target } from './targets.js'
import { metricsOf, summaryOf } from './told.js'

const COMMAND: CommandLine = {
  name: 'flow-send',
  summary: 'Sends datagrams, as they came, to other collectors.',
  options: [
    {
      flags: 'to <targets>',
      help: 'where to, as 10.0.0.1:9996,[2001:db8::5]:2055; behind ?allow=192.0.2.0/24,… stand the exporters whose datagrams a target gets',
      parse: (word, previous) => parseTargets(word, previous as Target[] | undefined)
    },
    { flags: 'tee', help: 'what is read goes on to stdout as well' }
  ],
  examples: [
    'flow-listen | flow-send -tee -to 10.0.0.1:9996,[2001:db8::5]:2055 | flow-decode | flow-format',
    'flow-pcap -speed 1 day.pcap | flow-send -to localhost:2055'
  ]
}

interface Options {
  to?: Target[]
  tee?: boolean
}

export async function main(): Promise<void> {
  await runTool<Options>(COMMAND, run)
}

async function run(tool: Tool<Options>): Promise<void> {
  const { options, log } = tool
  if (options.to === undefined) throw new UserError(EXIT.usage, 'where to? -to HOST:PORT, as -to 10.0.0.1:9996')
  const input = filterInput(tool)
  const output =
    options.tee === true
      ? binaryStdout(tool, () => {
          input.stop()
        })
      : undefined
  const destinations = destinationsOf(options.to, log)
  await destinations.resolve()
  if (destinations.all.every(({ address }) => address === undefined))
    throw new UserError(EXIT.unavailable, 'no target of -to has an address')
  const exporters = exportersOf(destinations.all)
  const sending = relay(destinations.all, exporters)
  if (options.addr !== undefined) await serveMetrics(options.addr, metricsOf(destinations, exporters, sending), new Map(), log)

  const onFrame = output === undefined ? sending.onFrame : passedOn(sending.onFrame, output)
  await filterFrames(tool, input, 'Datagram', output ?? sinkOf(sending), onFrame)
  await sending.end()
  exporters.closeAll()
  destinations.close()
  log.info(summaryOf(destinations, exporters, sending))
}

/** Each frame goes on to stdout, whose reader alone sets the pace. */
function passedOn(send: FrameHandler, output: Output): FrameHandler {
  const copy = copier()
  return (buf, start, end, frameStart) => {
    send(buf, start, end, frameStart)
    output.reserve(end - frameStart)
    output.pos = copy(output.buf, output.pos, buf, frameStart, end)
  }
}

/** Without a reader the targets set the pace: what could go to none of them waits. */
function sinkOf(sending: Relay): Sink {
  return {
    commit: () => undefined,
    get blocked() {
      return sending.blocked
    },
    ready: () => sending.ready(),
    end: () => sending.end()
  }
}
